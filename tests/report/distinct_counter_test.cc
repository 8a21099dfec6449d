#include "report/distinct_counter.h"

#include "dynamodb/canonical.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ddm::report {
namespace {

/// As a key is hashed in production.
dynamodb::digest128 hash_of(std::uint64_t number) {
  static const dynamodb::digest_secret secret = [] {
    dynamodb::digest_secret bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes.at(i) = static_cast<unsigned char>(i * 37 + 11);
    }
    return bytes;
  }();
  return dynamodb::hash128("key#" + std::to_string(number), secret);
}

class sizes : public testing::TestWithParam<std::uint64_t> {};

TEST_P(sizes, are_estimated_within_three_percent) {
  distinct_counter counter;
  for (std::uint64_t i = 0; i < GetParam(); ++i) {
    counter.add(hash_of(i));
  }
  const auto exact = static_cast<double>(GetParam());
  EXPECT_NEAR(static_cast<double>(counter.estimate()), exact, exact * 0.03);
}

INSTANTIATE_TEST_SUITE_P(keys, sizes,
                         testing::Values(0, 1, 10, 1'000, 20'000, 41'000, 50'000, 100'000,
                                         1'000'000));

TEST(distinct_counter, is_exact_for_a_handful_of_keys) {
  distinct_counter counter;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    counter.add(hash_of(i));
    EXPECT_EQ(counter.estimate(), i);
  }
}

TEST(distinct_counter, is_about_right_and_not_exact_for_hundreds_of_keys) {
  distinct_counter counter;
  double worst = 0;
  for (std::uint64_t i = 1; i <= 5'000; ++i) {
    counter.add(hash_of(i));
    const auto off = static_cast<double>(counter.estimate()) - static_cast<double>(i);
    worst = std::max(worst, std::abs(off) / static_cast<double>(std::max<std::uint64_t>(i, 100)));
  }
  EXPECT_GT(worst, 0) << "what the documents say of it";
  EXPECT_LT(worst, 0.025);
}

TEST(distinct_counter, a_key_added_again_changes_nothing) {
  distinct_counter counter;
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      counter.add(hash_of(i));
    }
  }
  EXPECT_NEAR(static_cast<double>(counter.estimate()), 10'000, 300);
  (void)counter.save();
  counter.add(hash_of(7));
  EXPECT_FALSE(counter.dirty());
}

TEST(distinct_counter, goes_on_after_a_restart) {
  distinct_counter first;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    first.add(hash_of(i));
  }
  EXPECT_TRUE(first.dirty());
  const auto bytes = first.save();
  EXPECT_FALSE(first.dirty());
  distinct_counter second;
  ASSERT_TRUE(second.restore(bytes));
  EXPECT_EQ(second.estimate(), first.estimate());
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    second.add(hash_of(i));
  }
  EXPECT_NEAR(static_cast<double>(second.estimate()), 60'000, 1'800);
}

TEST(distinct_counter, takes_no_bytes_that_are_not_its_own) {
  distinct_counter counter;
  counter.add(hash_of(1));
  EXPECT_FALSE(counter.restore(""));
  EXPECT_FALSE(counter.restore("short"));
  std::string no_rank(distinct_counter::registers, '\0');
  no_rank.back() = static_cast<char>(65);
  EXPECT_FALSE(counter.restore(no_rank));
  EXPECT_EQ(counter.estimate(), 1);
}

}  // namespace
}  // namespace ddm::report
