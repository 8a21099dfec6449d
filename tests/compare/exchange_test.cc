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

constexpr std::int64_t array_id = 0x1f0c;
constexpr std::int64_t workers = 4;
const std::atomic<bool> goes_on = false;

class exchanges : public testing::Test {
 protected:
  [[nodiscard]] static comparison_progress part(std::int64_t worker,
                                                std::int64_t array = array_id) {
    return {.started_ms = 1,
            .segments = 8,
            .worker = worker,
            .workers = workers,
            .array_id = array,
            .part_id = 7 + worker};
  }
  [[nodiscard]] exchange of(const comparison_progress& progress) const {
    return {folder_ / "", progress};
  }
  [[nodiscard]] exchange of(std::int64_t worker, std::int64_t array = array_id) const {
    return of(part(worker, array));
  }
  /// A log of `count` keys, the odd ones of a pair that was killed.
  [[nodiscard]] leftover_file log_of(std::int64_t worker, std::uint64_t first, std::uint64_t count,
                                     std::int64_t id = 1) {
    EXPECT_TRUE(of(worker).prepare("state source target"));
    auto log = *leftover_file::open(of(worker).log_path(id), 0, array_id);
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
    return of(worker).deal_out({&log}, counts, goes_on);
  }
  void deal_all(std::uint64_t keys) {
    for (std::int64_t worker = 0; worker < workers; ++worker) {
      const auto log = log_of(worker, 0, keys);
      ASSERT_TRUE(deal(worker, log));
    }
  }
  [[nodiscard]] std::filesystem::path sent(std::int64_t from, std::int64_t to,
                                           std::int64_t array = array_id) const {
    return folder_ /
           fmt::format("{:016x}/{:04}-{:016x}-to-{:04}.leftovers", array, from, 7 + from, to);
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
    ASSERT_EQ(received->files.size(), 4U);
    EXPECT_EQ(received->parts,
              "0000000000000007,0000000000000008,0000000000000009,000000000000000a");
    std::array<std::set<std::string>, 4> from;
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(received->files[i].read(
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
  EXPECT_THAT(received.error().message, HasSubstr(": 0, 2, 3. If"));
}

TEST_F(exchanges, take_nothing_of_another_comparison_or_of_half_a_file) {
  namespace fs = std::filesystem;
  deal_all(100);
  ASSERT_TRUE(of(2).received());
  const auto path = sent(1, 2);
  const auto bytes = fs::file_size(path);
  fs::resize_file(path, bytes - 1);
  auto received = of(2).received();
  ASSERT_FALSE(received);
  EXPECT_THAT(received.error().message, HasSubstr("is not whole"));
  fs::resize_file(path, bytes - 16);
  EXPECT_FALSE(of(2).received()) << "its end is missing, and all blocks are there";
  fs::copy_file(sent(1, 3), path, fs::copy_options::overwrite_existing);
  EXPECT_TRUE(of(2).received());
  ASSERT_TRUE(of(2, 0x77).prepare("another state"));
  for (int from = 0; from < 4; ++from) {
    fs::copy_file(sent(from, 2), sent(from, 2, 0x77));
  }
  EXPECT_FALSE(of(2, 0x77).received());
}

TEST_F(exchanges, of_two_comparisons_that_began_in_one_moment_are_apart) {
  deal_all(100);
  const auto received = of(1, 0x77).received();
  ASSERT_FALSE(received);
  EXPECT_THAT(received.error().message, HasSubstr(": 0, 1, 2, 3. If"));
}

TEST_F(exchanges, of_a_part_that_began_anew_take_the_place_of_what_the_one_before_dealt_out) {
  deal_all(100);
  auto anew = part(1);
  anew.part_id = 0xabc;
  auto log = *leftover_file::open(of(anew).log_path(1), 0, array_id);
  ASSERT_TRUE(of(anew).deal_out({&log}, counts, goes_on));
  const auto received = of(2).received();
  ASSERT_TRUE(received);
  EXPECT_THAT(received->parts, HasSubstr("0000000000000abc"));
  EXPECT_FALSE(std::filesystem::exists(sent(1, 2)));
}

TEST_F(exchanges, count_of_each_process_what_the_state_counts_and_no_byte_more) {
  auto first = log_of(0, 0, 100, 0x91);
  const auto counted = first.bytes();
  auto progress = part(0);
  progress.log_id = 0x91;
  progress.leftover_bytes = static_cast<std::int64_t>(counted);
  retire_log(progress);
  progress.log_id = 0x92;
  // The first process does not know yet that it was replaced.
  std::string block;
  append_leftover({.key = key_of(5000), .key_json = json_of(5000)}, {.segment = 0, .attempt = 1},
                  block);
  ASSERT_TRUE(first.append(block));
  const auto logs = logs_of(progress);
  ASSERT_EQ(logs.size(), 2U);
  EXPECT_EQ(logs.front().bytes, counted);
  EXPECT_EQ(logs.back().id, 0x92);
  EXPECT_EQ(logs.back().bytes, 0U);
  const auto part_of_it =
      leftover_file::open_part(of(progress).log_path(0x91), logs.front().bytes, array_id);
  ASSERT_TRUE(part_of_it);
  int keys = 0;
  EXPECT_TRUE(part_of_it->read([&](leftover&&, leftover_origin) { ++keys; }));
  EXPECT_EQ(keys, 100);
}

TEST_F(exchanges, keep_the_logs_of_many_processes_in_order) {
  auto progress = part(0);
  for (const std::int64_t id : {90, 70, 80, 60}) {
    progress.log_id = id;
    progress.leftover_bytes = id == 80 ? 0 : id * 1000;
    retire_log(progress);
  }
  EXPECT_EQ(progress.earlier_logs, "90:90000,70:70000,60:60000");
  progress.log_id = 50;
  progress.leftover_bytes = 77;
  std::vector<std::int64_t> ids;
  for (const auto& log : logs_of(progress)) {
    ids.push_back(log.id);
  }
  EXPECT_THAT(ids, testing::ElementsAre(90, 70, 60, 50));
}

TEST_F(exchanges, leave_no_draft_of_a_process_that_was_killed) {
  const auto log = log_of(0, 0, 100);
  const auto draft = [&](int worker) {
    return folder_ / fmt::format("{:016x}/{:04}-0000000000000005-to-0002.leftovers.draft-abcdef",
                                 array_id, worker);
  };
  std::ofstream(draft(0)) << "half";
  std::ofstream(draft(1)) << "that of another worker, who may be at work";
  ASSERT_TRUE(deal(0, log));
  EXPECT_FALSE(std::filesystem::exists(draft(0)));
  EXPECT_TRUE(std::filesystem::exists(draft(1)));
}

TEST_F(exchanges, begin_where_an_earlier_one_of_the_same_name_lay) {
  ASSERT_TRUE(of(0).begin("state source target"));
  deal_all(10);
  ASSERT_TRUE(of(0, 0x77).begin("state of somebody else"));
  EXPECT_TRUE(of(0).received());
  ASSERT_TRUE(of(0, 0x78).begin("state source target"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "0000000000001f0c"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "0000000000000077"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "0000000000000078"));
}

TEST_F(exchanges, remove_nothing_through_a_link) {
  ASSERT_TRUE(of(0).begin("state source target"));
  deal_all(10);
  std::filesystem::create_directory_symlink(folder_ / "0000000000001f0c", folder_ / "latest");
  ASSERT_TRUE(of(0).begin("state source target"));
  EXPECT_TRUE(of(0).received());
}

TEST_F(exchanges, that_are_stopped_leave_nothing_that_is_taken) {
  const std::atomic<bool> stops = true;
  const auto log = log_of(0, 0, 100);
  const auto dealt = of(0).deal_out({&log}, counts, stops);
  ASSERT_FALSE(dealt);
  EXPECT_EQ(dealt.error().kind, error_class::cancelled);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "")) {
    const auto name = entry.path().filename();
    EXPECT_TRUE(entry.is_directory() || name.extension() == ".log" || name == "of") << name;
  }
}

TEST_F(exchanges, write_little_more_than_what_is_left_over) {
  const auto log = log_of(0, 0, 100'000);
  const auto dealt = deal(0, log);
  ASSERT_TRUE(dealt);
  EXPECT_LT(static_cast<double>(*dealt), 0.5 * static_cast<double>(log.bytes()) * 1.01);
}

TEST_F(exchanges, whose_folder_is_gone_say_so) {
  const auto log = log_of(0, 0, 100);
  std::filesystem::remove_all(folder_ / "0000000000001f0c");
  const auto dealt = deal(0, log);
  ASSERT_FALSE(dealt);
  EXPECT_THAT(dealt.error().message, HasSubstr("begun anew meanwhile"));
}

TEST_F(exchanges, forget_what_was_joined_and_the_folder_with_the_last_of_it) {
  ASSERT_TRUE(of(0).begin("state source target"));
  deal_all(10);
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    of(worker).forget_logs();
    EXPECT_TRUE(of(worker).received()) << "its own log was no longer needed";
  }
  for (std::int64_t worker = 0; worker < workers; ++worker) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "0000000000001f0c"));
    of(worker).forget_received();
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "0000000000001f0c"));
}

TEST_F(exchanges, in_a_place_that_is_wrong_say_so) {
  const exchange nowhere("/nonexistent/folder", part(0));
  const auto made = nowhere.prepare("state");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, error_class::wrong_usage);
  EXPECT_THAT(made.error().message, HasSubstr("--exchange"));
}

}  // namespace
}  // namespace ddm::compare
