#include "cli/baseline_export.h"

#include "base/log.h"
#include "cli/source_export.h"
#include "compare/changed_keys.h"
#include "verify/direction.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace ddm::cli {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Nobody reads the stream meanwhile.
constexpr minutes bucket_awaited{2};
constexpr seconds asked_again_after{5};

awaitable<result<baseline_export>> reach(open_migration& migration,
                                         const monitor_options& options) {
  auto& host = migration.host;
  auto found = co_await open_source_export(host, options.baseline_export, options.source);
  if (!found) {
    co_return fail(std::move(found.error()));
  }
  baseline_export reached{.of = *std::move(found), .link = nullptr, .not_used = {}};
  if (auto fits = check_is_of_source(*reached.of, migration.facts.source, host.time.now()); !fits) {
    co_return fail(std::move(fits.error()));
  }
  if (verify::origin_of(migration.facts.way) == side::target) {
    auto link = host.connections.open(
        {"source's stream", aws_service::streams, stream_connection(options, {}, std::nullopt)});
    if (!link) {
      co_return fail(std::move(link.error()));
    }
    reached.link = *std::move(link);
  }
  co_return reached;
}

awaitable<result<baseline_export>> reach_soon(open_migration& migration,
                                              const monitor_options& options) {
  auto& host = migration.host;
  const auto until = host.time.now() + bucket_awaited;
  auto reached = co_await reach(migration, options);
  while (!reached && mends_by_waiting(reached.error().kind) && host.time.now() < until &&
         !host.end.asked()) {
    log::event(log::level::warning, "export_paused", reached.error().describe());
    co_await host.time.sleep_for(asked_again_after);
    reached = co_await reach(migration, options);
  }
  co_return reached;
}

}  // namespace

awaitable<result<baseline_export>> baseline_export::open(open_migration& migration,
                                                         const monitor_options& options) {
  if (!options.baseline_export.place) {
    co_return baseline_export{};
  }
  if (migration.resumed.shards.empty()) {
    auto reached = co_await reach(migration, options);
    const auto doubt = reached ? compare::why_not_read(*reached->of, migration.facts.source,
                                                       migration.host.time.now())
                               : std::nullopt;
    co_return doubt ? wrong_usage(fmt::format(
                          "--baseline-export: {}. Export the table anew, or leave the flag out: "
                          "then the source is scanned",
                          doubt->why))
                    : std::move(reached);
  }
  auto reached = co_await reach_soon(migration, options);
  if (reached) {
    co_return reached;
  }
  auto why = fmt::format("{}: a baseline is made without the export, and the source is scanned",
                         reached.error().describe());
  log::event(log::level::warning, "export_given_up", why);
  co_return baseline_export{.of = {}, .link = nullptr, .not_used = std::move(why)};
}

}  // namespace ddm::cli
