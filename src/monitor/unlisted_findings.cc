#include "monitor/unlisted_findings.h"

#include "base/log.h"
#include "state/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using state::stored_or;
using verify::mismatch_kind;
using verify::mismatch_kind_names;
using verify::unlisted_findings;
using verify::unlisted_history;
using numbers_by_name = std::map<std::string, std::int64_t>;

constexpr std::string_view monitor_command = "monitor";
constexpr std::string_view compare_command = "compare";
constexpr auto names_begin = "findings.unlisted";
constexpr auto expired_kind = static_cast<std::size_t>(mismatch_kind::expired);

/// Of the kinds, `expired` has numbers of its own beside those of all others.
constexpr std::string_view gap_part = "";
constexpr std::string_view expired_part = "expired_";

/// How the numbers of a command are named, one half of its history.
struct number_names {
  std::string_view command;
  std::string_view half;  ///< "" is all, as in earlier versions
  [[nodiscard]] std::string of(std::string_view part, std::string_view what) const {
    return fmt::format("{}.{}.{}{}{}", names_begin, command, half, part, what);
  }
  [[nodiscard]] std::string of_kind(std::size_t kind) const {
    return of("", mismatch_kind_names.at(kind));
  }
};

number_names all_of(std::string_view command) { return {.command = command, .half = ""}; }
number_names before_of(std::string_view command) { return {.command = command, .half = "before_"}; }

unlisted_findings load_numbers(const numbers_by_name& numbers, const number_names& names) {
  unlisted_findings found;
  for (std::size_t kind = 0; kind < mismatch_kind_names.size(); ++kind) {
    auto& part = kind == expired_kind ? found.expired : found.gap;
    part.by_kind.at(kind) = stored_or(numbers, names.of_kind(kind));
  }
  for (auto [counts, part] : {std::pair(&found.gap, gap_part), {&found.expired, expired_part}}) {
    counts->changes = stored_or(numbers, names.of(part, "changes"));
    counts->deletes = stored_or(numbers, names.of(part, "deletes"));
    counts->last = from_ms(stored_or(numbers, names.of(part, "last_ms")));
  }
  return found;
}

void save_numbers(const unlisted_findings& counted, const number_names& names,
                  numbers_by_name& numbers) {
  for (std::size_t kind = 0; kind < mismatch_kind_names.size(); ++kind) {
    numbers.insert_or_assign(names.of_kind(kind), counted.by_kind().open.at(kind));
  }
  for (auto [counts, part] :
       {std::pair(&counted.gap, gap_part), {&counted.expired, expired_part}}) {
    numbers.insert_or_assign(names.of(part, "changes"), counts->changes);
    numbers.insert_or_assign(names.of(part, "deletes"), counts->deletes);
    numbers.insert_or_assign(names.of(part, "last_ms"), counts->any() ? to_ms(counts->last) : 0);
  }
}

/// Earlier versions had one count for all commands: it is the monitor's, as their gap is, until
/// that counts anew.
unlisted_findings load_without_command(const numbers_by_name& numbers) {
  unlisted_findings found;
  for (std::size_t kind = 0; kind < mismatch_kind_names.size(); ++kind) {
    auto& part = kind == expired_kind ? found.expired : found.gap;
    part.by_kind.at(kind) =
        stored_or(numbers, fmt::format("{}.{}", names_begin, mismatch_kind_names.at(kind)));
  }
  const auto changes = stored_or(numbers, "findings.unlisted_changes");
  found.expired.changes = std::min(changes, found.expired.all());
  found.gap.changes = changes - found.expired.changes;
  found.expired.last = found.gap.last = from_ms(stored_or(numbers, "findings.unlisted_last_ms"));
  return found;
}

/// How many all are of which `before` is a part.
std::string of_all_name(std::string_view command) { return before_of(command).of("", "of_all"); }

/// All that was counted, whether it is left or not.
unlisted_history load_counted(std::string_view command, const numbers_by_name& numbers) {
  const auto names = all_of(command);
  if (command == monitor_command && !numbers.contains(names.of(gap_part, "last_ms"))) {
    return {.before = {}, .since = load_without_command(numbers)};
  }
  auto all = load_numbers(numbers, names);
  const auto before = load_numbers(numbers, before_of(command));
  // An earlier version knows all alone, and may have begun again at 0.
  const bool is_of_all = stored_or(numbers, of_all_name(command)) == all.by_kind().all();
  if (!is_of_all || !all.subtract(before)) {
    return {.before = {}, .since = all};
  }
  return {.before = before, .since = all};
}

/// When the comparison began up to which `before` was counted.
std::string began_name(std::string_view command) {
  return before_of(command).of("", "comparison_ms");
}

void save_counted(const unlisted_history& counted, std::string_view command,
                  numbers_by_name& numbers) {
  save_numbers(counted.all(), all_of(command), numbers);
  save_numbers(counted.before, before_of(command), numbers);
  numbers.insert_or_assign(of_all_name(command), counted.all().by_kind().all());
}

bool has_open_gap(std::string_view command, const std::vector<state::gap_row>& gaps) {
  return std::ranges::any_of(gaps, [&](const state::gap_row& gap) {
    return !gap.cured && gap.reason == unlisted_reason(command);
  });
}

wall_time cured_before(const numbers_by_name& numbers) {
  return from_ms(stored_or(numbers, state::gaps_cured_before_name));
}

unlisted_history left_of_counted(std::string_view command, const numbers_by_name& numbers,
                                 const std::vector<state::gap_row>& gaps) {
  auto left = load_counted(command, numbers);
  left.forget_cured(!has_open_gap(command, gaps), cured_before(numbers));
  return left;
}

}  // namespace

std::string_view unlisted_reason(std::string_view command) {
  return command == compare_command
             ? "`compare` confirmed more mismatches than --findings-max keeps: the others were "
               "only counted"
             : "more mismatches were confirmed than --findings-max keeps: the others were only "
               "counted";
}

std::string unlisted_prefix(std::string_view command) {
  return fmt::format("{}.{}.", names_begin, command);
}

bool is_of_unlisted(const state::gap_row& gap) {
  return gap.reason == unlisted_reason(monitor_command) ||
         gap.reason == unlisted_reason(compare_command);
}

bool is_counted_only(const state::gap_row& gap) {
  return is_of_unlisted(gap) || gap.reason == left_reason;
}

bool extend_gap(std::string_view reason, wall_time noticed, std::vector<state::gap_row>& gaps,
                state::commit_batch& batch) {
  state::gap_row row{.stream_arn = {},
                     .shard_id = {},
                     .after_sequence = {},
                     .noticed = noticed,
                     .reason = std::string(reason)};
  batch.gaps_extended.push_back(row);
  const auto open = std::ranges::find_if(
      gaps, [&](const state::gap_row& gap) { return !gap.cured && gap.reason == reason; });
  if (open != gaps.end()) {
    open->noticed = std::max(open->noticed, noticed);
    return false;
  }
  gaps.push_back(std::move(row));
  return true;
}

verify::unlisted_history load_unlisted(std::string_view command, const state::snapshot& resumed) {
  return left_of_counted(command, resumed.numbers, resumed.gaps);
}

unlisted_book::unlisted_book(std::string command, verify::finding_book& own,
                             const state::snapshot& resumed)
    : command_(std::move(command)),
      own_(own),
      theirs_(load_unlisted(other(), resumed)),
      cured_before_(cured_before(resumed.numbers)),
      comparison_began_(from_ms(stored_or(resumed.numbers, began_name(command_)))) {
  own_.restore_unlisted(load_unlisted(command_, resumed));
}

std::vector<std::string> unlisted_book::heard_prefixes() {
  return {names_begin, state::gaps_cured_before_name};
}

std::string_view unlisted_book::other() const {
  return command_ == compare_command ? monitor_command : compare_command;
}

void unlisted_book::collect(wall_time comparison_began, std::vector<state::gap_row>& gaps,
                            state::commit_batch& batch) {
  const bool begins = comparison_began != comparison_began_;
  if (begins) {
    own_.begin_comparison(cured_before_);
    comparison_began_ = comparison_began;
    batch.numbers.insert_or_assign(began_name(command_), to_ms(comparison_began_));
  }
  // A clock that was set back must not date them before a comparison that knew nothing of them.
  const auto news = own_.take_unlisted(
      {.gap = comparison_began, .expired = std::max(comparison_began, cured_before_)});
  if (!news.any() && !begins) {
    return;
  }
  if (news.gap.any() &&
      extend_gap(unlisted_reason(command_), own_.unlisted_taken().since.gap.last, gaps, batch)) {
    log::event(log::level::error, "findings_unlisted",
               "mismatches are only counted from now on; a comparison of the whole tables tells "
               "which, once there is room for them",
               {{"open", own_.counts().all()}});
    own_.begin_unlisted_gap(news);
  }
  save_counted(own_.unlisted_taken(), command_, batch.numbers);
}

void unlisted_book::forget_cured(const std::vector<state::gap_row>& gaps) {
  own_.forget_unlisted(!has_open_gap(command_, gaps), cured_before_);
  theirs_.forget_cured(!has_open_gap(other(), gaps), cured_before_);
}

void unlisted_book::note_cure(const std::vector<state::gap_row>& gaps,
                              const state::commit_batch& batch) {
  if (batch.gaps_cured_before) {
    cured_before_ = std::max(cured_before_, *batch.gaps_cured_before);
    forget_cured(gaps);
  }
}

bool unlisted_book::hear(const state::news& news, const std::vector<state::gap_row>& uncommitted,
                         std::vector<state::gap_row>& gaps) {
  const bool counted_before = has_open_gap(other(), gaps);
  gaps = news.gaps;
  gaps.insert(gaps.end(), uncommitted.begin(), uncommitted.end());
  cured_before_ = std::max(cured_before_, cured_before(news.numbers));
  theirs_ = load_counted(other(), news.numbers);
  forget_cured(gaps);
  return !counted_before && has_open_gap(other(), gaps);
}

unlisted_findings unlisted_book::all() const {
  auto sum = own_.unlisted();
  sum.add(theirs_.all());
  return sum;
}

verify::kind_counts unlisted_book::by_kind() const { return all().by_kind(); }

std::optional<wall_time> unlisted_book::last_expired() const {
  const auto expired = all().expired;
  return expired.any() ? std::optional(expired.last) : std::nullopt;
}

unlisted_book::of_comparison unlisted_book::left_of(
    const compare::comparison_progress& progress) const {
  const auto counted = progress.made_by == other() ? theirs_.all() : own_.unlisted();
  const auto expired = progress.candidates_unlisted_expired;
  const auto of_gap = counted.gap.any() ? progress.candidates_unlisted - expired : 0;
  return {.all = of_gap + (counted.expired.any() ? expired : 0),
          .wrong = of_gap > 0 ? of_gap - progress.candidates_unlisted_unreadable : 0};
}

}  // namespace ddm::monitor
