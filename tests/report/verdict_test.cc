#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

status healthy() {
  status now;
  now.keys_checked = 1000;
  now.checks.sampled = now.checks.verified = 1000;
  return now;
}

void open_mismatches(status& now, verify::mismatch_kind kind, std::int64_t number) {
  now.mismatches.open.at(static_cast<std::size_t>(kind)) = number;
}

TEST(verdict, is_at_best_wait_without_a_comparison_of_the_items_at_rest) {
  const auto verdict = decide_verdict(healthy());
  EXPECT_EQ(verdict.kind, verdict_kind::wait);
  ASSERT_THAT(verdict.reasons, SizeIs(1));
  EXPECT_THAT(verdict.reasons[0], HasSubstr("have not been compared"));
}

status complete() {
  auto now = healthy();
  now.compared = compare::comparison_view{.progress = {.started_ms = 1,
                                                       .finished_ms = 2,
                                                       .segments = 4,
                                                       .segments_done = 4,
                                                       .parts = 1,
                                                       .parts_joined = 1},
                                          .seen = {.equal = 50}};
  now.baseline_complete = true;
  now.settle = 5min;
  now.well_for = 5min;
  now.settled = true;
  return now;
}

TEST(verdict, is_go_when_items_at_rest_and_changes_have_been_well_for_long_enough) {
  auto now = complete();
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go);
  EXPECT_TRUE(decide_verdict(now).reasons.empty());
  now.settled = false;
  now.well_for = 2min;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_THAT(decide_verdict(now).reasons, Contains("all has been well for 2 min: GO needs 5 min"));
}

TEST(verdict, any_doubt_keeps_go_away) {
  const std::vector<std::pair<const char*, std::function<void(status&)>>> doubts{
      {"older than the allowed lag", [](status& now) { now.overdue = 1; }},
      {"deferred", [](status& now) { now.checks.deferred = 1; }},
      {"behind the stream", [](status& now) { now.shards.behind = 2min; }},
      {"unreadable",
       [](status& now) { open_mismatches(now, verify::mismatch_kind::unreadable, 1); }},
      {"cannot be read", [](status& now) { now.trouble = "the target table cannot be read"; }},
      {"% done", [](status& now) { now.compared->progress.segments_done = 3; }},
      {"being judged",
       [](status& now) {
         now.compared->progress.candidates = 1;
         now.compared->progress.finished_ms = 0;
       }},
      {"changed all the time", [](status& now) { now.compared->progress.candidates_restless = 1; }},
      {"began before the stream", [](status& now) { now.baseline_complete = false; }},
  };
  for (const auto& [words, cast] : doubts) {
    auto now = complete();
    cast(now);
    EXPECT_FALSE(is_well(now)) << words;
    EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait) << words;
    EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr(words)));
  }
  auto now = complete();
  now.gaps.push_back({.shard_id = "s"});
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::no_go);
}

TEST(verdict, a_sample_of_either_makes_it_go_sampled_unless_that_is_accepted) {
  for (const bool of_changes : {true, false}) {
    auto now = complete();
    if (of_changes) {
      now.sample_rate = 100;
    } else {
      now.compared->progress.sample_rate = 100;
    }
    EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go_sampled);
    EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("1 key in 100")));
    now.accept_sampled = true;
    EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go);
  }
}

TEST(verdict, of_a_comparison_alone_is_at_best_wait_and_its_exit_code_tells_of_it) {
  auto now = complete();
  now.keys_checked = 50;
  now.follows_stream = false;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_EQ(decide_exit(now, false), exit_code::equal);
  now.compared->progress.finished_ms = 0;
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
}

TEST(verdict, an_open_mismatch_is_a_no_go) {
  auto now = healthy();
  open_mismatches(now, verify::mismatch_kind::missing, 1);
  auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(verdict.reasons, Contains("1 confirmed mismatch is open"));
  open_mismatches(now, verify::mismatch_kind::stale, 1234);
  verdict = decide_verdict(now);
  EXPECT_THAT(verdict.reasons, Contains("1,235 confirmed mismatches are open"));
}

TEST(verdict, expired_items_are_no_mismatch_and_unreadable_ones_only_hold_it_up) {
  auto now = healthy();
  open_mismatches(now, verify::mismatch_kind::expired, 5);
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_THAT(decide_verdict(now).reasons, SizeIs(1));
  open_mismatches(now, verify::mismatch_kind::unreadable, 2);
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  EXPECT_THAT(decide_verdict(now).reasons, Contains("2 items are unreadable"));
}

TEST(verdict, an_uncured_gap_is_a_no_go) {
  auto now = healthy();
  now.gaps.push_back({.shard_id = "s", .cured = true});
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  now.gaps.push_back({.shard_id = "s"});
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::no_go);
  EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("1 coverage gap:")));
}

TEST(verdict, a_write_after_the_freeze_is_a_no_go_with_its_key) {
  auto now = healthy();
  now.writes_after_freeze = 2;
  now.first_write_after_freeze = R"({"pk":{"S":"user#1"}})";
  const auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("2 writes came after the freeze")));
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("user#1")));
}

TEST(verdict, says_in_words_what_it_waits_for) {
  auto now = healthy();
  now.keys_checked = 0;
  now.phase = phase::importing;
  now.trouble = "the target table cannot be read: Throttled";
  now.overdue = 3;
  now.checks.deferred = 7;
  now.shards.behind = 10min;
  const auto reasons = decide_verdict(now).reasons;
  EXPECT_THAT(reasons, Contains(now.trouble));
  EXPECT_THAT(reasons, Contains(HasSubstr("not ready")));
  EXPECT_THAT(reasons, Contains("nothing has been checked yet"));
  EXPECT_THAT(reasons, Contains("3 checks are older than the allowed lag"));
  EXPECT_THAT(reasons, Contains("7 checks are deferred for lack of memory"));
  EXPECT_THAT(reasons, Contains("reading is 10 min behind the stream"));
}

TEST(verdict, tells_how_late_replication_is_and_whether_it_gains) {
  auto now = healthy();
  now.overdue = 100;
  now.behind = catching_up{.late = 31min, .remaining = 11min};
  auto reasons = decide_verdict(now).reasons;
  EXPECT_THAT(reasons, Contains("replication is 31 min late, gaining, there in about 11 min"));
  EXPECT_THAT(reasons, Not(Contains(HasSubstr("older than the allowed lag"))))
      << "one condition, not a hundred";
  now.behind->remaining.reset();
  reasons = decide_verdict(now).reasons;
  EXPECT_THAT(reasons, Contains("replication is 31 min late and does not gain"));
}

TEST(verdict, has_the_words_of_the_report) {
  EXPECT_EQ(to_string(verdict_kind::go), "GO");
  EXPECT_EQ(to_string(verdict_kind::go_sampled), "GO (sampled)");
  EXPECT_EQ(to_string(verdict_kind::wait), "WAIT");
  EXPECT_EQ(to_string(verdict_kind::no_go), "NO-GO");
  EXPECT_EQ(to_string(phase::catching_up), "catching up");
}

TEST(exit_code, is_zero_when_all_that_was_checked_is_equal) {
  EXPECT_EQ(decide_exit(healthy(), false), exit_code::equal);
  EXPECT_EQ(static_cast<int>(exit_code::equal), 0);
  EXPECT_EQ(static_cast<int>(exit_code::mismatches), 1);
  EXPECT_EQ(static_cast<int>(exit_code::usage), 2);
  EXPECT_EQ(static_cast<int>(exit_code::incomplete), 3);
}

TEST(exit_code, is_one_for_open_mismatches_whatever_else_there_is) {
  auto now = healthy();
  open_mismatches(now, verify::mismatch_kind::different, 1);
  now.gaps.push_back({});
  now.pending = 5;
  EXPECT_EQ(decide_exit(now, true), exit_code::mismatches);
}

TEST(exit_code, is_three_for_anything_left_open) {
  const auto code_with = [](auto change) {
    auto now = healthy();
    change(now);
    return decide_exit(now, false);
  };
  EXPECT_EQ(code_with([](status& now) { now.gaps.push_back({}); }), exit_code::incomplete);
  EXPECT_EQ(code_with([](status& now) { now.pending = 1; }), exit_code::incomplete);
  EXPECT_EQ(code_with([](status& now) { now.checks.deferred = 1; }), exit_code::incomplete);
  EXPECT_EQ(code_with([](status& now) { now.keys_checked = 0; }), exit_code::incomplete);
  EXPECT_EQ(
      code_with([](status& now) { open_mismatches(now, verify::mismatch_kind::unreadable, 1); }),
      exit_code::incomplete);
}

TEST(exit_code, expired_items_do_not_count) {
  auto now = healthy();
  open_mismatches(now, verify::mismatch_kind::expired, 9);
  EXPECT_EQ(decide_exit(now, false), exit_code::equal);
}

TEST(exit_code, is_at_least_three_for_anything_but_go_when_go_is_required) {
  auto now = healthy();
  for (const auto kind : {verdict_kind::wait, verdict_kind::no_go, verdict_kind::go_sampled}) {
    now.verdict.kind = kind;
    EXPECT_EQ(decide_exit(now, true), exit_code::incomplete);
    EXPECT_EQ(decide_exit(now, false), exit_code::equal);
  }
  now.verdict.kind = verdict_kind::go;
  EXPECT_EQ(decide_exit(now, true), exit_code::equal);
}

}  // namespace
}  // namespace ddm::report
