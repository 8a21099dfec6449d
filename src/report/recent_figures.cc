#include "report/recent_figures.h"

#include <algorithm>

namespace ddm::report {
namespace {

constexpr std::size_t seconds_max = 11;
constexpr double share = 0.95;

}  // namespace

void recent_figures::note(const status& now) {
  if (!seconds_.empty() &&
      (now.at < seconds_.back().at || now.events.unique < seconds_.back().events)) {
    *this = recent_figures();  // the clock was set back, or the counters began anew
  }
  if (seconds_.empty() || now.at > seconds_.back().at) {
    seconds_.push_back({.at = now.at, .events = now.events.unique});
  }
  if (seconds_.size() > seconds_max) {
    seconds_.pop_front();
  }
  if (!point_at_) {
    point_at_ = now.at;
    lag_at_point_ = now.lag;
  } else if (now.at - *point_at_ >= point_every) {
    lags_.push_back(lag_between(lag_at_point_, now.lag));
    if (lags_.size() > points_max) {
      lags_.pop_front();
    }
    point_at_ = now.at;
    lag_at_point_ = now.lag;
  }
}

std::optional<double> recent_figures::events_per_second() const {
  if (seconds_.size() < 2) {
    return std::nullopt;
  }
  const std::chrono::duration<double> between = seconds_.back().at - seconds_.front().at;
  return static_cast<double>(seconds_.back().events - seconds_.front().events) / between.count();
}

std::optional<milliseconds> lag_between(const lag_histogram& earlier, const lag_histogram& later) {
  if (later.count() <= earlier.count()) {
    return std::nullopt;
  }
  const auto wanted = share * static_cast<double>(later.count() - earlier.count());
  const auto reached = [&](milliseconds limit) {
    const auto before = earlier.at_most(limit);
    return static_cast<double>(later.at_most(limit) - std::min(before, later.at_most(limit))) >=
           wanted;
  };
  milliseconds low{-1};  // not reached
  milliseconds high = later.max() + later.max() / 20 + milliseconds{1};
  while (high - low > milliseconds{1}) {
    const auto middle = low + (high - low) / 2;
    (reached(middle) ? high : low) = middle;
  }
  return std::min(high, later.max());
}

}  // namespace ddm::report
