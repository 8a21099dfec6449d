#include "stream/caught_up.h"

#include <algorithm>

namespace ddm::stream {

void caught_up_tracker::on_records(wall_time first, wall_time last) {
  empty_since_.reset();
  const bool was_right = up_to_ && first + creation_unit_ >= *up_to_;
  up_to_ = was_right ? std::max(*up_to_, last) : last;
}

void caught_up_tracker::on_empty_page(wall_time asked, wall_time answered) {
  if (!empty_since_) {
    empty_since_ = answered;
  }
  if (asked - *empty_since_ >= empty_run_min) {
    const auto moment = asked - empty_run_min;
    up_to_ = up_to_ ? std::max(*up_to_, moment) : moment;
  }
}

void caught_up_tracker::on_end(wall_time asked) {
  up_to_ = up_to_ ? std::max(*up_to_, asked) : asked;
}

bool trim_is_harmless(std::optional<wall_time> caught_up_to, wall_time now) {
  return caught_up_to && now - *caught_up_to < harmless_trim;
}

}  // namespace ddm::stream
