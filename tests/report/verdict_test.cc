#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using testing::Contains;
using testing::HasSubstr;
using verify::mismatch_kind;

/// A status of a run in which all is well.
status healthy() {
  status now;
  now.keys_checked = 100;
  now.checks.sampled = 100;
  now.checks.verified = 100;
  return now;
}

void set_open(status& now, mismatch_kind kind, std::int64_t count) {
  now.mismatches.open.at(static_cast<std::size_t>(kind)) = count;
}

TEST(verdict, waits_for_a_comparison_of_items_at_rest_when_all_is_well) {
  const auto verdict = decide_verdict(healthy());
  EXPECT_EQ(verdict.kind, verdict_kind::wait);
  EXPECT_EQ(verdict.reasons.size(), 1U);
}

TEST(verdict, nothing_checked_is_wait_and_incomplete) {
  auto now = healthy();
  now.keys_checked = 0;
  EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("nothing has been checked")));
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
}

TEST(verdict, open_mismatches_are_a_no_go) {
  auto now = healthy();
  set_open(now, mismatch_kind::missing, 1);
  const auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(verdict.reasons.front(), "1 confirmed mismatch is open");
  EXPECT_EQ(decide_exit(now, false), exit_code::mismatches);
}

TEST(verdict, expired_items_are_no_mismatch) {
  auto now = healthy();
  set_open(now, mismatch_kind::expired, 5);
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_EQ(decide_exit(now, false), exit_code::equal);
}

TEST(verdict, unreadable_items_are_incomplete_not_mismatched) {
  auto now = healthy();
  set_open(now, mismatch_kind::unreadable, 1);
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
}

TEST(verdict, an_uncured_gap_is_a_no_go_and_incomplete) {
  auto now = healthy();
  now.gaps.push_back({.shard_id = "s"});
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::no_go);
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
  now.gaps.front().cured = true;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_EQ(decide_exit(now, false), exit_code::equal);
}

TEST(verdict, mismatches_come_before_incompleteness_in_the_exit_code) {
  auto now = healthy();
  now.gaps.push_back({.shard_id = "s"});
  set_open(now, mismatch_kind::stale, 1);
  EXPECT_EQ(decide_exit(now, false), exit_code::mismatches);
}

TEST(verdict, pending_and_deferred_checks_are_incomplete) {
  auto now = healthy();
  now.pending = 1;
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
  now = healthy();
  now.checks.deferred = 1;
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
}

TEST(verdict, a_write_after_the_freeze_is_a_no_go_with_its_key) {
  auto now = healthy();
  now.writes_after_freeze = 2;
  now.first_write_after_freeze = "{\"pk\":{\"S\":\"a\"}}";
  const auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("{\"pk\":{\"S\":\"a\"}}")));
}

TEST(verdict, a_late_replication_says_how_late_and_when_it_will_be_there) {
  auto now = healthy();
  now.phase = phase::catching_up;
  now.behind = catching_up{.late = std::chrono::minutes{31}, .remaining = std::chrono::minutes{11}};
  EXPECT_THAT(decide_verdict(now).reasons,
              Contains("replication is 31 min late, gaining, there in about 11 min"));
  now.behind->remaining.reset();
  EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("does not gain")));
}

TEST(verdict, require_go_makes_wait_incomplete) {
  EXPECT_EQ(decide_exit(healthy(), false), exit_code::equal);
  EXPECT_EQ(decide_exit(healthy(), true), exit_code::incomplete);
}

}  // namespace
}  // namespace ddm::report
