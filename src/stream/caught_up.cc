#include "stream/caught_up.h"

#include <algorithm>

namespace ddm::stream {

void caught_up_tracker::on_records(wall_time first, wall_time last) {
  on_interruption();
  for (auto* known : {&up_to_, &ever_}) {
    const bool was_right = *known && first + creation_unit_ >= **known;
    *known = was_right ? std::max(**known, last) : last;
  }
}

void caught_up_tracker::on_empty_page(wall_time asked, wall_time answered) {
  ++empty_pages_;
  // The newest page with enough of nothing behind it comes to the front.
  const auto is_old_enough = [&](const empty_page& each) {
    return asked - each.answered >= end_.lasts;
  };
  while (last_empty_.size() > 1 && is_old_enough(last_empty_[1])) {
    last_empty_.pop_front();
  }
  if (empty_pages_ >= end_.pages && is_old_enough(last_empty_.front())) {
    reach(std::min(asked - end_.lasts, last_empty_.front().asked));
    at_the_end_ = true;
  }
  last_empty_.push_back({asked, answered});
}

void caught_up_tracker::on_end(wall_time asked) {
  reach(asked);
  at_the_end_ = true;
}

void caught_up_tracker::on_closed(std::optional<wall_time> moment) {
  on_interruption();
  up_to_ = std::min(up_to_, moment);
}

void caught_up_tracker::on_interruption() {
  last_empty_.clear();
  empty_pages_ = 0;
  at_the_end_ = false;
}

void caught_up_tracker::on_clock_jump(wall_time now) {
  on_interruption();
  up_to_.reset();
  if (ever_) {
    ever_ = std::min(*ever_, now);
  }
}

void caught_up_tracker::reach(wall_time moment) {
  up_to_ = std::max(up_to_.value_or(moment), moment);
  ever_ = std::max(ever_.value_or(moment), moment);
}

bool trim_is_harmless(std::optional<wall_time> caught_up_to, wall_time now) {
  return caught_up_to && now - *caught_up_to < harmless_trim;
}

}  // namespace ddm::stream
