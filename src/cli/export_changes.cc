#include "cli/export_changes.h"

#include "base/log.h"
#include "base/units.h"
#include "cli/budgets.h"
#include "dynamodb/streams_client.h"
#include "plan/estimate.h"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <utility>

namespace ddm::cli {
namespace {

/// Of what grows with load: the comparison's own shares lie idle until the keys are known.
constexpr std::uint64_t memory_part = 4;

}  // namespace

awaitable<result<compare::changes_since_export>> read_changes_since(
    open_migration& migration, const compare_options& options,
    const exports::table_export& source_export, const dynamodb::page_decoder& decoder) {
  auto& host = migration.host;
  auto& source = *migration.source;
  auto link = host.connections.open(
      {"stream", aws_service::streams, stream_connection(options, {}, std::nullopt)});
  if (!link) {
    co_return compare::changes_since_export{
        .keys = {},
        .standing = {.began = {},
                     .withheld = compare::unreadable_stream(link.error().describe(), false)}};
  }
  dynamodb::streams_client streams((*link)->calls());
  compare::changed_keys reading({.command = migration.manner.command,
                                 .as_of = source_export.summary.as_of,
                                 .memory_bytes_max = memory_for_load(options) / memory_part,
                                 .random_seed = std::random_device{}(),
                                 .pace = pace_of_source_stream(migration, **link)},
                                {.executor = migration.executor,
                                 .time = host.time,
                                 .pool = host.pool,
                                 .streams = streams,
                                 .decoder = decoder,
                                 .tables = source.client,
                                 .table = dynamodb::table_name(source.name)});
  const drains_on_signal drains(host.end, [&reading] { reading.stop(); });
  auto since = co_await reading.read();
  if (since && !since->known()) {
    log::event(log::level::warning, "export_is_no_proof", since->standing.doubt());
  }
  co_return since;
}

std::shared_ptr<stream::listing_pace> pace_of_source_stream(const open_migration& migration,
                                                            const connection& link) {
  const auto& arn = migration.facts.source.latest_stream_arn;
  return migration.host.budgets.of_streams(arn ? arn->str() : "", link.description().endpoint);
}

std::vector<std::string> describe_standing(const compare::comparison_progress& progress,
                                           std::optional<std::uint64_t> changed,
                                           const dynamodb::table_description& source) {
  if (!progress.is_current()) {
    return {
        "finds what differs; counts towards no GO, and cures no gap: what changed since is not "
        "in it",
        progress.withheld};
  }
  std::vector<std::string> lines{
      fmt::format("counts as a comparison that began at {}: what changed in between is judged by "
                  "the live tables",
                  format_rfc3339(progress.started()))};
  if (!changed) {
    return lines;
  }
  const plan::table_size size{.items = source.item_count, .bytes = source.size_bytes};
  const auto units = plan::judging_units(size, *changed);
  const auto scan = plan::estimate_compare(size, size, 0, 0).source_units;
  lines.push_back(
      fmt::format("{} key{} changed since: a strong read of each a side, about {} read units a "
                  "side",
                  grouped(*changed), *changed == 1 ? "" : "s",
                  grouped(static_cast<std::uint64_t>(std::ceil(units)))));
  if (2 * units > scan) {
    lines.push_back(fmt::format(
        "that is more than a scan of the source takes (about {}): without the export it is cheaper",
        grouped(static_cast<std::uint64_t>(std::ceil(scan)))));
  }
  return lines;
}

}  // namespace ddm::cli
