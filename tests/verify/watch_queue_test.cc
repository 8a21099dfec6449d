#include "verify/watch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const wall_time start = from_ms(1'767'225'600'000);

std::vector<std::int64_t> taken(watch_queue& queue, wall_time now) {
  std::vector<std::int64_t> orders;
  while (const auto order = queue.take(now)) {
    orders.push_back(*order);
  }
  return orders;
}

TEST(watch_queue, gives_the_newest_of_those_that_are_due) {
  watch_queue queue;
  queue.add(1, start);
  queue.add(2, start + 5s);
  queue.add(3, start + 1s);
  queue.add(4, start + 10s);
  EXPECT_THAT(taken(queue, start - 1s), IsEmpty());
  EXPECT_THAT(taken(queue, start + 5s), ElementsAre(3, 2, 1)) << "whoever was due first";
  EXPECT_THAT(taken(queue, start + 5s), IsEmpty()) << "none twice";
  EXPECT_THAT(taken(queue, start + 10s), ElementsAre(4));
}

TEST(watch_queue, gives_a_newer_one_before_those_that_have_waited) {
  watch_queue queue;
  queue.add(1, start);
  queue.add(2, start);
  EXPECT_EQ(queue.take(start), 2);
  queue.add(3, start + 1s);
  EXPECT_EQ(queue.take(start + 1s), 3);
  EXPECT_EQ(queue.take(start + 1s), 1);
}

TEST(watch_queue, forgets_what_waits_and_what_is_due_alike) {
  watch_queue queue;
  queue.add(1, start);
  queue.add(2, start);
  queue.add(3, start + 1min);
  EXPECT_EQ(queue.take(start), 2);
  queue.remove(1, start);
  queue.remove(3, start + 1min);
  queue.remove(7, start);
  EXPECT_THAT(taken(queue, start + 1h), IsEmpty());
}

TEST(watch_queue, knows_when_it_may_have_one) {
  watch_queue queue;
  EXPECT_FALSE(queue.next_due());
  queue.add(1, start + 1min);
  queue.add(2, start);
  queue.add(3, start);
  EXPECT_EQ(queue.next_due(), start);
  EXPECT_EQ(queue.take(start), 3);
  EXPECT_LE(queue.next_due(), start) << "one is due still";
  EXPECT_EQ(queue.take(start), 2);
  EXPECT_EQ(queue.next_due(), start + 1min);
}

}  // namespace
}  // namespace ddm::verify
