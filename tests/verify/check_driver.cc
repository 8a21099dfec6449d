#include "verify/check_driver.h"

#include <algorithm>

namespace ddm::verify {
namespace {

using dynamodb::event_kind;

int value_in(const std::map<std::string, int>& table, const std::string& key) {
  const auto found = table.find(key);
  return found == table.end() ? 0 : found->second;
}

}  // namespace

image image_of(int value) {
  if (value == 0) {
    return std::nullopt;
  }
  const auto number = static_cast<std::uint64_t>(value);
  return item_digest{.compared = {number, number}, .everything = {number, number}};
}

item_key key_named(const std::string& name) {
  const auto hash = std::hash<std::string>{}(name);
  return {.json = R"({"pk":{"S":")" + name + R"("}})",
          .hash = {hash * 0x9E3779B97F4A7C15ULL, hash}};
}

dynamodb::change_record record_of(const std::string& key, int value, std::uint64_t number,
                                  wall_time created) {
  return {.sequence = *sequence_number::parse(std::to_string(number)),
          .kind = value == 0 ? event_kind::remove : event_kind::modify,
          .created = created,
          .chosen = true,
          .key = key_named(key),
          .new_image = image_of(value)};
}

check_settings plain_settings() {
  return {.replication_wait = milliseconds{5000},
          .retry_wait = milliseconds{2000},
          .max_lag = milliseconds{60'000},
          .stall_after = minutes{30},
          .lag_probes_per_second = 0};
}

check_driver::check_driver(check_settings settings, view images)
    : checks(settings), images_(images) {}

void check_driver::write(const std::string& key, int value) {
  write_unread(key, value);
  read_records();
}

void check_driver::write_replicated(const std::string& key, int value, milliseconds lag) {
  write(key, value);
  after(lag, [this, key, value] { counterpart[key] = value; });
}

void check_driver::write_unread(const std::string& key, int value) {
  unread_.push_back({key, value_in(origin, key), value, now});
  origin[key] = value;
}

void check_driver::read_records() {
  for (const auto& record : unread_) {
    hand_over(record.key, record.old_value, record.new_value, record.created);
  }
  unread_.clear();
}

void check_driver::hand_over(const std::string& key, int old_value, int new_value,
                             wall_time created) {
  const bool new_image = images_ == view::new_and_old || images_ == view::new_only;
  const bool old_image = images_ == view::new_and_old || images_ == view::old_only;
  ++changes;
  dynamodb::change_record record{
      .sequence = *sequence_number::parse(std::to_string(++last_sequence_)),
      .kind = new_value == 0   ? event_kind::remove
              : old_value == 0 ? event_kind::insert
                               : event_kind::modify,
      .created = created,
      .chosen = true,
      .key = key_named(key),
      .new_image = new_image ? image_of(new_value) : std::nullopt,
      .old_image = old_image ? image_of(old_value) : std::nullopt};
  checks.on_change(std::move(record),
                   {.shard_id = shard, .fresh = fresh, .mismatch_open = mismatch_open}, now, out);
}

void check_driver::run_for(milliseconds duration) {
  constexpr milliseconds step{50};
  const auto end = now + duration;
  while (now < end) {
    now = std::min(now + step, end);
    while (!actions_.empty() && actions_.begin()->first <= now) {
      const auto action = std::move(actions_.begin()->second);
      actions_.erase(actions_.begin());
      action();
    }
    if (stream_is_read) {
      checks.set_read_up_to({now, now});
    }
    checks.pass_proven(now, true, out);
    if (to_ms(now) % 200 == 0) {
      checks.update_behind(now);
    }
    for (const auto& read : checks.take_due(now, 10'000)) {
      ++reads_[read.step];
      answer(read);
    }
  }
}

milliseconds check_driver::run_until_judged(milliseconds longest) {
  const auto start = now;
  while (checks.size() > 0 && now - start < longest) {
    run_for(milliseconds{50});
  }
  return now - start;
}

void check_driver::answer(const read_request& read) {
  const auto of_origin = seen_in(origin, read.key, false);
  const auto of_counterpart = seen_in(counterpart, read.key, true);
  switch (read.step) {
    case check_step::look:
      checks.on_look(read.id, read.version, of_counterpart, now, out);
      break;
    case check_step::expect_look:
      checks.on_expect_look(read.id, read.version, of_origin, of_counterpart, now, out);
      break;
    case check_step::first_origin:
      checks.on_first_origin(read.id, read.version, of_origin, now);
      break;
    case check_step::judge:
    case check_step::judge_restless:
      checks.on_judged(read.id, read.version, of_origin, of_counterpart, now, out);
      break;
  }
}

seen check_driver::seen_in(const std::map<std::string, int>& table, const item_key& key,
                           bool is_counterpart) const {
  // {"pk":{"S":"name"}}
  const auto found = table.find(key.json.substr(12, key.json.size() - 15));
  if (found == table.end()) {
    return {};
  }
  if (is_counterpart && unreadable.contains(found->first)) {
    return {.value = std::nullopt, .unreadable = true};
  }
  return {.value = image_of(found->second)};
}

int check_driver::reads(check_step step) const {
  const auto found = reads_.find(step);
  return found == reads_.end() ? 0 : found->second;
}

const confirmation* check_driver::confirmed(const std::string& key) const {
  const auto found = std::ranges::find(out.confirmed, key_named(key).hash,
                                       [](const confirmation& each) { return each.key.hash; });
  return found == out.confirmed.end() ? nullptr : &*found;
}

std::int64_t check_driver::outcomes_in_all() const {
  return out.verified + out.superseded + static_cast<std::int64_t>(out.confirmed.size()) +
         static_cast<std::int64_t>(checks.size()) + out.deferred - out.undeferred;
}

}  // namespace ddm::verify
