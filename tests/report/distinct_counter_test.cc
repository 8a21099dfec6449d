#include "report/distinct_counter.h"

#include "dynamodb/canonical.h"

#include <gtest/gtest.h>

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

TEST(distinct_counter, is_exact_for_thousands_of_keys_and_about_right_from_then_on) {
  distinct_counter counter;
  EXPECT_EQ(counter.estimate(), 0);
  for (std::uint64_t i = 1; i <= distinct_counter::exact_max; ++i) {
    counter.add(hash_of(i));
    counter.add(hash_of(i / 2 + 1));
    ASSERT_EQ(counter.estimate(), i);
  }
  for (std::uint64_t i = distinct_counter::exact_max + 1; i <= 8'000; ++i) {
    counter.add(hash_of(i));
    ASSERT_GT(counter.estimate(), distinct_counter::exact_max) << "so many are known";
    ASSERT_NEAR(static_cast<double>(counter.estimate()), static_cast<double>(i),
                static_cast<double>(i) * 0.025);
  }
}

TEST(distinct_counter, is_as_exact_after_a_restart) {
  for (const std::uint64_t keys : {0ULL, 200ULL, 2'048ULL, 4'096ULL, 5'000ULL}) {
    distinct_counter first;
    for (std::uint64_t i = 0; i < keys; ++i) {
      first.add(hash_of(i));
    }
    const auto bytes = first.save();
    EXPECT_LE(bytes.size(), 1 + distinct_counter::exact_max * 8);
    distinct_counter second;
    second.add(hash_of(9'999));
    ASSERT_TRUE(second.restore(bytes));
    EXPECT_EQ(second.estimate(), first.estimate());
    for (std::uint64_t i = 0; i < keys + 100; ++i) {
      first.add(hash_of(i));
      second.add(hash_of(i));
    }
    EXPECT_EQ(second.estimate(), first.estimate());
  }
}

TEST(distinct_counter, goes_on_with_the_registers_of_an_older_version) {
  distinct_counter newer;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    newer.add(hash_of(i));
  }
  const auto registers = newer.save().substr(1);
  ASSERT_EQ(registers.size(), distinct_counter::registers);
  distinct_counter older;
  ASSERT_TRUE(older.restore(registers));
  EXPECT_NEAR(static_cast<double>(older.estimate()), 5'000, 125);
  EXPECT_EQ(older.save(), registers) << "how many they were at least, nobody knows";
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    older.add(hash_of(i));
  }
  EXPECT_NEAR(static_cast<double>(older.estimate()), 10'000, 250);
  ASSERT_TRUE(older.restore(std::string(distinct_counter::registers, '\0')));
  EXPECT_EQ(older.estimate(), 0);
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
  EXPECT_FALSE(counter.restore("r" + no_rank));
  EXPECT_FALSE(counter.restore("h1234567"));
  EXPECT_FALSE(counter.restore("h" + std::string((distinct_counter::exact_max + 1) * 8, 'x')));
  EXPECT_EQ(counter.estimate(), 1);
}

}  // namespace
}  // namespace ddm::report
