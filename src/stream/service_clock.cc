#include "stream/service_clock.h"

#include <algorithm>

namespace ddm::stream {

void service_clock::on_answer(wall_time asked, wall_time answered, wall_time date) {
  const auto least = date - answered;
  const auto most = date + date_unit - asked;
  if (!known_) {
    known_ = true;
    at_least_ = least;
    at_most_ = most;
    return;
  }
  const auto before = ahead();
  const auto width = at_most_ - at_least_;
  if (most < at_least_) {
    at_most_ = most;
    at_least_ = std::max(least, most - width);
  } else if (least > at_most_) {
    at_least_ = least;
    at_most_ = std::min(most, least + width);
  } else {
    at_least_ = std::max(at_least_, least);
    at_most_ = std::min(at_most_, most);
  }
  if (std::chrono::abs(ahead() - before) > date_unit) {
    ++jumps_;
  }
}

milliseconds service_clock::ahead() const { return std::max(milliseconds{0}, at_least_); }

milliseconds service_clock::behind() const { return std::max(milliseconds{0}, -at_most_); }

}  // namespace ddm::stream
