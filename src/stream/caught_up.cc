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
  if (!empty_since_) {
    empty_since_ = answered;
  }
  ++empty_pages_;
  if (empty_pages_ >= empty_pages_min && asked - *empty_since_ >= empty_run_min) {
    // What was written after the question before this one, only this one page has not shown.
    reach(std::min(asked - empty_run_min, *last_empty_asked_));
    at_the_end_ = true;
  }
  last_empty_asked_ = asked;
}

void caught_up_tracker::on_end(wall_time asked) {
  reach(asked);
  at_the_end_ = true;
}

void caught_up_tracker::on_interruption() {
  empty_since_.reset();
  last_empty_asked_.reset();
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
