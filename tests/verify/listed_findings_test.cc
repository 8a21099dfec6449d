// Findings beyond --findings-max: only counted.
#include "verify/check_driver.h"
#include "verify/finding_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ddm::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

mismatch found(int number, mismatch_kind kind = mismatch_kind::missing) {
  mismatch entry;
  entry.key = key_named("key" + std::to_string(number));
  entry.kind = kind;
  return entry;
}

TEST(listed_findings, beyond_the_bound_are_counted_by_kind) {
  finding_book listed({.listed_max = 2});
  for (int number = 0; number < 5; ++number) {
    listed.on_confirmed(found(number, number < 4 ? mismatch_kind::missing : mismatch_kind::stale),
                        from_ms(number));
  }
  EXPECT_EQ(listed.counts().all(), 2);
  EXPECT_EQ(listed.unlisted().by_kind().of(mismatch_kind::missing), 2);
  EXPECT_EQ(listed.unlisted().by_kind().of(mismatch_kind::stale), 1);
  EXPECT_EQ(listed.unlisted().changes(), 3);
  EXPECT_EQ(listed.unlisted().gap.last, from_ms(4));
  std::vector<state::mismatch_row> rows;
  std::vector<std::string> lines;
  listed.take_dirty(rows, lines);
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(lines.size(), 2U);
  EXPECT_EQ(listed.take_unlisted({}).changes(), 3);
  EXPECT_FALSE(listed.take_unlisted({}).any()) << "it was told";
  EXPECT_TRUE(listed.unlisted().any()) << "and is still known";
}

TEST(listed_findings, are_confirmed_anew_though_there_is_no_room_for_others) {
  finding_book listed({.listed_max = 1});
  listed.on_confirmed(found(1), from_ms(1));
  listed.on_confirmed(found(1, mismatch_kind::stale), from_ms(2));
  EXPECT_EQ(listed.counts().of(mismatch_kind::stale), 1);
  EXPECT_FALSE(listed.unlisted().any());
}

TEST(listed_findings, make_room_when_they_heal) {
  finding_book listed({.listed_max = 1});
  listed.on_confirmed(found(1), from_ms(1));
  EXPECT_FALSE(listed.lists(found(2)));
  listed.on_passed(found(1).key.hash, from_ms(2));
  EXPECT_TRUE(listed.lists(found(2)));
}

TEST(listed_findings, leave_half_of_the_room_to_what_is_not_expired) {
  finding_book listed({.listed_max = 10});
  for (int number = 0; number < 20; ++number) {
    listed.on_confirmed(found(number, mismatch_kind::expired), from_ms(1));
  }
  EXPECT_EQ(listed.counts().all(), 5);
  listed.on_confirmed(found(99), from_ms(1));
  EXPECT_EQ(listed.counts().mismatches(), 1);
}

TEST(listed_findings, may_include_any_key_once_some_are_only_counted) {
  finding_book listed({.listed_max = 1});
  listed.on_confirmed(found(1), from_ms(1));
  EXPECT_FALSE(listed.may_be_open(found(2).key.hash));
  listed.on_confirmed(found(2), from_ms(1));
  EXPECT_TRUE(listed.may_be_open(found(3).key.hash));
  listed.forget_unlisted(true, {});
  EXPECT_TRUE(listed.may_be_open(found(3).key.hash)) << "the comparison knew nothing of it yet";
  EXPECT_EQ(listed.take_unlisted({}).changes(), 1);
  listed.forget_unlisted(true, {});
  EXPECT_FALSE(listed.may_be_open(found(3).key.hash));
}

TEST(listed_findings, that_come_and_go_for_ever_have_a_bound_of_lines_and_can_always_heal) {
  finding_book listed({.listed_max = 3});
  const auto most = lines_max(3);
  std::int64_t written = 0;
  const auto take = [&] {
    std::vector<state::mismatch_row> rows;
    std::vector<std::string> lines;
    listed.take_dirty(rows, lines);
    written += static_cast<std::int64_t>(lines.size());
    return lines;
  };
  listed.on_confirmed(found(1), from_ms(0));
  listed.on_confirmed(found(2), from_ms(0));
  for (std::int64_t round = 1; round < most; ++round) {
    listed.on_confirmed(found(2, mismatch_kind::stale), from_ms(round));  // without healing
    listed.on_confirmed(found(3), from_ms(round));
    listed.on_passed(found(3).key.hash, from_ms(round));
    take();
  }
  EXPECT_LE(written, most);
  EXPECT_FALSE(listed.has_lines_left());
  EXPECT_TRUE(listed.unlisted().any()) << "what has no line is counted";
  EXPECT_TRUE(listed.on_passed(found(1).key.hash, from_ms(most)));
  EXPECT_TRUE(listed.on_passed(found(2).key.hash, from_ms(most)));
  EXPECT_EQ(take().size(), 2U) << "each has a line to heal";
  EXPECT_LE(written, most);
}

}  // namespace
}  // namespace ddm::verify
