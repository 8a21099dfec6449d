#include "cli/compare_command.h"

#include "base/displayable.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/budgets.h"
#include "cli/compared_tables.h"
#include "cli/comparison_array.h"
#include "cli/export_changes.h"
#include "cli/merged_comparison.h"
#include "cli/onlookers.h"
#include "cli/open_migration.h"
#include "cli/run_description.h"
#include "cli/run_teller.h"
#include "cli/sample_rate.h"
#include "cli/source_export.h"
#include "cli/standard_output.h"
#include "cli/start_text.h"
#include "cli/what_comes.h"
#include "compare/exchange.h"
#include "compare/worker_step.h"
#include "exports/table_export.h"
#include "monitor/compare_session.h"
#include "monitor/evidence.h"
#include "report/exit_code.h"
#include "report/render.h"
#include "report/verdict.h"
#include "verify/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

compare::worker_step step_of(const compare_options& options) {
  if (!options.step) {
    return compare::worker_step::all;
  }
  return *options.step == array_step::scan ? compare::worker_step::scan
                                           : compare::worker_step::join;
}

/// Everything is open: what is read, and how it ends.
class compare_run {
 public:
  /// `source_export` null: the source is scanned.
  compare_run(open_migration& migration, const compare_options& options,
              compare::worker_share share, onlookers& onlookers, run_teller& teller,
              const exports::table_export* source_export)
      : migration_(migration),
        options_(options),
        share_(share),
        tables_(migration),
        decoder_(migration.decoder_for(options.sample_rate)),
        onlookers_(onlookers),
        teller_(teller),
        export_(source_export) {}

  /// Until both tables are compared or a signal; the exit code.
  [[nodiscard]] awaitable<int> run();
  /// What workers begin with; the exit code.
  [[nodiscard]] awaitable<int> prepare();
  /// What workers left, as one result; the exit code.
  [[nodiscard]] awaitable<int> merge();

 private:
  [[nodiscard]] monitor::compare_settings session_settings() const;
  [[nodiscard]] monitor::compare_parts session_parts(compare::changes_since_export since);
  [[nodiscard]] awaitable<result<bool>> settle();
  [[nodiscard]] std::string not_as_prepared(const compare::comparison_progress& was) const {
    return said_otherwise(options_, share_, export_, was);
  }
  [[nodiscard]] result<void> check_part(bool replaced) const;
  /// Of a worker: its step is.
  [[nodiscard]] bool is_complete(const compare::comparison_progress& progress) const {
    return compare::is_over(step_of(options_), progress);
  }
  [[nodiscard]] awaitable<int> told_complete(const compare::comparison_progress& own);
  [[nodiscard]] int code_of_worker(bool complete, int code) const;
  [[nodiscard]] awaitable<result<void>> begin_exchange(const compare::comparison_progress& of);
  [[nodiscard]] awaitable<int> show_merged(state::state_store& store);
  [[nodiscard]] awaitable<result<compare::changes_since_export>> read_changes(
      const monitor::compare_settings& settings);
  [[nodiscard]] awaitable<result<void>> load_anew();
  [[nodiscard]] int not_begun(const error& why);
  [[nodiscard]] awaitable<int> tell_end(monitor::compare_session& session, result<void>& ended,
                                        const report::status& last);
  [[nodiscard]] awaitable<result<void>> look_once_more(report::status& status);
  [[nodiscard]] std::string told_comparison(const compare::comparison_progress& progress,
                                            bool resumes) const;
  [[nodiscard]] std::string first_screen(const monitor::compare_session& session) const;

  open_migration& migration_;
  const compare_options& options_;
  compare::worker_share share_;
  compared_tables tables_;
  dynamodb::page_decoder decoder_;
  onlookers& onlookers_;
  run_teller& teller_;
  const exports::table_export* export_;
  bool shows_merged_ = true;
  std::optional<std::uint64_t> changed_keys_;  ///< since it was made, if this process knows
};

compare::comparison_progress progress_in(const open_migration& migration) {
  return compare::comparison_progress::load(migration.manner.command, migration.resumed.numbers,
                                            migration.resumed.values);
}

monitor::compare_settings compare_run::session_settings() const {
  const auto& source = migration_.facts.source;
  const auto& target = *migration_.facts.target;
  const auto source_items = export_ == nullptr ? source.item_count : export_->summary.items;
  const auto memory = memory_for_load(options_);
  const bool is_worker = role_of(options_) == array_role::worker;
  return {.comparer = {.command = migration_.manner.command,
                       .leftover_path = migration_.leftover_path(),
                       .segments = options_.segments,
                       .table_bytes = std::max(source.size_bytes, target.size_bytes),
                       .expected_items =
                           (source_items + target.item_count) / (is_worker ? *options_.workers : 1),
                       .sample_rate = options_.sample_rate,
                       .ignored = verify::join_patterns(options_.ignore_attributes),
                       .memory_bytes_max = memory / 2,
                       .pairs_in_flight = is_worker ? 1UZ : 4UZ,
                       .share = share_,
                       .keeps_each_pair = is_worker,
                       .step = step_of(options_),
                       .exchange_folder = options_.exchange.value_or(""),
                       .exchange_name = compare::exchange::name_by(migration_.identity.secret),
                       .array_id = role_of(options_) == array_role::prepare ? new_id() : 0,
                       .log_id = is_worker ? new_id() : 0},
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

monitor::compare_parts compare_run::session_parts(compare::changes_since_export since) {
  auto& host = migration_.host;
  std::function<awaitable<result<void>>()> keep;
  if (role_of(options_) == array_role::worker && migration_.held) {
    keep = [held = migration_.held.get()] { return held->may_begin_effect(); };
  }
  return {.executor = migration_.executor,
          .time = host.time,
          .pool = host.pool,
          .decoder = decoder_,
          .source = *migration_.source->reading,
          .target = *migration_.target->reading,
          .store = *migration_.store,
          .findings = &*migration_.findings,
          .source_export = export_,
          .since_export = std::move(since),
          .watch = onlookers_.watch([this](const report::status& now) { teller_.block(now); }, {}),
          .keep = keep};
}

/// With the tables as they were described. True: one of them is another one by now.
awaitable<result<bool>> compare_run::settle() {
  auto& resumed = migration_.resumed;
  const auto gaps_before = resumed.gaps.size();
  if (auto ready = migration_.check_target_is_ready(); !ready) {
    co_return fail(std::move(ready.error()));
  }
  // What was prepared is a copy of what was known then: it cannot begin anew by itself.
  if (is_prepared(progress_in(migration_)) && !options_.fresh) {
    if (auto same = check_tables_as_prepared(migration_, resumed); !same) {
      co_return fail(std::move(same.error()));
    }
  }
  auto settled = co_await tables_.settle(resumed.gaps);
  co_return settled ? result<bool>(resumed.gaps.size() > gaps_before)
                    : fail(std::move(settled.error()));
}

/// Of a comparison that goes on they are in the state.
awaitable<result<compare::changes_since_export>> compare_run::read_changes(
    const monitor::compare_settings& settings) {
  const bool goes_on = export_ != nullptr && !settings.fresh &&
                       compare::table_comparer::would_resume(
                           settings.comparer, export_->summary.export_arn, migration_.resumed);
  // Workers have what was prepared.
  if (export_ == nullptr || goes_on || role_of(options_) == array_role::worker) {
    co_return compare::changes_since_export{};
  }
  const auto epoch = monitor::evidence_book::epoch_of(migration_.resumed);
  auto since = co_await read_changes_since(migration_, options_, *export_, decoder_);
  if (!since) {
    co_return fail(std::move(since.error()));
  }
  since->epoch = epoch;
  if (since->known()) {
    changed_keys_ = since->keys.size();
  }
  if (auto loaded = co_await load_anew(); !loaded) {
    co_return fail(std::move(loaded.error()));
  }
  co_return since;
}

/// The reading may have taken hours, and a monitor beside it has gone on: its sample, its gaps and
/// its findings are to be those of the comparison's begin, or later. Not so the epoch: what it has
/// checked since then says nothing of the time before.
awaitable<result<void>> compare_run::load_anew() {
  auto now = co_await migration_.store->load(open_mismatches_max);
  if (!now) {
    co_return fail(std::move(now.error()));
  }
  migration_.resumed = *std::move(now);
  co_return result<void>{};
}

/// After a signal nothing was compared; anything else is a refusal.
int compare_run::not_begun(const error& why) {
  if (why.kind != error_class::cancelled) {
    return teller_.refused({why});
  }
  log::event(log::level::info, "ended_before_comparing", why.message);
  return static_cast<int>(report::exit_code::incomplete);
}

std::unexpected<error> prepared_otherwise(const std::string& how) {
  return wrong_usage(fmt::format(
      "the comparison was prepared with {}: take the same flags, or begin anew with --prepare "
      "--fresh",
      how));
}

result<void> compare_run::check_part(bool replaced) const {
  if (replaced) {
    return wrong_usage(migration_.resumed.gaps.back().reason +
                       ": begin anew with --prepare --fresh");
  }
  const auto other = not_as_prepared(progress_in(migration_));
  return other.empty() ? result<void>() : prepared_otherwise(other);
}

/// What is committed where another host finds it: a process that was killed behind that may not
/// have tidied up.
awaitable<int> compare_run::told_complete(const compare::comparison_progress& own) {
  if (own.finished() && options_.exchange) {
    co_await migration_.host.pool.run([between = compare::exchange(*options_.exchange, own)] {
      between.forget_logs();
      between.forget_received();
    });
  }
  teller_.begun(fmt::format("The part of worker {} of {} is complete already.\n", share_.worker,
                            share_.workers));
  co_return static_cast<int>(report::exit_code::equal);
}

/// What an array left that was given up goes once another host knows of the new one.
awaitable<result<void>> compare_run::begin_exchange(const compare::comparison_progress& of) {
  if (auto kept = migration_.held ? co_await migration_.held->may_begin_effect() : result<void>();
      !kept) {
    co_return kept;
  }
  co_return co_await migration_.host.pool.run(
      [between = compare::exchange(*options_.exchange, of),
       name = compare::exchange::name_by(migration_.identity.secret)] {
        return between.begin(name);
      });
}

awaitable<int> compare_run::prepare() {
  const auto replaced = co_await settle();
  if (!replaced) {
    co_return teller_.refused({replaced.error()});
  }
  auto settings = session_settings();
  settings.fresh = settings.fresh || *replaced;
  if (const auto other = not_as_prepared(progress_in(migration_));
      !other.empty() && !settings.fresh) {
    co_return teller_.refused({prepared_otherwise(other).error()});
  }
  auto since = co_await read_changes(settings);
  if (!since) {
    co_return not_begun(since.error());
  }
  monitor::compare_session session(std::move(settings), session_parts(*std::move(since)),
                                   migration_.resumed);
  teller_.begun(first_screen(session));
  auto begun = session.resumes() ? result<void>() : co_await session.only_begin();
  if (begun && options_.exchange) {
    begun = co_await begin_exchange(session.status().compared->progress);
  }
  if (!begun) {
    co_return teller_.refused({begun.error()});
  }
  const bool told =
      options_.output != output_format::json || print_report(report::render_json(session.status()));
  co_return static_cast<int>(told ? report::exit_code::equal : report::exit_code::incomplete);
}

awaitable<int> compare_run::merge() {
  if (const auto replaced = co_await settle(); !replaced) {
    co_return teller_.refused({replaced.error()});
  }
  merged_comparison merged(migration_, share_.workers);
  const drains_on_signal drains(migration_.host.end, [] {});
  if (auto made = co_await merged.make(); !made) {
    co_return teller_.refused({made.error()});
  }
  if (const auto other = not_as_prepared(merged.prepared()); !other.empty()) {
    co_return teller_.refused({prepared_otherwise(other).error()});
  }
  if (!merged.lacks().empty() && !options_.partial) {
    complain(
        fmt::format("not all parts are complete: {}. Run these workers again, or merge what "
                    "there is with --partial",
                    merged.lacks()));
    co_return static_cast<int>(report::exit_code::incomplete);
  }
  if (auto taken = co_await merged.take_in(); !taken) {
    co_return teller_.refused({taken.error()});
  }
  shows_merged_ = !merged.is_late();
  co_return co_await show_merged(merged.lacks().empty() ? *migration_.store : merged.store());
}

/// As after a run of one process.
awaitable<int> compare_run::show_merged(state::state_store& store) {
  const auto found = co_await store.load(open_mismatches_max);
  if (!found) {
    co_return teller_.refused({found.error()});
  }
  auto settings = session_settings();
  settings.comparer.as_it_is = true;
  settings.fresh = false;
  auto parts = session_parts({});
  parts.findings = &store == migration_.store.get() ? parts.findings : nullptr;
  monitor::compare_session session(std::move(settings), std::move(parts), *found);
  teller_.begun(first_screen(session));
  auto ended = co_await session.only_begin();
  auto status = session.status();
  if (ended) {
    ended = co_await look_once_more(status);
  }
  co_return co_await tell_end(session, ended, status);
}

/// The last word, in the state and to whoever looks on; the exit code. An error that recording it
/// has becomes that of the run, where it had none.
awaitable<int> compare_run::tell_end(monitor::compare_session& session, result<void>& ended,
                                     const report::status& last) {
  const auto recorded =
      co_await session.record_end(ended ? std::nullopt : std::optional(ended.error()));
  if (ended && !recorded) {
    ended = recorded;
  }
  const int code = teller_.ended(ended, last);
  co_await onlookers_.end(last);
  co_return code;
}

awaitable<int> compare_run::run() {
  const auto replaced = co_await settle();
  if (!replaced) {
    co_return teller_.refused({replaced.error()});
  }
  const bool is_worker = role_of(options_) == array_role::worker;
  if (auto fits = is_worker ? check_part(*replaced) : result<void>(); !fits) {
    co_return teller_.refused({fits.error()});
  }
  if (const auto own = progress_in(migration_); is_worker && is_complete(own)) {
    co_return co_await told_complete(own);
  }
  auto settings = session_settings();
  // What was compared with another table is compared again.
  settings.fresh = settings.fresh || *replaced;
  auto since = co_await read_changes(settings);
  if (!since) {
    co_return not_begun(since.error());
  }
  auto& host = migration_.host;
  monitor::compare_session session(std::move(settings), session_parts(*std::move(since)),
                                   migration_.resumed);
  if (is_worker && !session.resumes()) {
    co_return teller_.refused({prepared_otherwise("other settings").error()});
  }
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
  const auto gaps_before = status.gaps.size();
  const bool complete = status.compared && is_complete(status.compared->progress);
  if (ended && (complete || !host.end.asked())) {
    ended = co_await look_once_more(status);
  }
  live.reset();
  const int code = co_await tell_end(session, ended, status);
  co_return is_worker&& ended ? code_of_worker(complete && status.gaps.size() == gaps_before, code)
                              : code;
}

/// Whatever it found: a scheduler would run again what does not end with 0.
int compare_run::code_of_worker(bool complete, int code) const {
  if (complete) {
    log::event(
        log::level::info, "part_complete",
        fmt::format("the part of worker {} of {} is complete", share_.worker, share_.workers));
    return static_cast<int>(report::exit_code::equal);
  }
  return code == static_cast<int>(report::exit_code::failed)
             ? code
             : static_cast<int>(report::exit_code::incomplete);
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

std::string compare_run::told_comparison(const compare::comparison_progress& progress,
                                         bool resumes) const {
  const auto begun = format_rfc3339(progress.started());
  if (role_of(options_) == array_role::merge) {
    return shows_merged_
               ? fmt::format("merged: {} of {} segments are done, begun {}", progress.segments_done,
                             progress.segments, begun)
               : fmt::format("not the merged one: a newer one is the last, begun {}", begun);
  }
  return resumes ? fmt::format("resumed: {} of {} segments are done, begun {}",
                               progress.segments_done, progress.pairs(), begun)
                 : fmt::format("new: {} segments", progress.segments);
}

std::string compare_run::first_screen(const monitor::compare_session& session) const {
  auto text = describe_tables(migration_);
  const auto progress = session.status().compared->progress;
  if (export_ != nullptr) {
    append_line(text, "export", export_->describe());
    for (const auto& line : describe_standing(progress, changed_keys_, migration_.facts.source)) {
      append_line(text, "", line);
    }
  }
  append_line(text, "sample", describe_sample_rate(options_.sample_rate));
  append_line(text, "ignored", describe_ignored(options_));
  append_line(text, "lag",
              fmt::format("what differs is judged by strong reads, {} apart",
                          spoken_duration(options_.max_lag)));
  if (role_of(options_) == array_role::worker) {
    append_line(text, "worker",
                fmt::format("{} of {} (from 0 on): its part is {} of {} segments", share_.worker,
                            share_.workers, progress.pairs(), progress.segments));
  }
  append_line(text, "memory",
              fmt::format("{} at most for pending work", format_size(options_.memory_bytes)));
  append_line(text, "comparison", told_comparison(progress, session.resumes()));
  append_line(text, "state", migration_.state_told());
  if (migration_.held) {
    append_line(text, "", migration_.held->cost_told());
  }
  append_line(text, "findings", migration_.files.findings);
  const auto& facts = migration_.facts;
  if (const auto role = role_of(options_); role == array_role::prepare) {
    append_what_comes(text, {fmt::format("the workers, 0 to {}, then --merge: the same flags",
                                         share_.workers - 1)});
  } else if (role != array_role::merge) {
    const auto items = facts.source.item_count + facts.target->item_count;
    append_what_comes(text, what_comes(options_, {.resumes = session.resumes(),
                                                  .items = items / options_.workers.value_or(1),
                                                  .reading_least = reading_least(migration_)}));
  }
  return text;
}

awaitable<int> compare_opened(open_migration& opened, const compare_options& options,
                              compare::worker_share share, run_teller& teller,
                              const exports::table_export* source_export) {
  auto onlookers = onlookers::open(opened, settings_in_force(options));
  if (!onlookers) {
    co_return teller.refused({onlookers.error()});
  }
  compare_run run(opened, options, share, **onlookers, teller, source_export);
  switch (role_of(options)) {
    case array_role::prepare:
      co_return co_await run.prepare();
    case array_role::merge:
      co_return co_await run.merge();
    case array_role::none:
    case array_role::worker:
      co_return co_await run.run();
  }
  std::unreachable();
}

/// What each role begins with.
command_manner manner_of(process& host, const compare_options& options,
                         compare::worker_share share) {
  command_manner manner{.command = "compare", .lock = "compare", .begins_anew = options.fresh};
  const auto role = role_of(options);
  if (role == array_role::none) {
    return manner;
  }
  const array_place place{.host = host, .state_file = options.state_file.value_or("")};
  if (role == array_role::prepare) {
    manner.part = prepared_part;
  } else if (role == array_role::worker) {
    manner.part = part_of(share.worker);
    manner.begins_alone = true;
    manner.workers = share.workers;
  }
  manner.begin_part = [place, role, share, &options](const std::string& path, held_state* held) {
    switch (role) {
      case array_role::prepare:
        return begin_prepared(place, held, options.fresh, path);
      case array_role::worker:
        return begin_worker(place, held, {.share = share, .exchange = options.exchange}, path);
      case array_role::none:
      case array_role::merge:
        return begin_whole(place, held, path);
    }
    std::unreachable();
  };
  return manner;
}

awaitable<int> compare_alone(process& host, const compare_options& options) {
  printing_teller teller(host.printer, options, false, report::render_comparison);
  co_return co_await compare_migration(host, options, teller);
}

}  // namespace

awaitable<int> compare_migration(process& host, const compare_options& options,
                                 run_teller& teller) {
  const auto share = share_of(options, host.variables);
  if (!share) {
    co_return teller.refused({share.error()});
  }
  const auto source_export =
      co_await open_source_export(host, options.source_export, options.source);
  if (!source_export) {
    co_return teller.refused({source_export.error()});
  }
  const auto* of = *source_export ? &**source_export : nullptr;
  // The state may be a monitor's as well: --fresh begins only the comparison anew.
  auto manner = manner_of(host, options, *share);
  manner.check = [of, now = host.time.now()](const monitor::migration& facts) {
    return of == nullptr ? result<void>() : check_is_of_source(*of, facts.source, now);
  };
  auto opened = co_await open_migration::open(host, options, std::move(manner));
  if (!opened) {
    co_return open_migration::not_opened(opened.error(), teller);
  }
  co_return co_await (*opened)->work_and_close(
      [&] { return compare_opened(**opened, options, *share, teller, of); });
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
