#include "compare/table_comparer.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unistd.h>
#include <utility>

namespace ddm::compare {
namespace {

/// How many keys one side of a pair may be ahead of the other.
constexpr std::size_t skew_keys_max = 10'000;
/// Leftovers in memory before they are written.
constexpr std::size_t block_bytes_max = 4UZ << 20;
constexpr std::size_t rows_fetched_max = 2'000;

std::vector<const leftover_file*> pointers_to(const std::vector<leftover_file>& files) {
  std::vector<const leftover_file*> all;
  all.reserve(files.size());
  for (const auto& file : files) {
    all.push_back(&file);
  }
  return all;
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
      scanning_(parts_.executor),
      log_(parts_.pool) {
  if (settings_.as_it_is) {
    resumes_ = true;
    return;
  }
  resumes_ = is_continued_by(settings_, export_arn(), progress_);
  if (resumes_ && !has_leftovers(settings_, progress_)) {
    resumes_ = false;
    log::event(log::level::warning, "comparison_begins_anew",
               fmt::format("{}, where what finished segments left over was kept, is missing or is "
                           "of another comparison: they are read again. A state is moved together "
                           "with it",
                           leftover_path_of(settings_, progress_)));
  }
  if (!resumes_) {
    return;
  }
  if (progress_.leftovers_go() == passing_on::later) {
    retire_log(progress_);
    progress_.log_id = settings_.log_id;
  }
  ++progress_.attempt;
  changed_ = true;
  to_fetch_ = progress_.candidates_open();
  if (const auto keys = resumed.values.find(again_name()); keys != resumed.values.end()) {
    again_.restore(keys->second);
  }
  finished_in_.resize(static_cast<std::size_t>(progress_.segments));
  for (const auto& row : resumed.pairs) {
    if (row.command == settings_.command) {
      finished_in_.at(static_cast<std::size_t>(row.segment)) =
          static_cast<std::uint32_t>(row.attempt);
    }
  }
}

std::string table_comparer::again_name() const {
  return fmt::format("comparison.{}.again", settings_.command);
}

void table_comparer::on_only_counted(verify::mismatch_kind kind) {
  ++progress_.candidates_unlisted;
  progress_.candidates_unlisted_expired += kind == verify::mismatch_kind::expired ? 1 : 0;
  progress_.candidates_unlisted_unreadable += kind == verify::mismatch_kind::unreadable ? 1 : 0;
}

bool table_comparer::would_resume(const comparer_settings& settings, const std::string& export_arn,
                                  const state::snapshot& resumed) {
  const auto progress =
      comparison_progress::load(settings.command, resumed.numbers, resumed.values);
  return is_continued_by(settings, export_arn, progress) && has_leftovers(settings, progress);
}

void table_comparer::begin(std::vector<state::candidate_row> again, std::int64_t epoch,
                           export_standing of_export) {
  const bool current = parts_.source_export == nullptr || of_export.began;
  const auto segments = segments_for(settings_);
  progress_ = {.started_ms = to_ms(of_export.began.value_or(parts_.time.now())),
               .segments = segments,
               .sample_rate = static_cast<std::int64_t>(settings_.sample_rate),
               .attempt = 1,
               .worker = settings_.share.worker,
               .workers = settings_.share.workers,
               .passed_on = static_cast<std::int64_t>(
                   settings_.exchange_folder.empty() ? passing_on::no : passing_on::later),
               .array_id = settings_.array_id,
               .candidates = static_cast<std::int64_t>(again.size()),
               .epoch = epoch,
               .as_of_ms = current ? 0 : to_ms(parts_.source_export->summary.as_of),
               .export_arn = export_arn(),
               .withheld = of_export.doubt(),
               .ignored = settings_.ignored,
               .made_by = settings_.command};
  finished_in_.assign(segments, 0);
  again_.take(again);
  begun_now_ = true;
  changed_ = true;
  found_ = std::move(again);
  to_fetch_ = progress_.candidates;
  fetched_id_ = 0;
}

awaitable<result<void>> table_comparer::run() {
  if (is_over() || progress_.all_joined()) {
    co_return result<void>{};
  }
  if (auto possible = check_step(settings_.step, progress_); !possible) {
    co_return possible;
  }
  if (progress_.leftovers_go() == passing_on::done) {
    co_return co_await join_received();
  }
  if (settings_.step == worker_step::scan) {
    if (auto made = exchanging().prepare(settings_.exchange_name); !made) {
      co_return made;
    }
  }
  if (auto opened =
          log_.open(leftover_path_of(settings_, progress_),
                    static_cast<std::uint64_t>(progress_.leftover_bytes), mark_of(progress_));
      !opened) {
    co_return opened;
  }
  reading_since_ = parts_.time.now();
  for (std::size_t i = 0; i < settings_.pairs_in_flight; ++i) {
    scanning_.spawn(scan_pairs());
  }
  co_await scanning_.join();
  reading_ += parts_.time.now() - *std::exchange(reading_since_, std::nullopt);
  if (!failure_ && !stopping_) {
    auto settled = co_await settle_leftovers();
    if (!settled) {
      fail_with(std::move(settled.error()));
    }
  }
  if (failure_) {
    co_return fail(*failure_);
  }
  co_return result<void>{};
}

void table_comparer::stop() {
  stopping_ = true;
  dealing_stops_ = true;
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
    while (next_segment_ < finished_in_.size() && !may_begin_pair()) {
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
      co_await settle();
    }
  }
}

bool table_comparer::may_begin_pair() const {
  return finished_in_[next_segment_] == 0 && progress_.share().takes(next_segment_);
}

/// A worker may die on one host and go on on another: that repeats at most the pair it was reading.
awaitable<void> table_comparer::settle() {
  if (!settings_.keeps_each_pair) {
    co_return;
  }
  const auto finished = pairs_finished_;
  want_commit();
  while (!stopping_ && pairs_committed_ < finished) {
    co_await moved_on_.wait();
  }
  if (stopping_ || !parts_.keep) {
    co_return;
  }
  if (auto kept = co_await parts_.keep(); !kept) {
    fail_with(std::move(kept.error()));
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
  log_.buffer(entry, {segment, static_cast<std::uint32_t>(progress_.attempt)});
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
  auto left = work.join.take();
  if (is_watched_for_order()) {
    const auto items = done.counters.source_items + done.counters.target_items;
    if (auto of_one_order = order_.on_pair(items, left.size()); !of_one_order) {
      fail_with(std::move(of_one_order.error()));
    }
  }
  for (auto& entry : left) {
    if (entry.disputed) {
      done.disputed.push_back(candidate_of(std::move(entry)));
    } else {
      buffer(entry, work.segment);
    }
  }
  log_.add(std::move(done));
  ++pairs_finished_;
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
  while (log_.buffered_bytes() > block_bytes_max && !stopping_) {
    if (log_.is_writing()) {
      co_await moved_on_.wait();
    } else if (auto written = co_await make_durable(); !written) {
      fail_with(std::move(written.error()));
    }
  }
}

awaitable<result<void>> table_comparer::make_durable() {
  auto written = co_await log_.make_durable();
  moved_on_.notify();
  co_return written;
}

void table_comparer::collect(state::commit_batch& batch) {
  if (std::exchange(begun_now_, false)) {
    batch.comparison_begun = settings_.command;
    batch.values.insert_or_assign(again_name(), again_.encoded());
  }
  for (auto& done : log_.take_durable()) {
    finished_in_.at(done.segment) = static_cast<std::uint32_t>(progress_.attempt);
    batch.pairs.push_back({settings_.command, done.segment, progress_.attempt});
    progress_.scanned += done.counters;
    ++progress_.segments_done;
    ++pairs_collected_;
    progress_.candidates += static_cast<std::int64_t>(done.disputed.size());
    to_fetch_ += static_cast<std::int64_t>(done.disputed.size());
    std::ranges::move(done.disputed, std::back_inserter(batch.candidates));
    progress_.leftover_bytes = static_cast<std::int64_t>(log_.durable_bytes());
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

void table_comparer::on_committed() {
  pairs_committed_ = pairs_collected_;
  moved_on_.notify();
}

awaitable<void> table_comparer::await_collection() {
  while (!stopping_ && (!found_.empty() || !log_.is_empty())) {
    co_await moved_on_.wait();
  }
}

awaitable<result<void>> table_comparer::settle_leftovers() {
  co_await await_collection();
  if (stopping_) {
    co_return result<void>{};
  }
  if (auto told = is_watched_for_order() ? order_.on_end() : result<void>(); !told) {
    co_return told;
  }
  co_return settings_.step == worker_step::scan
      ? co_await deal_out_to_workers()
      : co_await join_leftovers({&log_.file()}, of_finished_pairs());
}

last_join::filter table_comparer::of_finished_pairs() const {
  return [this](leftover_origin from) {
    return from.segment < finished_in_.size() && finished_in_[from.segment] == from.attempt;
  };
}

awaitable<result<void>> table_comparer::deal_out_to_workers() {
  const auto between = exchanging();
  auto dealt = co_await parts_.pool.run([&] {
    return between.deal_out_all(progress_, log_.file(), of_finished_pairs(), dealing_stops_);
  });
  if (!dealt) {
    const bool was_stopped = stopping_ && dealt.error().kind == error_class::cancelled;
    co_return was_stopped ? result<void>() : fail(std::move(dealt.error()));
  }
  log::event(log::level::info, "leftovers_passed_on",
             "what this worker's pairs leave over lies ready for all workers",
             {{"bytes", static_cast<std::int64_t>(*dealt)}});
  progress_.passed_on = static_cast<std::int64_t>(passing_on::done);
  changed_ = true;
  want_commit();
  co_return result<void>{};
}

/// Whatever they deal out again meanwhile, what is open stays as it was.
awaitable<result<void>> table_comparer::join_received() {
  auto received = co_await parts_.pool.run([between = exchanging()] { return between.received(); });
  if (!received) {
    co_return fail(std::move(received.error()));
  }
  if (progress_.parts > 0 && progress_.joined_of != received->parts) {
    co_return wrong_usage(
        "a worker whose leftovers were being joined has begun anew since: begin all anew with "
        "--prepare --fresh");
  }
  exchanging().forget_logs();
  progress_.joined_of = received->parts;
  auto joined = co_await join_leftovers(pointers_to(received->files),
                                        [](leftover_origin /*from*/) { return true; });
  if (!joined) {
    fail_with(std::move(joined.error()));
  }
  co_return failure_ ? fail(*failure_) : result<void>();
}

awaitable<result<void>> table_comparer::join_leftovers(std::vector<const leftover_file*> logs,
                                                       last_join::filter counts) {
  if (progress_.parts == 0) {
    std::uint64_t bytes = 0;
    for (const auto* log : logs) {
      bytes += log->bytes();
    }
    progress_.parts =
        static_cast<std::int64_t>(last_join::parts_for(bytes, settings_.memory_bytes_max));
  }
  last_join joining(std::move(logs), settings_.leftover_path,
                    static_cast<std::uint64_t>(progress_.parts), std::move(counts));
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
  log_.close();
  ::unlink(leftover_path_of(settings_, progress_).c_str());
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
  now.seen += log_.counted();
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
