// Workers of a comparison through seeds of trouble: DDM_ARRAY_SEEDS for more than a few.
#include "monitor/comparison_array.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace ddm::monitor {
namespace {

using compare::worker_step;
using testing::ElementsAreArray;

/// Of everything some: workers, segments, orders, kills at any moment, parts that are lost.
void live_through(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto one_of = [&](std::uint64_t most) { return random() % most; };
  const bool other_order = one_of(2) == 0;
  const bool exchanges = other_order || one_of(2) == 0;
  const int items = static_cast<int>(300 * (1 + one_of(8)));
  const auto how_many = static_cast<std::int64_t>(1 + one_of(5));
  array of(
      {.segments = static_cast<std::uint32_t>(how_many + static_cast<std::int64_t>(one_of(30))),
       .memory_bytes_max = std::uint64_t{100'000} << one_of(6),
       .target_order = other_order ? 7U : 0U,
       .seed = seed},
      how_many);
  of.fill(items);
  const auto planted = of.plant(items);
  of.prepare(exchanges);
  of.begin_all();
  bool is_refused = false;
  const auto steps =
      exchanges ? std::vector{worker_step::scan, worker_step::join} : std::vector{worker_step::all};
  for (const auto step : steps) {
    for (std::int64_t worker = 0; worker < how_many; ++worker) {
      for (auto kills = one_of(6); kills > 0 && !of.is_complete(worker, step); --kills) {
        of.start(worker, step);
        const auto until = of.world.time.now() + milliseconds(one_of(1'500));
        of.world.time.run_until([&] { return of.world.ended() || of.world.time.now() >= until; });
        of.world.crash();
      }
      if (step != worker_step::join && one_of(4) == 0) {
        of.world.use_state("");
        of.begin(worker);  // its host is lost, with the part
      }
      const auto worked = of.work(worker, step);
      ASSERT_TRUE(worked) << worked.error().describe();
    }
  }
  if (exchanges && one_of(3) == 0) {
    const auto worker = static_cast<std::int64_t>(one_of(static_cast<std::uint64_t>(how_many)));
    of.world.use_state("");
    of.begin(worker);
    ASSERT_TRUE(of.work(worker, worker_step::scan));
    // What was sent to it is gone, unless it sent all itself.
    is_refused = how_many > 1;
    const auto joined = of.work(worker, worker_step::join);
    EXPECT_EQ(joined.has_value(), !is_refused);
  }
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  if (is_refused) {
    EXPECT_TRUE(!merged.finished || !merged.incomplete.empty());
    return;
  }
  ASSERT_TRUE(merged.finished) << merged.finished.error().message;
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->keys(), items);
  EXPECT_EQ(of.world.status().compared->progress.segments_done,
            of.world.status().compared->progress.segments);
}

TEST(comparison_parts, live_through_seeds_of_trouble) {
  const auto* more = std::getenv("DDM_ARRAY_SEEDS");
  const std::uint64_t seeds = more == nullptr ? 12 : std::stoull(more);
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    live_through(seed);
  }
}

}  // namespace
}  // namespace ddm::monitor
