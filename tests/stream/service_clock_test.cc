#include "stream/service_clock.h"

#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;

const wall_time start = from_ms(1'767'225'600'000);

/// An answer after `latency`, dated by a clock that is `ahead` of ours.
void answer(service_clock& service, wall_time asked, milliseconds ahead,
            milliseconds latency = 20ms) {
  const auto dated = std::chrono::floor<std::chrono::seconds>(asked + latency / 2 + ahead);
  service.on_answer(asked, asked + latency, dated);
}

TEST(service_clock, is_ours_until_something_is_known) {
  EXPECT_EQ(service_clock().later(start), start);
  EXPECT_EQ(service_clock().earliest(start), start);
  EXPECT_EQ(service_clock().latest(start), start);
}

TEST(service_clock, that_is_ahead_is_followed_ever_closer) {
  service_clock service;
  for (int i = 0; i < 50; ++i) {
    answer(service, start + i * 1130ms, 5s);
    ASSERT_LE(service.ahead(), 5s);
    ASSERT_GE(service.ahead(), 4s - 20ms);
    ASSERT_LE(service.earliest(start + 5s), service.later(start));
    ASSERT_GE(service.latest(start + 5s), service.later(start));
    ASSERT_LE(service.latest(start) - service.earliest(start), 1s + 20ms);
  }
  EXPECT_LE(service.latest(start) - service.earliest(start), 100ms);
  EXPECT_EQ(service.jumps(), 0);
}

TEST(service_clock, that_is_late_leaves_ours_as_the_later) {
  service_clock service;
  answer(service, start, -5s);
  EXPECT_EQ(service.later(start), start);
  EXPECT_LE(service.earliest(start - 5s), start) << "that is when it showed this";
  EXPECT_GE(service.latest(start - 5s), start);
  EXPECT_GE(service.earliest(start - 5s), start - 1s - 20ms);
}

TEST(service_clock, a_slow_answer_says_little_and_spoils_nothing) {
  service_clock service;
  answer(service, start, 5s);
  const auto known = service.ahead();
  answer(service, start + 1s, 5s, 30s);
  EXPECT_GE(service.ahead(), known);
  EXPECT_LE(service.ahead(), 5s);
}

TEST(service_clock, shows_for_how_long_ours_stood_still) {
  service_clock service;
  answer(service, start, 0s);
  answer(service, start + 1s, 10min);
  EXPECT_GE(service.ahead(), 10min - 1s - 20ms);
  EXPECT_LE(service.ahead(), 10min + 1s);
  EXPECT_EQ(service.jumps(), 1);
  answer(service, start + 2s, 10min);
  EXPECT_EQ(service.jumps(), 1);
}

TEST(service_clock, takes_a_date_of_hours_ahead_back_when_the_next_is_right) {
  service_clock service;
  answer(service, start, 0s);
  answer(service, start + 1s, 5h);
  EXPECT_GE(service.later(start), start + 4h);
  answer(service, start + 2s, 0s);
  EXPECT_LE(service.ahead(), 1s);
  EXPECT_EQ(service.jumps(), 2);
}

TEST(service_clock, drifts_without_a_jump) {
  service_clock service;
  for (int i = 0; i < 20'000; ++i) {
    answer(service, start + i * 1130ms, 5s - milliseconds{i / 10});
  }
  EXPECT_EQ(service.jumps(), 0);
  EXPECT_LE(service.ahead(), 3050ms);
}

}  // namespace
}  // namespace ddm::stream
