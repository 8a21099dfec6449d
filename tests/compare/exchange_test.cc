// Leftovers between workers: to the right one, whole or not at all.
#include "compare/exchange.h"

#include "compare/comparison_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

namespace ddm::compare {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t mark = 1'700'000'000'000;
constexpr std::int64_t workers = 4;
const std::atomic<bool> goes_on = false;

class exchanges : public testing::Test {
 protected:
  [[nodiscard]] exchange of(std::int64_t worker, std::uint64_t its_mark = mark) const {
    return {folder_ / "", {.worker = worker, .workers = workers}, its_mark};
  }
  /// A log of `count` keys, the odd ones of a pair that was killed.
  [[nodiscard]] leftover_file log_of(std::int64_t worker, std::uint64_t first,
                                     std::uint64_t count) {
    EXPECT_TRUE(of(worker).prepare());
    auto log = *leftover_file::open(of(worker).log_path(), 0, mark);
    std::string block;
    for (auto key = first; key < first + count; ++key) {
      append_leftover({.key = key_of(key),
                       .compared = value_of(key).compared,
                       .in_source = worker % 2 == 0,
                       .in_target = worker % 2 != 0,
                       .key_json = json_of(key)},
                      {.segment = static_cast<std::uint32_t>(key % 2), .attempt = 1}, block);
    }
    EXPECT_TRUE(log.append(block));
    return log;
  }
  static bool counts(leftover_origin from) { return from.segment == 0; }
  [[nodiscard]] result<std::uint64_t> deal(std::int64_t worker, const leftover_file& log) const {
    return of(worker).deal_out(log, counts, goes_on);
  }
  [[nodiscard]] static std::set<std::string> keys_in(const std::vector<leftover_file>& files) {
    std::set<std::string> keys;
    for (const auto& file : files) {
      EXPECT_TRUE(file.read([&](leftover&& entry, leftover_origin /*from*/) {
        EXPECT_TRUE(keys.insert(entry.key_json).second);
      }));
    }
    return keys;
  }

  temporary_folder folder_;
};

TEST_F(exchanges, bring_each_key_that_counts_to_one_worker_and_both_halves_to_the_same) {
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    const auto log = log_of(worker, worker < 2 ? 0 : 1000, 1000);
    ASSERT_TRUE(deal(worker, log));
  }
  std::size_t all = 0;
  std::set<std::string> seen;
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    const auto received = of(worker).received();
    ASSERT_TRUE(received);
    ASSERT_EQ(received->size(), 4U);
    std::array<std::set<std::string>, 4> from;
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_TRUE((*received)[i].read(
          [&](leftover&& entry, leftover_origin /*from*/) { from.at(i).insert(entry.key_json); }));
      all += from.at(i).size();
    }
    EXPECT_EQ(from[0], from[1]);
    EXPECT_EQ(from[2], from[3]);
    EXPECT_GT(from[0].size(), 50U) << "they are dealt out evenly";
    for (const auto& key : from[0]) {
      EXPECT_TRUE(seen.insert(key).second) << "another worker has it too";
    }
  }
  EXPECT_EQ(all, 2000U) << "half of the 4,000 is of pairs that count";
}

TEST_F(exchanges, name_the_workers_that_have_not_dealt_out) {
  const auto log = log_of(1, 0, 100);
  ASSERT_TRUE(deal(1, log));
  const auto received = of(0).received();
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind, error_class::retry);
  EXPECT_THAT(received.error().message, HasSubstr(": 0, 2, 3"));
}

TEST_F(exchanges, take_nothing_of_another_comparison_or_of_half_a_file) {
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    const auto log = log_of(worker, 0, 100);
    ASSERT_TRUE(deal(worker, log));
  }
  ASSERT_TRUE(of(2).received());
  const auto path = folder_ / "comparison-1700000000000/0001-to-0002.leftovers";
  const auto bytes = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, bytes - 1);
  auto received = of(2).received();
  ASSERT_FALSE(received);
  EXPECT_THAT(received.error().message, HasSubstr("is not whole"));
  std::filesystem::resize_file(path, bytes - 16);
  EXPECT_FALSE(of(2).received()) << "its end is missing, and all blocks are there";
  std::filesystem::copy_file(folder_ / "comparison-1700000000000/0001-to-0003.leftovers", path,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(of(2).received());
  std::filesystem::create_directory(folder_ / "comparison-7");
  for (int from = 0; from < 4; ++from) {
    std::filesystem::copy_file(
        folder_ / fmt::format("comparison-1700000000000/000{}-to-0002.leftovers", from),
        folder_ / fmt::format("comparison-7/000{}-to-0002.leftovers", from));
  }
  EXPECT_FALSE(of(2, 7).received());
}

TEST_F(exchanges, that_are_stopped_leave_nothing_that_is_taken) {
  const std::atomic<bool> stops = true;
  const auto log = log_of(0, 0, 100);
  const auto dealt = of(0).deal_out(log, counts, stops);
  ASSERT_FALSE(dealt);
  EXPECT_EQ(dealt.error().kind, error_class::cancelled);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "")) {
    EXPECT_TRUE(entry.is_directory() || entry.path().extension() == ".log") << entry.path();
  }
}

TEST_F(exchanges, write_little_more_than_what_is_left_over) {
  const auto log = log_of(0, 0, 100'000);
  const auto dealt = deal(0, log);
  ASSERT_TRUE(dealt);
  EXPECT_LT(static_cast<double>(*dealt), 0.5 * static_cast<double>(log.bytes()) * 1.01);
}

TEST_F(exchanges, forget_what_was_joined_and_the_folder_with_the_last_of_it) {
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    const auto log = log_of(worker, 0, 10);
    ASSERT_TRUE(deal(worker, log));
    std::filesystem::remove(of(worker).log_path());
  }
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "comparison-1700000000000"));
    of(worker).forget_received();
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "comparison-1700000000000"));
}

TEST_F(exchanges, in_a_place_that_is_wrong_say_so) {
  const exchange nowhere("/nonexistent/folder", {.worker = 0, .workers = workers}, mark);
  const auto made = nowhere.prepare();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, error_class::wrong_usage);
  EXPECT_THAT(made.error().message, HasSubstr("--exchange"));
}

}  // namespace
}  // namespace ddm::compare
