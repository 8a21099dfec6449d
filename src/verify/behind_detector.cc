#include "verify/behind_detector.h"

namespace ddm::verify {

behind_detector::behind_detector(milliseconds max_lag, milliseconds stall_after)
    : max_lag_(max_lag), stall_after_(stall_after) {}

std::int64_t behind_detector::index(wall_time time) { return to_ms(time) / bucket_width.count(); }

void behind_detector::on_opened(wall_time read_at) {
  auto& bucket = buckets_[index(read_at)];
  ++bucket.opened;
  ++bucket.open;
}

void behind_detector::on_moved(wall_time from, wall_time to) {
  if (index(from) != index(to)) {
    on_closed(from);
    on_opened(to);
  }
}

void behind_detector::on_closed(wall_time read_at) {
  const auto found = buckets_.find(index(read_at));
  if (found != buckets_.end()) {
    --found->second.open;
  }
}

bool behind_detector::update(wall_time now) {
  std::int64_t late_open = 0;
  std::optional<wall_time> oldest;
  const auto overdue_before = index(now - max_lag_);
  for (auto entry = buckets_.begin(); entry != buckets_.end() && entry->first < overdue_before;) {
    const auto& [at, bucket] = *entry;
    if (bucket.open <= 0) {
      entry = buckets_.erase(entry);
      continue;
    }
    if (bucket.open * 2 > bucket.opened) {
      late_open += bucket.open;
      if (!oldest) {
        oldest = from_ms(at * bucket_width.count());
      }
    }
    ++entry;
  }
  oldest_late_ = oldest;
  const bool was_behind = behind();
  // Half the threshold ends it, so that the condition does not flicker.
  const bool is_behind = late_open >= (was_behind ? open_min / 2 : open_min);
  if (is_behind && !was_behind) {
    since_ = now;
  } else if (!is_behind && was_behind) {
    since_.reset();
    ended_at_ = now;
  }
  return is_behind != was_behind;
}

bool behind_detector::stalled(wall_time now) const {
  return since_ && now - *since_ >= stall_after_;
}

bool behind_detector::settled(wall_time now) const {
  if (since_) {
    return stalled(now);
  }
  // What is left of the backlog when the condition passes gets one max-lag to arrive.
  return !ended_at_ || now - *ended_at_ >= max_lag_;
}

bool behind_detector::may_confirm(wall_time now, wall_time unmet_since) const {
  return settled(now) && now >= confirms_from(unmet_since);
}

}  // namespace ddm::verify
