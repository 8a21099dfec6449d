#include "stream/shard_reader.h"

#include "base/log.h"
#include "stream/read_pace.h"

#include <algorithm>
#include <utility>

namespace ddm::stream {

using dynamodb::iterator_position;

namespace {

/// What an earlier process knew. Its clock may have been ahead, and the future is trusted by
/// nobody: the newest record read then still tells, as its time is the service's.
std::optional<wall_time> known_before(const tracked_shard& shard, wall_time now) {
  constexpr auto slack = 2 * service_clock::date_unit;  // two processes know the service's clock
  for (const auto& moment : {shard.caught_up_to, shard.last_created}) {
    if (moment && *moment <= now + slack) {
      return std::min(*moment, now);
    }
  }
  return std::nullopt;
}

}  // namespace

shard_reader::shard_reader(reader_context& shared, shard_id id)
    : shared_(shared),
      id_(std::move(id)),
      caught_up_(known_before(shard(), later_now()), shared.creation_unit(), shared.end),
      clock_jumps_(shared.service.jumps()) {
  shard().closed_since_page = false;  // it begins behind what empty pages could have told
  shard().caught_up_to = caught_up_.ever_up_to();
  if (const auto& parents_were_read_to = shard().read_to) {
    caught_up_.begin_at(*parents_were_read_to);
  }
}

awaitable<result<void>> shard_reader::read_to_end() {
  for (;;) {
    co_await shared_.sink.admit_read();
    auto step = iterator_ ? co_await read_page() : co_await fetch_iterator();
    if (!step) {
      step = co_await react(std::move(step.error()));
      if (!step) {
        co_return fail(std::move(step.error()));
      }
    } else if (*step == next_step::read_on && iterator_) {
      failures_ = 0;
      shared_.on_health(id_, nullptr);
      co_await shared_.time.sleep_until(next_read());
    }
    if (*step == next_step::ended) {
      shared_.on_health(id_, nullptr);
      co_return result<void>{};
    }
  }
}

wall_time shard_reader::next_read() const {
  if (!last_page_was_empty_) {
    return asked_ + busy_interval;
  }
  const auto open = shared_.open_shards();
  return next_idle_read(
      asked_, caught_up_.at_the_end() ? idle_interval(open) : settling_interval(open), id_.str());
}

awaitable<result<shard_reader::next_step>> shard_reader::fetch_iterator() {
  const auto position =
      at_trim_horizon_ ? iterator_position::trim_horizon() : shard_lineage::next_position(shard());
  shard().begun = true;
  if (shared_.lineage.lost_its_beginning(id_, later_now())) {
    if (!std::exchange(beginning_is_lost_, true) || lost_another_day()) {
      report_gap("records were trimmed before the shard was begun");
    }
  } else if (at_trim_horizon_ && lost_another_day()) {
    report_gap("records were trimmed before they were read");
  }
  auto iterator = co_await shared_.client.get_shard_iterator(
      dynamodb::stream_arn(shared_.lineage.stream_arn()), id_, position);
  if (!iterator) {
    co_return fail(std::move(iterator.error()));
  }
  iterator_ = std::move(*iterator);
  last_page_was_empty_ = false;
  if (!std::exchange(had_iterator_, true)) {
    shared_.on_first_iterator(id_);
  }
  log::event(log::level::debug, "shard_iterator", {},
             {{"shard_id", id_.str()}, {"position", to_string(position.type)}});
  co_return co_await read_page();
}

awaitable<result<shard_reader::next_step>> shard_reader::read_page() {
  asked_ = shared_.time.now();
  asked_later_ = shared_.service.later(asked_);
  auto answer = co_await shared_.client.get_records(*iterator_, static_cast<int>(records_wanted()));
  if (!answer) {
    co_return fail(std::move(answer.error()));
  }
  shared_.on_date(asked_, answer->server_time);
  const auto answered = later_now();
  auto page =
      co_await shared_.pool.run([&] { return shared_.decoder.decode_records(answer->body); });
  if (!page) {
    co_return fail(std::move(page.error()));
  }
  if (answer->retried) {
    caught_up_.on_interruption();
  }
  auto next = page->next;
  accept(std::move(*page), answered);
  if (!next) {
    iterator_.reset();
    co_return next_step::ended;
  }
  iterator_ = std::move(*next);
  co_return next_step::read_on;
}

/// Runs without suspending: position, records and what the sink makes of them belong together.
///
/// Of the page that ends the shard only the records tell how far was read. The shard was closed at
/// some moment before that page was asked for, and its children go on from there.
void shard_reader::accept(dynamodb::records_page page, wall_time answered) {
  if (clock_jumps_ != shared_.service.jumps()) {
    clock_jumps_ = shared_.service.jumps();
    caught_up_.on_clock_jump(later_now());
  }
  if (std::exchange(shard().closed_since_page, false)) {
    caught_up_.on_closed(shared_.service.later(shard().last_known_open));
  }
  const bool ends = !page.next;
  const bool may_be_all = !ends && !shard().closed;
  const bool at_the_end = shared_.is_local && may_be_all && page.records.size() < records_wanted();
  limit_.on_page();
  at_trim_horizon_ = false;
  last_page_was_empty_ = page.records.empty();
  if (!last_page_was_empty_) {
    accept_records(page);
  } else if (may_be_all) {
    caught_up_.on_empty_page(asked_later_, answered);
  }
  if (at_the_end) {
    caught_up_.on_end(asked_later_);
  }
  save_progress();
}

void shard_reader::accept_records(dynamodb::records_page& page) {
  auto& progress = shard();
  record_batch batch{
      .shard = id_, .records = {}, .reread = 0, .fresh = false, .nothing_before = std::nullopt};
  const auto reached = caught_up_.up_to();
  batch.fresh = reached && asked_later_ - *reached <
                               current_within(shared_.open_shards()) + shared_.creation_unit();
  const auto last_before = progress.last_sequence;
  const auto counts_from = progress.counts_from;
  std::optional<wall_time> first_created;
  batch.records.reserve(page.records.size());
  for (auto& record : page.records) {
    if (record.sequence <= last_before) {
      ++batch.reread;
      continue;
    }
    first_created = first_created.value_or(record.created);
    progress.last_sequence = std::max(progress.last_sequence, record.sequence);
    progress.last_created = record.created;
    progress.dirty = true;
    if (!counts_from || record.created >= *counts_from - shared_.creation_unit()) {
      batch.records.push_back(std::move(record));
    }
  }
  if (first_created) {
    // Creation times are the service's, and its clock is known within bounds.
    const auto first = shared_.service.latest(*first_created);
    if (caught_up_.agrees_with(first)) {
      batch.nothing_before = reached;
    }
    caught_up_.on_records(first, shared_.service.earliest(*progress.last_created));
  } else {
    caught_up_.on_interruption();
  }
  shared_.sink.on_batch(std::move(batch));
}

void shard_reader::save_progress() {
  auto& progress = shard();
  progress.read_to = caught_up_.up_to();
  if (caught_up_.ever_up_to() != progress.caught_up_to) {
    progress.caught_up_to = caught_up_.ever_up_to();
    progress.dirty = true;
  }
}

/// What is told to be lost was written before that; what came after it was lost if it could not be
/// read for as long as records are kept, and no comparison before now makes up for it.
bool shard_reader::lost_another_day() {
  const auto known = std::max(shard().caught_up_to, told_lost_at_);
  return known && later_now() - *known > stream_retention;
}

void shard_reader::report_gap(std::string reason) {
  told_lost_at_ = later_now();
  shared_.sink.on_gap({id_, shard().last_sequence, shared_.time.now(), std::move(reason)});
}

awaitable<void> shard_reader::pause(const error& failure) {
  shared_.on_health(id_, &failure);
  const double random = std::uniform_real_distribution<double>(0, 1)(shared_.random);
  co_await shared_.time.sleep_for(failure_pause(++failures_, random));
}

awaitable<result<shard_reader::next_step>> shard_reader::react(error failure) {
  caught_up_.on_interruption();
  if (aws::is_too_large(failure) && limit_.on_too_large(records_wanted())) {
    co_await shared_.time.sleep_until(asked_ + busy_interval);
    co_return next_step::read_on;
  }
  switch (failure.kind) {
    case error_class::new_iterator:
      log::event(log::level::info, "iterator_expired", {}, {{"shard_id", id_.str()}});
      iterator_.reset();
      if (failures_++ > 0) {
        // The one before it was dead on arrival: breathe before the next try.
        co_await shared_.time.sleep_for(failure_pause(failures_, 0.5));
      }
      co_return next_step::read_on;
    case error_class::trimmed:
      if (at_trim_horizon_ ? lost_another_day()
                           : !trim_is_harmless(shard().caught_up_to, later_now())) {
        report_gap("records were trimmed before they were read");
      }
      if (std::exchange(at_trim_horizon_, true)) {
        // TRIM_HORIZON itself was trimmed while it was used: breathe before the next try.
        co_await shared_.time.sleep_for(failure_pause(++failures_, 0.5));
      }
      iterator_.reset();
      co_return next_step::read_on;
    case error_class::not_found:
      if (!shared_.is_gone(id_)) {
        co_await pause(failure);
        iterator_.reset();
        co_return next_step::read_on;
      }
      if (!trim_is_harmless(shard().caught_up_to, later_now())) {
        report_gap("the shard no longer exists and was not read to its end");
      }
      co_return next_step::ended;
    case error_class::retry:
    case error_class::throttled:
    case error_class::refresh_credentials:
    case error_class::unknown_answer:
      co_await pause(failure);
      co_return next_step::read_on;
    case error_class::access_denied:
    case error_class::wrong_usage:
    case error_class::fatal:
    case error_class::cancelled:
      break;
  }
  co_return fail(std::move(failure).within("shard " + id_.str()));
}

}  // namespace ddm::stream
