#include "stream/caught_up.h"

#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;

const wall_time start = from_ms(1'767'225'600'000);

/// One that is answered at once.
void empty_page(caught_up_tracker& shard, wall_time asked) { shard.on_empty_page(asked, asked); }

TEST(caught_up, knows_nothing_before_the_first_page) {
  EXPECT_FALSE(caught_up_tracker().up_to());
  EXPECT_FALSE(caught_up_tracker(start).up_to()) << "being caught up is earned in each process";
  EXPECT_EQ(caught_up_tracker(start).ever_up_to(), start) << "what an earlier process knew";
}

TEST(caught_up, a_record_proves_everything_before_its_creation) {
  caught_up_tracker shard;
  shard.on_records(start - 1min, start);
  EXPECT_EQ(shard.up_to(), start);
  shard.on_records(start - 1s, start - 1s);
  EXPECT_EQ(shard.up_to(), start) << "a creation time is cut to the second";
}

TEST(caught_up, an_older_record_shows_that_empty_pages_came_from_the_middle) {
  caught_up_tracker shard;
  empty_page(shard, start);
  empty_page(shard, start + 1s);
  empty_page(shard, start + 3s);
  EXPECT_EQ(shard.up_to(), start + 1s);
  EXPECT_FALSE(shard.agrees_with(start - 2h));
  shard.on_records(start - 2h, start - 1h);
  EXPECT_EQ(shard.up_to(), start - 1h);
}

TEST(caught_up, times_of_whole_minutes_show_nothing_within_their_minute) {
  caught_up_tracker shard(std::nullopt, 1min);
  shard.begin_at(start);
  EXPECT_TRUE(shard.agrees_with(start - 1min));
  shard.on_records(start - 1min, start - 1min);
  EXPECT_EQ(shard.up_to(), start);
}

TEST(caught_up, a_slow_answer_is_no_run_of_empty_pages) {
  caught_up_tracker shard;
  shard.on_empty_page(start, start + 5s);
  shard.on_empty_page(start + 6s, start + 6s);
  EXPECT_FALSE(shard.up_to());
  shard.on_empty_page(start + 7s, start + 12s);
  EXPECT_EQ(shard.up_to(), start) << "two seconds of nothing have come since that question";
}

TEST(caught_up, needs_as_many_empty_pages_and_as_much_of_nothing_as_it_was_told) {
  const empty_run end{.lasts = 60s, .pages = 60};
  caught_up_tracker few(std::nullopt, 1s, end);
  for (int i = 0; i < 59; ++i) {
    empty_page(few, start + i * 5s);
  }
  EXPECT_FALSE(few.up_to()) << "59 pages of five minutes";
  empty_page(few, start + 59 * 5s);
  EXPECT_EQ(few.up_to(), start + 59 * 5s - 60s);
  caught_up_tracker dense(std::nullopt, 1s, end);
  for (int i = 0; i < 120; ++i) {
    empty_page(dense, start + i * 500ms);
  }
  EXPECT_FALSE(dense.up_to()) << "120 pages of less than a minute";
  empty_page(dense, start + 60s);
  EXPECT_EQ(dense.up_to(), start);
}

TEST(caught_up, only_two_seconds_of_empty_pages_are_an_end) {
  caught_up_tracker shard;
  empty_page(shard, start);
  empty_page(shard, start + 1s);
  EXPECT_FALSE(shard.up_to());
  empty_page(shard, start + 2s);
  EXPECT_EQ(shard.up_to(), start);
  empty_page(shard, start + 10s);
  EXPECT_EQ(shard.up_to(), start + 2s) << "of what came since only one page tells";
  empty_page(shard, start + 11s);
  EXPECT_EQ(shard.up_to(), start + 2s);
  empty_page(shard, start + 12s);
  EXPECT_EQ(shard.up_to(), start + 10s) << "two seconds of nothing since";
}

TEST(caught_up, two_empty_pages_are_no_end_however_far_apart) {
  caught_up_tracker shard;
  empty_page(shard, start);
  empty_page(shard, start + 20s);
  EXPECT_FALSE(shard.up_to());
  EXPECT_FALSE(shard.at_the_end());
  empty_page(shard, start + 21s);
  EXPECT_EQ(shard.up_to(), start);
  EXPECT_TRUE(shard.at_the_end());
  shard.on_records(start + 20s, start + 21s);
  EXPECT_FALSE(shard.at_the_end()) << "a page with records is asked for more";
}

TEST(caught_up, begins_where_the_parent_was_read_up_to) {
  caught_up_tracker child;
  child.begin_at(start);
  EXPECT_EQ(child.up_to(), start);
  EXPECT_FALSE(child.ever_up_to()) << "nothing of it has been read";
  child.on_records(start + 3s, start + 5s);
  EXPECT_EQ(child.up_to(), start + 5s);
}

TEST(caught_up, begins_anew_when_a_clock_has_jumped) {
  caught_up_tracker shard(start + 1h);
  for (const auto asked : {start, start + 1s, start + 3s}) {
    empty_page(shard, asked);
  }
  shard.on_clock_jump(start + 10s);
  EXPECT_FALSE(shard.up_to());
  EXPECT_FALSE(shard.at_the_end());
  EXPECT_EQ(shard.ever_up_to(), start + 10s) << "the future is trusted by nobody";
}

TEST(caught_up, what_an_earlier_process_knew_serves_trims_only) {
  caught_up_tracker shard(start);
  shard.on_records(start - 2h, start - 1h);
  EXPECT_EQ(shard.up_to(), start - 1h);
  EXPECT_EQ(shard.ever_up_to(), start - 1h) << "an older record shows that it was wrong";
  caught_up_tracker later(start);
  later.on_records(start, start);
  EXPECT_EQ(later.ever_up_to(), start);
}

TEST(caught_up, a_record_between_empty_pages_begins_the_count_anew) {
  caught_up_tracker shard;
  empty_page(shard, start);
  shard.on_records(start - 1h, start - 1h);
  empty_page(shard, start + 2s);
  EXPECT_EQ(shard.up_to(), start - 1h);
}

TEST(caught_up, an_outage_between_empty_pages_does_too) {
  caught_up_tracker shard;
  empty_page(shard, start);
  empty_page(shard, start + 1s);
  empty_page(shard, start + 3s);
  shard.on_interruption();
  empty_page(shard, start + 1h);
  EXPECT_EQ(shard.up_to(), start + 1s);
  empty_page(shard, start + 1h + 1s);
  EXPECT_FALSE(shard.at_the_end());
  empty_page(shard, start + 1h + 2s);
  EXPECT_EQ(shard.up_to(), start + 1h);
}

TEST(caught_up, the_end_of_a_shard_is_reached_by_one_page) {
  caught_up_tracker shard;
  shard.on_records(start - 1min, start - 1min);
  shard.on_end(start);
  EXPECT_EQ(shard.up_to(), start);
}

TEST(caught_up, no_single_empty_page_speaks_for_the_time_since_the_one_before) {
  caught_up_tracker reading;
  for (int second = 0; second <= 5; ++second) {
    reading.on_empty_page(start + second * 1s, start + second * 1s + 50ms);
  }
  EXPECT_EQ(reading.up_to(), start + 2s);
  // The machine slept; what was written meanwhile may hide behind this page.
  reading.on_empty_page(start + 10min, start + 10min + 50ms);
  EXPECT_EQ(reading.up_to(), start + 5s);
  reading.on_empty_page(start + 10min + 1s, start + 10min + 1s + 50ms);
  reading.on_empty_page(start + 10min + 2s, start + 10min + 2s + 50ms);
  EXPECT_EQ(reading.up_to(), start + 5s) << "not two seconds yet";
  reading.on_empty_page(start + 10min + 3s, start + 10min + 3s + 50ms);
  EXPECT_EQ(reading.up_to(), start + 10min);
}

TEST(caught_up, of_a_shard_that_was_closed_nothing_is_said_beyond_that) {
  caught_up_tracker reading;
  for (int second = 0; second <= 30; ++second) {
    reading.on_empty_page(start + second * 1s, start + second * 1s + 50ms);
  }
  EXPECT_EQ(reading.up_to(), start + 27s);
  auto unknown = reading;
  reading.on_closed(start + 10s);
  EXPECT_EQ(reading.up_to(), start + 10s);
  EXPECT_EQ(reading.ever_up_to(), start + 27s) << "of the shard itself that is true";
  EXPECT_FALSE(reading.at_the_end());
  reading.on_closed(start + 20s);
  EXPECT_EQ(reading.up_to(), start + 10s);
  unknown.on_closed(std::nullopt);
  EXPECT_FALSE(unknown.up_to());
}

TEST(trim, is_harmless_only_for_a_shard_seen_caught_up_within_23_hours) {
  EXPECT_TRUE(trim_is_harmless(start, start + 22h));
  EXPECT_FALSE(trim_is_harmless(start, start + 23h));
  EXPECT_FALSE(trim_is_harmless(std::nullopt, start));
}

}  // namespace
}  // namespace ddm::stream
