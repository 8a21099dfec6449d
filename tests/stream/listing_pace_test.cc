#include "stream/listing_pace.h"

#include "support/simulated_clock.h"

#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;

TEST(listing_pace, one_stream_is_listed_as_it_likes) {
  support::simulated_clock time;
  listing_pace pace(time);
  const listing_pace::place only(pace, [] { return std::size_t{4}; });
  EXPECT_EQ(pace.interval(10s), 10s);
  EXPECT_EQ(pace.calls().rate(), 2);
  EXPECT_EQ(pace.open_shards(), 4U);
}

TEST(listing_pace, many_share_the_quota_and_stay_fresh) {
  for (const std::size_t streams : {2U, 20U, 60U, 100U, 200U}) {
    EXPECT_LE(listing_pace::rate_for(streams), 7) << "of 10, and the replicators need some";
    support::simulated_clock time;
    const listing_pace pace(time, streams);
    EXPECT_LE(pace.interval(10s), 40s) << "a listing is too old after 45 s";
    // All of them together stay below the pace.
    const auto wanted =
        static_cast<double>(streams) * 1000.0 / static_cast<double>(pace.interval(10s).count());
    EXPECT_LE(wanted, listing_pace::rate_for(streams) * 0.81) << streams;
  }
}

TEST(listing_pace, shards_are_counted_together_as_streams_come_and_go) {
  support::simulated_clock time;
  listing_pace pace(time);
  const listing_pace::place first(pace, [] { return std::size_t{4}; });
  {
    const listing_pace::place second(pace, [] { return std::size_t{5}; });
    EXPECT_EQ(pace.open_shards(), 9U);
  }
  EXPECT_EQ(pace.open_shards(), 4U);
}

}  // namespace
}  // namespace ddm::stream
