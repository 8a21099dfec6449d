#include "verify/look_batcher.h"

#include <algorithm>
#include <utility>

namespace ddm::verify {
namespace {

/// Urgent reads wait this long for company.
constexpr milliseconds gather_time{20};

constexpr std::array<check_step, 5> by_priority{check_step::judge_restless, check_step::judge,
                                                check_step::first_origin, check_step::expect_look,
                                                check_step::look};

}  // namespace

look_batcher::look_batcher(std::size_t full_at, milliseconds longest_wait)
    : full_at_(std::clamp<std::size_t>(full_at, 1, batch_get_keys_max)),
      longest_wait_(longest_wait) {}

void look_batcher::add(read_request read, wall_time now) {
  auto& lane = lanes_.at(static_cast<std::size_t>(read.step));
  const auto goes_at = now + (read.may_wait ? longest_wait_ : std::min(gather_time, longest_wait_));
  lane.earliest = lane.earliest ? std::min(*lane.earliest, goes_at) : goes_at;
  lane.reads.push_back({std::move(read), goes_at});
}

std::optional<look_batch> look_batcher::take(wall_time now) {
  for (const auto step : by_priority) {
    auto& lane = lanes_.at(static_cast<std::size_t>(step));
    const bool due =
        flushing_ || lane.reads.size() >= full_at_ || (lane.earliest && *lane.earliest <= now);
    if (lane.reads.empty() || !due) {
      continue;
    }
    look_batch batch{.step = step, .reads = {}};
    batch.reads.reserve(std::min(batch_get_keys_max, lane.reads.size()));
    while (!lane.reads.empty() && batch.reads.size() < batch_get_keys_max) {
      batch.reads.push_back(std::move(lane.reads.front().read));
      lane.reads.pop_front();
    }
    lane.earliest.reset();
    for (const auto& left : lane.reads) {
      lane.earliest = lane.earliest ? std::min(*lane.earliest, left.goes_at) : left.goes_at;
    }
    return batch;
  }
  return std::nullopt;
}

std::optional<wall_time> look_batcher::next_due() const {
  std::optional<wall_time> next;
  for (const auto& lane : lanes_) {
    if (lane.reads.empty()) {
      continue;
    }
    const auto due = flushing_ || lane.reads.size() >= full_at_ ? wall_time{} : *lane.earliest;
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

std::size_t look_batcher::size() const {
  std::size_t total = 0;
  for (const auto& lane : lanes_) {
    total += lane.reads.size();
  }
  return total;
}

}  // namespace ddm::verify
