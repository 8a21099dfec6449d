#include "stream/stream_follower.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace ddm::stream {
namespace {

using std::chrono::seconds;

constexpr seconds look_interval{30};
/// While the stream is over, turned off, or not found, and when the table did not answer.
constexpr seconds look_interval_in_doubt{10};
/// Whether there is doubt is asked this often: many things make it.
constexpr seconds doubt_interval{1};
constexpr auto enabled_at_name = "stream.enabled_at_ms";
constexpr auto began_name = "stream.began_ms";
constexpr auto first_stream_name = "stream.first_arn";
constexpr auto turned_off = "the stream was turned off: later changes are in no stream";

/// When the stream was created, as text that sorts by time.
std::string_view label_of(std::string_view stream_arn) {
  return stream_arn.substr(stream_arn.rfind('/') + 1);
}

/// Two streams of one table, the first of which was created earlier.
bool was_replaced_by(std::string_view earlier, std::string_view later) {
  const auto table_of = [](std::string_view arn) { return arn.substr(0, arn.rfind('/')); };
  return table_of(earlier) == table_of(later) && label_of(earlier) < label_of(later);
}

std::string described(std::optional<wall_time> moment) {
  return moment ? format_rfc3339(*moment) : std::string("an unknown moment");
}

}  // namespace

stream_follower::stream_follower(stream_consumer::options first, parts with,
                                 const state::snapshot& resumed)
    : options_(std::move(first)), parts_(std::move(with)), tasks_(parts_.executor) {
  restore(resumed);
}

void stream_follower::restore(const state::snapshot& resumed) {
  const auto newest = std::ranges::max_element(
      resumed.shards, {}, [](const state::shard_row& row) { return label_of(row.stream_arn); });
  if (newest != resumed.shards.end()) {
    options_.stream_arn = newest->stream_arn;
  } else if (const auto found = resumed.values.find(first_stream_name);
             found != resumed.values.end() && was_replaced_by(found->second, options_.stream_arn)) {
    options_.stream_arn = found->second;  // it was never listed: what it holds is still to be read
  }
  make_consumer();
  consumer_->lineage().restore(resumed.shards);
  for (const auto& row : resumed.shards) {
    if (row.stream_arn != options_.stream_arn) {
      left_shards_.emplace_back(row.stream_arn, row.shard_id);
    }
  }
  if (const auto found = resumed.numbers.find(enabled_at_name); found != resumed.numbers.end()) {
    enabled_at_ = from_ms(found->second);
  }
  if (const auto found = resumed.numbers.find(began_name); found != resumed.numbers.end()) {
    began_ = from_ms(found->second);
  }
  for (const auto& gap : resumed.gaps) {
    if (gap.stream_arn == options_.stream_arn && gap.shard_id.empty()) {
      times_off_told_.push_back(gap.reason);
    }
  }
}

void stream_follower::make_consumer() {
  consumer_ = std::make_unique<stream_consumer>(options_, parts_.executor, parts_.time, parts_.pool,
                                                parts_.streams, parts_.decoder, parts_.sink);
}

awaitable<result<void>> stream_follower::run() {
  tasks_.spawn(watch_table());
  tasks_.spawn(read_streams());
  co_await tasks_.join();
  if (failure_) {
    co_return fail(std::move(*failure_));
  }
  co_return result<void>{};
}

awaitable<void> stream_follower::read_streams() {
  for (;;) {
    auto end = co_await consumer_->run();
    ended_at_ = parts_.time.now();
    const bool is_gone = !end && end.error().kind == error_class::not_found;
    while (!successor_ && (end || (is_gone && !looked_since_end()))) {
      co_await looked_.wait();
    }
    if (!end && !(is_gone && successor_)) {
      failure_ = std::move(end.error()).within("stream " + options_.stream_arn);
      tasks_.cancel();
      co_return;
    }
    if (is_gone) {
      for (auto& gap : consumer_->lineage().on_stream_gone(parts_.time.now())) {
        parts_.sink.on_gap(std::move(gap));
      }
    }
    change_over(is_gone);
  }
}

awaitable<void> stream_follower::watch_table() {
  auto due = parts_.time.now();
  for (bool doubted = false;;) {
    const bool doubt = in_doubt();
    if (doubt && !doubted) {
      due = parts_.time.now();
    }
    doubted = doubt;
    if (parts_.time.now() >= due) {
      co_await look_at_table();
      looked_.notify();
      due = parts_.time.now() + (in_doubt() ? look_interval_in_doubt : look_interval);
    }
    co_await parts_.time.sleep_for(doubt_interval);
  }
}

awaitable<void> stream_follower::look_at_table() {
  const auto asked = parts_.time.now();
  const auto table = co_await parts_.tables.describe_table(parts_.table);
  if (!table && table.error().kind != error_class::not_found) {
    log::event(log::level::warning, "table_not_described",
               "whether its stream was replaced is not known just now: " + table.error().describe(),
               {{"table", parts_.table.str()}});
    last_look_failed_ = true;
    consumer_->list_soon();
    co_return;
  }
  const bool was_over = is_over();
  looked_at_ = asked;
  last_look_failed_ = false;
  if (table) {
    note_table(*table, asked);
  } else {
    off_ = "the table of the stream was deleted: later changes are in no stream";
  }
  if (is_over() && !was_over) {
    log::event(log::level::warning, "stream_over",
               "the stream was turned off and has been read to its end: changes made from now on "
               "are in no stream; once it is turned on again, reading goes on by itself",
               {{"stream_arn", options_.stream_arn}});
  }
}

void stream_follower::note_table(const dynamodb::table_description& table, wall_time asked) {
  const auto latest = table.latest_stream_arn ? table.latest_stream_arn->str() : std::string();
  note_successor(latest);
  if (table_id_.empty()) {
    table_id_ = table.id;
  }
  if (successor_) {
    new_table_id_ = table.id;
    off_.clear();
  } else if (table.id != table_id_) {
    off_ = "the table of the stream was deleted and created anew: its changes are in no stream";
  } else if (!table.stream.enabled) {
    off_ = turned_off;
  } else {
    off_.clear();
    if (latest == options_.stream_arn) {
      table_showed_on_ = consumer_->service().later(asked);
    } else {
      consumer_->list_soon();  // only a listing can tell
    }
  }
  if (!off_.empty()) {
    consumer_->list_soon();
  }
}

void stream_follower::note_successor(const std::string& latest) {
  // An older one: --stream-arn named a newer, or the table was made anew without a stream.
  if (label_of(latest) > label_of(options_.stream_arn) && successor_ != latest) {
    successor_ = latest;
    consumer_->note_replaced();
    log::event(log::level::warning, "stream_replaced",
               "the table's stream was turned off and on again: what is left of the old one is "
               "read first, then the new one from its beginning",
               {{"stream_arn", options_.stream_arn}, {"latest_stream_arn", latest}});
  }
}

bool stream_follower::in_doubt() const {
  return ended_at_ || !off_.empty() || last_look_failed_ || consumer_->in_doubt() ||
         consumer_->is_turned_off();
}

/// Nothing suspends in here: the gap, the last rows and the new stream belong to one commit.
void stream_follower::change_over(bool is_gone) {
  options_.told_until = report_time_off(is_gone);
  std::vector<shard_id> forgotten;
  auto rows = consumer_->lineage().take_dirty(parts_.time.now(), forgotten);
  std::ranges::move(rows, std::back_inserter(left_rows_));
  for (const auto& id : forgotten) {
    left_shards_.emplace_back(options_.stream_arn, id.str());
  }
  for (const auto& [id, shard] : consumer_->lineage().shards()) {
    left_shards_.emplace_back(options_.stream_arn, id.str());
  }
  log::event(log::level::info, "stream_followed", "reading begins at the new stream's beginning",
             {{"left", options_.stream_arn}, {"stream_arn", *successor_}});
  options_.stream_arn = std::move(*successor_);
  options_.first = first_position::trim_horizon;
  options_.service = consumer_->service();
  began_ = reading_began();
  pauses_before_ += consumer_->status().pauses;
  table_id_ = std::exchange(new_table_id_, {});
  table_showed_on_.reset();
  off_.clear();
  successor_.reset();
  ended_at_.reset();
  enabled_at_.reset();
  make_consumer();
}

/// Once for each successor: the process may have ended before that was listed, and it may have been
/// turned off and on again since. But once more when the successor has forgotten records meanwhile.
/// Returns up to when it tells that changes may be lost.
std::optional<wall_time> stream_follower::report_time_off(bool is_gone) {
  auto until = parse_rfc3339(std::string(label_of(*successor_)) + "Z");
  const bool is_told = std::ranges::any_of(
      times_off_told_, [&](const auto& told) { return told.ends_with(*successor_); });
  if (is_told && trim_is_harmless(until, service_now())) {
    return until;
  }
  auto from = std::max(enabled_at_, known_to_be_on());
  for (const auto& [id, shard] : consumer_->lineage().shards()) {
    from = std::max(from, shard.last_created);
  }
  if (from && is_gone) {
    // What listings still hid then, half of a split for one, was never read.
    const auto& lineage = consumer_->lineage();
    const auto hidden_since = *from - lineage.hidden_for();
    from = std::min(lineage.knows_all_until().value_or(hidden_since), hidden_since);
  }
  if (until) {
    // What the new stream was given more than its retention ago has left it again.
    until = std::max(*until, parts_.time.now() - stream_retention);
  }
  if (from && until) {
    from = std::min(*from, *until);
  }
  parts_.sink.on_gap(
      {shard_id(""),
       {},
       parts_.time.now(),
       fmt::format("changes made between {} and {} may be in no stream: the table's stream was "
                   "turned off in this time and turned on again as {}",
                   described(from), described(until), *successor_)});
  return until;
}

std::optional<wall_time> stream_follower::known_to_be_on() const {
  return std::max(table_showed_on_, consumer_->last_seen_enabled());
}

stream_status stream_follower::status() const {
  auto status = consumer_->status();
  status.pauses += pauses_before_;
  status.off = !off_.empty()                               ? off_
               : consumer_->is_turned_off() && !successor_ ? std::string(turned_off)
                                                           : std::string();
  const auto on = known_to_be_on();
  const auto now = service_now();
  const bool is_on =
      on && *on <= now && status.off.empty() && !successor_ && !ended_at_ && !consumer_->in_doubt();
  if (!is_on) {
    status.unread_for.reset();
  } else if (status.unread_for) {
    status.unread_for = std::max(*status.unread_for, now - *on);
  }
  return status;
}

std::optional<wall_time> stream_follower::read_up_to() const {
  return is_settled() ? consumer_->read_up_to() : std::nullopt;
}

std::optional<wall_time> stream_follower::all_read_up_to() const {
  return is_settled() ? consumer_->all_read_up_to() : std::nullopt;
}

bool stream_follower::is_settled() const {
  return looked_at_ && !successor_ && (!consumer_->in_doubt() || looked_since_end());
}

bool stream_follower::caught_up_to(wall_time moment) const {
  return read_up_to() && consumer_->caught_up_to(moment);
}

void stream_follower::collect(wall_time now, state::commit_batch& batch) {
  std::vector<shard_id> forgotten;
  batch.shards = consumer_->lineage().take_dirty(now, forgotten);
  std::ranges::move(std::exchange(left_rows_, {}), std::back_inserter(batch.shards));
  for (const auto& id : forgotten) {
    batch.shards_forgotten.emplace_back(options_.stream_arn, id.str());
  }
  if (!consumer_->lineage().shards().empty()) {
    // A restart finds its stream by the rows: the old ones go when there are new ones.
    std::ranges::move(std::exchange(left_shards_, {}), std::back_inserter(batch.shards_forgotten));
  }
  if (!first_stream_kept_) {
    first_stream_kept_ = true;
    batch.values.emplace(first_stream_name, options_.stream_arn);
  }
  enabled_at_ = std::max(enabled_at_, known_to_be_on());
  if (enabled_at_) {
    batch.numbers.emplace(enabled_at_name, to_ms(*enabled_at_));
  }
  began_ = reading_began();  // what a newer stream does not hold is a gap
  if (began_) {
    batch.numbers.emplace(began_name, to_ms(*began_));
  }
}

}  // namespace ddm::stream
