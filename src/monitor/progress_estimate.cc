#include "monitor/progress_estimate.h"

namespace ddm::monitor {
namespace {

constexpr std::chrono::minutes window{2};

}  // namespace

void progress_estimate::observe(std::optional<wall_time> front, wall_time now) {
  if (!front) {
    samples_.clear();
    return;
  }
  samples_.push_back({now, *front});
  while (now - samples_.front().at > window) {
    samples_.pop_front();
  }
}

std::optional<report::catching_up> progress_estimate::estimate() const {
  if (samples_.empty()) {
    return std::nullopt;
  }
  const auto& last = samples_.back();
  const auto& first = samples_.front();
  report::catching_up estimate{.late = last.at - last.front};
  const auto elapsed = std::chrono::duration<double>(last.at - first.at).count();
  const auto moved = std::chrono::duration<double>(last.front - first.front).count();
  // Time goes on while it catches up: it gains what it moves beyond that.
  if (elapsed > 0 && moved > elapsed) {
    const double seconds_left =
        std::chrono::duration<double>(estimate.late).count() / (moved / elapsed - 1);
    estimate.remaining = milliseconds{static_cast<std::int64_t>(seconds_left * 1000)};
  }
  return estimate;
}

}  // namespace ddm::monitor
