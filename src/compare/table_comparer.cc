#include "compare/table_comparer.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unistd.h>
#include <utility>

namespace ddm::compare {
namespace {

/// A finished segment is never read again: small ones make a restart cheap, and also a store fast
/// that pages through a segment slowly.
constexpr std::uint64_t segment_bytes = 32ULL << 20;
constexpr std::uint64_t segments_min = 64;
constexpr std::uint64_t segments_max = 100'000;
/// How many keys one side of a pair may be ahead of the other.
constexpr std::size_t skew_keys_max = 10'000;
/// Leftovers in memory before they are written.
constexpr std::size_t block_bytes_max = 4UZ << 20;
constexpr std::size_t rows_fetched_max = 2'000;
constexpr std::size_t digest_bytes = 16;

std::uint32_t suitable_segments(std::uint64_t table_bytes) {
  return static_cast<std::uint32_t>(
      std::clamp(table_bytes / segment_bytes, segments_min, segments_max));
}

}  // namespace

/// One segment of both tables while it is read. Lives in the frame of scan_pairs().
struct table_comparer::pair {
  pair(table_comparer& comparer, std::uint32_t number) : owner(comparer), segment(number) {
    owner.in_flight_.insert(this);
  }
  pair(const pair&) = delete;
  pair& operator=(const pair&) = delete;
  ~pair() {
    owner.in_flight_.erase(this);
    owner.interrupted_ += counters;  // nothing, once finish() has taken them
  }

  /// The side that is ahead waits for the other one.
  [[nodiscard]] bool may_read(side from) const {
    return ended[other(from)] || join.lone(from) <= join.lone(other(from)) + skew_keys_max;
  }

  table_comparer& owner;
  std::uint32_t segment;
  digest_join join;
  scan_counters counters;
  per_side<bool> ended{};
  signal moved;  ///< a page was joined
};

table_comparer::table_comparer(comparer_settings settings, comparer_parts parts,
                               const state::snapshot& resumed)
    : settings_(std::move(settings)),
      parts_(parts),
      progress_(comparison_progress::load(settings_.command, resumed.numbers, resumed.values)),
      readers_{.source = {parts.source, scans}, .target = {parts.target, scans}},
      scanning_(parts_.executor) {
  const bool same_segments =
      !settings_.segments || *settings_.segments == static_cast<std::uint64_t>(progress_.segments);
  resumes_ = progress_.begun() && !progress_.finished() && same_segments &&
             static_cast<std::uint64_t>(progress_.sample_rate) == settings_.sample_rate &&
             progress_.ignored == settings_.ignored && progress_.export_arn == export_arn();
  if (resumes_ && needs_leftovers() &&
      !leftover_file::holds(settings_.leftover_path,
                            static_cast<std::uint64_t>(progress_.leftover_bytes), mark())) {
    resumes_ = false;
    log::event(log::level::warning, "comparison_begins_anew",
               fmt::format("{}, where what finished segments left over was kept, is missing or is "
                           "of another comparison: they are read again. A state is moved together "
                           "with it",
                           settings_.leftover_path));
  }
  if (!resumes_) {
    return;
  }
  ++progress_.attempt;
  changed_ = true;
  to_fetch_ = progress_.candidates_open();
  restore_again(resumed);
  finished_in_.resize(static_cast<std::size_t>(progress_.segments));
  for (const auto& row : resumed.pairs) {
    if (row.command == settings_.command) {
      finished_in_.at(static_cast<std::size_t>(row.segment)) =
          static_cast<std::uint32_t>(row.attempt);
    }
  }
}

/// Keys' hashes, one behind the other.
std::string table_comparer::again_name() const {
  return fmt::format("comparison.{}.again", settings_.command);
}

void table_comparer::restore_again(const state::snapshot& resumed) {
  const auto found = resumed.values.find(again_name());
  if (found == resumed.values.end()) {
    return;
  }
  const std::string_view all = found->second;
  for (std::size_t at = 0; at < all.size(); at += digest_bytes) {
    if (const auto key = digest128::from_bytes(all.substr(at, digest_bytes))) {
      again_.insert(*key);
    }
  }
}

void table_comparer::on_only_counted(verify::mismatch_kind kind) {
  ++progress_.candidates_unlisted;
  progress_.candidates_unlisted_expired += kind == verify::mismatch_kind::expired ? 1 : 0;
  progress_.candidates_unlisted_unreadable += kind == verify::mismatch_kind::unreadable ? 1 : 0;
}

void table_comparer::begin(std::vector<state::candidate_row> again, std::int64_t epoch) {
  const auto segments = settings_.segments.value_or(suitable_segments(settings_.table_bytes));
  progress_ = {
      .started_ms = to_ms(parts_.time.now()),
      .segments = segments,
      .sample_rate = static_cast<std::int64_t>(settings_.sample_rate),
      .attempt = 1,
      .candidates = static_cast<std::int64_t>(again.size()),
      .epoch = epoch,
      .as_of_ms = parts_.source_export == nullptr ? 0 : to_ms(parts_.source_export->summary.as_of),
      .export_arn = export_arn(),
      .ignored = settings_.ignored,
      .made_by = settings_.command};
  finished_in_.assign(segments, 0);
  again_.clear();
  for (const auto& row : again) {
    if (const auto key = digest128::from_bytes(row.key_hash)) {
      again_.insert(*key);
    }
  }
  begun_now_ = true;
  changed_ = true;
  found_ = std::move(again);
  to_fetch_ = progress_.candidates;
  fetched_id_ = 0;
}

awaitable<result<void>> table_comparer::run() {
  if (!needs_leftovers()) {
    co_return result<void>{};
  }
  auto opened = leftover_file::open(settings_.leftover_path,
                                    static_cast<std::uint64_t>(progress_.leftover_bytes), mark());
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  leftovers_ = std::move(*opened);
  synced_bytes_ = leftovers_->bytes();
  reading_since_ = parts_.time.now();
  for (std::size_t i = 0; i < settings_.pairs_in_flight; ++i) {
    scanning_.spawn(scan_pairs());
  }
  co_await scanning_.join();
  reading_ += parts_.time.now() - *std::exchange(reading_since_, std::nullopt);
  if (!failure_ && !stopping_) {
    auto joined = co_await join_leftovers();
    if (!joined) {
      fail_with(std::move(joined.error()));
    }
  }
  if (failure_) {
    co_return fail(*failure_);
  }
  co_return result<void>{};
}

void table_comparer::stop() {
  stopping_ = true;
  if (joining_ != nullptr) {
    joining_->stop();
  }
  scanning_.cancel();
  moved_on_.notify();
}

void table_comparer::fail_with(error failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  stop();
}

awaitable<void> table_comparer::scan_pairs() {
  // A cancelled coroutine cannot wait for the sides it has spawned: it must not spawn them.
  while (!stopping_ && (co_await asio::this_coro::cancellation_state).cancelled() ==
                           asio::cancellation_type::none) {
    while (next_segment_ < finished_in_.size() && finished_in_[next_segment_] != 0) {
      ++next_segment_;
    }
    if (next_segment_ == finished_in_.size()) {
      co_return;
    }
    pair work(*this, next_segment_++);
    task_group sides(parts_.executor);
    sides.spawn(scan_side(work, side::source));
    sides.spawn(scan_side(work, side::target));
    co_await sides.join();
    if (!stopping_) {
      finish(work);
      co_await bound_memory(work);
    }
  }
}

scan_parts table_comparer::scan_parts_of(side from) {
  return {.time = parts_.time,
          .pool = parts_.pool,
          .decoder = parts_.decoder,
          .reader = readers_[from],
          .costs = costs_[from]};
}

std::unique_ptr<page_source> table_comparer::pages_of(const pair& work, side from) {
  const auto segments = static_cast<std::uint32_t>(progress_.segments);
  if (from == side::source && parts_.source_export != nullptr) {
    return std::make_unique<export_scanner>(*parts_.source_export, parts_.time, parts_.pool,
                                            parts_.decoder, work.segment, segments);
  }
  return std::make_unique<segment_scanner>(scan_parts_of(from), work.segment, segments);
}

awaitable<void> table_comparer::scan_side(pair& work, side from) {
  const auto pages = pages_of(work, from);
  while (!stopping_ && !pages->ended()) {
    if (!work.may_read(from)) {
      co_await work.moved.wait();
      continue;
    }
    auto page = co_await pages->next();
    if (!page) {
      if (page.error().kind != error_class::cancelled) {
        fail_with(std::move(page.error()));
      }
      co_return;
    }
    add_page(work, from, *page);
    work.moved.notify();
    page = scanned_page{};
    co_await bound_memory(work);
  }
  work.ended[from] = true;
  work.moved.notify();
}

void table_comparer::add_page(pair& work, side from, const scanned_page& page) {
  const auto& schema = parts_.decoder.settings().schema;
  auto& counters = work.counters;
  const auto returned = static_cast<std::int64_t>(page.items.returned);
  (from == side::source ? counters.source_items : counters.target_items) += returned;
  (from == side::source ? counters.source_milliunits : counters.target_milliunits) +=
      std::llround(page.units * 1000);
  counters.bytes += static_cast<std::int64_t>(page.body.size());
  seen_in_process_ += returned;
  // An item's part of the page's units, by the length of its text; looked up, it would be rounded
  // to 4 KB by itself.
  std::size_t text_bytes = 0;
  for (const auto& item : page.items.items) {
    text_bytes += item.json.size();
  }
  const double all_items = static_cast<double>(page.items.returned);
  const double chosen_units =
      page.units * static_cast<double>(page.items.items.size()) / std::max(1.0, all_items);
  double look_up_units = 0;
  for (const auto& item : page.items.items) {
    if (from == side::source) {
      const double units =
          chosen_units * static_cast<double>(item.json.size()) / static_cast<double>(text_bytes);
      look_up_units += std::max(0.5, std::ceil(units * 2) / 2);
    }
    if (!again_.contains(item.key_hash)) {
      work.join.add(from, item.key_hash, item.digest, [&] { return item.key.json(schema); });
    }
  }
  counters.look_up_milliunits += std::llround(look_up_units * 1000);
}

void table_comparer::buffer(const leftover& entry, std::uint32_t segment) {
  append_leftover(entry, {segment, static_cast<std::uint32_t>(progress_.attempt)}, block_);
}

/// Empties the pair's join into the leftovers.
void table_comparer::leave_over(pair& work) {
  for (const auto& entry : work.join.take()) {
    buffer(entry, work.segment);
  }
}

void table_comparer::finish(pair& work) {
  work.counters.equal = work.join.equal();
  work.counters.equal_by_ignoring = work.join.equal_by_ignoring();
  finished_pair done{.segment = work.segment, .counters = std::exchange(work.counters, {})};
  for (auto& entry : work.join.take()) {
    if (entry.disputed) {
      done.disputed.push_back(candidate_of(std::move(entry)));
    } else {
      buffer(entry, work.segment);
    }
  }
  finished_.push_back(std::move(done));
}

state::candidate_row table_comparer::candidate_of(leftover entry) const {
  return {.command = settings_.command,
          .key_hash = entry.key.bytes(),
          .key_json = std::move(entry.key_json),
          .source_held = entry.in_source};
}

std::size_t table_comparer::held_bytes() const {
  std::size_t bytes = 0;
  for (const auto* work : in_flight_) {
    bytes += work->join.bytes();
  }
  return bytes;
}

/// Stores that order differently fill the joins: then they go to disk before their pair is done.
awaitable<void> table_comparer::bound_memory(pair& work) {
  if (held_bytes() > settings_.memory_bytes_max / 2) {
    leave_over(work);
  }
  while (block_.size() > block_bytes_max && !stopping_) {
    if (writing_) {
      co_await moved_on_.wait();
    } else if (auto written = co_await make_durable(); !written) {
      fail_with(std::move(written.error()));
    }
  }
}

awaitable<result<void>> table_comparer::make_durable() {
  if (writing_ || !leftovers_ || (finished_.empty() && block_.empty())) {
    co_return result<void>{};
  }
  if (block_.empty()) {
    std::ranges::move(std::exchange(finished_, {}), std::back_inserter(durable_));
    co_return result<void>{};
  }
  // Whoever is cancelled here leaves `writing_` set: no pair is ever committed without its
  // leftovers.
  writing_ = true;
  being_written_ = std::exchange(finished_, {});
  const auto block = std::exchange(block_, {});
  auto written = co_await parts_.pool.run([&] {
    auto appended = leftovers_->append(block);
    return appended ? leftovers_->sync() : appended;
  });
  if (!written) {
    co_return written;
  }
  writing_ = false;
  moved_on_.notify();
  synced_bytes_ = leftovers_->bytes();
  std::ranges::move(std::exchange(being_written_, {}), std::back_inserter(durable_));
  co_return result<void>{};
}

void table_comparer::collect(state::commit_batch& batch) {
  if (std::exchange(begun_now_, false)) {
    batch.comparison_begun = settings_.command;
    std::string keys;
    for (const auto& key : again_) {
      keys += key.bytes();
    }
    batch.values.insert_or_assign(again_name(), std::move(keys));
  }
  for (auto& done : std::exchange(durable_, {})) {
    finished_in_.at(done.segment) = static_cast<std::uint32_t>(progress_.attempt);
    batch.pairs.push_back({settings_.command, done.segment, progress_.attempt});
    progress_.scanned += done.counters;
    ++progress_.segments_done;
    progress_.candidates += static_cast<std::int64_t>(done.disputed.size());
    to_fetch_ += static_cast<std::int64_t>(done.disputed.size());
    std::ranges::move(done.disputed, std::back_inserter(batch.candidates));
    progress_.leftover_bytes = static_cast<std::int64_t>(synced_bytes_);
    changed_ = true;
  }
  std::ranges::move(std::exchange(found_, {}), std::back_inserter(batch.candidates));
  if (!closed_.empty()) {
    std::ranges::move(std::exchange(closed_, {}), std::back_inserter(batch.candidates_closed));
    changed_ = true;
  }
  if (progress_.all_judged() && !progress_.finished()) {
    progress_.finished_ms = to_ms(parts_.time.now());
    again_.clear();
    batch.values.insert_or_assign(again_name(), std::string());
    changed_ = true;
  }
  if (std::exchange(changed_, false)) {
    progress_.save(settings_.command, batch.numbers, batch.values);
  }
  moved_on_.notify();
}

awaitable<void> table_comparer::await_collection() {
  while (!stopping_ && (writing_ || !found_.empty() || !finished_.empty() || !durable_.empty())) {
    co_await moved_on_.wait();
  }
}

awaitable<result<void>> table_comparer::join_leftovers() {
  co_await await_collection();
  if (stopping_) {
    co_return result<void>{};
  }
  if (progress_.parts == 0) {
    progress_.parts = static_cast<std::int64_t>(
        last_join::parts_for(leftovers_->bytes(), settings_.memory_bytes_max));
  }
  last_join joining(*leftovers_, settings_.leftover_path,
                    static_cast<std::uint64_t>(progress_.parts), [this](leftover_origin from) {
                      return from.segment < finished_in_.size() &&
                             finished_in_[from.segment] == from.attempt;
                    });
  joining_ = &joining;
  auto done = co_await join_parts(joining);
  joining_ = nullptr;
  const bool was_stopped = !done && stopping_ && done.error().kind == error_class::cancelled;
  co_return was_stopped ? result<void>{} : done;
}

awaitable<result<void>> table_comparer::join_parts(last_join& joining) {
  if (auto dealt = co_await parts_.pool.run([&] { return joining.deal_out(); }); !dealt) {
    co_return dealt;
  }
  while (!progress_.all_joined() && !stopping_) {
    const auto part = static_cast<std::uint64_t>(progress_.parts_joined);
    auto joined = co_await parts_.pool.run([&] { return joining.join(part); });
    if (!joined) {
      co_return fail(std::move(joined.error()));
    }
    progress_.scanned.equal += joined->equal;
    progress_.scanned.equal_by_ignoring += joined->equal_by_ignoring;
    for (auto& entry : joined->unmatched) {
      found_.push_back(candidate_of(std::move(entry)));
    }
    progress_.candidates += static_cast<std::int64_t>(joined->unmatched.size());
    to_fetch_ += static_cast<std::int64_t>(joined->unmatched.size());
    ++progress_.parts_joined;
    changed_ = true;
    joined = joined_part{};
    co_await await_collection();
  }
  co_return result<void>{};
}

awaitable<result<void>> table_comparer::feed(verify::pending_checks& checks,
                                             verify::outcomes& out) {
  if (to_fetch_ == 0 || !checks.has_room_to_spare()) {
    co_return result<void>{};
  }
  auto rows = co_await parts_.store.candidates(settings_.command, fetched_id_, rows_fetched_max);
  if (!rows) {
    co_return fail(std::move(rows.error()));
  }
  const auto now = parts_.time.now();
  for (const auto& row : *rows) {
    if (!checks.has_room_to_spare()) {
      break;
    }
    checks.on_candidate(row, now, out);
    fetched_id_ = row.id;
    --to_fetch_;
  }
  co_return result<void>{};
}

void table_comparer::forget_leftovers() {
  leftovers_.reset();
  ::unlink(settings_.leftover_path.c_str());
}

void table_comparer::on_outcomes(const verify::outcomes& out) {
  const auto unequal =
      std::ranges::count_if(out.confirmed, [](const auto& entry) { return entry.candidate != 0; });
  progress_.candidates_closed += static_cast<std::int64_t>(out.candidates_closed.size());
  progress_.candidates_equal += out.candidates_equal;
  progress_.candidates_restless += out.candidates_restless;
  progress_.candidates_twice += out.candidates_twice;
  progress_.candidates_unequal += unequal;
  closed_.insert(closed_.end(), out.candidates_closed.begin(), out.candidates_closed.end());
}

comparison_view table_comparer::view() const {
  comparison_view now{.progress = progress_,
                      .seen = progress_.scanned,
                      .seen_in_process = seen_in_process_,
                      .reading = reading_,
                      .expected_items = settings_.expected_items};
  if (reading_since_) {
    now.reading += parts_.time.now() - *reading_since_;
  }
  for (const auto* list : {&finished_, &being_written_, &durable_}) {
    for (const auto& done : *list) {
      now.seen += done.counters;
    }
  }
  for (const auto* work : in_flight_) {
    now.seen += work->counters;
  }
  now.seen += interrupted_;
  return now;
}

std::string table_comparer::trouble() const {
  return readers_.source.failing() ? readers_.source.trouble() : readers_.target.trouble();
}

}  // namespace ddm::compare
