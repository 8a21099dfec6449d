#include "cli/compare_command.h"

#include "base/units.h"
#include "cli/budgets.h"
#include "cli/compared_tables.h"
#include "cli/onlookers.h"
#include "cli/open_migration.h"
#include "cli/run_description.h"
#include "cli/run_teller.h"
#include "cli/sample_rate.h"
#include "cli/source_export.h"
#include "cli/start_text.h"
#include "cli/what_comes.h"
#include "exports/table_export.h"
#include "monitor/compare_session.h"
#include "report/render.h"
#include "report/verdict.h"
#include "verify/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

/// Everything is open: what is read, and how it ends.
class compare_run {
 public:
  /// `source_export` null: the source is scanned.
  compare_run(open_migration& migration, const compare_options& options, onlookers& onlookers,
              run_teller& teller, const exports::table_export* source_export)
      : migration_(migration),
        options_(options),
        tables_(migration),
        decoder_(migration.decoder_for(options.sample_rate)),
        onlookers_(onlookers),
        teller_(teller),
        export_(source_export) {}

  /// Until both tables are compared or a signal; the exit code.
  [[nodiscard]] awaitable<int> run();

 private:
  [[nodiscard]] monitor::compare_settings session_settings() const;
  [[nodiscard]] monitor::compare_parts session_parts();
  [[nodiscard]] awaitable<result<void>> look_once_more(report::status& status);
  [[nodiscard]] std::string first_screen(const monitor::compare_session& session) const;

  open_migration& migration_;
  const compare_options& options_;
  compared_tables tables_;
  dynamodb::page_decoder decoder_;
  onlookers& onlookers_;
  run_teller& teller_;
  const exports::table_export* export_;
};

monitor::compare_settings compare_run::session_settings() const {
  const auto& source = migration_.facts.source;
  const auto& target = *migration_.facts.target;
  const auto source_items = export_ == nullptr ? source.item_count : export_->summary.items;
  const auto memory = memory_for_load(options_);
  return {.comparer = {.command = migration_.manner.command,
                       .leftover_path = migration_.leftover_path(),
                       .segments = options_.segments,
                       .table_bytes = std::max(source.size_bytes, target.size_bytes),
                       .expected_items = source_items + target.item_count,
                       .sample_rate = options_.sample_rate,
                       .ignored = verify::join_patterns(options_.ignore_attributes),
                       .memory_bytes_max = memory / 2},
          .checks = {.max_lag = options_.max_lag, .memory_bytes_max = memory / 2},
          .verifier = {.keep_values = options_.show_values},
          .findings = {.show_values = options_.show_values,
                       .hash_keys = options_.hash_keys,
                       .open_max = open_mismatches_max,
                       .listed_max = static_cast<std::int64_t>(options_.findings_max),
                       .ignored = options_.ignore_attributes},
          .stats_interval = options_.stats_interval,
          .fresh = options_.fresh};
}

monitor::compare_parts compare_run::session_parts() {
  auto& host = migration_.host;
  return {.executor = migration_.executor,
          .time = host.time,
          .pool = host.pool,
          .decoder = decoder_,
          .source = *migration_.source->reading,
          .target = *migration_.target->reading,
          .store = *migration_.store,
          .findings = &*migration_.findings,
          .source_export = export_,
          .watch = onlookers_.watch([this](const report::status& now) { teller_.block(now); }, {})};
}

awaitable<int> compare_run::run() {
  if (auto ready = migration_.check_target_is_ready(); !ready) {
    co_return teller_.refused({ready.error()});
  }
  auto& resumed = migration_.resumed;
  const auto gaps_before = resumed.gaps.size();
  if (auto settled = co_await tables_.settle(resumed.gaps); !settled) {
    co_return teller_.refused({settled.error()});
  }
  auto settings = session_settings();
  // What was compared with another table is compared again.
  settings.fresh = settings.fresh || resumed.gaps.size() > gaps_before;
  auto& host = migration_.host;
  monitor::compare_session session(std::move(settings), session_parts(), resumed);
  teller_.begun(first_screen(session));
  if (auto begun = onlookers_.begin(); !begun) {
    co_return teller_.refused({begun.error()});
  }
  const drains_on_signal drains(host.end, [&session] { session.request_stop(); });
  std::optional<live_panel> live(std::in_place, host.live, [&session]() -> const report::status& {
    return session.latest_status();
  });
  std::optional<ends_when_lost> ends(std::in_place, migration_.held.get(),
                                     [&session](const error& why) { session.fail_with(why); });
  auto ended = co_await session.run();
  ends.reset();
  auto status = session.status();
  const bool complete = status.compared && status.compared->progress.finished();
  if (ended && (complete || !host.end.asked())) {
    ended = co_await look_once_more(status);
  }
  live.reset();
  const auto recorded =
      co_await session.record_end(ended ? std::nullopt : std::optional(ended.error()));
  if (ended && !recorded) {
    ended = recorded;
  }
  const int code = teller_.ended(ended, status);
  co_await onlookers_.end(status);
  co_return code;
}

/// At both tables; a signal ends the waiting for what they do not answer.
awaitable<result<void>> compare_run::look_once_more(report::status& status) {
  const drains_on_signal drains(migration_.host.end, [this] {
    migration_.source->reading->drain();
    migration_.target->reading->drain();
  });
  auto settled = co_await tables_.settle_at_end(status.gaps);
  status.verdict = report::decide_verdict(status);
  co_return settled;
}

std::string compare_run::first_screen(const monitor::compare_session& session) const {
  auto text = describe_tables(migration_);
  const auto progress = session.status().compared->progress;
  if (export_ != nullptr) {
    append_line(text, "export", export_->describe());
    append_line(text, "",
                "finds what differs; counts towards no GO, and cures no gap: what changed since is "
                "not in it");
  }
  append_line(text, "sample", describe_sample_rate(options_.sample_rate));
  append_line(text, "ignored", describe_ignored(options_));
  append_line(text, "lag",
              fmt::format("what differs is judged by strong reads, {} apart",
                          spoken_duration(options_.max_lag)));
  append_line(text, "memory",
              fmt::format("{} at most for pending work", format_size(options_.memory_bytes)));
  append_line(text, "comparison",
              session.resumes() ? fmt::format("resumed: {} of {} segments are done, begun {}",
                                              progress.segments_done, progress.segments,
                                              format_rfc3339(progress.started()))
                                : fmt::format("new: {} segments", progress.segments));
  append_line(text, "state", migration_.state_told());
  if (migration_.held) {
    append_line(text, "", migration_.held->cost_told());
  }
  append_line(text, "findings", migration_.files.findings);
  const auto& facts = migration_.facts;
  append_what_comes(
      text, what_comes(options_, {.resumes = session.resumes(),
                                  .items = facts.source.item_count + facts.target->item_count,
                                  .reading_least = reading_least(migration_)}));
  return text;
}

/// Of the very table that is the source, as far as both tell.
result<void> check_is_of_source(const exports::table_export& of,
                                const dynamodb::table_description& source, wall_time now) {
  const auto& summary = of.summary;
  if (summary.as_of > now + std::chrono::minutes(1)) {
    return wrong_usage(
        fmt::format("the export in {} is of {}, which is to come: one of the clocks "
                    "is wrong, or the manifest",
                    of.store->describe(), format_rfc3339(summary.as_of)));
  }
  if (summary.table_arn != source.arn) {
    return wrong_usage(fmt::format("the export in {} is of {}, and the source is {}",
                                   of.store->describe(), summary.table_arn, source.arn));
  }
  if (!summary.table_id.empty() && !source.id.empty() && summary.table_id != source.id) {
    return wrong_usage(
        fmt::format("the export in {} is of a table that was there before under the name of the "
                    "source, {}: export the present one",
                    of.store->describe(), source.arn));
  }
  return {};
}

awaitable<int> compare_opened(open_migration& opened, const compare_options& options,
                              run_teller& teller, const exports::table_export* source_export) {
  auto onlookers = onlookers::open(opened, settings_in_force(options));
  if (!onlookers) {
    co_return teller.refused({onlookers.error()});
  }
  compare_run run(opened, options, **onlookers, teller, source_export);
  co_return co_await run.run();
}

awaitable<int> compare_alone(process& host, const compare_options& options) {
  printing_teller teller(host.printer, options, false, report::render_comparison);
  co_return co_await compare_migration(host, options, teller);
}

}  // namespace

awaitable<int> compare_migration(process& host, const compare_options& options,
                                 run_teller& teller) {
  const auto source_export = co_await open_source_export(host, options);
  if (!source_export) {
    co_return teller.refused({source_export.error()});
  }
  const auto* of = *source_export ? &**source_export : nullptr;
  // The state may be a monitor's as well: --fresh begins only the comparison anew.
  auto opened = co_await open_migration::open(
      host, options,
      {.command = "compare",
       .lock = "compare",
       .begins_anew = options.fresh,
       .check = [of, now = host.time.now()](const monitor::migration& facts) {
         return of == nullptr ? result<void>() : check_is_of_source(*of, facts.source, now);
       }});
  if (!opened) {
    co_return open_migration::not_opened(opened.error(), teller);
  }
  co_return co_await (*opened)->work_and_close(
      [&] { return compare_opened(**opened, options, teller, of); });
}

migration_command as_command(std::string migration, compare_options options) {
  return {.migration = std::move(migration), .run = [options = std::move(options)](process& host) {
            return compare_alone(host, options);
          }};
}

int run_compare(const compare_options& options, const aws::environment& variables) {
  return run_migrations(options, variables, {as_command({}, options)});
}

}  // namespace ddm::cli
