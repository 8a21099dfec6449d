// One late replicator is one condition, not a hundred defects.
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr seconds max_lag{60};

/// Ever new keys, 50 a second, replicated by a process that may stand still and then catches up.
class traffic {
 public:
  explicit traffic(check_driver& run) : run_(run) {}

  /// `arrives` answers when a change made now arrives; nothing: never.
  template <class Arrives>
  void go_on(milliseconds duration, Arrives arrives) {
    for (milliseconds passed{0}; passed < duration; passed += 20ms) {
      const auto key = "k" + std::to_string(written_++);
      run_.write(key, 1);
      if (const std::optional<wall_time> time = arrives(run_.now)) {
        run_.at(*time, [this, key] { run_.counterpart[key] = 1; });
      }
      run_.run_for(20ms);
    }
  }
  void in_time(milliseconds duration) {
    go_on(duration, [](wall_time now) { return std::optional(now + 1s); });
  }
  /// Stands still until `until`, then catches up ten times as fast as it is written.
  void stalled(milliseconds duration, wall_time until) {
    const auto from = run_.now;
    go_on(duration, [&](wall_time now) {
      return std::optional(std::max(until + (now - from) / 10, now + 1s));
    });
  }
  [[nodiscard]] int written() const { return written_; }

 private:
  check_driver& run_;
  int written_ = 0;
};

class outage : public testing::TestWithParam<int> {};

TEST_P(outage, raises_no_alarm_whatever_the_moment_and_the_replication_wait) {
  auto settings = plain_settings();
  settings.replication_wait = milliseconds{GetParam() % 2 == 0 ? 5000 : 0};
  check_driver run(settings);
  traffic writes(run);
  writes.in_time(10s + milliseconds{GetParam() * 370});
  const auto began = run.now;
  writes.stalled(max_lag + 7s, began + 5min);
  EXPECT_TRUE(run.checks.behind().behind());
  writes.stalled(4min - max_lag - 7s, began + 5min);
  ASSERT_TRUE(run.checks.behind().oldest_late());
  EXPECT_GE(*run.checks.behind().oldest_late(), began - 2s);
  EXPECT_LE(*run.checks.behind().oldest_late(), began + 3s);
  writes.stalled(1min, began + 5min);
  writes.in_time(4min);
  EXPECT_FALSE(run.checks.behind().behind());
  run.run_until_judged(10min);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  EXPECT_EQ(run.out.verified, writes.written());
}

INSTANTIATE_TEST_SUITE_P(moments, outage, testing::Range(0, 6));

TEST(replication_behind, looks_are_thinned_to_a_few_a_second) {
  check_driver run;
  traffic writes(run);
  writes.in_time(10s);
  writes.stalled(90s, run.now + 1h);
  ASSERT_TRUE(run.checks.behind().behind());
  const auto before = run.reads(check_step::look) + run.reads(check_step::first_origin);
  writes.stalled(60s, run.now + 1h);
  const auto looks = run.reads(check_step::look) + run.reads(check_step::first_origin) - before;
  EXPECT_LE(looks, 6 * 60);
  EXPECT_GE(looks, 4 * 60);
}

TEST(replication_behind, is_followed_at_pace_once_it_moves_again) {
  check_driver run;
  traffic writes(run);
  writes.in_time(10s);
  const auto began = run.now;
  writes.stalled(5min, began + 5min);  // 15,000 changes, all there within 30 s
  writes.in_time(90s);
  EXPECT_FALSE(run.checks.behind().behind());
  EXPECT_GE(run.out.verified, 15'000);
}

TEST(replication_behind, some_lost_changes_among_many_are_no_outage_and_each_is_confirmed) {
  check_driver run;
  traffic writes(run);
  int number = 0;
  writes.go_on(5min, [&](wall_time now) {
    return ++number % 10 == 0 ? std::nullopt : std::optional(now + 1s);
  });
  EXPECT_FALSE(run.checks.behind().behind());
  run.run_until_judged(5min);
  EXPECT_EQ(static_cast<int>(run.out.confirmed.size()), writes.written() / 10);
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(replication_behind, what_was_lost_in_an_outage_is_confirmed_once_it_has_passed) {
  check_driver run;
  traffic writes(run);
  writes.in_time(10s);
  const auto until = run.now + 4min;
  int number = 0;
  writes.go_on(4min, [&](wall_time now) -> std::optional<wall_time> {
    if (++number % 100 == 0) {
      return std::nullopt;
    }
    return until + (now - (until - 4min)) / 10;
  });
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  writes.in_time(2min);
  run.run_until_judged(15min);
  EXPECT_THAT(run.out.confirmed, SizeIs(4 * 60 * 50 / 100));
  EXPECT_EQ(run.outcomes_in_all(), run.changes);
}

TEST(replication_behind, is_judged_all_the_same_when_it_has_stalled) {
  auto settings = plain_settings();
  settings.stall_after = minutes{5};
  check_driver run(settings);
  traffic writes(run);
  writes.in_time(10s);
  const auto healthy = writes.written();
  writes.go_on(2min, [](wall_time) { return std::optional<wall_time>(); });
  run.run_for(4min - 5s);
  EXPECT_THAT(run.out.confirmed, IsEmpty());
  run.run_until_judged(20min);
  EXPECT_EQ(static_cast<int>(run.out.confirmed.size()), writes.written() - healthy);
}

TEST(replication_behind, an_equal_look_proves_nothing_about_a_pair_of_changes) {
  check_driver run;
  traffic writes(run);
  writes.in_time(10s);
  const auto began = run.now;
  const auto resumes = began + 4min;
  writes.stalled(2min, resumes);
  // Inserted and deleted while replication stands still; the delete is lost for good.
  run.write("pair", 1);
  run.at(resumes + 15s, [&run] { run.counterpart["pair"] = 1; });
  run.write("pair", 0);
  writes.stalled(2min, resumes);
  writes.in_time(2min);
  run.run_until_judged(10min);
  EXPECT_NE(run.confirmed("pair"), nullptr);
  EXPECT_THAT(run.out.confirmed, SizeIs(1));
}

TEST(replication_behind, hot_keys_show_an_outage_too) {
  check_driver run;
  const auto round = [&](int value, bool replicated) {
    for (int i = 0; i < 200; ++i) {
      const auto key = "k" + std::to_string(i);
      replicated ? run.write_replicated(key, value, 500ms) : run.write(key, value);
    }
    run.run_for(2s);
  };
  int value = 1;
  for (; value < 60; ++value) {
    round(value, true);
    ASSERT_FALSE(run.checks.behind().behind());
  }
  for (; value < 150; ++value) {
    round(value, false);
  }
  EXPECT_TRUE(run.checks.behind().behind());
  EXPECT_THAT(run.out.confirmed, IsEmpty());
}

TEST(replication_behind, lag_is_not_measured_meanwhile) {
  auto settings = plain_settings();
  settings.lag_probes_per_second = 5;
  check_driver run(settings);
  run.fresh = true;
  traffic writes(run);
  writes.in_time(10s);
  const auto began = run.now;
  writes.stalled(5min, began + 5min);
  writes.in_time(2min);
  for (const auto& sample : run.out.lags) {
    EXPECT_LE(sample.lag, max_lag + 20s);
  }
}

}  // namespace
}  // namespace ddm::verify
