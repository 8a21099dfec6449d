#include "verify/look_schedule.h"

#include <algorithm>

namespace ddm::verify {
namespace {

/// While behind: looks a second that find out whether replication moves again.
constexpr double probes_per_second = 5;
/// What each look that found its change arrived adds to those allowed, so that a catching-up is
/// followed at pace.
constexpr double looks_per_arrival = 3;
/// The most that can be saved up.
constexpr double looks_allowed_max = 2000;

double seconds_between(wall_time earlier, wall_time now) {
  return std::chrono::duration<double>(now - earlier).count();
}

}  // namespace

void look_schedule::schedule(entry& open, wall_time due) {
  open.due = due;
  if (!open.in_flight) {
    timers_.push({due, &open, open.open.id});
  }
}

look_schedule::entry* look_schedule::pop_due(wall_time now) {
  while (!timers_.empty() && timers_.top().due <= now) {
    const auto next = timers_.top();
    timers_.pop();
    auto& open = *next.at;
    if (open.open.id == next.id && open.due == next.due && !open.in_flight) {
      return &open;
    }
  }
  return nullptr;
}

std::vector<look_schedule::entry*> look_schedule::take_due(wall_time now,
                                                           bool replication_is_behind,
                                                           std::size_t reads_max) {
  std::vector<entry*> due;
  if (!replication_is_behind) {
    while (due.size() < reads_max) {
      auto* next = pop_due(now);
      if (next == nullptr) {
        break;
      }
      next->in_flight = true;
      due.push_back(next);
    }
    return due;
  }
  hold_back_due(now);
  while (!held_back_.empty() && looks_allowed_ >= 1 && due.size() < reads_max) {
    const auto id = held_back_.extract(held_back_.begin()).value().second;
    auto* next = table_.find(id);
    if (next != nullptr && !next->in_flight) {
      looks_allowed_ -= 1;
      next->in_flight = true;
      due.push_back(next);
    }
  }
  return due;
}

void look_schedule::hold_back_due(wall_time now) {
  const double elapsed = std::min(seconds_between(allowed_at_, now), 1.0);
  looks_allowed_ = std::min(looks_allowed_max, looks_allowed_ + elapsed * probes_per_second);
  allowed_at_ = now;
  while (auto* next = pop_due(now)) {
    // Behind its last look in the queue, so that a change that is lost does not block the front.
    const auto& open = next->open;
    held_back_.emplace(open.seen.looked ? next->due : open.asked.first_unmet_at, open.id);
  }
}

std::optional<wall_time> look_schedule::next_due() const {
  std::optional<wall_time> due;
  if (!timers_.empty()) {
    due = timers_.top().due;
  }
  if (!held_back_.empty()) {
    const auto probe = allowed_at_ + milliseconds{200};
    due = due ? std::min(*due, probe) : probe;
  }
  return due;
}

void look_schedule::allow_more() { looks_allowed_ += looks_per_arrival; }

void look_schedule::release(wall_time now) {
  for (const auto& [age, id] : held_back_) {
    if (auto* held = table_.find(id)) {
      schedule(*held, now);
    }
  }
  held_back_.clear();
  looks_allowed_ = 0;
}

bool look_schedule::take_lag_probe(wall_time now) {
  lag_probe_tokens_ =
      std::min(lag_probes_per_second_,
               lag_probe_tokens_ + seconds_between(lag_probe_at_, now) * lag_probes_per_second_);
  lag_probe_at_ = now;
  if (lag_probe_tokens_ < 1) {
    return false;
  }
  lag_probe_tokens_ -= 1;
  return true;
}

}  // namespace ddm::verify
