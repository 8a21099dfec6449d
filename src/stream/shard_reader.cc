#include "stream/shard_reader.h"

#include "base/log.h"
#include "stream/read_pace.h"

#include <algorithm>
#include <utility>

namespace ddm::stream {

using dynamodb::iterator_position;

shard_reader::shard_reader(reader_context& shared, shard_id id)
    : shared_(shared),
      id_(std::move(id)),
      caught_up_(shard().caught_up_to, shared.creation_unit()) {}

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
      co_await shared_.time.sleep_until(
          last_page_was_empty_
              ? next_idle_read(asked_, idle_interval(shared_.open_shards()), id_.str())
              : asked_ + busy_interval);
    }
    if (*step == next_step::ended) {
      shared_.on_health(id_, nullptr);
      co_return result<void>{};
    }
  }
}

awaitable<result<shard_reader::next_step>> shard_reader::fetch_iterator() {
  const auto position =
      at_trim_horizon_ ? iterator_position::trim_horizon() : shard_lineage::next_position(shard());
  shard().begun = true;
  if (!beginning_is_lost_ && shared_.lineage.lost_its_beginning(id_, shared_.time.now())) {
    beginning_is_lost_ = true;
    report_gap("records were trimmed before the shard was begun");
  }
  auto iterator = co_await shared_.client.get_shard_iterator(
      dynamodb::stream_arn(shared_.lineage.stream_arn()), id_, position);
  if (!iterator) {
    co_return fail(std::move(iterator.error()));
  }
  iterator_ = std::move(*iterator);
  last_page_was_empty_ = false;
  log::event(log::level::debug, "shard_iterator", {},
             {{"shard_id", id_.str()}, {"position", to_string(position.type)}});
  co_return co_await read_page();
}

awaitable<result<shard_reader::next_step>> shard_reader::read_page() {
  asked_ = shared_.time.now();
  auto answer = co_await shared_.client.get_records(*iterator_, shared_.records_limit);
  if (!answer) {
    co_return fail(std::move(answer.error()));
  }
  note_server_time(answer->server_time);
  auto page =
      co_await shared_.pool.run([&] { return shared_.decoder.decode_records(answer->body); });
  if (!page) {
    co_return fail(std::move(page.error()));
  }
  auto next = std::move(page->next);
  accept(std::move(*page));
  if (!next) {
    iterator_.reset();
    co_return next_step::ended;
  }
  iterator_ = std::move(*next);
  co_return next_step::read_on;
}

/// Creation times are the server's. If its clock is ahead of ours, they say that more has been read
/// than has: by this at most, as the Date header is cut to the second.
void shard_reader::note_server_time(std::optional<wall_time> time) {
  constexpr milliseconds date_unit{1000};
  server_ahead_ = time ? std::max(milliseconds{0}, *time + date_unit - asked_) : milliseconds{0};
}

/// Runs without suspending: position, records and what the sink makes of them belong together.
void shard_reader::accept(dynamodb::records_page page) {
  auto& progress = shard();
  at_trim_horizon_ = false;
  last_page_was_empty_ = page.records.empty();
  const bool at_the_end =
      shared_.is_local && page.records.size() < static_cast<std::size_t>(shared_.records_limit);
  if (page.records.empty()) {
    caught_up_.on_empty_page(asked_, shared_.time.now());
    if (at_the_end) {
      caught_up_.on_end(asked_);
    }
    if (caught_up_.up_to() != progress.caught_up_to) {
      progress.caught_up_to = caught_up_.up_to();
      progress.dirty = true;
    }
    return;
  }
  record_batch batch{.shard = id_, .records = {}, .reread = 0, .fresh = false};
  batch.fresh =
      caught_up_.up_to() && asked_ - *caught_up_.up_to() <
                                current_within(shared_.open_shards()) + shared_.creation_unit();
  const auto last_before = progress.last_sequence;
  std::optional<wall_time> first_created;
  for (auto& record : page.records) {
    if (record.sequence <= last_before) {
      ++batch.reread;
      continue;
    }
    first_created = first_created.value_or(record.created);
    progress.last_sequence = std::max(progress.last_sequence, record.sequence);
    progress.last_created = record.created;
    if (counts(record)) {
      batch.records.push_back(std::move(record));
    }
  }
  if (first_created) {
    caught_up_.on_records(*first_created - server_ahead_, *progress.last_created - server_ahead_);
  }
  if (at_the_end) {
    caught_up_.on_end(asked_);
  }
  progress.caught_up_to = caught_up_.up_to();
  progress.dirty = true;
  shared_.sink.on_batch(std::move(batch));
}

bool shard_reader::counts(const dynamodb::change_record& record) const {
  const auto& from = shared_.lineage.at(id_).counts_from;
  return !from || record.created >= *from - shared_.creation_unit();
}

void shard_reader::report_gap(std::string reason) {
  shared_.sink.on_gap({id_, shard().last_sequence, shared_.time.now(), std::move(reason)});
}

awaitable<void> shard_reader::pause(const error& failure) {
  shared_.on_health(id_, &failure);
  const double random = std::uniform_real_distribution<double>(0, 1)(shared_.random);
  co_await shared_.time.sleep_for(failure_pause(++failures_, random));
}

awaitable<result<shard_reader::next_step>> shard_reader::react(error failure) {
  caught_up_.on_interruption();
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
      if (!at_trim_horizon_ && !trim_is_harmless(shard().caught_up_to, shared_.time.now())) {
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
      if (!trim_is_harmless(shard().caught_up_to, shared_.time.now())) {
        report_gap("the shard no longer exists and was not read to its end");
      }
      co_return next_step::ended;
    case error_class::retry:
    case error_class::throttled:
    case error_class::refresh_credentials:
      co_await pause(failure);
      co_return next_step::read_on;
    case error_class::access_denied:
    case error_class::fatal:
    case error_class::cancelled:
      break;
  }
  co_return fail(std::move(failure).within("shard " + id_.str()));
}

}  // namespace ddm::stream
