// The stream of the table is turned off and on again while the monitor runs, or while it does not.
#include "monitor/monitor_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto view_type = "NEW_AND_OLD_IMAGES";

/// Items <name>0 … <name>9, written at once.
void write_ten(monitor_world& world, const std::string& name) {
  for (int i = 0; i < 10; ++i) {
    world.put(name + std::to_string(i), i);
  }
}

struct changed_stream {
  std::string old_arn;
  std::string new_arn;
  wall_time off;
  wall_time on;
};

/// Ten writes into the old stream, ten into none, ten into the new one.
changed_stream change_stream(monitor_world& world, milliseconds off_for = 20s,
                             const std::string& time = "") {
  changed_stream change{.old_arn = world.source.stream(monitor_world::table).names().arn};
  write_ten(world, "before" + time);
  world.source.disable_stream(monitor_world::table);
  change.off = world.time.now();
  write_ten(world, "between" + time);
  world.time.run_for(off_for);
  change.new_arn = world.source.enable_stream(monitor_world::table, view_type);
  change.on = world.time.now();
  write_ten(world, "after" + time);
  return change;
}

/// Of "changes made between … and … may be in no stream".
std::optional<wall_time> begin_of(const state::gap_row& gap) {
  constexpr std::string_view head = "changes made between ";
  return parse_rfc3339(gap.reason.substr(head.size(), gap.reason.find(" and ") - head.size()));
}

void expect_the_time_off_as_only_gap(const report::status& status, const changed_stream& change,
                                     milliseconds precision) {
  ASSERT_THAT(status.gaps, SizeIs(1));
  const auto& gap = status.gaps[0];
  EXPECT_EQ(gap.stream_arn, change.old_arn);
  EXPECT_THAT(gap.shard_id, IsEmpty());
  EXPECT_THAT(gap.reason, AllOf(HasSubstr(change.new_arn),
                                HasSubstr("and " + format_rfc3339(change.on) + " may be in no")));
  const auto from = begin_of(gap);
  ASSERT_TRUE(from) << gap.reason;
  EXPECT_LE(*from, change.off) << gap.reason;
  EXPECT_GE(*from, change.off - precision) << gap.reason;
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::no_go);
}

TEST(stream_change, in_a_running_process_is_followed_after_the_old_stream_was_drained) {
  monitor_world world({.stream = {.shards = 3}});
  world.replicate();
  world.start();
  world.time.run_for(10min);
  const auto change = change_stream(world);
  world.time.run_for(3min);
  write_ten(world, "later");
  world.time.run_for(3min);
  const auto status = world.status();
  EXPECT_EQ(status.events.insert, 30) << "before, after and later";
  EXPECT_EQ(status.checks.verified, 30);
  EXPECT_EQ(status.shards.open, 3);
  EXPECT_THAT(status.troubles, IsEmpty());
  expect_the_time_off_as_only_gap(status, change, 1min);
  EXPECT_TRUE(world.stop());
}

TEST(stream_change, while_nothing_runs_is_followed_at_the_next_start) {
  monitor_world world({.stream = {.shards = 2}});
  world.replicate();
  world.start();
  world.time.run_for(10min);
  ASSERT_TRUE(world.stop());
  const auto change = change_stream(world, 5min);
  world.time.run_for(1h);
  for (const auto& arn : {change.old_arn, change.new_arn, change.new_arn}) {
    // Whichever --stream-arn says, or LatestStreamArn: the state knows better.
    world.start([&](session_settings& settings) { settings.stream.stream_arn = arn; });
    world.time.run_for(5min);
    EXPECT_EQ(world.status().events.insert, 20) << arn;
    EXPECT_EQ(world.status().events.unique, 20) << arn;
    expect_the_time_off_as_only_gap(world.status(), change, 2min);
    ASSERT_TRUE(world.stop());
  }
}

TEST(stream_change, with_a_crash_at_any_moment_counts_every_change_once) {
  for (auto pause = 200ms; pause < 40s; pause += 2900ms) {
    monitor_world world({.stream = {.shards = 2}});
    world.replicate();
    world.start();
    world.time.run_for(70s);
    const auto change = change_stream(world, 3s);
    world.time.run_for(pause);
    world.crash();
    world.start();
    world.time.run_for(4min);
    EXPECT_EQ(world.status().events.insert, 20) << pause.count();
    EXPECT_EQ(world.status().checks.verified, 20) << pause.count();
    expect_the_time_off_as_only_gap(world.status(), change, 2min);
  }
}

TEST(stream_change, twice_leaves_two_gaps) {
  monitor_world world;
  world.replicate();
  world.start();
  world.time.run_for(10min);
  const auto first = change_stream(world);
  world.time.run_for(5min);
  const auto second = change_stream(world, 20s, "again");
  world.time.run_for(5min);
  EXPECT_EQ(world.status().events.unique, 40);
  ASSERT_THAT(world.status().gaps, SizeIs(2));
  EXPECT_EQ(world.status().gaps[0].stream_arn, first.old_arn);
  EXPECT_EQ(world.status().gaps[1].stream_arn, second.old_arn);
}

/// The newer stream cannot be listed (no permission for its ARN, maybe) when the process ends: its
/// successor is another one, and so is the time off, though a comparison may have made up for the
/// first meanwhile.
TEST(stream_change, again_before_the_newer_stream_was_listed_is_another_gap) {
  monitor_world world;
  world.replicate();
  world.start();
  world.time.run_for(10min);
  world.source.plan_faults([](const support::fault_context& context) {
    const bool fails = context.operation == "DescribeStream";
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
  world.source.disable_stream(monitor_world::table);
  world.time.run_for(20s);
  const auto second = world.source.enable_stream(monitor_world::table, view_type);
  world.source.plan_faults([second](const support::fault_context& context) {
    const bool fails =
        context.operation == "DescribeStream" && context.request.body.contains(second);
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
  world.time.run_for(3min);
  ASSERT_THAT(world.status().gaps, SizeIs(1));
  world.crash();
  world.source.disable_stream(monitor_world::table);
  world.time.run_for(10min);
  const auto third = world.source.enable_stream(monitor_world::table, view_type);
  world.source.plan_faults({});
  world.start();
  world.time.run_for(5min);
  ASSERT_THAT(world.status().gaps, SizeIs(2));
  EXPECT_THAT(world.status().gaps[1].reason, HasSubstr(third));
  ASSERT_TRUE(world.stop());
  world.start();
  world.time.run_for(5min);
  EXPECT_THAT(world.status().gaps, SizeIs(2)) << "told once";
}

TEST(stream_change, after_the_old_stream_is_gone_reports_what_it_still_held) {
  monitor_world world;
  world.replicate();
  world.start();
  world.time.run_for(10min);
  ASSERT_TRUE(world.stop());
  const auto stopped = world.time.now();
  const auto change = change_stream(world, 5min);
  world.time.run_for(72h);
  write_ten(world, "fresh");
  world.start();
  world.time.run_for(5min);
  const auto status = world.status();
  EXPECT_EQ(status.events.insert, 10) << "the rest has left the streams";
  ASSERT_GE(status.gaps.size(), 2U);
  EXPECT_EQ(status.gaps[0].stream_arn, change.old_arn);
  EXPECT_THAT(status.gaps[0].reason, HasSubstr("was not read to its end"));
  EXPECT_THAT(status.gaps[1].shard_id, IsEmpty());
  const auto from = begin_of(status.gaps[1]);
  ASSERT_TRUE(from) << status.gaps[1].reason;
  EXPECT_LE(*from, stopped - stream::shards_hidden_for) << "listings hid what came after it";
}

TEST(stream_change, of_a_stream_that_stays_off_is_waited_for) {
  monitor_world world;
  world.replicate();
  world.start();
  world.time.run_for(10min);
  write_ten(world, "before");
  world.source.disable_stream(monitor_world::table);
  world.time.run_for(15min);
  EXPECT_FALSE(world.ended());
  EXPECT_THAT(world.status().troubles, testing::Contains(HasSubstr("turned off")));
  EXPECT_THAT(world.status().gaps, IsEmpty());
  world.source.enable_stream(monitor_world::table, view_type);
  write_ten(world, "after");
  world.time.run_for(2min);
  EXPECT_EQ(world.status().events.insert, 20);
  EXPECT_THAT(world.status().troubles, IsEmpty());
  EXPECT_THAT(world.status().gaps, SizeIs(1));
}

TEST(stream_change, keeps_a_run_until_caught_up_from_ending_on_the_old_stream) {
  monitor_world world;
  world.replicate();
  write_ten(world, "first");
  world.time.run_for(1min);
  const auto change = change_stream(world);
  world.start([&](session_settings& settings) {
    settings.stream.stream_arn = change.old_arn;
    settings.until_caught_up = true;
  });
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.status().events.insert, 30) << "the old stream's and the new one's";
  EXPECT_THAT(world.status().gaps, SizeIs(1));
}

TEST(stream_change, of_a_table_without_a_stream_any_more_ends_a_run_until_caught_up) {
  monitor_world world;
  world.replicate();
  write_ten(world, "first");
  world.source.disable_stream(monitor_world::table);
  world.start([](session_settings& settings) { settings.until_caught_up = true; });
  ASSERT_TRUE(world.wait_for_end());
  EXPECT_EQ(world.status().events.insert, 10);
}

TEST(stream_change, credentials_that_end_with_it_are_waited_for_and_told) {
  monitor_world world;
  world.replicate();
  world.start();
  world.time.run_for(10min);
  write_ten(world, "before");
  world.time.run_for(1min);
  world.source.disable_stream(monitor_world::table);
  world.source.enable_stream(monitor_world::table, view_type);
  const auto newer = world.source.stream(monitor_world::table).names().arn;
  write_ten(world, "after");
  world.source.plan_faults([=](const support::fault_context& context) {
    return context.request.body.contains(newer)
               ? support::fault{.type = support::fault::kind::expired_token}
               : support::fault{};
  });
  world.time.run_for(10min);
  ASSERT_FALSE(world.ended()) << world.end().error().describe();
  EXPECT_THAT(world.status().troubles, testing::Contains(HasSubstr("cannot be listed")));
  EXPECT_FALSE(world.status().shards.all_answer());
  world.source.plan_faults({});
  world.time.run_for(2min);
  EXPECT_EQ(world.status().events.insert, 20);
  EXPECT_THAT(world.status().troubles, IsEmpty());
}

TEST(stream_change, a_stream_missing_for_good_ends_the_run_with_its_name) {
  monitor_world world;
  world.start();
  world.time.run_for(10min);
  world.source.plan_faults([](const support::fault_context& context) {
    const bool of_streams = context.operation == "GetRecords" ||
                            context.operation == "GetShardIterator" ||
                            context.operation == "DescribeStream";
    return of_streams ? support::fault{.type = support::fault::kind::throttle,
                                       .code = "ResourceNotFoundException"}
                      : support::fault{};
  });
  world.time.run_for(4min);
  EXPECT_FALSE(world.ended());
  const auto end = world.wait_for_end();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().describe(),
              HasSubstr(world.source.stream(monitor_world::table).names().arn));
}

}  // namespace
}  // namespace ddm::monitor
