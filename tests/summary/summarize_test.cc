#include "summary/summarize.h"

#include "summary/facts_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::summary {
namespace {

using report::verdict_kind;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

const section& section_of(const summary& of, std::string_view title) {
  const auto found = std::ranges::find(of.sections, title, &section::title);
  if (found == of.sections.end()) {
    throw std::runtime_error("no such section");
  }
  return *found;
}

std::string fact_of(const section& of, std::string_view name) {
  const auto found = std::ranges::find(of.facts, name, &fact::name);
  return found == of.facts.end() ? std::string() : found->value;
}

TEST(summarize, a_go_tells_what_it_stands_on) {
  const auto told = summarize(facts_at_go());
  EXPECT_EQ(told.verdict, verdict_kind::go);
  EXPECT_EQ(told.migration, "orders");
  EXPECT_EQ(told.standing, "since 2025-12-31 23:48:00 UTC, for 12 min");
  EXPECT_EQ(
      told.tables,
      "orders, account 111122223333, eu-west-1 → orders-new, account 444455556666, eu-west-1");
  const auto& stream = section_of(told, "The stream");
  EXPECT_EQ(fact_of(stream, "read from"), "2025-12-31 22:00:00 UTC");
  EXPECT_EQ(fact_of(stream, "read up to"), "2025-12-31 23:59:59 UTC");
  EXPECT_THAT(fact_of(stream, "shards read"), HasSubstr("3 of 3 listed, 1 more were over"));
  EXPECT_EQ(fact_of(stream, "newest change"),
            "2025-12-31 23:57:00 UTC, 3 min 5 s before this report");
  const auto& changes = section_of(told, "Changes");
  EXPECT_EQ(fact_of(changes, "deletes checked"), "7");
  EXPECT_EQ(fact_of(changes, "oldest pending"), "none is pending");
  EXPECT_THAT(fact_of(changes, "success"), HasSubstr("343 keys"));
  const auto& at_rest = section_of(told, "Items at rest (baseline)");
  EXPECT_EQ(fact_of(at_rest, "coverage"), "every key");
  EXPECT_THAT(fact_of(at_rest, "counts for GO"), HasSubstr("yes"));
  EXPECT_EQ(fact_of(section_of(told, "Open mismatches"), "open"), "none");
  EXPECT_THAT(section_of(told, "The two tables").tables.front().rows,
              Contains(testing::ElementsAre("TableId", "id-of-source", "id-of-target")));
  EXPECT_EQ(fact_of(section_of(told, "Configuration"), "--max-lag"), "1m");
}

TEST(summarize, settings_that_differ_stand_before_those_that_do_not) {
  auto of = facts_at_go();
  auto& settings = *of.stored.runs.front().status.table_settings;
  EXPECT_EQ(fact_of(section_of(summarize(of), "Settings of the two tables"), "settings"),
            "2 equal, 0 different, 0 not known, 0 accepted");
  settings.rows.push_back({.name = "zeal",
                           .source = "on",
                           .target = std::nullopt,
                           .state = dynamodb::parity::different});
  settings.trouble = "no answer";
  const auto told = section_of(summarize(of), "Settings of the two tables");
  EXPECT_EQ(fact_of(told, "looked at"), "2025-12-31 23:40:00 UTC, 20 min 5 s before this report");
  EXPECT_EQ(fact_of(told, "settings"), "2 equal, 1 different, 0 not known, 0 accepted");
  EXPECT_THAT(told.facts, Contains(Field(&fact::value, HasSubstr("no answer"))));
  EXPECT_THAT(told.tables.front().rows.front(),
              testing::ElementsAre("zeal", "on", "not known", "different"));
}

TEST(summarize, the_way_of_the_verdict_and_plots_come_from_the_history) {
  const auto told = summarize(facts_at_go());
  const auto& past = section_of(told, "Over time");
  EXPECT_THAT(past.tables.front().rows,
              testing::ElementsAre(testing::ElementsAre("2025-12-31 23:30:00 UTC", "WAIT"),
                                   testing::ElementsAre("2025-12-31 23:48:00 UTC", "GO")));
  ASSERT_THAT(past.plots, SizeIs(2));
  EXPECT_EQ(past.plots[0].in_words,
            "99 % within: at most 1.2 s, at 2025-12-31 23:30:00 UTC; 1.2 s at the end");
  EXPECT_THAT(past.band->at, SizeIs(31));
}

TEST(summarize, defects_stand_by_kind_and_by_attribute_and_one_by_one) {
  const auto told = summarize(facts_with_defects());
  EXPECT_EQ(told.verdict, verdict_kind::no_go);
  EXPECT_THAT(told.figures, Contains(Field(&fact::value, "1 open")));
  const auto& open = section_of(told, "Open mismatches");
  EXPECT_EQ(fact_of(open, "open"), "1 missing, 1 different");
  ASSERT_THAT(open.tables, SizeIs(3));
  EXPECT_THAT(open.tables[1].rows,
              testing::ElementsAre(testing::ElementsAre("different", "address.city", "1"),
                                   testing::ElementsAre("missing", "(the whole item)", "1")));
  EXPECT_THAT(open.tables[2].rows[1],
              testing::ElementsAre("different", R"({"id":{"S":"b"}})",
                                   "address.city changed, n removed", "2025-12-31 23:55:00 UTC"));
  EXPECT_THAT(section_of(told, "Coverage gaps").tables.front().rows.front(),
              Contains("records were trimmed before they were read"));
}

TEST(summarize, more_findings_than_are_shown_are_counted_with_the_command_that_shows_them) {
  auto of = facts_with_defects();
  of.stored.runs.front().status.mismatches.add(
      {.kind = verify::mismatch_kind::missing, .entries = 1000, .changes = 1000});
  const auto told = summarize(of);
  const auto& list = section_of(told, "Open mismatches").tables.back();
  EXPECT_EQ(list.rows_left_out, 1000U);
  EXPECT_THAT(list.where_to_find, HasSubstr("'it'\\''s.findings.jsonl'"));
}

TEST(summarize, keys_are_hashed_where_the_run_hashes_them) {
  auto of = facts_with_defects();
  of.hash_keys = true;
  const auto told = summarize(of);
  for (const auto& row : section_of(told, "Open mismatches").tables.back().rows) {
    EXPECT_EQ(row.at(1), "00000000000000010000000000000002");
  }
}

TEST(summarize, a_go_of_a_monitor_that_was_killed_is_one_of_the_past) {
  const auto told = summarize(facts_of_killed());
  EXPECT_EQ(told.verdict, verdict_kind::wait);
  EXPECT_EQ(told.standing, "GO was held until 2026-01-01 00:00:00 UTC, for 12 min");
  EXPECT_THAT(section_of(told, "Not verified").points.front(), HasSubstr("nobody watches"));
  EXPECT_THAT(section_of(told, "Over time").tables.front().rows.back(),
              Contains("nobody watches any more"));
}

TEST(summarize, of_several_the_worst_verdict_counts) {
  const auto lines = [](auto... each) { return overview_of({row_of(each)...}, sample_time); };
  EXPECT_EQ(lines(facts_at_go(), facts_at_go()).worst, verdict_kind::go);
  EXPECT_EQ(lines(facts_at_go(), facts_of_killed()).worst, verdict_kind::wait);
  EXPECT_EQ(lines(facts_with_defects(), facts_of_killed()).worst, verdict_kind::no_go);
  EXPECT_EQ(row_of(facts_with_defects()).open_keys, "2");
  const auto unread =
      overview_of({row_of(facts_at_go()), row_of_unread("x.db", "damaged")}, sample_time);
  EXPECT_EQ(unread.worst, verdict_kind::wait);
  EXPECT_THAT(unread.rows.back().reasons, testing::ElementsAre("damaged"));
}

}  // namespace
}  // namespace ddm::summary
