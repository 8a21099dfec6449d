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
  now.stands_on = evidence{};
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
      {"not arrived within the allowed lag", [](status& now) { now.late.unmet = 1; }},
      {"not looked at yet", [](status& now) { now.late.unlooked = 1; }},
      {"until it rests", [](status& now) { now.late.unjudgeable = 1; }},
      {"until it rests", [](status& now) { now.restless_candidates = 1; }},
      {"has changed and is being checked", [](status& now) { now.answering_comparison = 1; }},
      {"deferred", [](status& now) { now.checks.deferred = 1; }},
      {"behind the stream", [](status& now) { now.unread_for = 61s; }},
      {"is not known", [](status& now) { now.unread_for.reset(); }},
      {"only the target's stream", [](status& now) { now.stream_of = side::target; }},
      {"chose no key",
       [](status& now) { now.compared->seen = {.source_items = 40, .target_items = 40}; }},
      {"chose none of 7 changes",
       [](status& now) {
         now.sample_rate = 100;
         now.events.unique = 7;
         now.checks.sampled = 0;
       }},
      {"1 check has no outcome",
       [](status& now) {
         now.ended = true;
         now.pending = 1;
       }},
      {"v left out", [](status& now) { now.stands_on->changes = verify::coverage::of(1, "v"); }},
      {"unreadable",
       [](status& now) { open_mismatches(now, verify::mismatch_kind::unreadable, 1); }},
      {"cannot be read", [](status& now) { now.troubles = {"the target table cannot be read"}; }},
      {"% done", [](status& now) { now.compared->progress.segments_done = 3; }},
      {"being judged",
       [](status& now) {
         now.compared->progress.candidates = 1;
         now.compared->progress.finished_ms = 0;
       }},
      {"changed all the time", [](status& now) { now.compared->progress.candidates_restless = 1; }},
      {"began before the stream", [](status& now) { now.baseline_complete = false; }},
      {"began before the stream", [](status& now) { now.stands_on.reset(); }},
  };
  for (const auto& [words, cast] : doubts) {
    auto now = complete();
    cast(now);
    EXPECT_NE(health_of(now), health::well) << words;
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
    auto& part = of_changes ? now.stands_on->changes : now.stands_on->at_rest;
    part.sample_rate = 100;
    EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go_sampled);
    EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("1 key in 100")));
    now.accept_sampled = true;
    EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go);
    EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("1 key in 100")))
        << "what GO does not speak for is told";
  }
}

TEST(verdict, stands_on_the_weakest_evidence_and_not_on_the_present_settings) {
  auto now = complete();
  now.sample_rate = 1;
  now.stands_on->changes.sample_rate = 100;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go_sampled);
  now.stands_on->at_rest_suffices = true;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go)
      << "a comparison of the frozen source speaks for all keys";
}

TEST(verdict, of_go_names_the_attributes_that_were_left_out) {
  auto now = complete();
  now.asked = now.stands_on->changes = verify::coverage::of(1, "v,w");
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go);
  EXPECT_THAT(decide_verdict(now).reasons, Contains("left out of comparisons: v,w"));
}

TEST(verdict, needs_no_settling_after_a_comparison_of_the_frozen_source) {
  auto now = complete();
  now.settled = false;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::wait);
  now.stands_on->at_rest_suffices = true;
  EXPECT_EQ(decide_verdict(now).kind, verdict_kind::go);
}

TEST(verdict, tells_what_is_wrong_first_and_then_all_that_is_late_or_unknown) {
  auto now = complete();
  now.troubles = {"the source table cannot be read: Throttled"};
  now.unread_for.reset();
  now.behind = catching_up{.late = 31min};
  open_mismatches(now, verify::mismatch_kind::missing, 8);
  const auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  ASSERT_THAT(verdict.reasons, SizeIs(4));
  EXPECT_EQ(verdict.reasons[0], "8 confirmed mismatches are open");
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("Throttled")));
  EXPECT_THAT(verdict.reasons, Contains(HasSubstr("replication is 31 min late")));
}

TEST(health, tells_what_takes_away_what_was_earned_from_what_is_only_not_known) {
  EXPECT_EQ(health_of(complete()), health::well);
  auto now = complete();
  now.unread_for.reset();
  now.late.unjudgeable = 2;
  EXPECT_EQ(health_of(now), health::unknown);
  now.late.unmet = 1;
  EXPECT_EQ(health_of(now), health::unwell);
  now = complete();
  now.gaps.push_back({.shard_id = "s"});
  EXPECT_EQ(health_of(now), health::unwell);
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

TEST(verdict, one_mismatch_that_was_only_counted_is_a_no_go) {
  auto now = healthy();
  now.unlisted.open.at(static_cast<std::size_t>(verify::mismatch_kind::missing)) = 1;
  const auto verdict = decide_verdict(now);
  EXPECT_EQ(verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(verdict.reasons, Contains("1 more was confirmed and is not listed"));
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
  now.gaps.back().reason = "records were trimmed";
  EXPECT_THAT(decide_verdict(now).reasons, Contains(HasSubstr("records were trimmed")));
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
  now.troubles = {"the target table cannot be read: Throttled"};
  now.late.unmet = 3;
  now.checks.deferred = 7;
  now.unread_for = 10min;
  const auto reasons = decide_verdict(now).reasons;
  EXPECT_THAT(reasons, Contains(now.troubles.front()));
  EXPECT_THAT(reasons, Contains(HasSubstr("not ready")));
  EXPECT_THAT(reasons, Contains("nothing has been checked yet"));
  EXPECT_THAT(reasons, Contains("3 changes have not arrived within the allowed lag"));
  EXPECT_THAT(reasons, Contains("7 checks are deferred for lack of memory"));
  EXPECT_THAT(reasons, Contains("reading is 10 min behind the stream"));
}

TEST(verdict, tells_of_no_key_where_none_is_left_to_judge) {
  auto now = healthy();
  now.compared.emplace();
  now.compared->progress = {.started_ms = 1, .segments = 1, .segments_done = 1};
  EXPECT_THAT(decide_verdict(now).reasons,
              Contains("0 keys that the comparison found unequal are still being judged"));
}

TEST(verdict, tells_how_late_replication_is_and_whether_it_gains) {
  auto now = healthy();
  now.late.unmet = 100;
  now.behind = catching_up{.late = 31min, .remaining = 11min};
  auto reasons = decide_verdict(now).reasons;
  EXPECT_THAT(reasons, Contains("replication is 31 min late, gaining, there in about 11 min"));
  EXPECT_THAT(reasons, Not(Contains(HasSubstr("within the allowed lag"))))
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
  auto costly = healthy();
  costly.max_usd = 1;
  costly.usd = 1;
  EXPECT_EQ(decide_exit(costly, false), exit_code::incomplete) << "items were left unread";
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

TEST(exit_code, is_three_for_a_stream_that_does_not_answer_unless_what_was_asked_for_was_read) {
  for (const auto spoil :
       std::initializer_list<void (*)(status&)>{[](status& now) { now.shards.unanswered = 1; },
                                                [](status& now) { now.shards.failing = 1; },
                                                [](status& now) { now.shards.listed = false; }}) {
    auto now = healthy();
    spoil(now);
    EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
    now.read_as_asked = true;
    EXPECT_EQ(decide_exit(now, false), exit_code::equal);
    now.read_as_asked = false;
    now.follows_stream = false;
    EXPECT_EQ(decide_exit(now, false), exit_code::equal);
  }
}

TEST(exit_code, is_three_for_a_write_after_the_freeze) {
  auto now = healthy();
  now.writes_after_freeze = 1;
  EXPECT_EQ(decide_exit(now, false), exit_code::incomplete);
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
