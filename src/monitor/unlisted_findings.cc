#include "monitor/unlisted_findings.h"

#include "base/log.h"
#include "state/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ddm::monitor {
namespace {

using state::stored_or;

constexpr auto changes_name = "findings.unlisted_changes";
constexpr auto last_name = "findings.unlisted_last_ms";

std::string name_of(std::size_t kind) {
  return fmt::format("findings.unlisted.{}", verify::mismatch_kind_names.at(kind));
}

constexpr auto expired = static_cast<std::size_t>(verify::mismatch_kind::expired);

bool is_open(const state::gap_row& gap) { return !gap.cured && is_of_unlisted(gap); }

}  // namespace

bool is_of_unlisted(const state::gap_row& gap) { return gap.reason == unlisted_reason; }

bool has_unlisted(const std::vector<state::gap_row>& gaps) {
  return std::ranges::any_of(gaps, is_open);
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

bool hear_of_unlisted(const std::vector<state::gap_row>& stored,
                      std::vector<state::gap_row>& gaps) {
  const auto theirs = std::ranges::find_if(stored, is_open);
  const auto ours = std::ranges::find_if(gaps, is_open);
  if (theirs == stored.end()) {
    if (ours != gaps.end()) {
      ours->cured = true;
    }
    return false;
  }
  if (ours == gaps.end()) {
    gaps.push_back(*theirs);
    return true;
  }
  ours->noticed = std::max(ours->noticed, theirs->noticed);
  return false;
}

verify::unlisted_findings load_unlisted(const state::snapshot& resumed) {
  // Where another command cured the gap, the numbers stand as they were.
  const bool uncured = has_unlisted(resumed.gaps);
  verify::unlisted_findings found;
  for (std::size_t kind = 0; kind < found.by_kind.open.size(); ++kind) {
    found.by_kind.open.at(kind) =
        uncured || kind == expired ? stored_or(resumed.numbers, name_of(kind)) : 0;
  }
  const auto changes = stored_or(resumed.numbers, changes_name);
  found.changes = uncured ? changes : std::min(changes, found.by_kind.open.at(expired));
  found.last = from_ms(stored_or(resumed.numbers, last_name));
  return found;
}

void collect_unlisted(verify::finding_book& book, wall_time not_before,
                      std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  const auto news = book.take_unlisted();
  if (!news.any()) {
    return;
  }
  batch.numbers.insert_or_assign(last_name, to_ms(book.unlisted().last));
  const bool is_gap = news.by_kind.all() > news.by_kind.open.at(expired);
  if (is_gap && extend_gap(unlisted_reason, std::max(news.last, not_before), gaps, batch)) {
    log::event(log::level::error, "findings_unlisted",
               "mismatches are only counted from now on; a comparison of the whole tables tells "
               "which, once there is room for them",
               {{"open", book.counts().all()}});
    // Numbers of an earlier gap that another command cured end here, and in the book, which may not
    // have heard of that.
    book.keep_unlisted(news);
    for (std::size_t kind = 0; kind < news.by_kind.open.size(); ++kind) {
      batch.numbers.insert_or_assign(name_of(kind), book.unlisted().by_kind.open.at(kind));
    }
    batch.numbers.insert_or_assign(changes_name, book.unlisted().changes);
    return;
  }
  // Added: `monitor` and `compare` may both count.
  for (std::size_t kind = 0; kind < news.by_kind.open.size(); ++kind) {
    if (news.by_kind.open.at(kind) > 0) {
      batch.numbers_added.emplace(name_of(kind), news.by_kind.open.at(kind));
    }
  }
  batch.numbers_added.emplace(changes_name, news.changes);
}

bool forget_cured(verify::finding_book& book, const std::vector<state::gap_row>& gaps,
                  wall_time before) {
  if (!book.unlisted().any() || has_unlisted(gaps) || book.unlisted().last >= before) {
    return false;
  }
  book.forget_unlisted();
  return true;
}

bool forget_cured(verify::finding_book& book, const std::vector<state::gap_row>& gaps,
                  state::commit_batch& batch) {
  if (!batch.gaps_cured_before || !forget_cured(book, gaps, *batch.gaps_cured_before)) {
    return false;
  }
  for (std::size_t kind = 0; kind < verify::mismatch_kind_names.size(); ++kind) {
    batch.numbers.insert_or_assign(name_of(kind), 0);
  }
  batch.numbers.insert_or_assign(changes_name, 0);
  return true;
}

}  // namespace ddm::monitor
