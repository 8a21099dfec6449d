#include "verify/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(coverage, covers_what_looks_at_no_more) {
  const auto all = coverage::of(1, "");
  const auto sampled = coverage::of(100, "");
  const auto narrowed = coverage::of(1, "v");
  EXPECT_TRUE(all.covers(sampled));
  EXPECT_TRUE(all.covers(narrowed));
  EXPECT_FALSE(sampled.covers(all));
  EXPECT_FALSE(narrowed.covers(all));
  EXPECT_FALSE(narrowed.covers(sampled)) << "it leaves out v";
  EXPECT_TRUE(coverage::of(2, "v").covers(coverage::of(2, "w,v")));
}

TEST(coverage, knows_which_patterns_lie_within_others) {
  EXPECT_TRUE(coverage::of(1, "meta.v").covers(coverage::of(1, "meta.*")));
  EXPECT_FALSE(coverage::of(1, "meta.*").covers(coverage::of(1, "meta.v")));
  EXPECT_TRUE(coverage::of(1, "a*,b").covers(coverage::of(1, "*")));
}

TEST(coverage, of_two_together_is_the_weaker_in_each_respect) {
  EXPECT_EQ(weaker_of(coverage::of(10, "a"), coverage::of(1, "b,a")), coverage::of(10, "a,b"));
}

TEST(coverage, that_is_the_stronger_of_two_covers_both_and_no_more) {
  EXPECT_EQ(stronger_of(coverage::of(10, "a"), coverage::of(1, "b,a")), coverage::of(1, "a"));
  EXPECT_EQ(stronger_of(coverage::of(1, "meta.*"), coverage::of(1, "meta.v,b")),
            coverage::of(1, "meta.v"));
  EXPECT_EQ(stronger_of(coverage::of(5, "a"), coverage::of(5, "b")), coverage::of(5, ""));
}

TEST(coverage, brings_any_pattern_back_from_its_text) {
  const std::vector<std::string> patterns{"a,b", "back\\slash", "line\nend", "plain", "\\l"};
  const auto joined = join_patterns(patterns);
  EXPECT_EQ(joined.find('\n'), std::string::npos);
  EXPECT_THAT(split_patterns(joined), testing::UnorderedElementsAreArray(patterns));
  EXPECT_THAT(split_patterns("b,a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_patterns(""), IsEmpty());
}

TEST(coverage_log, tells_the_weakest_since_an_epoch) {
  coverage_log log;
  EXPECT_EQ(log.epoch(), 0);
  log.begin(coverage::of(100, ""));
  log.begin(coverage::of(100, ""));
  EXPECT_EQ(log.epoch(), 1) << "the same settings go on";
  log.begin(coverage::of(1, "v"));
  log.begin(coverage::of(1, ""));
  EXPECT_EQ(log.epoch(), 3);
  EXPECT_EQ(log.weakest_since(1), coverage::of(100, "v"));
  EXPECT_EQ(log.weakest_since(2), coverage::of(1, "v"));
  EXPECT_EQ(log.weakest_since(3), coverage::of(1, ""));
}

TEST(coverage_log, survives_the_process) {
  coverage_log log;
  log.begin(coverage::of(7, "a,b"));
  log.begin(coverage::of(1, ""));
  const auto again = coverage_log::decode(log.encode());
  EXPECT_EQ(again.epoch(), 2);
  EXPECT_EQ(again.weakest_since(1), coverage::of(7, "a,b"));
  EXPECT_EQ(again.weakest_since(2), coverage::of(1, ""));
}

TEST(coverage_log, trusts_nothing_of_a_damaged_text) {
  for (const auto* text : {"1 1", "x 1 \n", "1 x \n", "2 1 \n1 1 \n", "1 1 \n1 2 \n"}) {
    EXPECT_EQ(coverage_log::decode(text).epoch(), 0) << text;
  }
}

TEST(coverage_log, keeps_the_weakest_of_what_it_forgets) {
  coverage_log log;
  log.begin(coverage::of(1000, "secret"));
  for (std::uint64_t i = 0; i < 2 * coverage_log::entries_max; ++i) {
    log.begin(coverage::of(i % 2 + 1, ""));
  }
  EXPECT_EQ(log.weakest_since(1), coverage::of(1000, "secret"));
  EXPECT_EQ(log.weakest_since(log.epoch()).sample_rate, 2);
  EXPECT_LT(log.encode().size(), 20 * coverage_log::entries_max);
}

}  // namespace
}  // namespace ddm::verify
