#include "monitor/handover.h"

#include "compare/comparison_progress.h"
#include "monitor/gap_cure.h"
#include "monitor/session_state.h"
#include "monitor/unlisted_findings.h"
#include "report/stored_status.h"
#include "state/merged_finding.h"
#include "state/stored.h"
#include "verify/finding_book.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ddm::monitor {
namespace {

using compare::comparison_progress;
using state::stored_or;

constexpr auto run_name = "handover.run";
constexpr auto lines_name = "handover.lines";
constexpr auto base_name = "handover.base_ms";
constexpr auto arrays_name = "taken_in.arrays";
/// The newest are kept: of an older one nothing is left that could be merged.
constexpr std::size_t arrays_max = 100;
/// In one commit: it holds up those of the session.
constexpr std::size_t lines_per_commit = 500;
constexpr std::size_t bytes_per_commit = std::size_t{8} << 20;
/// A line may be long.
constexpr std::size_t lines_per_read = 8;

std::string taken_run_name(std::string_view command) {
  return fmt::format("taken_in.{}.run", command);
}
std::string taken_lines_name(std::string_view command) {
  return fmt::format("taken_in.{}.lines", command);
}

void mark_taken(std::string_view command, const std::string& run, std::int64_t lines,
                state::commit_batch& batch) {
  batch.values.insert_or_assign(taken_run_name(command), run);
  batch.numbers.insert_or_assign(taken_lines_name(command), lines);
}

/// Of its lines those are known.
std::int64_t lines_known(const state::news& ours, std::string_view command,
                         const handover& theirs) {
  return stored_or(ours.values, taken_run_name(command)) == theirs.run
             ? std::max(theirs.lines, stored_or(ours.numbers, taken_lines_name(command)))
             : theirs.lines;
}

std::vector<std::int64_t> arrays_in(const std::map<std::string, std::string>& values) {
  std::istringstream text(stored_or(values, arrays_name));
  return {std::istream_iterator<std::int64_t>(text), {}};
}

/// Those that are new behind those that are known.
void add_arrays(const std::map<std::string, std::string>& known,
                const std::vector<std::int64_t>& more, state::commit_batch& batch) {
  auto all = arrays_in(known);
  const auto before = all.size();
  for (const auto id : more) {
    if (id != 0 && std::ranges::find(all, id) == all.end()) {
      all.push_back(id);
    }
  }
  if (all.size() == before) {
    return;
  }
  const auto newest = std::span(all).last(std::min(arrays_max, all.size()));
  batch.values.insert_or_assign(arrays_name, fmt::format("{}", fmt::join(newest, " ")));
}

template <class Map>
void copy_named(const Map& from, const std::string& prefix, Map& to) {
  for (auto each = from.lower_bound(prefix); each != from.end() && each->first.starts_with(prefix);
       ++each) {
    to.insert_or_assign(each->first, each->second);
  }
}

bool is_one_gap(const state::gap_row& one, const state::gap_row& other) {
  return one.stream_arn == other.stream_arn && one.shard_id == other.shard_id &&
         one.after_sequence == other.after_sequence && one.reason == other.reason &&
         one.noticed == other.noticed;
}

/// Nothing that it did not know of when it began: it may have lost changes since.
wall_time cures_before(const std::vector<state::gap_row>& ours,
                       const std::vector<state::gap_row>& theirs, wall_time started) {
  for (const auto& gap : ours) {
    const bool was_known = std::ranges::any_of(
        theirs, [&](const state::gap_row& other) { return other.cured && is_one_gap(gap, other); });
    if (!gap.cured && !was_known) {
      started = std::min(started, gap.noticed);
    }
  }
  return started;
}

bool is_one_row(const state::mismatch_row& one, const state::mismatch_row& other) {
  return one.open == other.open && one.confirmed_ms == other.confirmed_ms && one.body == other.body;
}

/// What was confirmed anew since on this side is not put back; what the other one looked at counts.
state::mismatch_row newest_of(state::mismatch_row theirs, std::optional<state::mismatch_row> ours) {
  const bool ours_is_newer =
      ours && ours->open && theirs.open && ours->confirmed_ms > theirs.confirmed_ms;
  auto merged = ours_is_newer ? state::merged_finding(theirs, *std::move(ours)) : std::nullopt;
  return merged ? *std::move(merged) : theirs;
}

std::size_t hash_of(const std::string& line) { return std::hash<std::string>{}(line); }

/// One host takes what another one has, line by line.
class transfer {
 public:
  transfer(state::state_store& ours, state::state_store& theirs, taking how)
      : ours_(ours), theirs_(theirs), how_(std::move(how)) {}

  [[nodiscard]] awaitable<result<taken_in>> run();

 private:
  struct some_lines {
    struct one {
      std::string text;
      std::optional<verify::told_finding> tells;  ///< nothing: of no key
    };
    std::vector<one> lines;
    bool more = true;
  };
  /// Of a key, among some lines.
  struct told {
    bool is_news = false;
    std::string confirmed;  ///< the last line that tells of it as wrong; empty: none does
    std::int64_t confirmed_ms = 0;
  };
  [[nodiscard]] awaitable<result<bool>> take_lines();
  [[nodiscard]] awaitable<result<some_lines>> read_lines();
  [[nodiscard]] awaitable<result<void>> read_own_lines();
  [[nodiscard]] bool is_own(const std::string& line) const {
    return std::ranges::binary_search(*own_lines_, hash_of(line));
  }
  [[nodiscard]] bool knew(const state::mismatch_row& ours, const state::mismatch_row& theirs) const;
  [[nodiscard]] awaitable<result<void>> take_row(const std::string& key, const told& lines,
                                                 state::commit_batch& batch);
  void add_comparison(state::commit_batch& batch);
  void add_gaps(state::commit_batch& batch, const comparison_progress& progress);

  state::state_store& ours_;
  state::state_store& theirs_;
  taking how_;
  state::news our_news_;
  state::news their_news_;
  handover begun_;
  dynamodb::digest_secret secret_{};
  std::int64_t lines_ = 0;
  /// Hashes of our lines, as they were before, in order: of verify::lines_max at most, 8 bytes each
  /// and 24 while it grows.
  std::optional<std::vector<std::size_t>> own_lines_;
  taken_in taken_;
};

awaitable<result<taken_in>> transfer::run() {
  auto ours = co_await all_of(ours_);
  auto theirs = co_await all_of(theirs_);
  if (!ours || !theirs) {
    co_return fail(ours ? theirs.error() : ours.error());
  }
  our_news_ = *std::move(ours);
  their_news_ = *std::move(theirs);
  const auto begun = load_handover(their_news_);
  const auto secret = secret_of(our_news_);
  if (!begun || !secret || !are_of_one_state(our_news_, their_news_)) {
    co_return taken_in{.of_another_state = true};
  }
  begun_ = *begun;
  secret_ = *secret;
  lines_ = lines_known(our_news_, how_.command, begun_);
  for (bool more = true; more;) {
    auto took = co_await take_lines();
    if (!took) {
      co_return fail(std::move(took.error()));
    }
    more = *took;
  }
  if (how_.command == "compare" && !how_.only_findings) {
    state::commit_batch batch;
    add_comparison(batch);
    // Findings first: a verdict must not stand on a comparison of which one is not known yet.
    if (auto done = co_await ours_.commit(std::move(batch)); !done) {
      co_return fail(std::move(done.error()));
    }
  }
  co_return taken_;
}

/// False: there are no more.
awaitable<result<bool>> transfer::take_lines() {
  auto read = co_await read_lines();
  if (!read || read->lines.empty()) {
    co_return read ? result<bool>(false) : fail(std::move(read.error()));
  }
  if (!own_lines_) {
    if (auto known = co_await read_own_lines(); !known) {
      co_return fail(std::move(known.error()));
    }
  }
  state::commit_batch batch;
  std::map<std::string, told> keys;
  for (auto& line : read->lines) {
    const bool is_news = !is_own(line.text);
    if (line.tells) {
      auto& of_key = keys[line.tells->key_hash.bytes()];
      of_key.is_news = of_key.is_news || is_news;
      if (line.tells->open) {
        of_key.confirmed = line.text;
        of_key.confirmed_ms = to_ms(line.tells->confirmed_at);
      }
    }
    if (is_news) {
      batch.finding_lines.push_back(std::move(line.text));
    }
  }
  for (const auto& [key, lines] : keys) {
    if (auto row = co_await take_row(key, lines, batch); !row) {
      co_return fail(std::move(row.error()));
    }
  }
  taken_.lines += static_cast<std::int64_t>(batch.finding_lines.size());
  mark_taken(how_.command, begun_.run, lines_, batch);
  auto done = co_await ours_.commit(std::move(batch));
  co_return done ? result<bool>(read->more) : fail(std::move(done.error()));
}

/// Whether what ours was confirmed by was known where theirs was healed: it is the same, or older
/// than the copy that they began from. No clocks of two hosts are compared.
bool transfer::knew(const state::mismatch_row& ours, const state::mismatch_row& theirs) const {
  return ours.confirmed_ms == theirs.confirmed_ms ||
         (begun_.base && ours.confirmed_ms < to_ms(*begun_.base));
}

/// A row that opens needs a line, or nobody hears of it; one that is to heal must not heal what
/// they never saw.
awaitable<result<void>> transfer::take_row(const std::string& key, const told& lines,
                                           state::commit_batch& batch) {
  auto row = co_await theirs_.find_mismatch(key);
  auto own = co_await ours_.find_mismatch(key);
  if (!row || !own) {
    co_return fail(row ? std::move(own.error()) : std::move(row.error()));
  }
  if (!*row || (*own && is_one_row(**own, **row))) {
    co_return result<void>{};
  }
  const bool is_open = *own && (*own)->open;
  if (!(*row)->open && is_open) {
    if (!knew(**own, **row)) {
      co_return result<void>{};
    }
    (*row)->confirmed_ms = std::max((*row)->confirmed_ms, (*own)->confirmed_ms);  // ours is behind
  }
  if ((*row)->open && !is_open && !lines.is_news) {
    if (lines.confirmed.empty() || lines.confirmed_ms == (*row)->confirmed_ms) {
      co_return result<void>{};  // it has healed here since they told of it, or the line comes
    }
    batch.finding_lines.push_back(lines.confirmed);
  }
  batch.mismatches.push_back(newest_of(**std::move(row), *std::move(own)));
  co_return result<void>{};
}

awaitable<result<transfer::some_lines>> transfer::read_lines() {
  some_lines read;
  std::size_t bytes = 0;
  while (read.more && read.lines.size() < lines_per_commit && bytes < bytes_per_commit) {
    auto lines = co_await theirs_.finding_lines(lines_, lines_per_read);
    if (!lines) {
      co_return fail(std::move(lines.error()));
    }
    read.more = lines->size() == lines_per_read;
    lines_ += static_cast<std::int64_t>(lines->size());
    for (auto& line : *lines) {
      bytes += line.size();
      const auto tells = verify::told_in(line, how_.schema, secret_);
      read.lines.push_back({.text = std::move(line), .tells = tells});
    }
  }
  co_return read;
}

/// A line may come another way: with what a repair, or the command's next run, had taken over from
/// the run that wrote it. The row does not tell: it may have moved on since, or come with an
/// earlier commit of this transfer.
awaitable<result<void>> transfer::read_own_lines() {
  std::vector<std::size_t> hashes;
  for (bool more = true; more;) {
    const auto lines = co_await ours_.finding_lines(std::ssize(hashes), lines_per_read);
    if (!lines) {
      co_return fail(lines.error());
    }
    std::ranges::transform(*lines, std::back_inserter(hashes), hash_of);
    more = lines->size() == lines_per_read;
  }
  std::ranges::sort(hashes);
  own_lines_ = std::move(hashes);
  co_return result<void>{};
}

void transfer::add_comparison(state::commit_batch& batch) {
  auto progress = comparison_progress::load(how_.command, their_news_.numbers, their_news_.values);
  const auto known = comparison_progress::load(how_.command, our_news_.numbers, our_news_.values);
  // Which of two is the newer one, their own begins tell: the copy's moment would make an array
  // older than a comparison that was over before it was prepared.
  const bool is_late = is_late_array(progress, known);
  const bool again = progress.finished() && progress.array_id != 0 &&
                     is_array_taken_in(our_news_.values, progress.array_id);
  progress.started_ms =
      begun_.base ? std::min(progress.started_ms, to_ms(*begun_.base)) : progress.started_ms;
  auto arrays = arrays_in(their_news_.values);
  arrays.push_back(progress.finished() ? progress.array_id : 0);
  add_arrays(our_news_.values, arrays, batch);
  if (progress == known && taken_.lines == 0) {
    return;
  }
  mark_taken(how_.command, begun_.run, lines_, batch);
  taken_.newer_known = is_late;
  if (!is_late) {
    copy_named(their_news_.numbers, unlisted_prefix(how_.command), batch.numbers);
  }
  if (!again) {
    add_gaps(batch, progress);
  }
  if (!progress.finished() || is_late) {
    return;  // it goes on elsewhere, or is not the last one: only what is found counts
  }
  const auto prefix = comparison_progress::prefix_of(how_.command);
  copy_named(their_news_.numbers, prefix, batch.numbers);
  copy_named(their_news_.values, prefix, batch.values);
  progress.save(how_.command, batch.numbers, batch.values);
  const auto status = report::stored_status_name(how_.command);
  if (const auto last = their_news_.values.find(status); last != their_news_.values.end()) {
    batch.values.insert_or_assign(status, last->second);
  }
  taken_.ended_comparison = progress.finished_ms != known.finished_ms;
}

void transfer::add_gaps(state::commit_batch& batch, const comparison_progress& progress) {
  auto demand = cure_demand::in(our_news_);
  if (progress.finished() && cure_demand::in(their_news_).is_met_by(progress.covered())) {
    auto bounded = progress;
    bounded.started_ms = to_ms(cures_before(our_news_.gaps, their_news_.gaps, progress.started()));
    cure_gaps(bounded, demand, our_news_.gaps, batch);
  }
  for (auto gap : their_news_.gaps) {
    const bool is_new = std::ranges::none_of(our_news_.gaps, [&](const state::gap_row& own) {
      return own.cured && is_one_gap(own, gap);
    });
    if (gap.reason == unlisted_reason(how_.command) && !gap.cured && is_new) {
      gap.noticed = how_.now;
      batch.gaps_extended.push_back(std::move(gap));
    }
  }
  if (progress.begun()) {
    auto gaps = our_news_.gaps;
    gaps.insert(gaps.end(), batch.gaps_extended.begin(), batch.gaps_extended.end());
    demand.note_comparison(progress.covered(), gaps, batch);
  }
}

}  // namespace

void save(const handover& begun, state::commit_batch& batch) {
  batch.values.insert_or_assign(run_name, begun.run);
  batch.numbers.insert_or_assign(lines_name, begun.lines);
  batch.numbers.insert_or_assign(base_name, begun.base ? to_ms(*begun.base) : 0);
}

std::optional<handover> load_handover(const state::news& all) {
  auto run = stored_or(all.values, run_name);
  if (run.empty()) {
    return std::nullopt;
  }
  const auto base = stored_or(all.numbers, base_name);
  return handover{.run = std::move(run),
                  .lines = stored_or(all.numbers, lines_name),
                  .base = base == 0 ? std::nullopt : std::optional(from_ms(base))};
}

awaitable<result<state::news>> all_of(state::state_store& store) { return store.news_of({""}); }

awaitable<result<taken_in>> take_in(state::state_store& ours, state::state_store& theirs,
                                    taking how) {
  transfer between(ours, theirs, std::move(how));
  co_return co_await between.run();
}

bool is_late_array(const comparison_progress& array, const comparison_progress& known) {
  const bool says_as_much =
      known.is_current() && known.epoch >= array.epoch && known.covered().covers(array.covered());
  return array.array_id != 0 && known.array_id != array.array_id &&
         known.started_ms > array.started_ms && (!known.finished() || says_as_much);
}

bool is_array_taken_in(const std::map<std::string, std::string>& values, std::int64_t array_id) {
  const auto arrays = arrays_in(values);
  return std::ranges::find(arrays, array_id) != arrays.end();
}

awaitable<result<void>> note_array_taken_in(state::state_store& ours, std::int64_t array_id) {
  const auto known = co_await all_of(ours);
  if (!known) {
    co_return fail(known.error());
  }
  state::commit_batch batch;
  add_arrays(known->values, {array_id}, batch);
  co_return co_await ours.commit(std::move(batch));
}

awaitable<result<void>> note_taken_in(state::state_store& ours, std::string command) {
  const auto stored = co_await ours.load(0);
  if (!stored) {
    co_return fail(stored.error());
  }
  state::commit_batch batch;
  if (const auto begun = load_handover({.numbers = stored->numbers, .values = stored->values})) {
    mark_taken(command, begun->run, stored->finding_lines, batch);
  }
  co_return co_await ours.commit(std::move(batch));
}

}  // namespace ddm::monitor
