#include "summary/not_verified.h"

#include "summary/facts_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::summary {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

report::status at_go() { return facts_at_go().stored.runs.front().status; }

TEST(not_verified, of_a_plain_go_is_what_no_run_looks_at) {
  const auto list = not_verified(at_go(), true);
  EXPECT_THAT(list, SizeIs(3));
  EXPECT_THAT(list, Contains(HasSubstr("Writes that others make to the target")));
  EXPECT_THAT(list, Contains(HasSubstr("Settings of the tables that nobody here reads")));
  EXPECT_THAT(list, Contains(HasSubstr("the application works with the target")));
}

TEST(not_verified, names_settings_that_nobody_has_looked_at) {
  auto now = at_go();
  const auto named = Contains(HasSubstr("The settings of the tables beside their items"));
  EXPECT_THAT(not_verified(now, true), Not(named));
  now.table_settings->rows.push_back(
      {.name = "pitr", .source = {}, .target = {}, .state = dynamodb::parity::unknown});
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("did not tell: pitr.")));
  now.table_settings->looked_at.reset();
  EXPECT_THAT(not_verified(now, true), named);
  now.table_settings.reset();
  EXPECT_THAT(not_verified(now, true), named);
}

TEST(not_verified, names_samples_below_all) {
  auto now = at_go();
  now.asked.sample_rate = 100;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("1 key in 100 is followed")));
  now.stands_on->at_rest_suffices = true;
  EXPECT_THAT(not_verified(now, true), Not(Contains(HasSubstr("1 key in 100 is followed"))));
  now.compared->progress.sample_rate = 10;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("1 key in 10 was compared")));
}

TEST(not_verified, names_the_weaker_sample_since_the_comparison) {
  auto now = at_go();
  now.stands_on->changes.sample_rate = 50;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("1 key in 50 is followed")));
}

TEST(not_verified, names_items_that_were_never_compared) {
  auto now = at_go();
  now.compared.reset();
  now.stands_on.reset();
  now.baseline_complete = false;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("no comparison of the items")));
  now.compared.emplace();
  now.compared->progress = {.started_ms = 1, .segments = 4, .segments_done = 1};
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("not finished, 25 % is read")));
  now.compared->progress = {.started_ms = 1, .finished_ms = 2};
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("the comparison began before it")));
}

TEST(not_verified, names_ignored_attributes_of_changes_and_of_items_at_rest) {
  auto now = at_go();
  now.asked.ignored = {"aws:rep:*"};
  now.compared->progress.ignored = "etag";
  EXPECT_THAT(not_verified(now, true),
              Contains("Attributes that are left out of comparisons: aws:rep:*,etag."));
}

TEST(not_verified, names_what_is_open) {
  auto now = at_go();
  now.pending = 2;
  now.checks.deferred = 1;
  now.gaps.resize(2);
  now.gaps[0].cured = true;
  now.unlisted.open[0] = 5;
  now.mismatches.add({.kind = verify::mismatch_kind::unreadable, .entries = 1});
  now.mismatches.add({.kind = verify::mismatch_kind::expired, .entries = 3});
  now.late.unjudgeable = 1;
  const auto list = not_verified(now, true);
  EXPECT_THAT(list, Contains("3 changes that were read have no outcome yet."));
  EXPECT_THAT(list, Contains(HasSubstr("What 1 coverage gap hid")));
  EXPECT_THAT(list, Contains(HasSubstr("The keys of 5 findings beyond --findings-max")));
  EXPECT_THAT(list, Contains(HasSubstr("1 item cannot be read on one side")));
  EXPECT_THAT(list, Contains(HasSubstr("3 items are each past its TTL")));
  EXPECT_THAT(list, Contains(HasSubstr("1 key changes all the time")));
}

TEST(not_verified, names_the_time_since_nobody_watches) {
  EXPECT_EQ(not_verified(at_go(), false).front(),
            "Everything since 2026-01-01 00:00:00 UTC: nobody watches any more.");
}

TEST(not_verified, names_changes_where_no_stream_is_read_or_that_of_the_target) {
  auto now = at_go();
  now.stream_of = side::target;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("Changes that never arrived")));
  now.follows_stream = false;
  EXPECT_THAT(not_verified(now, true), Contains(HasSubstr("no stream was read")));
}

TEST(not_verified, is_told_in_sentences) {
  EXPECT_THAT(not_verified(facts_with_defects().stored.runs.front().status, false),
              Each(testing::EndsWith(".")));
}

}  // namespace
}  // namespace ddm::summary
