#include "report/statistics.h"

#include <gtest/gtest.h>

#include <random>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using dynamodb::event_kind;

dynamodb::change_record record(event_kind kind, std::uint64_t key, bool chosen = true,
                               bool by_ttl = false) {
  return {
      .kind = kind,
      .by_ttl = by_ttl,
      .chosen = chosen,
      .key = {.json = "{}", .hash = {key * 0x9E3779B97F4A7C15ULL, key * 0xD1342543DE82EF95ULL}}};
}

verify::outcomes verified(std::uint64_t key) {
  verify::outcomes out;
  out.verified = 1;
  out.passed.push_back(record(event_kind::insert, key).key);
  return out;
}

/// As the next process has them.
statistics restarted(statistics& before) {
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> values;
  before.save(numbers, values);
  statistics made;
  made.restore(numbers, values);
  return made;
}

TEST(statistics, counts_events_by_kind) {
  statistics counters;
  counters.on_record(record(event_kind::insert, 1), true);
  counters.on_record(record(event_kind::modify, 1), true);
  counters.on_record(record(event_kind::remove, 2), true);
  counters.on_record(record(event_kind::remove, 3, true, true), true);
  counters.on_record(record(event_kind::unknown, 4, false), true);
  counters.on_reread(10);
  const auto& events = counters.events();
  EXPECT_EQ(events.total, 15);
  EXPECT_EQ(events.unique, 5);
  EXPECT_EQ(events.insert, 1);
  EXPECT_EQ(events.modify, 1);
  EXPECT_EQ(events.remove, 2);
  EXPECT_EQ(events.ttl_remove, 1);
  EXPECT_EQ(events.unknown, 1);
  EXPECT_EQ(counters.keys_changed(), 4);
  EXPECT_EQ(counters.checks().sampled, 4);
  EXPECT_EQ(counters.checks().deletes, 2);
}

TEST(statistics, leaves_changes_before_the_target_was_ready_out_of_the_sample) {
  statistics counters;
  counters.on_record(record(event_kind::insert, 1), false);
  counters.on_record(record(event_kind::insert, 2, false), false);
  EXPECT_EQ(counters.checks().sampled, 0);
  EXPECT_EQ(counters.checks().left_to_baseline, 1);
  EXPECT_EQ(counters.events().unique, 2);
}

TEST(statistics, books_every_change_of_the_sample_exactly_once) {
  statistics counters;
  std::mt19937 random(1);
  std::int64_t pending = 0;
  std::int64_t open_failures = 0;
  for (std::uint64_t step = 0; step < 10'000; ++step) {
    verify::outcomes out;
    switch (random() % 6) {
      case 0:
        counters.on_record(record(event_kind::modify, step), true);
        ++pending;
        break;
      case 1:
        counters.on_record(record(event_kind::modify, step), true);
        out.deferred = 1;
        break;
      case 2:
        if (counters.checks().deferred > 0) {
          out.undeferred = 1;
          ++pending;
        }
        break;
      case 3:
        if (pending > 0) {
          out = verified(step);
          --pending;
        }
        break;
      case 4:
        if (pending > 0) {
          counters.on_failed(record(event_kind::modify, step).key.hash, 1);
          ++open_failures;
          --pending;
        }
        break;
      default:
        if (open_failures > 0) {
          counters.on_healed(1);
          --open_failures;
        }
    }
    counters.on_outcomes(out);
    const auto& events = counters.events();
    const auto& checks = counters.checks();
    ASSERT_EQ(events.insert + events.modify + events.remove + events.unknown, events.unique);
    ASSERT_EQ(checks.sampled, checks.verified + checks.superseded + pending + checks.deferred +
                                  checks.failed + checks.healed);
  }
}

TEST(statistics, comes_back_from_the_state_as_it_was) {
  statistics first;
  for (std::uint64_t key = 0; key < 500; ++key) {
    first.on_record(record(event_kind::insert, key), key % 10 != 0);
    auto out = verified(key);
    out.superseded = 2;
    out.equal_by_ignoring = 1;
    out.deferred = 3;
    out.lags.push_back({milliseconds{static_cast<std::int64_t>(key)}, key % 2 == 0});
    first.on_outcomes(out);
  }
  first.on_reread(7);
  first.on_failed({1, 1}, 1);
  first.on_failed({2, 2}, 1);
  first.on_healed(1);
  first.set_consumed(12.5, 7.25, 99);
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> values;
  first.save(numbers, values);

  statistics second;
  second.restore(numbers, values);
  EXPECT_EQ(second.events().total, 507);
  EXPECT_EQ(second.checks().sampled, 450);
  EXPECT_EQ(second.checks().left_to_baseline, 50);
  EXPECT_EQ(second.checks().verified, 500);
  EXPECT_EQ(second.checks().superseded, 1000);
  EXPECT_EQ(second.checks().equal_by_ignoring, 500);
  EXPECT_EQ(second.checks().deferred, 1500);
  EXPECT_EQ(second.checks().failed, 1);
  EXPECT_EQ(second.checks().healed, 1);
  EXPECT_EQ(second.keys_changed(), first.keys_changed());
  EXPECT_EQ(second.keys_checked(), first.keys_checked());
  EXPECT_EQ(second.lag().count(), 500);
  EXPECT_DOUBLE_EQ(second.source_units(), 12.5);
  EXPECT_DOUBLE_EQ(second.target_units(), 7.25);
  EXPECT_EQ(second.stream_calls(), 99);
  second.set_consumed(1, 1, 1);
  EXPECT_DOUBLE_EQ(second.source_units(), 13.5) << "added to what earlier processes used";
  EXPECT_EQ(second.stream_calls(), 100);

  // What did not change since a save may be left out of the next one; together they hold all.
  std::map<std::string, std::int64_t> later_numbers;
  std::map<std::string, std::string> later_values;
  second.save(later_numbers, later_values);
  for (auto& [name, value] : later_values) {
    values[name] = value;
  }
  statistics third;
  third.restore(later_numbers, values);
  EXPECT_EQ(third.keys_changed(), first.keys_changed());
  EXPECT_EQ(third.stream_calls(), 100);
}

TEST(statistics, an_empty_state_is_all_zeros) {
  statistics counters;
  counters.restore({}, {});
  EXPECT_EQ(counters.events().total, 0);
  EXPECT_EQ(counters.keys_checked(), 0);
}

TEST(statistics, hundreds_of_keys_are_counted_exactly) {
  statistics counters;
  for (std::uint64_t change = 0; change < 1200; ++change) {
    counters.on_record(record(event_kind::modify, change % 600 + 1), true);
    counters.on_outcomes(verified(change % 600 + 1));
  }
  EXPECT_EQ(counters.keys_changed(), 600);
  EXPECT_EQ(counters.keys_checked(), 600);
}

TEST(statistics, keys_checked_are_never_fewer_than_those_of_them_that_are_open) {
  statistics counters;
  // An older version's registers, which are off: they know of no key.
  counters.restore({}, {{"sketch.keys_checked", std::string(distinct_counter::registers, '\0')}});
  for (std::uint64_t key = 1; key <= 5; ++key) {
    counters.on_failed({0, key}, 1);
  }
  EXPECT_EQ(counters.keys_checked(5), 5);
  EXPECT_EQ(counters.keys_checked(9), 5) << "nor more than changes";
}

TEST(statistics, estimates_never_exceed_what_is_certain) {
  statistics counters;
  for (std::uint64_t key = 1; key <= 200; ++key) {
    counters.on_record(record(event_kind::insert, key), true);
    counters.on_outcomes(verified(key));
    EXPECT_LE(counters.keys_changed(), key);
    EXPECT_LE(counters.keys_checked(), key);
  }
}

TEST(statistics, a_key_that_only_a_comparison_found_has_no_checked_change) {
  statistics counters;
  counters.on_failed({1, 1}, 0);
  verify::outcomes out;
  out.agreed.push_back({});
  counters.on_outcomes(out);
  EXPECT_EQ(counters.keys_checked(), 0);
}

TEST(statistics, what_other_commands_heal_and_find_moves_between_healed_and_failed) {
  statistics counters;
  for (std::uint64_t key = 1; key <= 3; ++key) {
    counters.on_record(record(event_kind::insert, key), true);
    counters.on_failed({key, key}, 1);
  }
  counters.set_failed({.listed = 1});
  EXPECT_EQ(counters.checks().failed, 1);
  EXPECT_EQ(counters.checks().healed, 2);
  counters.set_failed({.listed = 2});
  EXPECT_EQ(counters.checks().failed, 2);
  EXPECT_EQ(counters.checks().healed, 1);
  counters.set_failed({.listed = 5});
  EXPECT_EQ(counters.checks().failed, 5);
  EXPECT_EQ(counters.checks().healed, 0);
  EXPECT_EQ(counters.checks().sampled, 5);
}

TEST(statistics, what_was_only_counted_never_heals_and_leaves_the_sample_when_it_is_forgotten) {
  statistics first;
  for (std::uint64_t key = 1; key <= 5; ++key) {
    first.on_record(record(event_kind::insert, key), true);
    first.on_failed({key, key}, 1);
    if (key > 2) {
      first.on_only_counted({.kind = verify::mismatch_kind::missing});
    }
  }
  EXPECT_EQ(first.checks().failed_unlisted, 3);
  EXPECT_EQ(first.checks().unlisted, 3);
  auto counters = restarted(first);
  counters.set_failed({.listed = 1, .unlisted = 3});
  EXPECT_EQ(counters.checks().healed, 1) << "a listed one";
  counters.set_failed({.listed = 1});  // a comparison made up for the others
  const auto& checks = counters.checks();
  EXPECT_EQ(checks.healed, 1);
  EXPECT_EQ(checks.failed, 1);
  EXPECT_EQ(checks.unlisted, 0);
  EXPECT_EQ(checks.sampled, 2);
  EXPECT_EQ(checks.left_to_baseline, 3);
}

TEST(statistics, deletes_that_are_left_to_a_comparison_are_not_among_the_sampled) {
  statistics counters;
  for (std::uint64_t key = 1; key <= 4; ++key) {
    counters.on_record(record(key < 4 ? event_kind::remove : event_kind::insert, key), true);
    counters.on_failed({key, key}, 1);
  }
  counters.on_only_counted({.kind = verify::mismatch_kind::undeleted, .deletes = 1});
  counters.on_only_counted({.kind = verify::mismatch_kind::undeleted, .deletes = 1});
  counters.on_only_counted({.kind = verify::mismatch_kind::missing});
  counters.set_failed({.listed = 1, .unlisted = 3, .unlisted_deletes = 2});
  EXPECT_EQ(counters.checks().deletes, 3);
  counters.set_failed({.listed = 1});
  EXPECT_EQ(counters.checks().sampled, 1);
  EXPECT_EQ(counters.checks().deletes, 1);
  EXPECT_EQ(counters.failed_ever(), 4) << "whatever became of them";
}

TEST(statistics, counts_no_expired_or_unreadable_item_as_a_wrong_one) {
  statistics counters;
  for (const auto kind : {verify::mismatch_kind::expired, verify::mismatch_kind::unreadable,
                          verify::mismatch_kind::stale}) {
    counters.on_record(record(event_kind::insert, 1), true);
    counters.on_failed({1, 1}, 1);
    counters.on_only_counted({.kind = kind});
  }
  counters.set_failed({.unlisted = 3, .unlisted_expired = 1});
  EXPECT_EQ(counters.checks().failed_unlisted, 3);
  EXPECT_EQ(counters.checks().unlisted, 1);
  counters.set_failed({.unlisted = 1, .unlisted_expired = 1});
  EXPECT_EQ(counters.checks().unlisted, 0) << "only what has expired is left";
}

TEST(statistics, what_an_older_version_only_counted_counts_for_this_period) {
  statistics counters;
  counters.restore({{"checks.sampled", 5}, {"checks.failed", 5}}, {});
  counters.set_failed({.listed = 2, .unlisted = 3});
  EXPECT_EQ(counters.checks().failed, 5);
  EXPECT_EQ(counters.checks().failed_unlisted, 3);
  EXPECT_EQ(counters.checks().unlisted, 3);
  EXPECT_EQ(counters.checks().sampled, 5);
}

TEST(statistics, periods_are_numbered_and_their_number_comes_back) {
  statistics first;
  EXPECT_EQ(first.period(), 1);
  first.begin_period(0, {});
  auto second = restarted(first);
  EXPECT_EQ(second.period(), 2);
}

TEST(statistics, a_new_period_keeps_only_what_is_still_open) {
  statistics counters;
  counters.on_failed({.high = 9, .low = 9}, 2);
  counters.on_record(record(event_kind::insert, 1), true);
  auto out = verified(1);
  out.deferred = 4;
  counters.on_outcomes(out);
  counters.begin_period(3, {.listed = 1, .unlisted = 1});
  const auto& checks = counters.checks();
  EXPECT_EQ(counters.events().total, 0);
  EXPECT_EQ(checks.verified, 0);
  EXPECT_EQ(checks.deferred, 4);
  EXPECT_EQ(checks.failed, 2);
  EXPECT_EQ(checks.failed_unlisted, 1);
  EXPECT_EQ(checks.unlisted, 0) << "none of this period";
  EXPECT_EQ(checks.sampled, 3 + 4 + 2);
  EXPECT_EQ(counters.keys_changed(), 0);
  EXPECT_EQ(counters.lag().count(), 0);
  EXPECT_EQ(counters.failed_ever(), 2) << "of all periods: rates of an interval stand on it";
}

TEST(statistics, what_was_consumed_is_the_run_s_whatever_settings_it_had) {
  statistics first;
  first.set_consumed(12.5, 7.25, 99);
  auto second = restarted(first);
  second.set_consumed(1, 2, 3);
  second.begin_period(0, {});
  EXPECT_DOUBLE_EQ(second.source_units(), 13.5);
  EXPECT_DOUBLE_EQ(second.target_units(), 9.25);
  EXPECT_EQ(second.stream_calls(), 102);
}

}  // namespace
}  // namespace ddm::report
