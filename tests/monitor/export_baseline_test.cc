// The monitor's own comparison of the items at rest, with an export in place of a scan of the
// source: what it finds, when it counts, and when the source is scanned after all.
#include "monitor/exported_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int items_at_rest = 400;

void with_baseline(session_settings& settings) {
  settings.baseline.wanted = true;
  settings.settle = 10s;
}

class export_baseline : public exported_world {
 protected:
  explicit export_baseline(world_options options = later_stream())
      : exported_world(std::move(options), items_at_rest) {}

  void make_export() {
    exported_world::make_export();
    world_.baseline_export = &*export_;
  }
  /// What only another comparison makes up for.
  void note_gap() {
    world_.commit_beside({.gaps = {{.stream_arn = "",
                                    .shard_id = "",
                                    .noticed = world_.time.now(),
                                    .reason = "changes of further keys were not checked"}}});
  }
  /// Of the account of the source, each time it is asked for that.
  void count(const std::string& operation) {
    world_.source.plan_faults([this, operation](const support::fault_context& request) {
      asked_ += request.operation == operation ? 1 : 0;
      return support::fault{};
    });
  }
  /// Of what changed since: the monitor's own iterator it has long since.
  void run_until_it_reads() {
    world_.time.run_for(30s);
    count("GetShardIterator");
    world_.time.run_until([this] { return asked_ > 0; });
  }
  bool wait_for(verdict_kind kind, milliseconds longest = 20min) {
    const auto until = world_.time.now() + longest;
    world_.time.run_until(
        [&] { return world_.status().verdict.kind == kind || world_.time.now() >= until; });
    world_.time.run_for(10s);  // and it is committed
    return world_.status().verdict.kind == kind;
  }
  [[nodiscard]] compare::comparison_progress compared() const {
    const auto status = world_.status();
    return status.compared ? status.compared->progress : compare::comparison_progress{};
  }

  int asked_ = 0;
};

TEST_F(export_baseline, leads_to_go_without_a_scan_of_the_source) {
  make_export();
  put_both(name(3), 777);  // before the monitor
  world_.time.run_for(1min);
  count("Scan");
  world_.start(with_baseline);
  put_both(name(4), 778);
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(compared().export_arn, "arn:export");
  EXPECT_TRUE(compared().is_current());
  EXPECT_EQ(compared().candidates, 2) << "what changed since";
  EXPECT_EQ(world_.status().compared->keys(), items_at_rest);
  EXPECT_THAT(world_.open_findings(), IsEmpty());
}

TEST_F(export_baseline, finds_what_differs_and_what_was_lost_before_the_monitor) {
  world_.target.remove(table, monitor_world::key(name(1)));  // differs from the export
  make_export();
  const auto old = *world_.target.get(table, monitor_world::key(name(2)));
  world_.put(name(2), 1000);  // lost: the target still has what the export says
  world_.remove(name(3));     // lost
  world_.put("later", 1);     // lost
  world_.time.run_for(1min);
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
  world_.time.run_for(5min);
  EXPECT_THAT(world_.open_findings(),
              ElementsAre(found("later", "missing"), found(name(1), "missing"),
                          found(name(2), "different"), found(name(3), "undeleted")));
  world_.target.put(table, monitor_world::item("later", 1));
  world_.target.put(table, monitor_world::item(name(1), 1));
  world_.target.put(table, monitor_world::item(name(2), 1000));
  world_.target.remove(table, monitor_world::key(name(3)));
  EXPECT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
}

TEST_F(export_baseline, begins_when_the_reading_of_the_stream_began) {
  make_export();
  world_.start(with_baseline);
  run_until_it_reads();
  const auto asked = world_.time.now();
  EXPECT_FALSE(world_.status().compared) << "nothing has begun yet";
  EXPECT_FALSE(world_.status().baseline_complete);
  world_.time.run_until([this] { return compared().begun(); });
  EXPECT_LT(compared().started(), asked + 1s);
  EXPECT_GT(world_.time.now(), asked + 1min) << "an open shard is read for a minute of nothing";
}

TEST_F(export_baseline, is_not_over_for_who_waits_while_the_stream_is_read) {
  make_export();
  world_.start([](session_settings& settings) {
    with_baseline(settings);
    settings.until_caught_up = true;
  });
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(export_baseline, ends_at_once_while_the_stream_is_read) {
  make_export();
  world_.start(with_baseline);
  run_until_it_reads();
  world_.time.run_for(5s);
  const auto stopped = world_.time.now();
  ASSERT_TRUE(world_.stop());
  EXPECT_LT(world_.time.now() - stopped, 5s);
  EXPECT_FALSE(world_.status().compared);
}

TEST_F(export_baseline, killed_while_the_stream_is_read_begins_anew) {
  make_export();
  world_.put(name(2), 1000);  // lost
  world_.time.run_for(1min);
  world_.start(with_baseline);
  run_until_it_reads();
  world_.crash();
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
  EXPECT_EQ(compared().export_arn, "arn:export");
  EXPECT_THAT(world_.open_findings(), ElementsAre(found(name(2), "different")));
}

// When the export stands for nothing

TEST_F(export_baseline, scans_the_source_where_the_export_is_too_old) {
  make_export();
  put_both(name(3), 777);
  world_.time.run_for(23h);
  count("Scan");
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  EXPECT_GT(asked_, 0);
  EXPECT_EQ(compared().export_arn, "");
}

TEST_F(export_baseline, scans_the_source_where_the_stream_is_younger) {
  make_export();
  world_.put(name(5), 1000);  // lost, and in no stream
  world_.source.disable_stream(table);
  world_.source.enable_stream(table, "NEW_AND_OLD_IMAGES");
  world_.time.run_for(1min);
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
  EXPECT_EQ(compared().export_arn, "");
  EXPECT_THAT(world_.open_findings(), ElementsAre(found(name(5), "different")));
}

TEST_F(export_baseline, another_one_is_made_with_it_after_a_gap) {
  make_export();
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  const auto first = compared().started_ms;
  world_.crash();
  world_.put(name(5), 1000);  // lost
  note_gap();
  count("Scan");
  world_.start(with_baseline);
  world_.time.run_until([&] { return compared().started_ms > first && compared().finished(); });
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(compared().candidates, 1);
  EXPECT_THAT(world_.open_findings(), ElementsAre(found(name(5), "different")));
}

TEST_F(export_baseline, waits_for_a_table_that_is_not_described) {
  make_export();
  put_both(name(3), 777);
  world_.time.run_for(1min);
  world_.start(with_baseline);
  const auto until = world_.time.now() + 6min;
  world_.source.plan_faults([until](const support::fault_context& request) {
    const bool fails = request.now < until && request.operation == "DescribeTable";
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  EXPECT_EQ(compared().export_arn, "arn:export");
  EXPECT_GT(compared().started(), until - 10s);
}

TEST_F(export_baseline, tries_again_where_the_stream_has_not_answered) {
  make_export();
  world_.put(name(3), 777);  // lost
  world_.time.run_for(1min);
  world_.start(with_baseline);
  const auto until = world_.time.now() + 30min;
  bool told = false;
  world_.source.plan_faults([until](const support::fault_context& request) {
    const bool fails = request.now < until && request.operation == "DescribeStream" &&
                       request.access_key == "AKIDSOURCE";
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
  world_.time.run_until([&] {
    told = told || world_.reasons().contains("what changed since the export is being read");
    return compared().begun();
  });
  EXPECT_TRUE(told);
  EXPECT_EQ(compared().export_arn, "arn:export");
  EXPECT_GT(world_.time.now(), until);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
}

TEST_F(export_baseline, ends_no_run_while_the_stream_is_read_for_another_one) {
  make_export();
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  world_.target.put(table, monitor_world::item("stray", 1));  // wrong, and no change tells
  world_.crash();
  note_gap();
  world_.start([](session_settings& settings) {
    with_baseline(settings);
    settings.until_caught_up = true;
  });
  run_until_it_reads();
  EXPECT_FALSE(world_.status().baseline_complete);
  ASSERT_TRUE(world_.wait_for_end());
  EXPECT_THAT(world_.open_findings(), ElementsAre(found("stray", "unexpected")));
}

// Cut short

void in_many_segments(session_settings& settings) {
  with_baseline(settings);
  settings.baseline.comparer.segments = 40;
}

class slow_export_baseline : public export_baseline {
 protected:
  slow_export_baseline() : export_baseline(slow()) {}
  static world_options slow() {
    auto options = later_stream();
    options.read_units_per_second = 20;
    return options;
  }
  void run_until_some_is_committed() {
    world_.time.run_until([this] {
      const auto stored = world_.stored();
      return compare::comparison_progress::load("monitor", stored.numbers, stored.values)
                 .segments_done > 3;
    });
    ASSERT_FALSE(compared().finished());
  }
};

TEST_F(slow_export_baseline, that_was_cut_short_goes_on_with_the_keys_that_it_has) {
  make_export();
  world_.put(name(2), 1000);  // lost
  world_.time.run_for(1min);
  world_.start(in_many_segments);
  run_until_some_is_committed();
  const auto began = compared().started_ms;
  world_.crash();
  count("Scan");
  world_.start(in_many_segments);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
  EXPECT_EQ(compared().started_ms, began);
  EXPECT_EQ(asked_, 0);
  EXPECT_THAT(world_.open_findings(), ElementsAre(found(name(2), "different")));
}

TEST_F(slow_export_baseline, goes_on_with_the_scan_that_an_earlier_process_fell_back_to) {
  make_export();
  world_.time.run_for(23h);
  world_.start(in_many_segments);
  run_until_some_is_committed();
  const auto began = compared().started_ms;
  world_.crash();
  world_.start(in_many_segments);
  ASSERT_TRUE(wait_for(verdict_kind::go)) << world_.reasons();
  EXPECT_EQ(compared().started_ms, began);
}

// The other direction: the target's stream is read, and the source's all the same.

class export_baseline_from_the_target : public export_baseline {
 protected:
  export_baseline_from_the_target() : export_baseline(reverse()) {}
  static world_options reverse() {
    auto options = later_stream();
    options.way = verify::direction::target_to_source;
    return options;
  }
};

TEST_F(export_baseline_from_the_target, asks_the_stream_of_the_source) {
  world_.source.enable_stream(table, "KEYS_ONLY");
  world_.time.run_for(2min);
  make_export();
  world_.put(name(5), 1000);  // lost
  world_.time.run_for(1min);
  world_.start(with_baseline);
  ASSERT_TRUE(wait_for(verdict_kind::no_go));
  EXPECT_EQ(compared().export_arn, "arn:export");
  EXPECT_THAT(world_.open_findings(), ElementsAre(found(name(5), "different")));
}

TEST_F(export_baseline_from_the_target, scans_the_source_where_it_has_no_stream) {
  make_export();
  world_.start(with_baseline);
  world_.time.run_until([this] { return compared().finished(); });
  EXPECT_EQ(compared().export_arn, "");
}

}  // namespace
}  // namespace ddm::monitor
