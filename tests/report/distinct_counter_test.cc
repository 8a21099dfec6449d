#include "report/distinct_counter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace ddm::report {
namespace {

dynamodb::digest128 next_key(std::mt19937_64& random) { return {random(), random()}; }

TEST(distinct_counter, is_within_three_percent_from_ten_to_a_million) {
  for (const std::uint64_t keys : {1U, 10U, 1'000U, 20'000U, 100'000U, 1'000'000U}) {
    std::mt19937_64 random(keys);
    distinct_counter counter;
    for (std::uint64_t i = 0; i < keys; ++i) {
      counter.add(next_key(random));
    }
    const auto off = std::abs(static_cast<double>(counter.estimate()) - static_cast<double>(keys));
    EXPECT_LE(off, std::max(0.5, 0.03 * static_cast<double>(keys))) << keys;
  }
}

TEST(distinct_counter, counts_a_key_once_however_often_it_comes) {
  std::mt19937_64 random(7);
  const auto key = next_key(random);
  distinct_counter counter;
  for (int i = 0; i < 1000; ++i) {
    counter.add(key);
  }
  EXPECT_EQ(counter.estimate(), 1U);
}

TEST(distinct_counter, comes_back_from_its_bytes) {
  std::mt19937_64 random(7);
  distinct_counter counter;
  for (int i = 0; i < 500; ++i) {
    counter.add(next_key(random));
  }
  distinct_counter restored;
  ASSERT_TRUE(restored.restore(counter.save()));
  EXPECT_EQ(restored.estimate(), counter.estimate());
  EXPECT_FALSE(counter.dirty());
  EXPECT_FALSE(restored.restore("too short"));
  EXPECT_EQ(restored.estimate(), counter.estimate());
}

}  // namespace
}  // namespace ddm::report
