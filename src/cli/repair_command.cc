// A plan by default: what would be written, and why. Only --apply writes, and only to the target;
// the state too stays as it is without it.
#include "cli/repair_command.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/same_file.h"
#include "cli/budgets.h"
#include "cli/open_migration.h"
#include "cli/standard_output.h"
#include "cli/start_text.h"
#include "monitor/findings_flow.h"
#include "monitor/unlisted_findings.h"
#include "repair/finding_notes.h"
#include "repair/repair_session.h"
#include "report/exit_code.h"
#include "report/statistics.h"
#include "runtime/then_always.h"
#include "state/state_file.h"
#include "verify/finding_book.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

/// What an undo makes wrong again must be in the state before it is written.
constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::max() / 8;

/// Writes that are sent at the same time wait for the same copy of the journal.
constexpr std::size_t lanes_beside_a_table = 64;

using report::exit_code;

/// Everything is open: what is to be repaired or undone, and how it ends.
class repair_run {
 public:
  /// `no_comparison`: of a state in a table, so that no comparison of it runs meanwhile.
  repair_run(open_migration& migration, held_state* no_comparison, const repair_options& options)
      : migration_(migration),
        no_comparison_held_(no_comparison),
        options_(options),
        decoder_(migration.decoder_for(1)),
        findings_({.show_values = options.show_values,
                   .hash_keys = options.hash_keys,
                   .open_max = open_mismatches_max,
                   .listed_max = no_bound,
                   .ignored = options.ignore_attributes}) {}

  /// Until all is done or a signal; the exit code.
  [[nodiscard]] awaitable<int> run();

 private:
  [[nodiscard]] result<void> prepare();
  [[nodiscard]] result<void> exclude_comparisons();
  [[nodiscard]] result<void> open_journal();
  [[nodiscard]] awaitable<int> work();
  [[nodiscard]] awaitable<result<repair::repair_summary>> repair_findings(
      repair::repair_session& session, repair::finding_notes& notes);
  [[nodiscard]] awaitable<result<repair::repair_summary>> undo(repair::repair_session& session,
                                                               repair::finding_notes& notes);
  [[nodiscard]] repair::repair_settings session_settings() const;
  void print_start(double units_per_second) const;
  [[nodiscard]] std::string describe_journal() const;
  void print_step(const repair::step_report& step) const;
  [[nodiscard]] int conclude(const result<void>& ended, const repair::repair_summary& done) const;
  [[nodiscard]] std::string text_of(const repair::repair_summary& summary) const;
  [[nodiscard]] std::string json_of(const repair::repair_summary& summary) const;
  [[nodiscard]] int code_of(const repair::repair_summary& summary) const;
  [[nodiscard]] bool undoes() const { return options_.undo.has_value(); }
  [[nodiscard]] bool needs_journal() const { return undoes() || options_.apply; }

  /// Of what is held in a table, if anything is to be written.
  void each_held(const std::function<void(held_state&)>& what) const;
  [[nodiscard]] std::function<awaitable<result<void>>()> before_writes();
  [[nodiscard]] awaitable<result<void>> may_write();
  [[nodiscard]] bool is_in_table() const { return migration_.held != nullptr; }
  /// For people.
  [[nodiscard]] std::string journal_told() const;

  open_migration& migration_;
  held_state* no_comparison_held_;
  const repair_options& options_;
  std::optional<state::state_lock> no_comparison_;
  std::string journal_path_;
  std::optional<repair::repair_journal> journal_;
  dynamodb::page_decoder decoder_;
  verify::finding_book findings_;
  verify::kind_counts unlisted_;
  std::vector<repair::open_finding> to_repair_;
};

repair::repair_settings repair_run::session_settings() const {
  const auto& facts = migration_.facts;
  return {.by = {.schema = facts.schema,
                 .ignored = dynamodb::ignore_list(options_.ignore_attributes),
                 .secret = decoder_.settings().secret,
                 .allow_deletes = options_.allow_deletes,
                 .source_ttl_attribute = facts.source_ttl_attribute,
                 .target_ttl_attribute = facts.target_ttl_attribute},
          .apply = options_.apply,
          .lanes = is_in_table() ? lanes_beside_a_table : repair::repair_settings{}.lanes,
          .settle_max = options_.max_lag,
          .target_identity = facts.target_identity};
}

/// A comparison that runs has read what is written now, and would end in equal; one that begins
/// now would as well.
result<void> repair_run::exclude_comparisons() {
  if (!options_.apply || is_in_table()) {
    return {};
  }
  const auto place = state::resolve_place(migration_.files.state);
  auto lock = place ? state::state_lock::acquire(*place, "compare", migration_.manner.command)
                    : fail(place.error());
  if (!lock) {
    return fail(
        std::move(lock.error()).within("repair --apply writes beside no comparison of its state"));
  }
  no_comparison_.emplace(std::move(*lock));
  return {};
}

result<void> repair_run::open_journal() {
  const auto beside_state = migration_.files.state + std::string(journal_suffix);
  journal_path_ = is_in_table() ? beside_state
                  : undoes()    ? *options_.undo
                                : options_.journal_file.value_or(beside_state);
  if (undoes() && ::access(journal_path_.c_str(), F_OK) != 0 && errno == ENOENT) {
    return wrong_usage(
        fmt::format("there is no journal {}: --undo takes the {} that repair "
                    "--apply wrote",
                    journal_told(), is_in_table() ? "one" : "file"));
  }
  auto others = migration_.files.of_state();
  std::ranges::move(migration_.files.of_findings(), std::back_inserter(others));
  for (const auto& own : others) {
    if (is_one_place(journal_path_, own)) {
      return wrong_usage(fmt::format(
          "the journal {} is one file with {}, which holds something else: name another",
          journal_path_, own));
    }
  }
  if (!needs_journal()) {
    return options_.journal_file ? repair::repair_journal::check_place(journal_path_)
                                 : result<void>();
  }
  auto opened = options_.apply ? repair::repair_journal::open(journal_path_)
                               : repair::repair_journal::open_to_read(journal_path_);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  journal_ = std::move(*opened);
  return journal_->check_table(migration_.facts.target_identity);
}

/// What can be refused before anything is read.
result<void> repair_run::prepare() {
  if (auto ready = migration_.check_target_is_ready(); !ready) {
    return ready;
  }
  if (auto alone = exclude_comparisons(); !alone) {
    return alone;
  }
  auto open = monitor::restore_findings(migration_.resumed, findings_);
  unlisted_ = monitor::unlisted_book("monitor", findings_, migration_.resumed).by_kind();
  auto journal = open_journal();
  if (!open) {
    return fail(std::move(open.error()));
  }
  to_repair_ = repair::to_repair(findings_.newest(open_mismatches_max));
  return journal;
}

awaitable<int> repair_run::run() {
  if (auto prepared = prepare(); !prepared) {
    co_return refuse(prepared.error());
  }
  co_return co_await work();
}

awaitable<int> repair_run::work() {
  auto& host = migration_.host;
  report::statistics statistics;
  statistics.restore(migration_.resumed.numbers, migration_.resumed.values);
  repair::finding_notes notes({.by = session_settings().by, .hash_keys = options_.hash_keys},
                              {.time = host.time,
                               .store = *migration_.store,
                               .findings = findings_,
                               .statistics = statistics,
                               .file = &*migration_.findings});
  rate_limiter budget(host.time, write_budget(options_, *migration_.facts.target));
  repair::repair_session session(session_settings(), {.executor = migration_.executor,
                                                      .time = host.time,
                                                      .source = *migration_.source->reading,
                                                      .target = *migration_.target->reading,
                                                      .write_budget = budget,
                                                      .journal = journal_ ? &*journal_ : nullptr,
                                                      .may_write = before_writes()});
  print_start(budget.rate());
  const drains_on_signal drains(host.end, [&session] { session.request_stop(); });
  const auto stop_when_lost = [&session](const error& /*why*/) { session.request_stop(); };
  each_held([&](held_state& held) { held.on_lost(stop_when_lost); });
  auto ended = undoes() ? co_await undo(session, notes) : co_await repair_findings(session, notes);
  // What was seen equal is told to the state, however the rest ended.
  auto committed = options_.apply ? co_await notes.commit() : result<void>{};
  notes.finish_log();
  each_held([&](held_state& held) {
    held.on_lost([&](const error& why) { ended = fail(why); });
    held.on_lost({});
  });
  co_return conclude(ended ? committed : fail(std::move(ended.error())), session.summary());
}

void repair_run::each_held(const std::function<void(held_state&)>& what) const {
  if (is_in_table() && options_.apply) {
    what(*migration_.held);
    what(*no_comparison_held_);
  }
}

std::function<awaitable<result<void>>()> repair_run::before_writes() {
  return is_in_table() ? std::function([this] { return may_write(); }) : nullptr;
}

/// The table has the journal, and nobody else can have begun to repair or to compare.
awaitable<result<void>> repair_run::may_write() {
  auto may = co_await migration_.held->may_begin_effect();
  if (may) {
    may = co_await no_comparison_held_->may_begin_effect();
  }
  co_return may;
}

awaitable<result<repair::repair_summary>> repair_run::repair_findings(
    repair::repair_session& session, repair::finding_notes& notes) {
  co_return co_await session.run(
      std::move(to_repair_), [this](const repair::step_report& step) { print_step(step); },
      [this, &notes](const dynamodb::item_key& key) {
        if (options_.apply) {
          notes.on_equal(key.hash);
        }
      });
}

awaitable<result<repair::repair_summary>> repair_run::undo(repair::repair_session& session,
                                                           repair::finding_notes& notes) {
  co_return co_await session.undo(
      [this](const repair::step_report& step) { print_step(step); },
      [&notes](std::string key_json, repair::both_sides held, repair::repair_session::moment when) {
        return notes.on_sides(std::move(key_json), std::move(held), when);
      });
}

void repair_run::print_start(double units_per_second) const {
  const auto open = migration_.resumed.open_mismatches_total;
  auto text = describe_tables(migration_);
  append_line(text, "writes",
              options_.apply ? fmt::format("to the target only, at most {} write units",
                                           describe_budget(units_per_second))
                             : std::string("none: this is a plan; --apply carries it out"));
  append_line(text, "deletes",
              options_.allow_deletes ? "allowed" : "not allowed (--allow-deletes)");
  append_line(text, "ignored", describe_ignored(options_));
  append_line(text, "state", migration_.state_told());
  if (is_in_table() && options_.apply) {
    append_line(text, "", migration_.held->cost_told());
  }
  append_line(text, "condition",
              fmt::format("an item is written only while the target holds what {}; a value that "
                          "was changed and changed back meanwhile counts as the same",
                          undoes() ? "the repair wrote" : "was found wrong"));
  append_line(text, "journal", describe_journal());
  if (!undoes()) {
    append_line(text, "mismatches",
                open > static_cast<std::int64_t>(to_repair_.size())
                    ? fmt::format("the newest {} of {} that are open; the others by another run",
                                  to_repair_.size(), open)
                    : fmt::format("{} open", to_repair_.size()));
  }
  migration_.host.printer.print(text);
}

std::string repair_run::journal_told() const {
  return is_in_table() ? "in " + migration_.held->address() : journal_path_;
}

std::string repair_run::describe_journal() const {
  if (!needs_journal()) {
    return "none is needed for a plan";
  }
  const auto& unreadable = journal_->unreadable();
  return unreadable.count == 0
             ? journal_told()
             : fmt::format("{}, in which {} lines cannot be read, the first of them line {}",
                           journal_told(), unreadable.count, unreadable.first.front());
}

void repair_run::print_step(const repair::step_report& step) const {
  auto key = step.key_json;
  if (options_.hash_keys) {
    const auto& settings = decoder_.settings();
    const auto parsed = dynamodb::key_of(key, settings.schema, settings.secret);
    key = parsed ? parsed->hash.hex() : std::string("?");
  }
  const auto ended = [&]() -> std::string_view {
    switch (step.ended) {
      case repair::outcome::refused:
        return "refused: ";
      case repair::outcome::failed:
        return "failed: ";
      default:
        return {};
    }
  }();
  migration_.host.printer.print(
      displayable(fmt::format("{:<7} {}  {}{}", repair::to_string(step.planned.what), key, ended,
                              step.message.empty() ? step.planned.why : step.message)));
}

std::string repair_run::text_of(const repair::repair_summary& summary) const {
  const auto would = options_.apply ? "" : " (planned, not done)";
  auto text =
      fmt::format("{} put, {} changed, {} deleted{}; {} equal already, {} left alone", summary.puts,
                  summary.changes, summary.removals, would, summary.equal, summary.left);
  if (summary.refused + summary.failed > 0) {
    text += fmt::format("; {} refused, {} failed", summary.refused, summary.failed);
  }
  if (options_.apply && !undoes()) {
    text += fmt::format("; {} not seen equal afterwards", summary.unequal_afterwards);
  }
  if (undoes() && options_.apply) {
    text += fmt::format("; what was taken back is a mismatch again: {} open in all",
                        findings_.counts().mismatches());
  }
  if (const auto left_open = findings_.unhealable(); left_open > 0) {
    text += fmt::format(
        "; {} of those open cannot be closed by this run: they were found with fewer ignored "
        "attributes",
        left_open);
  }
  if (const auto unlisted = unlisted_.all(); unlisted > 0) {
    text += fmt::format(
        "; {} more were only counted (--findings-max) and cannot be repaired: compare again",
        unlisted);
  }
  return summary.stopped ? text + "; stopped before the end" : text;
}

std::string repair_run::json_of(const repair::repair_summary& summary) const {
  const nlohmann::ordered_json out{
      {"schema", 1},
      {"command", "repair"},
      {"undo", undoes()},
      {"applied", options_.apply},
      {"put", summary.puts},
      {"changed", summary.changes},
      {"deleted", summary.removals},
      {"equal", summary.equal},
      {"left", summary.left},
      {"refused", summary.refused},
      {"failed", summary.failed},
      {"unequal_afterwards", summary.unequal_afterwards},
      {"stopped", summary.stopped},
      {"open_mismatches", findings_.counts().mismatches()},
      {"unlisted_mismatches", unlisted_.mismatches()},
      {"write_units", summary.write_units},
      {"journal", !needs_journal() ? nlohmann::ordered_json()
                  : is_in_table()  ? nlohmann::ordered_json(migration_.held->address())
                                   : nlohmann::ordered_json(journal_path_)}};
  return json_text(out);
}

int repair_run::code_of(const repair::repair_summary& summary) const {
  if (findings_.counts().mismatches() + unlisted_.mismatches() > 0) {
    return static_cast<int>(exit_code::mismatches);
  }
  const bool incomplete = summary.refused + summary.failed + summary.unequal_afterwards > 0 ||
                          summary.stopped || (undoes() && options_.apply && summary.left > 0);
  return static_cast<int>(incomplete ? exit_code::incomplete : exit_code::equal);
}

int repair_run::conclude(const result<void>& ended, const repair::repair_summary& done) const {
  migration_.host.printer.print(text_of(done));
  const bool told = options_.output != output_format::json || print_report(json_of(done));
  if (!ended) {
    return refuse(ended.error());
  }
  const auto code = code_of(done);
  return !told && code == 0 ? static_cast<int>(exit_code::incomplete) : code;
}

/// Of a state in a table: the comparison's, held so that none begins. A comparison that runs has
/// read what is written now, and would end in equal.
awaitable<result<std::unique_ptr<held_state>>> exclude_comparisons(process& host,
                                                                   const repair_options& options) {
  auto address = remote::parse_state_address(options.state_file.value_or(""));
  if (!address || !options.apply) {
    co_return nullptr;
  }
  auto held = held_state::prepare(host, {.address = *std::move(address),
                                         .access = options.state,
                                         .command = std::string(compare_part),
                                         .doing = "repair"});
  if (held) {
    if (auto taken = co_await (*held)->hold(); !taken) {
      co_return fail(std::move(taken.error()));
    }
  }
  co_return held;
}

awaitable<int> repair_opened(process& host, held_state* no_comparison,
                             const repair_options& options) {
  // A running monitor holds the mismatches in memory and would write them back: hence its lock.
  auto opened = co_await open_migration::open(host, options,
                                              {.command = "repair",
                                               .lock = "monitor",
                                               .only_looks = !options.apply,
                                               .begins_state = false});
  if (!opened) {
    co_return open_migration::not_opened(opened.error());
  }
  repair_run run(**opened, no_comparison, options);
  co_return co_await (*opened)->work_and_close([&run] { return run.run(); });
}

/// Null: none is held. It was only held: nothing is copied.
awaitable<void> let_go(held_state* held) {
  if (held != nullptr) {
    (void)co_await held->end();
  }
}

awaitable<int> repair_migration(process& host, const repair_options& options) {
  const auto no_comparison = co_await exclude_comparisons(host, options);
  if (!no_comparison) {
    co_return open_migration::not_opened({no_comparison.error()});
  }
  auto* const held = no_comparison->get();
  co_return co_await then_always(repair_opened(host, held, options),
                                 [held] { return let_go(held); });
}

}  // namespace

migration_command as_command(std::string migration, repair_options options) {
  return {.migration = std::move(migration), .run = [options = std::move(options)](process& host) {
            return repair_migration(host, options);
          }};
}

int run_repair(const repair_options& options, const aws::environment& variables) {
  return run_migrations(options, variables, {as_command({}, options)});
}

}  // namespace ddm::cli
