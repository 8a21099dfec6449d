// When a monitor may say that it knows what the other commands of its name have done.
#include "cli/other_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr wall_time start = from_ms(1'700'000'000'000);

remote::head head_of(const std::string& owner, std::uint64_t copy, std::uint64_t bytes = 1000) {
  static int writes = 0;
  remote::head made{.write = std::to_string(++writes), .epoch = 1, .owner = owner};
  if (copy > 0) {
    made.copy = remote::copy_root{.epoch = 1, .number = copy, .bytes = bytes};
  }
  return made;
}

void see(other_head& at, const std::optional<remote::head>& head, wall_time when) {
  at.note(head, {.asked = when, .answered = when + 10ms});
}

other_heads nobody_at(wall_time when) {
  other_heads heads;
  see(heads.compare, std::nullopt, when);
  see(heads.repair, std::nullopt, when);
  return heads;
}

TEST(other_heads, nothing_is_known_before_both_were_looked_at) {
  other_heads heads;
  EXPECT_THAT(heads.trouble(start), HasSubstr("not known here"));
  see(heads.compare, std::nullopt, start);
  EXPECT_THAT(heads.trouble(start), HasSubstr("not known here"));
  see(heads.repair, std::nullopt, start);
  EXPECT_THAT(heads.trouble(start + 1s), IsEmpty());
}

TEST(other_heads, a_look_ages_however_good_it_was) {
  auto heads = nobody_at(start);
  see(heads.compare, std::nullopt, start + 25s);
  EXPECT_THAT(heads.trouble(start + 29s), IsEmpty());
  EXPECT_THAT(heads.trouble(start + 30s), HasSubstr("not known here"));
  see(heads.repair, std::nullopt, start + 31s);
  EXPECT_THAT(heads.trouble(start + 31s), IsEmpty());
}

TEST(other_heads, no_verdict_stands_beside_a_repair_until_what_it_left_is_heard_of) {
  auto heads = nobody_at(start);
  see(heads.repair, head_of("a", 0), start + 10s);
  EXPECT_THAT(heads.trouble(start + 10s), HasSubstr("a repair of these tables"));
  EXPECT_FALSE(heads.repair.is_due(start + 10s)) << "there is no copy yet";
  const auto left = head_of("", 1);
  see(heads.repair, left, start + 20s);
  EXPECT_THAT(heads.trouble(start + 20s), HasSubstr("a repair of these tables"));
  EXPECT_TRUE(heads.repair.is_due(start + 20s));
  EXPECT_FALSE(heads.repair.note_taken(left, false, start + 21s));
  EXPECT_THAT(heads.trouble(start + 21s), HasSubstr("being taken in"));
  EXPECT_THAT(heads.trouble(start + 26s), IsEmpty());
}

TEST(other_heads, a_comparison_that_goes_on_is_no_trouble_and_one_that_has_ended_is) {
  auto heads = nobody_at(start);
  see(heads.compare, head_of("a", 1, 1 << 30), start);
  EXPECT_THAT(heads.trouble(start), IsEmpty());
  EXPECT_TRUE(heads.compare.is_due(start)) << "nothing of it was ever taken";
  EXPECT_FALSE(heads.compare.note_taken(head_of("a", 1, 1 << 30), false, start));
  see(heads.compare, head_of("a", 2, 1 << 30), start + 20s);
  EXPECT_FALSE(heads.compare.is_due(start + 70s)) << "a large one waits for its end";
  see(heads.compare, head_of("a", 3), start + 20s);
  EXPECT_FALSE(heads.compare.is_due(start + 50s));
  EXPECT_TRUE(heads.compare.is_due(start + 60s));
  see(heads.compare, head_of("", 4, 1 << 30), start + 20s);
  EXPECT_TRUE(heads.compare.is_due(start + 20s));
  EXPECT_THAT(heads.trouble(start + 20s), HasSubstr("being taken in"));
}

TEST(other_heads, what_one_comparison_left_is_waited_for_beside_the_next) {
  auto heads = nobody_at(start);
  auto next = head_of("b", 1, 1 << 30);  // with the copy of the one before
  next.epoch = 2;
  see(heads.compare, next, start);
  EXPECT_THAT(heads.trouble(start), HasSubstr("being taken in"));
  EXPECT_TRUE(heads.compare.is_due(start));
  EXPECT_FALSE(heads.compare.note_taken(next, false, start + 1s));
  EXPECT_THAT(heads.trouble(start + 1s), HasSubstr("being taken in"));
  EXPECT_THAT(heads.trouble(start + 7s), IsEmpty());
  next.copy = remote::copy_root{.epoch = 2, .number = 2, .bytes = 1 << 30};
  see(heads.compare, next, start + 10s);
  EXPECT_THAT(heads.trouble(start + 10s), IsEmpty()) << "its own goes on";
}

TEST(other_heads, a_stranger_is_told_once_and_whoever_comes_after_him_is_none) {
  auto heads = nobody_at(start);
  const auto strange = head_of("stranger", 1);
  see(heads.repair, strange, start);
  EXPECT_TRUE(heads.repair.note_taken(strange, true, start));
  see(heads.repair, head_of("stranger", 2), start + 10s);
  EXPECT_FALSE(heads.repair.is_missing()) << "it is of another state";
  EXPECT_FALSE(heads.repair.note_taken(head_of("stranger", 2), true, start + 10s)) << "told";
  see(heads.repair, head_of("another", 3), start + 20s);
  EXPECT_TRUE(heads.repair.is_missing());
  see(heads.repair, head_of("", 3), start + 29s);
  EXPECT_TRUE(heads.repair.is_missing());
  see(heads.compare, std::nullopt, start + 29s);
  EXPECT_THAT(heads.trouble(start + 29s), HasSubstr("a repair of these tables"));
  // What a stranger has left is nobody's: the next to leave something may be one of ours.
  EXPECT_FALSE(heads.repair.note_taken(head_of("", 3), true, start + 29s));
  see(heads.repair, head_of("", 4), start + 40s);
  EXPECT_TRUE(heads.repair.is_missing());
}

}  // namespace
}  // namespace ddm::cli
