#include "cli/monitor_command.h"

#include "base/log.h"
#include "base/units.h"
#include "cli/baseline_export.h"
#include "cli/budgets.h"
#include "cli/doubts.h"
#include "cli/export_changes.h"
#include "cli/onlookers.h"
#include "cli/open_migration.h"
#include "cli/other_parts.h"
#include "cli/run_description.h"
#include "cli/sample_rate.h"
#include "cli/start_text.h"
#include "cli/what_comes.h"
#include "monitor/evidence.h"
#include "monitor/monitor_session.h"
#include "report/exit_code.h"
#include "report/prices.h"
#include "report/render.h"
#include "verify/coverage.h"
#include "verify/direction.h"

#include <fmt/format.h>

#include <expected>
#include <memory>
#include <random>
#include <utility>

namespace ddm::cli {
namespace {

using monitor::monitor_session;

/// The stream as it is reached.
struct reached_stream {
  std::unique_ptr<connection> link;
  aws::shared_credentials keys;
  dynamodb::streams_client client;
};

awaitable<std::expected<reached_stream, fault_list>> reach_stream(shared_connections& connections,
                                                                  const monitor_options& options) {
  auto link = connections.open({"stream", aws_service::streams,
                                stream_connection(options, options.stream, options.stream_arn)});
  if (!link) {
    co_return std::unexpected(fault_list{std::move(link.error())});
  }
  fault_list faults;
  auto keys = co_await keys_of(**link, "stream", faults);
  if (!keys) {
    co_return std::unexpected(std::move(faults));
  }
  dynamodb::streams_client client((*link)->calls());
  co_return reached_stream{.link = *std::move(link), .keys = std::move(keys), .client = client};
}

/// A bound on the cost stands on a price that is known.
std::optional<error> price_fault(const reached_tables& tables, const monitor_options& options) {
  if (!options.max_usd || options.price_read_unit) {
    return std::nullopt;
  }
  for (const auto* table : {tables.source.get(), tables.target.get()}) {
    const auto& at = table->link->description();
    if (!at.endpoint_is_public || at.region != report::priced_region) {
      return wrong_usage(
                 fmt::format("--max-usd needs --price-read-unit: what a million read units cost at "
                             "{} ({}) is not known here, only the price of {}",
                             at.region, at.endpoint, report::priced_region))
          .error();
    }
  }
  return std::nullopt;
}

void add_stream(monitor::migration_request& request, reached_stream& stream,
                const monitor_options& options) {
  request.streams = &stream.client;
  request.stream_endpoint = stream.link->description().endpoint;
  request.stream_access_key_id = stream.keys->access_key_id;
  request.stream_arn = options.stream_arn;
  request.verify_on = options.verify_on;
  request.await_target = options.await_target;
}

/// Everything is open: what is read, and how it ends.
class monitor_run {
 public:
  monitor_run(open_migration& migration, reached_stream& stream, const monitor_options& options,
              onlookers& onlookers, run_teller& teller, const baseline_export& source_export)
      : migration_(migration),
        facts_(migration.facts),
        stream_(stream),
        options_(options),
        decoder_(migration.decoder_for(options.sample_rate)),
        baseline_decoder_(migration.decoder_for(options.baseline_sample_rate)),
        onlookers_(onlookers),
        teller_(teller),
        export_(source_export) {
    if (export_.link) {
      source_streams_.emplace(export_.link->calls());
    }
    onlookers_.about().stream = stream_described();
    if (auto* held = migration_.held.get()) {
      others_.emplace(
          held->calls(), migration_.host.time, migration_.host.copy_thread(),
          other_parts::of{
              .address = held->place(), .folder = held->folder(), .schema = facts_.schema},
          other_parts::own{*migration_.store, *migration_.findings});
    }
  }

  /// Until its end or a signal; the exit code.
  [[nodiscard]] awaitable<int> run();

 private:
  [[nodiscard]] monitor::session_settings session_settings() const;
  [[nodiscard]] compare::comparer_settings comparer_settings() const;
  [[nodiscard]] monitor::session_parts session_parts();
  [[nodiscard]] monitor::export_stream since_export();
  [[nodiscard]] awaitable<result<bool>> target_is_ready();
  [[nodiscard]] report::stream_facts stream_described() const;
  void tell_of_stream(report::status& now) const;
  [[nodiscard]] std::string first_screen() const;
  [[nodiscard]] std::string describe_use_of_export() const;
  void tell_doubts() const;
  /// With what the comparison covers that the state holds, if it counts.
  [[nodiscard]] std::optional<verify::coverage> comparison_that_counts() const;

  open_migration& migration_;
  const monitor::migration& facts_;
  reached_stream& stream_;
  const monitor_options& options_;
  dynamodb::page_decoder decoder_;
  dynamodb::page_decoder baseline_decoder_;
  onlookers& onlookers_;
  run_teller& teller_;
  const baseline_export& export_;
  std::optional<dynamodb::streams_client> source_streams_;  ///< where another one is read
  std::optional<other_parts> others_;                       ///< of a state in a table
  bool target_unknown_ = false;  ///< nobody could tell at the last look whether it is there
};

monitor::session_settings monitor_run::session_settings() const {
  const auto& origin = verify::origin_of(facts_.way) == side::target && facts_.target
                           ? *facts_.target
                           : facts_.source;
  const auto memory = memory_for_load(options_);
  return {.stream = {.stream_arn = facts_.stream.str(),
                     .first = options_.iterator_type == start_position::latest
                                  ? stream::first_position::latest
                                  : stream::first_position::trim_horizon,
                     .records_limit = static_cast<int>(options_.records_per_call),
                     .random_seed = std::random_device{}(),
                     .pace = migration_.host.budgets.of_streams(
                         facts_.stream.str(), stream_.link->description().endpoint)},
          .checks = {.way = facts_.way,
                     .replication_wait = options_.replication_wait,
                     .retry_wait = options_.retry_wait,
                     .max_lag = options_.max_lag,
                     .stall_after = options_.stall_after,
                     .memory_bytes_max =
                         memory - (options_.baseline ? monitor::memory_of_comparison(memory) : 0),
                     .deferred_max = static_cast<std::int64_t>(options_.deferred_max)},
          .verifier = {.way = facts_.way,
                       .batch_full_at = options_.batch_checks,
                       .batches_in_flight_max = options_.batches_in_flight,
                       .batch_wait_max = options_.batch_wait,
                       .consistent_looks = options_.consistent_read,
                       .keep_values = options_.show_values},
          .findings = {.show_values = options_.show_values,
                       .hash_keys = options_.hash_keys,
                       .open_max = open_mismatches_max,
                       .listed_max = static_cast<std::int64_t>(options_.findings_max),
                       .ignored = options_.ignore_attributes},
          .period = {.sample_rate = options_.sample_rate,
                     .ignored = verify::join_patterns(options_.ignore_attributes),
                     .max_lag_ms = options_.max_lag.count()},
          .stats_interval = options_.stats_interval,
          .duration = options_.duration,
          .until_caught_up = options_.until_caught_up,
          .baseline = {.wanted = options_.baseline,
                       .after = options_.baseline_after,
                       .comparer = comparer_settings()},
          .settle = options_.settle,
          .accept_sampled = options_.accept_sampled,
          .require_go = options_.require_go,
          .freeze_at = options_.freeze_at,
          .read_unit_usd = options_.price_read_unit.value_or(report::usd_per_read_unit * 1e6) / 1e6,
          .max_usd = options_.max_usd.value_or(0),
          .log_successes = options_.verbose,
          .accepted_settings = options_.accept,
          .table_items = origin.item_count,
          .target_ready = facts_.target_is_ready(),
          .source_table = facts_.source,
          .target_table = facts_.target};
}

compare::comparer_settings monitor_run::comparer_settings() const {
  const auto& source = facts_.source;
  return {.command = migration_.manner.command,
          .leftover_path = migration_.leftover_path(),
          .segments = options_.segments,
          .table_bytes = source.size_bytes,
          .expected_items = 2 * source.item_count,
          .sample_rate = options_.baseline_sample_rate,
          .ignored = verify::join_patterns(options_.ignore_attributes),
          .memory_bytes_max = monitor::memory_of_comparison(memory_for_load(options_))};
}

monitor::export_stream monitor_run::since_export() {
  return {.streams = source_streams_ ? &*source_streams_ : &stream_.client,
          .pace = pace_of_source_stream(migration_, export_.link ? *export_.link : *stream_.link),
          .random_seed = std::random_device{}()};
}

monitor::session_parts monitor_run::session_parts() {
  auto& host = migration_.host;
  return {.executor = migration_.executor,
          .time = host.time,
          .pool = host.pool,
          .streams = stream_.client,
          .decoder = decoder_,
          .baseline_decoder = &baseline_decoder_,
          .baseline_export = export_.of ? &*export_.of : nullptr,
          .since_export = export_.of ? since_export() : monitor::export_stream{},
          .source = *migration_.source->reading,
          .target = *migration_.target->reading,
          .store = *migration_.store,
          .findings = &*migration_.findings,
          .watch = onlookers_.watch([this](const report::status& now) { teller_.block(now); },
                                    [this](report::status& now) { tell_of_stream(now); }),
          .target_is_ready = [this] { return target_is_ready(); },
          .describe_with_settings =
              [this](side which) {
                auto& table = which == side::source ? *migration_.source : *migration_.target;
                return table.describe_with_settings();
              }};
}

awaitable<int> monitor_run::run() {
  teller_.begun(first_screen());
  if (auto begun = onlookers_.begin(); !begun) {
    co_return teller_.refused({begun.error()});
  }
  tell_doubts();
  auto& host = migration_.host;
  monitor_session session(session_settings(), session_parts(), migration_.resumed);
  const memory_shares::place memory(host.memory, session);
  const drains_on_signal drains(host.end, [&session] { session.request_stop(); });
  std::optional<ends_when_lost> ends(std::in_place, migration_.held.get(),
                                     [&session](const error& why) { session.fail_with(why); });
  std::optional<live_panel> live(std::in_place, host.live, [&session]() -> const report::status& {
    return session.latest_status();
  });
  const auto ended = others_ ? co_await others_->run_beside(session.run(), migration_.executor)
                             : co_await session.run();
  ends.reset();
  live.reset();
  const auto status = session.status();
  const int code = teller_.ended(ended, status);
  co_await onlookers_.end(status);
  co_return code;
}

report::stream_facts monitor_run::stream_described() const {
  const auto& link = stream_.link->description();
  return {.arn = facts_.stream.str(),
          .view_type = facts_.view_type,
          .of = verify::origin_of(facts_.way),
          .region = link.region,
          .endpoint = link.endpoint};
}

void monitor_run::tell_of_stream(report::status& now) const {
  if (migration_.held && !migration_.held->may_act()) {
    now.troubles.push_back(
        "the table of states could not be told that this process lives: another one may have "
        "taken the state");
  }
  if (others_ && !others_->trouble().empty()) {
    now.troubles.push_back(others_->trouble());
  }
  if (auto facts = stream_.link->credential_facts("stream")) {
    now.credentials.push_back(*std::move(facts));
  }
}

awaitable<result<bool>> monitor_run::target_is_ready() {
  auto& target = *migration_.target;
  auto table = co_await target.describe();
  if (!table && !mends_by_waiting(table.error().kind) &&
      table.error().kind != error_class::not_found) {
    co_return fail(std::move(table.error()).within("the awaited target table"));
  }
  const bool is_unknown = !table && table.error().kind != error_class::not_found;
  // That it is absent needs no word.
  if (is_unknown && !std::exchange(target_unknown_, true)) {
    log::event(
        log::level::warning, "target_not_described",
        "whether the awaited target table is there is not known: " + table.error().describe(),
        {{"table", options_.target_table}});
  }
  target_unknown_ = is_unknown;
  if (!table) {
    co_return false;
  }
  if (table->status == dynamodb::table_status::creating) {
    co_return false;
  }
  if (table->schema != facts_.schema) {
    co_return wrong_usage(fmt::format(
        "the key schemas differ: source {} has {}, target {} has {}; the target was created with "
        "another key",
        options_.source_table, facts_.schema.describe(), options_.target_table,
        table->schema.describe()));
  }
  onlookers_.about().tables.target = table_facts_of(*target.link, *table);
  if (auto ttl = co_await target.client.describe_time_to_live(dynamodb::table_name(target.name))) {
    target.reading->ttl_attribute = *ttl;
  }
  co_return true;
}

std::optional<verify::coverage> monitor_run::comparison_that_counts() const {
  const auto ignored = verify::join_patterns(options_.ignore_attributes);
  const monitor::evidence_book evidence(
      verify::coverage::of(options_.sample_rate, ignored),
      verify::coverage::of(options_.baseline_sample_rate, ignored), migration_.resumed);
  const bool is_followed_by_another =
      options_.baseline &&
      evidence.needs_another(migration_.resumed.gaps, {.now = migration_.host.time.now()});
  const auto stands_on = evidence.stands_on({});
  return stands_on && !is_followed_by_another ? std::optional(stands_on->weakest()) : std::nullopt;
}

std::string monitor_run::describe_use_of_export() const {
  const auto doubt = compare::why_not_read(*export_.of, facts_.source, migration_.host.time.now());
  return doubt ? fmt::format("stands for no scan of the source, which is scanned: {}", doubt->why)
               : std::string(
                     "stands for a scan of the source: what changed since is read from its "
                     "stream when the comparison begins, and judged by the live tables; where the "
                     "stream does not tell of all, the source is scanned");
}

void monitor_run::tell_doubts() const {
  for (const auto& doubt : doubts_about(options_, comparison_that_counts().has_value())) {
    log::event(log::level::warning, "setting_in_doubt", doubt);
  }
}

std::string monitor_run::first_screen() const {
  const auto& resumed = migration_.resumed;
  auto text = describe_tables(migration_);
  const auto line = [&](std::string_view name, const std::string& value) {
    append_line(text, name, value);
  };
  const auto stream_side = verify::origin_of(facts_.way);
  line("stream", fmt::format("{} ({}), of the {} table", facts_.stream.str(), facts_.view_type,
                             to_string(stream_side)));
  line("", describe_keys(*stream_.link, *stream_.keys));
  if (facts_.view_type == "KEYS_ONLY" || facts_.view_type == "OLD_IMAGE") {
    line("",
         "this view type carries no new image: each check costs a strong read of the stream's "
         "table");
  }
  line("strategy", stream_side == side::source
                       ? "read the source's stream, look each change up in the target"
                       : "read the target's stream, look each change up in the source (changes "
                         "lost on the way leave no trace here)");
  line("sample", describe_sample_rate(options_.sample_rate));
  line("baseline", options_.baseline
                       ? fmt::format("{}, once replication has been caught up for {}",
                                     describe_sample_rate(options_.baseline_sample_rate),
                                     spoken_duration(options_.baseline_after))
                       : std::string("none: items at rest are not compared (--baseline)"));
  if (options_.baseline_export.place) {
    line("export", export_.of ? export_.of->describe() : "not used");
    line("", export_.of ? describe_use_of_export() : export_.not_used);
  }
  line("ignored", describe_ignored(options_));
  line("lag",
       fmt::format("a change may be {} late; behind for more than {} it is judged all the same",
                   spoken_duration(options_.max_lag), spoken_duration(options_.stall_after)));
  line("checks",
       fmt::format("first look after {}, retries from {}, batches of {} or after {}, {} in "
                   "flight",
                   spoken_duration(options_.replication_wait), spoken_duration(options_.retry_wait),
                   options_.batch_checks, spoken_duration(options_.batch_wait),
                   options_.batches_in_flight));
  line("memory", fmt::format("{} at most for pending work", format_size(options_.memory_bytes)));
  line("state",
       fmt::format("{} ({})", migration_.state_told(),
                   migration_.state_is_new
                       ? std::string("new")
                       : fmt::format("resumed: {} shards, {} open checks, {} open mismatches",
                                     resumed.shards.size(), resumed.checks.size(),
                                     resumed.open_mismatches_total)));
  if (migration_.held) {
    line("", migration_.held->cost_told());
  }
  line("findings", migration_.files.findings);
  const auto comparison = comparison_that_counts();
  append_what_comes(text, what_comes(options_, {.now = migration_.host.time.now(),
                                                .target_ready = facts_.target_is_ready(),
                                                .reads_target_stream = stream_side == side::target,
                                                .comparison_counts = comparison.has_value(),
                                                .comparison_is_sampled =
                                                    comparison && comparison->sample_rate > 1,
                                                .items = facts_.source.item_count,
                                                .reading_least = reading_least(migration_)}));
  return text;
}

awaitable<int> monitor_opened(open_migration& opened, reached_stream& stream,
                              const monitor_options& options, run_teller& teller) {
  auto source_export = co_await baseline_export::open(opened, options);
  if (!source_export) {
    co_return teller.refused({source_export.error()});
  }
  auto onlookers = onlookers::open(opened, settings_in_force(options));
  if (!onlookers) {
    co_return teller.refused({onlookers.error()});
  }
  monitor_run run(opened, stream, options, **onlookers, teller, *source_export);
  co_return co_await run.run();
}

awaitable<int> monitor_alone(process& host, const monitor_options& options) {
  printing_teller teller(host.printer, options, options.require_go, report::render_text);
  co_return co_await monitor_migration(host, options, teller);
}

}  // namespace

awaitable<int> monitor_migration(process& host, const monitor_options& options,
                                 run_teller& teller) {
  auto tables = co_await reach_tables(host.connections, options);
  if (!tables) {
    co_return teller.refused(tables.error());
  }
  if (auto fault = price_fault(*tables, options)) {
    co_return teller.refused({*std::move(fault)});
  }
  auto stream = co_await reach_stream(host.connections, options);
  if (!stream) {
    co_return teller.refused(stream.error());
  }
  auto request = request_for(*tables, options);
  add_stream(request, *stream, options);
  auto opened = co_await open_migration::open(
      host, options, {.command = "monitor", .lock = "monitor", .forgets_state = options.fresh},
      std::move(*tables), std::move(request));
  if (!opened) {
    co_return open_migration::not_opened(opened.error(), teller);
  }
  co_return co_await (*opened)->work_and_close(
      [&] { return monitor_opened(**opened, *stream, options, teller); });
}

migration_command as_command(std::string migration, monitor_options options) {
  return {.migration = std::move(migration), .run = [options = std::move(options)](process& host) {
            return monitor_alone(host, options);
          }};
}

int run_monitor(const monitor_options& options, const aws::environment& variables) {
  return run_migrations(options, variables, {as_command({}, options)});
}

}  // namespace ddm::cli
