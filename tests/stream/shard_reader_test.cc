// One shard, from its position to its end.
#include "stream/shard_reader.h"

#include "stream/read_pace.h"
#include "stream/stream_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using support::fault;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> names(int from, int count) {
  std::vector<std::string> keys;
  for (int i = from; i < from + count; ++i) {
    keys.push_back("k" + std::to_string(i));
  }
  return keys;
}

/// `GetRecords` is refused once with this code.
support::fault_plan refuse_once(std::string code) {
  return support::fault_on("GetRecords", {.type = fault::kind::throttle, .code = std::move(code)},
                           1);
}

TEST(shard_reader, hands_over_every_record_in_stream_order) {
  stream_world world;
  world.write(0, 3500);
  world.begin();
  world.time.run_for(5s);
  EXPECT_EQ(world.sink.keys, names(0, 3500));
  world.write(3500, 10);
  world.time.run_for(2s);
  EXPECT_EQ(world.sink.keys, names(0, 3510));
  EXPECT_EQ(world.sink.reread, 0);
}

TEST(shard_reader, reads_on_through_empty_pages_in_the_middle_of_a_shard) {
  stream_world world({.empty_page_rate = 0.6, .page_bytes_max = 200});
  world.write(0, 300);
  world.begin();
  world.time.run_for(10min);
  EXPECT_EQ(world.sink.keys, names(0, 300));
}

TEST(shard_reader, a_page_that_is_too_large_is_asked_for_in_parts) {
  stream_world world;
  world.account.limit_answers(20'000);
  world.write(0, 2000);
  world.begin();
  world.time.run_for(2min);
  EXPECT_EQ(world.sink.keys, names(0, 2000));
  EXPECT_EQ(world.sink.reread, 0);
}

TEST(shard_reader, asks_for_more_again_once_pages_are_small_enough) {
  stream_world world;
  world.account.limit_answers(20'000);
  world.write(0, 1000);
  world.begin();
  world.time.run_for(2min);
  world.account.limit_answers(1 << 20);
  world.write(1000, 20'000);
  world.time.run_for(50s);
  EXPECT_EQ(world.sink.keys.size(), 21'000U) << "an eighth more with each page";
}

TEST(shard_reader, takes_the_records_of_the_last_page_before_the_end) {
  stream_world world;
  world.write(0, 10);
  world.stream().disable(world.time.now());
  world.begin();
  world.time.run_for(70s);
  EXPECT_EQ(world.sink.keys, names(0, 10));
  ASSERT_TRUE(world.finished());
  EXPECT_TRUE(world.end->has_value());
  EXPECT_EQ(world.calls("GetRecords"), 1);
}

TEST(shard_reader, goes_on_behind_the_last_record_when_its_iterator_has_expired) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(3s);
  world.stream().expire_iterators();
  world.write(10, 10);
  world.time.run_for(3s);
  EXPECT_EQ(world.sink.keys, names(0, 20));
  EXPECT_EQ(world.sink.reread, 0);
  EXPECT_THAT(world.sink.gaps, IsEmpty());
}

TEST(shard_reader, does_not_hammer_the_service_when_every_iterator_is_dead_on_arrival) {
  stream_world world;
  world.account.plan_faults(support::fault_on(
      "GetRecords", {.type = fault::kind::throttle, .code = "ExpiredIteratorException"}));
  world.begin();
  world.time.run_for(10min);
  EXPECT_LE(world.calls("GetRecords"), 60);
  EXPECT_GE(world.calls("GetRecords"), 10);
}

struct from_latest : testing::Test {
  from_latest() {
    world.write(9000, 20);
    world.time.run_for(10s);
  }
  stream_world world{{}, first_position::latest};
};

TEST_F(from_latest, counts_only_what_is_written_from_the_start_on) {
  world.begin();
  world.time.run_for(2s);
  world.write(0, 10);
  world.time.run_for(2s);
  EXPECT_EQ(world.sink.keys, names(0, 10));
}

TEST_F(from_latest, leaves_out_older_records_that_the_service_returns_all_the_same) {
  world.stream().settings().latest_returns_older = 5;
  world.begin();
  world.time.run_for(2s);
  world.write(0, 1);
  world.time.run_for(2s);
  EXPECT_EQ(world.sink.keys, names(0, 1));
}

TEST_F(from_latest, loses_nothing_when_the_iterator_expires_before_anything_was_read) {
  world.begin();
  world.time.run_for(2s);
  world.write(0, 10);
  world.stream().expire_iterators();
  world.time.run_for(3s);
  EXPECT_EQ(world.sink.keys, names(0, 10));
}

TEST_F(from_latest, loses_nothing_when_the_first_iterator_is_refused_for_minutes) {
  world.account.plan_faults(
      support::fault_on("GetShardIterator", {.type = fault::kind::throttle}, 40));
  world.begin();
  world.time.run_for(10s);
  world.write(0, 10);
  world.time.run_for(20min);
  EXPECT_EQ(world.sink.keys, names(0, 10));
}

TEST_F(from_latest, loses_nothing_to_a_crash_before_anything_was_read) {
  world.begin();
  world.time.run_for(1s);
  const auto rows = world.stop();
  world.write(0, 10);
  world.time.run_for(1h);
  world.write(10, 10);
  world.begin(rows);
  world.time.run_for(3s);
  EXPECT_EQ(world.sink.keys, names(0, 20));
}

TEST(service_clock, counts_a_start_at_latest) {
  for (const milliseconds ahead : {-8s, 20s}) {
    stream_world world{{}, first_position::latest};
    world.account.settings().clock_skew = ahead;
    world.write(9000, 20);
    world.time.run_for(10s);
    world.begin();
    world.time.run_for(1s);
    const auto rows = world.stop();
    world.write(0, 10);
    world.begin(rows);
    world.time.run_for(3s);
    EXPECT_EQ(world.sink.keys, names(0, 10)) << ahead.count() << " ms ahead of ours";
  }
}

TEST(service_clock, that_is_ahead_does_not_tell_more_than_was_read) {
  stream_world world;
  world.account.settings().clock_skew = 5s;
  world.begin();
  world.time.run_for(10s);
  world.write(0, 1);
  const auto written = world.time.now();
  world.time.run_for(1s);
  ASSERT_THAT(world.sink.keys, SizeIs(1));
  EXPECT_LE(world.consumer->read_up_to().value(), written);
}

TEST(trimmed_data, that_was_never_read_is_a_gap_and_what_is_left_is_read) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(5s);
  const auto rows = world.stop();
  world.write(10, 10);
  world.time.run_for(25h);
  world.write(20, 10);
  world.begin(rows);
  world.time.run_for(5s);
  ASSERT_THAT(world.sink.gaps, SizeIs(1));
  EXPECT_EQ(world.sink.gaps[0].shard.str(), world.stream().open_shards()[0]);
  EXPECT_FALSE(world.sink.gaps[0].after.empty());
  EXPECT_THAT(world.sink.keys, SizeIs(20)) << "the first ten and the last ten";
  world.time.run_for(1h);
  EXPECT_THAT(world.sink.gaps, SizeIs(1)) << "one gap is reported once";
}

TEST(trimmed_data, of_an_idle_shard_that_was_caught_up_is_no_gap) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(10s);
  world.stream().trim(world.time.now());
  world.stream().expire_iterators();
  world.time.run_for(5s);
  world.write(10, 10);
  world.time.run_for(5s);
  EXPECT_THAT(world.sink.gaps, IsEmpty());
  EXPECT_EQ(world.sink.keys, names(0, 20));
}

TEST(trimmed_data, under_an_iterator_from_the_horizon_is_a_gap_too) {
  stream_world world;
  world.write(0, 10);
  world.account.plan_faults(support::fault_on("GetRecords", {.type = fault::kind::throttle}, 30));
  world.begin();
  world.time.run_for(2s);
  world.stream().trim(world.time.now());
  world.write(10, 5);
  world.time.run_for(10min);
  EXPECT_THAT(world.sink.gaps, SizeIs(1));
  EXPECT_EQ(world.sink.keys, names(10, 5));
}

TEST(trimmed_data, that_vanishes_with_its_shard_is_a_gap_and_releases_the_children) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(5s);
  const auto rows = world.stop();
  world.write(10, 10);
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  world.time.run_for(25h);
  world.write(20, 10);
  world.begin(rows);
  world.time.run_for(1min);
  ASSERT_THAT(world.sink.gaps, SizeIs(1));
  EXPECT_THAT(world.sink.keys, SizeIs(20));
}

TEST(trimmed_data, reading_again_from_the_horizon_repeats_no_record) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(5s);
  world.account.plan_faults(refuse_once("TrimmedDataAccessException"));
  world.time.run_for(5s);
  world.write(10, 5);
  world.time.run_for(5s);
  EXPECT_EQ(world.sink.keys, names(0, 15));
  EXPECT_EQ(world.sink.reread, 10);
  EXPECT_THAT(world.sink.gaps, IsEmpty());
}

/// The most calls of one operation within any second.
class call_meter {
 public:
  support::fault_plan plan(std::string operation) {
    return [this, operation = std::move(operation)](const support::fault_context& context) {
      if (context.operation == operation) {
        while (!recent_.empty() && context.now - recent_.front() >= 1s) {
          recent_.pop_front();
        }
        recent_.push_back(context.now);
        most_ = std::max(most_, recent_.size());
      }
      return fault{};
    };
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  std::deque<wall_time> recent_;
  std::size_t most_ = 0;
};

TEST(reading_pace, of_a_busy_shard_is_four_calls_a_second_and_never_more) {
  stream_world world;
  call_meter meter;
  world.account.plan_faults(meter.plan("GetRecords"));
  world.begin();
  for (int i = 0; i < 600; ++i) {
    world.write(i * 5, 5);
    world.time.run_for(100ms);
  }
  world.time.run_for(5s);
  EXPECT_EQ(meter.most(), 4);
  EXPECT_GE(world.calls("GetRecords"), 220);
  EXPECT_EQ(world.sink.keys, names(0, 3000));
}

TEST(reading_pace, is_quick_after_a_failure_until_the_shard_is_caught_up_again) {
  stream_world world({.shards = 600});
  world.begin();
  world.time.run_for(1min);
  world.stream().expire_iterators();
  const auto expired = world.time.now();
  world.time.run_for(idle_interval(600) + 4s);
  EXPECT_GE(world.consumer->read_up_to().value(), expired);
}

TEST(reading_pace, of_an_idle_shard_is_one_call_a_second) {
  stream_world world;
  world.begin();
  world.time.run_for(10min);
  EXPECT_NEAR(static_cast<double>(world.calls("GetRecords")), 600, 10);
}

}  // namespace
}  // namespace ddm::stream
