#include "compare/last_join.h"

#include "compare/comparison_samples.h"

#include <gtest/gtest.h>

#include <set>

namespace ddm::compare {
namespace {

constexpr leftover_origin counted{1, 1};
constexpr leftover_origin killed{1, 0};

bool counts(leftover_origin from) { return from.attempt == counted.attempt; }

void append(leftover_file& log, side from, std::uint64_t key, std::uint64_t value,
            leftover_origin origin = counted) {
  std::string block;
  append_leftover({.key = key_of(key),
                   .compared = value_of(value).compared,
                   .everything = value,
                   .in_source = from == side::source,
                   .in_target = from == side::target,
                   .key_json = json_of(key)},
                  origin, block);
  ASSERT_TRUE(log.append(block));
}

struct joined_log {
  std::int64_t equal = 0;
  std::set<std::string> unmatched;
  std::size_t most_in_a_part = 0;
};

joined_log join_all(const leftover_file& log, const std::string& path, std::uint64_t parts) {
  last_join join({&log}, path, parts, counts);
  EXPECT_TRUE(join.deal_out());
  joined_log all;
  for (std::uint64_t part = 0; part < parts; ++part) {
    const auto joined = join.join(part);
    EXPECT_TRUE(joined);
    all.equal += joined->equal;
    all.most_in_a_part = std::max(all.most_in_a_part, joined->unmatched.size());
    for (const auto& entry : joined->unmatched) {
      EXPECT_TRUE(all.unmatched.insert(entry.key_json).second) << "one part has it, once";
    }
  }
  return all;
}

TEST(last_join, gives_the_same_result_in_any_number_of_parts) {
  const temporary_folder folder;
  auto log = leftover_file::open(folder / "log", 0).value();
  for (std::uint64_t key = 0; key < 2000; ++key) {
    append(log, side::source, key, key);
  }
  // In another order, 50 without a partner and 20 with another value.
  for (std::uint64_t i = 2000; i-- > 50;) {
    append(log, side::target, i, i < 70 ? i + 1 : i);
  }
  for (const std::uint64_t parts : {1UL, 2UL, 7UL, 256UL, 1000UL}) {
    const auto all = join_all(log, folder / "log", parts);
    EXPECT_EQ(all.equal, 1930) << parts;
    EXPECT_EQ(all.unmatched.size(), 70U) << parts;
    EXPECT_TRUE(all.unmatched.contains(json_of(0)) && all.unmatched.contains(json_of(69)));
  }
}

TEST(last_join, that_cannot_make_its_files_is_an_error) {
  const temporary_folder folder;
  auto log = leftover_file::open(folder / "log", 0).value();
  append(log, side::source, 1, 1);
  last_join joining({&log}, folder / "absent/log", 2, counts);
  const auto dealt = joining.deal_out();
  ASSERT_FALSE(dealt);
  EXPECT_NE(dealt.error().describe().find("absent"), std::string::npos);
}

TEST(last_join, reads_no_further_once_it_is_stopped) {
  const temporary_folder folder;
  auto log = leftover_file::open(folder / "log", 0).value();
  append(log, side::source, 1, 1);
  last_join joining({&log}, folder / "log", 1, counts);
  ASSERT_TRUE(joining.deal_out());
  joining.stop();
  EXPECT_EQ(joining.join(0).error().kind, error_class::cancelled);
  last_join other({&log}, folder / "log", 2, counts);
  other.stop();
  EXPECT_EQ(other.deal_out().error().kind, error_class::cancelled);
}

TEST(last_join, passes_over_what_a_killed_attempt_wrote) {
  const temporary_folder folder;
  auto log = leftover_file::open(folder / "log", 0).value();
  append(log, side::source, 1, 1, killed);
  append(log, side::source, 2, 1, killed);
  append(log, side::source, 2, 2);
  append(log, side::target, 2, 2);
  for (const std::uint64_t parts : {1UL, 3UL}) {
    const auto all = join_all(log, folder / "log", parts);
    EXPECT_EQ(all.equal, 1);
    EXPECT_TRUE(all.unmatched.empty());
  }
}

TEST(last_join, takes_more_parts_the_larger_the_log_is) {
  EXPECT_EQ(last_join::parts_for(0, 1 << 20), 1U);
  EXPECT_EQ(last_join::parts_for(1 << 10, 1 << 20), 1U);
  const auto parts = last_join::parts_for(1 << 30, 1 << 20);
  EXPECT_GT(parts, 1024U) << "a part needs more memory than its file";
}

}  // namespace
}  // namespace ddm::compare
