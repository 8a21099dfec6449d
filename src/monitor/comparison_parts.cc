#include "monitor/comparison_parts.h"

#include "monitor/gap_cure.h"
#include "monitor/handover.h"
#include "monitor/session_state.h"
#include "monitor/unlisted_findings.h"
#include "state/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ddm::monitor {
namespace {

using compare::comparison_progress;
using compare::worker_share;

constexpr auto command = "compare";
constexpr std::size_t rows_at_once = 2'000;

/// Numbers of one state that are sums over its parts.
constexpr std::array summed{
    &comparison_progress::segments_done,
    &comparison_progress::candidates,
    &comparison_progress::candidates_closed,
    &comparison_progress::candidates_equal,
    &comparison_progress::candidates_unequal,
    &comparison_progress::candidates_unlisted,
    &comparison_progress::candidates_unlisted_expired,
    &comparison_progress::candidates_unlisted_unreadable,
    &comparison_progress::candidates_restless,
    &comparison_progress::candidates_twice,
};

/// What a worker has seen that was not known when the parts were prepared, as that a table was made
/// anew.
std::string seen_since(const std::vector<state::gap_row>& before,
                       const std::vector<state::gap_row>& now) {
  const auto added = std::ranges::find_if(now, [&](const state::gap_row& gap) {
    return !is_counted_only(gap) && std::ranges::none_of(before, [&](const state::gap_row& known) {
      return known.reason == gap.reason && known.noticed == gap.noticed;
    });
  });
  return added == now.end() ? std::string() : added->reason;
}

/// From here on a copy is another one's own doing; where it came from stays.
void begin_own(const state::snapshot& stored, std::string run, state::commit_batch& batch) {
  const auto begun = load_handover({.numbers = stored.numbers, .values = stored.values});
  save(handover{.run = std::move(run),
                .lines = stored.finding_lines,
                .base = begun ? begun->base : std::nullopt},
       batch);
}

}  // namespace

comparison_progress comparison_in(const state::news& all) {
  return comparison_progress::load(command, all.numbers, all.values);
}

bool is_part_of(const comparison_progress& part, const comparison_progress& prepared,
                const worker_share& share) {
  return part.begun() && part.started_ms == prepared.started_ms &&
         part.segments == prepared.segments && part.sample_rate == prepared.sample_rate &&
         part.ignored == prepared.ignored && part.export_arn == prepared.export_arn &&
         part.array_id == prepared.array_id &&
         (part.leftovers_go() == compare::passing_on::no) ==
             (prepared.leftovers_go() == compare::passing_on::no) &&
         part.share() == share && prepared.workers == share.workers;
}

awaitable<result<void>> begin_of_copy(state::state_store& prepared, std::string run,
                                      wall_time base) {
  const auto stored = co_await prepared.load(0);
  if (!stored) {
    co_return fail(stored.error());
  }
  state::commit_batch batch;
  save(handover{.run = std::move(run), .lines = stored->finding_lines, .base = base}, batch);
  co_return co_await prepared.commit(std::move(batch));
}

awaitable<result<void>> begin_part(state::state_store& part, worker_share share, std::string run,
                                   std::int64_t part_id) {
  const auto stored = co_await part.load(0);
  if (!stored) {
    co_return fail(stored.error());
  }
  auto progress = comparison_progress::load(command, stored->numbers, stored->values);
  state::commit_batch batch;
  std::int64_t number = 0;
  std::int64_t own = 0;
  for (std::int64_t after = 0;;) {
    const auto rows = co_await part.candidates(command, after, rows_at_once);
    if (!rows) {
      co_return fail(rows.error());
    }
    if (rows->empty()) {
      break;
    }
    for (const auto& row : *rows) {
      // By their order, which is the same in each copy.
      if (share.takes(number++)) {
        ++own;
      } else {
        batch.candidates_closed.push_back(row.id);
      }
    }
    after = rows->back().id;
  }
  progress.candidates = own;
  progress.worker = share.worker;
  progress.workers = share.workers;
  progress.part_id = part_id;
  progress.save(command, batch.numbers, batch.values);
  begin_own(*stored, std::move(run), batch);
  co_return co_await part.commit(std::move(batch));
}

awaitable<result<void>> part_merger::begin() {
  const auto stored = co_await into_.load(0);
  if (!stored) {
    co_return fail(stored.error());
  }
  prepared_ = {.numbers = stored->numbers, .values = stored->values, .gaps = stored->gaps};
  begun_ = comparison_in(prepared_);
  sum_ = begun_;
  sum_.worker = 0;
  sum_.workers = 1;
  sum_.passed_on = sum_.leftover_bytes = 0;
  sum_.log_id = 0;
  sum_.earlier_logs = sum_.joined_of = "";
  for (const auto member : summed) {
    sum_.*member = 0;
  }
  state::commit_batch batch;
  batch.comparison_begun = command;  // each part has the keys that are to be judged
  begin_own(*stored, how_.run, batch);
  co_return co_await into_.commit(std::move(batch));
}

awaitable<result<void>> part_merger::add(state::state_store& part, std::int64_t worker) {
  const auto news = co_await all_of(part);
  if (!news) {
    co_return fail(news.error());
  }
  const auto progress = comparison_in(*news);
  const worker_share share{.worker = worker, .workers = how_.workers};
  if (!are_of_one_state(prepared_, *news) || !is_part_of(progress, begun_, share)) {
    co_return wrong_usage(fmt::format(
        "the part of worker {} is of another comparison than was prepared: run that worker again",
        worker));
  }
  if (const auto seen = seen_since(prepared_.gaps, news->gaps); !seen.empty()) {
    co_return wrong_usage(
        fmt::format("{}: begin anew with --prepare --fresh (seen by worker {})", seen, worker));
  }
  const auto taken = co_await take_in(
      into_, part,
      {.command = command, .schema = how_.schema, .now = how_.now, .only_findings = true});
  if (!taken) {
    co_return fail(taken.error());
  }
  for (const auto member : summed) {
    sum_.*member += progress.*member;
  }
  sum_.attempt = std::max(sum_.attempt, progress.attempt);
  sum_.scanned += progress.scanned;
  sum_.finished_ms = std::max(sum_.finished_ms, progress.finished_ms);
  parts_ += fmt::format("{}{:016x}", parts_.empty() ? "" : ",", progress.part_id);
  if (!progress.joined_of.empty()) {
    joined_of_.push_back(progress.joined_of);
  }
  if (!progress.finished()) {
    incomplete_.push_back(worker);
  }
  add_numbers(*news);
  for (auto gap : news->gaps) {
    if (gap.reason == unlisted_reason(command) && !gap.cured) {
      last_.gaps_extended.push_back(std::move(gap));
    }
  }
  co_return result<void>{};
}

/// Units, and what was only counted. Of the latter only what is known of all; which of it is older
/// than the comparison, nobody needs to know: it began with none, or a gap tells.
void part_merger::add_numbers(const state::news& part) {
  const auto unlisted = unlisted_prefix(command);
  for (const auto& [name, number] : part.numbers) {
    const bool is_unlisted = name.starts_with(unlisted) &&
                             !std::string_view(name).substr(unlisted.size()).starts_with("before_");
    const bool is_units = name == compared_source_units_name || name == compared_target_units_name;
    if (!is_unlisted && !is_units) {
      continue;
    }
    const auto begun_with = is_units ? 0 : state::stored_or(prepared_.numbers, name);
    auto& sum = last_.numbers.try_emplace(name, begun_with).first->second;
    if (name.ends_with("_ms")) {
      sum = std::max(sum, number);
    } else {
      sum += number - begun_with;
    }
  }
}

/// Who begins anew reads its segments once more: what was joined of the part before would be left
/// out, or count twice.
result<void> part_merger::check_joined() const {
  const bool all_there = missing_.empty();
  const bool same = std::ranges::all_of(
      joined_of_, [this](const std::string& joined) { return joined == parts_; });
  return same || !all_there
             ? result<void>()
             : wrong_usage(
                   "a worker has begun its part anew after others had joined what it had "
                   "left over: begin all anew with --prepare --fresh");
}

awaitable<result<void>> part_merger::finish() {
  if (auto joined = check_joined(); !joined) {
    co_return joined;
  }
  const bool is_whole = missing_.empty() && incomplete_.empty();
  sum_.finished_ms = is_whole ? sum_.finished_ms : 0;
  if (is_whole) {
    sum_.parts = sum_.parts_joined = 1;
    cure_gaps(sum_, cure_demand::in(prepared_), prepared_.gaps, last_);
  }
  sum_.save(command, last_.numbers, last_.values);
  co_return co_await into_.commit(std::exchange(last_, {}));
}

}  // namespace ddm::monitor
