#include "report/statistics.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using dynamodb::event_kind;

dynamodb::change_record record(event_kind kind, std::uint64_t key, bool chosen = true) {
  dynamodb::change_record made;
  made.kind = kind;
  made.chosen = chosen;
  made.key.hash = {key * 0x9E3779B97F4A7C15U, key * 0xC2B2AE3D27D4EB4FU};
  return made;
}

TEST(statistics, kinds_add_up_to_unique_events) {
  statistics counted;
  counted.on_record(record(event_kind::insert, 1), true);
  counted.on_record(record(event_kind::modify, 1), true);
  auto ttl = record(event_kind::remove, 1);
  ttl.by_ttl = true;
  counted.on_record(ttl, true);
  counted.on_record(record(event_kind::unknown, 2), true);
  counted.on_reread(3);
  const auto& events = counted.events();
  EXPECT_EQ(events.unique, 4);
  EXPECT_EQ(events.total, 7);
  EXPECT_EQ(events.insert + events.modify + events.remove + events.unknown, events.unique);
  EXPECT_EQ(events.ttl_remove, 1);
  EXPECT_EQ(counted.checks().deletes, 1);
  EXPECT_EQ(counted.keys_changed(), 2U);
}

TEST(statistics, only_chosen_changes_are_sampled) {
  statistics counted;
  counted.on_record(record(event_kind::insert, 1, false), true);
  counted.on_record(record(event_kind::insert, 2), false);
  counted.on_record(record(event_kind::insert, 3), true);
  EXPECT_EQ(counted.checks().sampled, 1);
  EXPECT_EQ(counted.checks().left_to_baseline, 1);
}

TEST(statistics, healing_moves_changes_from_failed_to_healed) {
  statistics counted;
  counted.on_failed({1, 1});
  counted.on_failed({1, 1});
  counted.on_healed(2);
  EXPECT_EQ(counted.checks().failed, 0);
  EXPECT_EQ(counted.checks().healed, 2);
}

TEST(statistics, come_back_from_a_commit) {
  statistics counted;
  counted.on_record(record(event_kind::insert, 1), true);
  verify::outcomes out;
  out.verified = 1;
  out.passed.push_back({.json = "{}", .hash = {5, 5}});
  out.lags.push_back({milliseconds{120}, true});
  counted.on_outcomes(out);
  counted.set_consumed(1.5, 2.5, 7);
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> values;
  counted.save(numbers, values);

  statistics restored;
  restored.restore(numbers, values);
  EXPECT_EQ(restored.events().insert, 1);
  EXPECT_EQ(restored.checks().verified, 1);
  EXPECT_EQ(restored.keys_checked(), 1U);
  EXPECT_EQ(restored.lag().count(), 1U);
  EXPECT_EQ(restored.source_units(), 1.5);
  restored.set_consumed(1, 0, 1);
  EXPECT_EQ(restored.source_units(), 2.5) << "added to what earlier processes used";
  EXPECT_EQ(restored.stream_calls(), 8);
}

TEST(statistics, a_new_period_keeps_what_is_open) {
  statistics counted;
  verify::outcomes out;
  out.deferred = 3;
  counted.on_outcomes(out);
  counted.on_record(record(event_kind::insert, 1), true);
  counted.begin_period(2, 1);
  EXPECT_EQ(counted.events().unique, 0);
  const auto& checks = counted.checks();
  EXPECT_EQ(checks.sampled, checks.verified + checks.superseded + 2 + checks.deferred +
                                checks.failed + checks.healed);
}

}  // namespace
}  // namespace ddm::report
