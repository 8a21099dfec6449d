#include "stream/listing_pace.h"

#include <algorithm>

namespace ddm::stream {
namespace {

constexpr double rate_min = 2;
constexpr double rate_max = 7;  // of the 10 that the account has
constexpr double listed_within_seconds = 30;
/// The rest is for those who cannot wait.
constexpr double share_of_listings = 0.8;

}  // namespace

double listing_pace::rate_for(std::size_t streams) {
  return std::clamp(static_cast<double>(streams) / listed_within_seconds, rate_min, rate_max);
}

milliseconds listing_pace::interval(milliseconds usual) const {
  const auto fair = static_cast<double>(streams()) / (rate_for(streams()) * share_of_listings);
  return std::max(usual, milliseconds{static_cast<std::int64_t>(fair * 1000)});
}

std::size_t listing_pace::open_shards() const {
  std::size_t open = 0;
  for (const auto& count : streams_) {
    open += count();
  }
  return open;
}

}  // namespace ddm::stream
