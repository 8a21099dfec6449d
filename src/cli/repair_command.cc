// A plan by default: what would be written, and why. Only --apply writes, and only to the target;
// the state too stays as it is without it.
#include "cli/repair_command.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/log.h"
#include "base/same_file.h"
#include "base/units.h"
#include "cli/budgets.h"
#include "cli/event_loop.h"
#include "cli/migration_run.h"
#include "cli/standard_output.h"
#include "monitor/findings_flow.h"
#include "monitor/unlisted_findings.h"
#include "repair/finding_notes.h"
#include "repair/repair_session.h"
#include "report/statistics.h"
#include "state/state_file.h"
#include "verify/finding_book.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

/// What an undo makes wrong again must be in the state before it is written.
constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::max() / 8;

using report::exit_code;

class repair_run final : public migration_run {
 public:
  repair_run(const repair_options& options, const aws::environment& variables, asio::io_context& io)
      : migration_run(options, variables, io), options_(options) {}

 private:
  [[nodiscard]] std::string command() const override { return "repair"; }
  [[nodiscard]] bool forgets_state() const override { return false; }
  [[nodiscard]] bool begins_state() const override { return false; }
  /// A running monitor holds the mismatches in memory and would write them back.
  [[nodiscard]] std::string lock() const override { return "monitor"; }
  [[nodiscard]] awaitable<void> reach_more(monitor::migration_request& /*request*/,
                                           fault_list& /*faults*/) override {
    co_return;  // the two tables are all it reads
  }
  [[nodiscard]] awaitable<int> work(state::snapshot resumed) override;
  bool request_stop() override;

  [[nodiscard]] result<void> exclude_comparisons();
  [[nodiscard]] result<void> open_journal();
  [[nodiscard]] awaitable<result<repair::repair_summary>> repair_findings();
  [[nodiscard]] awaitable<result<repair::repair_summary>> undo();
  [[nodiscard]] repair::repair_settings session_settings() const;
  void print_start(const state::snapshot& resumed);
  [[nodiscard]] std::string describe_journal() const;
  void print_step(const repair::step_report& step);
  int conclude(const result<repair::repair_summary>& ended);
  [[nodiscard]] std::string text_of(const repair::repair_summary& summary) const;
  [[nodiscard]] std::string json_of(const repair::repair_summary& summary) const;
  [[nodiscard]] int code_of(const repair::repair_summary& summary) const;
  [[nodiscard]] bool undoes() const { return options_.undo.has_value(); }
  [[nodiscard]] bool needs_journal() const { return undoes() || options_.apply; }

  const repair_options& options_;
  std::optional<state::state_lock> no_comparison_;
  std::string journal_path_;
  std::optional<repair::repair_journal> journal_;
  std::optional<rate_limiter> write_budget_;
  std::optional<dynamodb::page_decoder> decoder_;
  std::optional<verify::finding_book> findings_;
  verify::kind_counts unlisted_;
  report::statistics statistics_;
  std::optional<repair::finding_notes> notes_;
  std::vector<repair::open_finding> to_repair_;
  std::unique_ptr<repair::repair_session> session_;
};

repair::repair_settings repair_run::session_settings() const {
  return {.by = {.schema = facts_.schema,
                 .ignored = dynamodb::ignore_list(options_.ignore_attributes),
                 .secret = decoder_->settings().secret,
                 .allow_deletes = options_.allow_deletes,
                 .source_ttl_attribute = facts_.source_ttl_attribute,
                 .target_ttl_attribute = facts_.target_ttl_attribute},
          .apply = options_.apply,
          .settle_max = options_.max_lag,
          .target_identity = facts_.target_identity};
}

/// A comparison that runs has read what is written now, and would end in equal; one that begins
/// now would as well.
result<void> repair_run::exclude_comparisons() {
  if (!options_.apply) {
    return {};
  }
  const auto place = state::resolve_place(state_path_);
  auto lock = place ? state::state_lock::acquire(*place, "compare") : fail(place.error());
  if (!lock) {
    return fail(
        std::move(lock.error()).within("repair --apply writes beside no comparison of its state"));
  }
  no_comparison_.emplace(std::move(*lock));
  return {};
}

result<void> repair_run::open_journal() {
  journal_path_ =
      undoes() ? *options_.undo : options_.journal_file.value_or(state_path_ + ".repair.jsonl");
  if (undoes() && !std::filesystem::exists(journal_path_)) {
    return wrong_usage(
        fmt::format("there is no journal {}: --undo takes the file that repair --apply "
                    "wrote",
                    journal_path_));
  }
  auto others = files_of_state();
  std::ranges::move(names_of_findings(), std::back_inserter(others));
  for (const auto& own : others) {
    if (is_one_place(journal_path_, own)) {
      return wrong_usage(fmt::format(
          "the journal {} is one file with {}, which holds something else: name another",
          journal_path_, own));
    }
  }
  if (!needs_journal()) {
    return {};
  }
  auto opened = options_.apply ? repair::repair_journal::open(journal_path_)
                               : repair::repair_journal::open_to_read(journal_path_);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  journal_ = std::move(*opened);
  return journal_->check_table(facts_.target_identity);
}

awaitable<int> repair_run::work(state::snapshot resumed) {
  if (auto ready = check_target_is_ready(); !ready) {
    co_return refuse(ready.error());
  }
  if (auto alone = exclude_comparisons(); !alone) {
    co_return refuse(alone.error());
  }
  decoder_.emplace(decoder_for(1));
  findings_.emplace(verify::finding_options{.show_values = options_.show_values,
                                            .hash_keys = options_.hash_keys,
                                            .open_max = open_mismatches_max,
                                            .listed_max = no_bound,
                                            .ignored = options_.ignore_attributes});
  auto open = monitor::restore_findings(resumed, *findings_);
  unlisted_ = monitor::unlisted_book("monitor", *findings_, resumed).by_kind();
  auto journal = open_journal();
  if (!open || !journal) {
    co_return refuse(open ? journal.error() : open.error());
  }
  to_repair_ = repair::to_repair(findings_->newest(open_mismatches_max));
  statistics_.restore(resumed.numbers, resumed.values);
  notes_.emplace(
      repair::finding_notes::settings{.by = session_settings().by, .hash_keys = options_.hash_keys},
      repair::finding_notes::parts{.time = clock_,
                                   .store = *store_,
                                   .findings = *findings_,
                                   .statistics = statistics_,
                                   .file = &*findings_file_});
  write_budget_.emplace(clock_, write_budget(options_, *facts_.target));
  session_ = std::make_unique<repair::repair_session>(
      session_settings(), repair::repair_parts{.executor = io_.get_executor(),
                                               .time = clock_,
                                               .source = *source_.reading,
                                               .target = *target_.reading,
                                               .write_budget = *write_budget_,
                                               .journal = journal_ ? &*journal_ : nullptr});
  print_start(resumed);
  if (signals_seen_ > 0) {
    session_->request_stop();
  }
  auto ended = undoes() ? co_await undo() : co_await repair_findings();
  // What was seen equal is told to the state, however the rest ended.
  if (auto committed = options_.apply ? co_await notes_->commit() : result<void>{};
      !committed && ended) {
    ended = fail(std::move(committed.error()));
  }
  co_return conclude(ended);
}

awaitable<result<repair::repair_summary>> repair_run::repair_findings() {
  co_return co_await session_->run(
      std::move(to_repair_), [this](const repair::step_report& step) { print_step(step); },
      [this](const dynamodb::item_key& key) {
        if (options_.apply) {
          notes_->on_equal(key.hash);
        }
      });
}

awaitable<result<repair::repair_summary>> repair_run::undo() {
  co_return co_await session_->undo(
      [this](const repair::step_report& step) { print_step(step); },
      [this](std::string key_json, repair::both_sides held, repair::repair_session::moment when) {
        return notes_->on_sides(std::move(key_json), std::move(held), when);
      });
}

bool repair_run::request_stop() {
  if (session_) {
    session_->request_stop();
  }
  return session_ != nullptr;
}

void repair_run::print_start(const state::snapshot& resumed) {
  auto text = describe_tables();
  append_line(text, "writes",
              options_.apply ? fmt::format("to the target only, at most {} write units",
                                           describe_budget(write_budget_->rate()))
                             : std::string("none: this is a plan; --apply carries it out"));
  append_line(text, "deletes",
              options_.allow_deletes ? "allowed" : "not allowed (--allow-deletes)");
  append_line(text, "ignored", describe_ignored());
  append_line(text, "state", state_path_);
  append_line(text, "condition",
              fmt::format("an item is written only while the target holds what {}; a value that "
                          "was changed and changed back meanwhile counts as the same",
                          undoes() ? "the repair wrote" : "was found wrong"));
  append_line(text, "journal", describe_journal());
  if (!undoes()) {
    append_line(text, "mismatches",
                resumed.open_mismatches_total > static_cast<std::int64_t>(to_repair_.size())
                    ? fmt::format("the newest {} of {} that are open; the others by another run",
                                  to_repair_.size(), resumed.open_mismatches_total)
                    : fmt::format("{} open", to_repair_.size()));
  }
  printer_.print(text);
}

std::string repair_run::describe_journal() const {
  if (!needs_journal()) {
    return "none is needed for a plan";
  }
  const auto& unreadable = journal_->unreadable();
  return unreadable.count == 0
             ? journal_path_
             : fmt::format("{}, in which {} lines cannot be read, the first of them line {}",
                           journal_path_, unreadable.count, unreadable.first.front());
}

void repair_run::print_step(const repair::step_report& step) {
  auto key = step.key_json;
  if (options_.hash_keys) {
    const auto& settings = decoder_->settings();
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
  printer_.print(
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
                        findings_->counts().mismatches());
  }
  if (const auto left_open = findings_->unhealable(); left_open > 0) {
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
      {"open_mismatches", findings_->counts().mismatches()},
      {"unlisted_mismatches", unlisted_.mismatches()},
      {"write_units", summary.write_units},
      {"journal",
       needs_journal() ? nlohmann::ordered_json(journal_path_) : nlohmann::ordered_json()}};
  return json_text(out);
}

int repair_run::code_of(const repair::repair_summary& summary) const {
  if (findings_->counts().mismatches() + unlisted_.mismatches() > 0) {
    return static_cast<int>(exit_code::mismatches);
  }
  const bool incomplete = summary.refused + summary.failed + summary.unequal_afterwards > 0 ||
                          summary.stopped || (undoes() && options_.apply && summary.left > 0);
  return static_cast<int>(incomplete ? exit_code::incomplete : exit_code::equal);
}

int repair_run::conclude(const result<repair::repair_summary>& ended) {
  if (notes_) {
    notes_->finish_log();
  }
  printer_.end_live();
  const auto& done = session_->summary();
  printer_.print(text_of(done));
  const bool told = options_.output != output_format::json || print_report(json_of(done));
  if (!ended) {
    return refuse(ended.error());
  }
  const auto code = code_of(done);
  return !told && code == 0 ? static_cast<int>(exit_code::incomplete) : code;
}

}  // namespace

int run_repair(const repair_options& options, const aws::environment& variables) {
  return run_process<repair_run>(options, variables);
}

}  // namespace ddm::cli
