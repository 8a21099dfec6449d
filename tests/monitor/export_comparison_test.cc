// A comparison with an export, beside a monitor on the same state: when it counts, and that what
// the export does not hold is found.
#include "compare/changed_keys.h"
#include "monitor/compare_session.h"
#include "monitor/connected_side.h"
#include "monitor/evidence.h"
#include "monitor/exported_world.h"
#include "monitor/opened_state.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int items_at_rest = 40;

/// The stream of an account that gives nothing but empty pages for so long, in the middle of a
/// shard.
world_options with_empty_pages(milliseconds run) {
  auto options = later_stream();
  options.stream.empty_page_rate = 1;
  options.stream.empty_run_max = run;
  return options;
}

awaitable<void> stop_after(clock& time, compare::changed_keys& reading, milliseconds pause) {
  co_await time.sleep_for(pause);
  reading.stop();
}

void rethrow(const std::exception_ptr& failure) {
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// `compare --source-export` in a world with a monitor.
class export_comparison : public exported_world {
 protected:
  explicit export_comparison(world_options options = later_stream())
      : exported_world(std::move(options), items_at_rest) {}

  void start_monitor() {
    world_.start([](session_settings& settings) { settings.settle = 10s; });
    world_.time.run_for(1min);
  }
  /// What the stream tells of since the export.
  compare::changes_since_export changes(std::uint64_t memory_bytes_max = 8ULL << 20,
                                        std::uint64_t rate = 1) {
    process with(world_);
    return with.changes(*export_, memory_bytes_max, rate);
  }
  /// A whole comparison; the last status.
  report::status compare() {
    process with(world_);
    auto since = with.changes(*export_, 8ULL << 20, 1);
    withheld_ = since.standing.doubt();
    auto session = with.session(*export_, std::move(since));
    const auto ended = world_.time.run(session->run());
    EXPECT_TRUE(ended) << ended.error().describe();
    return session->status();
  }
  /// Open findings, and the monitor's verdict a minute later.
  [[nodiscard]] verdict_kind verdict() {
    world_.time.run_for(2min);
    return world_.status().verdict.kind;
  }
  [[nodiscard]] std::vector<std::string> findings() { return world_.open_findings(); }

  struct process {
    explicit process(monitor_world& of)
        : world(of),
          store(world.open_state("compare")),
          resumed(
              world.time.run(monitor::open_state(*store, identity_of_seed(1), "", 1000))->resumed),
          source(world.source, world.time, side::source, table),
          target(world.target, world.time, side::target, table),
          streams(source.calls) {}

    compare::changed_keys& reader(const exports::table_export& of, std::uint64_t memory,
                                  std::uint64_t rate) {
      decoder.emplace(world.decoding_of(resumed, rate, ""));
      return reading.emplace(compare::changed_keys::settings{.command = "compare",
                                                             .as_of = of.summary.as_of,
                                                             .memory_bytes_max = memory,
                                                             .pace = nullptr},
                             compare::changed_keys::parts{.executor = world.time.executor(),
                                                          .time = world.time,
                                                          .pool = pool,
                                                          .streams = streams,
                                                          .decoder = *decoder,
                                                          .tables = source.client,
                                                          .table = dynamodb::table_name(table)});
    }
    compare::changes_since_export changes(const exports::table_export& of, std::uint64_t memory,
                                          std::uint64_t rate) {
      auto& keys = reader(of, memory, rate);
      return *world.time.run(keys.read());
    }

    std::unique_ptr<compare_session> session(const exports::table_export& of,
                                             compare::changes_since_export since) {
      since.epoch = evidence_book::epoch_of(resumed);  // as it was before they were read
      return std::make_unique<compare_session>(
          compare_settings{.comparer = {.command = "compare",
                                        .leftover_path = world.state_path() + ".compare.leftovers",
                                        .segments = 4},
                           .checks = {.max_lag = 10s},
                           .verifier = {},
                           .findings = {}},
          compare_parts{.executor = world.time.executor(),
                        .time = world.time,
                        .pool = pool,
                        .decoder = *decoder,
                        .source = source.table,
                        .target = target.table,
                        .store = *store,
                        .source_export = &of,
                        .since_export = std::move(since)},
          resumed);
    }

    monitor_world& world;
    std::unique_ptr<state::state_store> store;
    state::snapshot resumed;
    connected_side source;
    connected_side target;
    dynamodb::streams_client streams;
    worker_pool pool{0};
    std::optional<dynamodb::page_decoder> decoder;
    std::optional<compare::changed_keys> reading;
  };

  std::string withheld_;
};

TEST_F(export_comparison, of_equal_tables_counts_for_go) {
  make_export();
  start_monitor();
  put_both(name(3), 77);
  world_.time.run_for(1min);
  ASSERT_EQ(verdict(), verdict_kind::wait) << "nothing was compared yet";
  const auto status = compare();
  EXPECT_EQ(withheld_, "");
  EXPECT_TRUE(status.compared->progress.is_current());
  EXPECT_EQ(status.compared->progress.candidates, 1) << "what changed since";
  EXPECT_EQ(status.compared->keys(), items_at_rest);
  EXPECT_EQ(verdict(), verdict_kind::go) << world_.reasons();
}

TEST_F(export_comparison, begins_when_the_reading_of_the_stream_began) {
  make_export();
  start_monitor();
  const auto asked = world_.time.now();
  const auto progress = compare().compared->progress;
  EXPECT_LT(progress.started() - asked, 1s) << "reading has taken longer";
  EXPECT_EQ(progress.as_of(), progress.started());
  EXPECT_GT(world_.time.now() - asked, 20s);
  EXPECT_GT(progress.epoch, 0);
}

// Changes that were made before the monitor: it knows nothing of them.

TEST_F(export_comparison, finds_what_the_replicator_has_lost) {
  make_export();
  world_.put(name(5), 1000);  // changed, and lost
  world_.put("later", 1);     // created, and lost
  world_.remove(name(6));     // deleted, and not in the target
  put_both(name(7), 1001);    // changed, and arrived
  start_monitor();
  compare();
  EXPECT_THAT(findings(), ElementsAre(found("later", "missing"), found(name(5), "different"),
                                      found(name(6), "undeleted")));
  EXPECT_EQ(verdict(), verdict_kind::no_go);
}

TEST_F(export_comparison, finds_an_old_value_that_a_loader_wrote_over_a_newer_one) {
  make_export();
  const auto old = *world_.target.get(table, monitor_world::key(name(5)));
  put_both(name(5), 1000);
  world_.time.run_for(1min);
  world_.target.put(table, old);  // equal to the export
  start_monitor();
  compare();
  EXPECT_THAT(findings(), ElementsAre(found(name(5), "different")));
  EXPECT_EQ(verdict(), verdict_kind::no_go);
}

TEST_F(export_comparison, finds_a_change_that_was_read_while_the_target_was_not_there) {
  const auto schema = world_.target.table(table).schema();
  const auto items = world_.target.table(table).items();
  world_.target.delete_table(table);
  make_export();
  world_.start([](session_settings& settings) {
    settings.settle = 10s;
    settings.target_ready = false;
  });
  world_.time.run_for(1min);
  world_.put(name(5), 1000);  // read, and left to a comparison
  world_.time.run_for(1min);
  world_.target.create_table(table, schema);
  for (const auto& item : items) {
    world_.target.put(table, item->json);
  }
  world_.time.run_for(2min);
  compare();
  EXPECT_THAT(findings(), ElementsAre(found(name(5), "different")));
  EXPECT_EQ(verdict(), verdict_kind::no_go);
}

TEST_F(export_comparison, finds_what_is_not_equal_to_the_export) {
  world_.target.remove(table, monitor_world::key(name(1)));
  make_export();
  start_monitor();
  compare();
  EXPECT_THAT(findings(), ElementsAre(found(name(1), "missing")));
}

// Empty pages from the middle of an open shard

class export_comparison_over_empty_pages : public export_comparison {
 protected:
  export_comparison_over_empty_pages() : export_comparison(with_empty_pages(59s)) {}
};

TEST_F(export_comparison_over_empty_pages, takes_59_seconds_of_them_for_no_end) {
  make_export();
  world_.put(name(5), 1000);  // and lost
  world_.time.run_for(1min);
  const auto asked = world_.time.now();
  EXPECT_EQ(changes().keys.size(), 1U);
  EXPECT_GT(world_.time.now() - asked, 2min) << "then it was a minute of nothing";
}

// When it does not count

TEST_F(export_comparison, with_a_stream_that_is_younger_than_the_export_counts_for_nothing) {
  make_export();
  world_.time.run_for(1min);
  world_.source.disable_stream(table);
  world_.source.enable_stream(table, "KEYS_ONLY");
  start_monitor();
  const auto status = compare();
  EXPECT_THAT(withheld_, HasSubstr("was turned on at"));
  EXPECT_FALSE(status.compared->progress.is_current());
  EXPECT_EQ(status.compared->progress.as_of(), export_->summary.as_of);
  EXPECT_EQ(verdict(), verdict_kind::wait);
  EXPECT_THAT(report::decide_verdict(status).reasons, testing::Contains(HasSubstr(withheld_)));
}

TEST_F(export_comparison, counts_for_nothing_where_the_monitor_began_while_the_stream_was_read) {
  make_export();
  process with(world_);
  auto since = with.changes(*export_, 8ULL << 20, 1);
  ASSERT_TRUE(since.known());
  world_.put(name(7), 1000);  // lost, after the comparison's begin and before the monitor
  world_.time.run_for(1min);
  start_monitor();
  auto session = with.session(*export_, std::move(since));
  ASSERT_TRUE(world_.time.run(session->run()));
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(verdict(), verdict_kind::wait);
}

TEST_F(export_comparison, that_is_a_day_old_counts_for_nothing) {
  make_export();
  world_.time.run_for(22h);
  EXPECT_TRUE(changes().known());
  world_.time.run_for(1h);
  EXPECT_THAT(changes().standing.doubt(), HasSubstr("keeps changes for a day"));
}

TEST_F(export_comparison, is_of_no_later_moment_where_the_service_s_clock_says_so) {
  make_export();
  world_.time.run_for(21h);
  EXPECT_TRUE(changes().known());
  world_.source.settings().clock_skew = 3h;
  EXPECT_THAT(changes().standing.doubt(), HasSubstr("keeps changes for a day"));
}

TEST_F(export_comparison, without_the_permission_to_read_the_stream_counts_for_nothing) {
  make_export();
  start_monitor();
  world_.source.plan_faults([](const support::fault_context& request) {
    const bool denied = request.operation == "DescribeStream" && request.access_key == "AKIDsource";
    return support::fault{.type = denied ? support::fault::kind::access_denied
                                         : support::fault::kind::none};
  });
  const auto status = compare();
  EXPECT_THAT(withheld_, HasSubstr("docs/iam.md"));
  EXPECT_EQ(status.compared->keys(), items_at_rest) << "it finds what differs all the same";
  EXPECT_EQ(verdict(), verdict_kind::wait);
}

TEST_F(export_comparison, does_not_wait_for_a_stream_that_does_not_answer) {
  make_export();
  world_.source.plan_faults([](const support::fault_context& request) {
    return support::fault{.type = request.operation == "DescribeStream"
                                      ? support::fault::kind::server_error
                                      : support::fault::kind::none};
  });
  const auto asked = world_.time.now();
  EXPECT_THAT(changes().standing.doubt(), HasSubstr("has not answered for 10 min"));
  EXPECT_LT(world_.time.now() - asked, 12min);
}

TEST_F(export_comparison, with_more_changed_keys_than_memory_holds_counts_for_nothing) {
  make_export();
  for (int i = 0; i < 200; ++i) {
    put_both(name(i), 1000 + i);
  }
  EXPECT_EQ(changes(80'000).keys.size(), 200U);
  const auto since = changes(30'000);
  EXPECT_FALSE(since.known());
  EXPECT_THAT(since.keys, IsEmpty());
  EXPECT_THAT(since.standing.doubt(), HasSubstr("--memory"));
}

// Which keys

TEST_F(export_comparison, judges_each_key_that_changed_once_and_no_older_one) {
  put_both(name(1), 501);
  world_.time.run_for(3min);
  make_export();
  for (int i = 0; i < 5; ++i) {
    put_both(name(2), 100 + i);
    put_both(name(3), 100 + i);
    world_.time.run_for(1s);
  }
  std::vector<std::string> keys;
  for (const auto& row : changes().keys) {
    keys.push_back(row.key_json);
    EXPECT_TRUE(row.source_held);
  }
  EXPECT_THAT(keys, testing::UnorderedElementsAre(monitor_world::key(name(2)),
                                                  monitor_world::key(name(3))));
}

TEST_F(export_comparison, takes_what_was_written_within_the_minute_before) {
  put_both(name(1), 501);
  world_.time.run_for(40s);
  make_export();
  EXPECT_EQ(changes().keys.size(), 1U);
}

TEST_F(export_comparison, leaves_out_keys_that_the_sample_does_not_choose) {
  make_export();
  for (int i = 0; i < 1000; ++i) {
    put_both(fmt::format("more{}", i), i);
  }
  const auto chosen = changes(8ULL << 20, 10).keys.size();
  EXPECT_GT(chosen, 50U);
  EXPECT_LT(chosen, 200U);
}

TEST_F(export_comparison, reads_shards_that_were_split_since) {
  make_export();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 10; ++i) {
      put_both(name(10 * round + i), 500 + i);
    }
    auto& stream = world_.source.stream(table);
    stream.split(stream.open_shards().front(), world_.time.now());
    world_.time.run_for(1min);
  }
  EXPECT_EQ(changes().keys.size(), 40U);
}

TEST_F(export_comparison, that_was_stopped_says_so) {
  make_export();
  process with(world_);
  auto& reading = with.reader(*export_, 8ULL << 20, 1);
  asio::co_spawn(world_.time.context(), stop_after(world_.time, reading, 5s), rethrow);
  const auto asked = world_.time.now();
  const auto since = world_.time.run(reading.read());
  ASSERT_FALSE(since);
  EXPECT_EQ(since.error().kind, error_class::cancelled);
  EXPECT_LT(world_.time.now() - asked, 6s);
}

class export_comparison_of_short_shards : public export_comparison {
 protected:
  static world_options of_short_shards() {
    auto options = later_stream();
    options.stream.shard_lifetime = 4h;
    return options;
  }
  export_comparison_of_short_shards() : export_comparison(of_short_shards()) {}
  /// A change each so often.
  void write_for(milliseconds time, milliseconds pause) {
    for (milliseconds past{0}; past < time; past += pause) {
      // Each has a value of its own: what changes nothing makes no record.
      put_both(name(written_ % items_at_rest), 1000 + written_);
      ++written_;
      world_.time.run_for(pause);
    }
  }

 private:
  int written_ = 0;
};

TEST_F(export_comparison_of_short_shards, reads_none_that_was_over_before_the_export) {
  write_for(20h, 10min);
  make_export();
  write_for(30min, 10min);
  std::set<std::string> asked_for;
  world_.source.plan_faults([&](const support::fault_context& request) {
    if (request.operation == "GetShardIterator") {
      asked_for.insert(request.request.body);
    }
    return support::fault{};
  });
  const auto since = changes();
  EXPECT_EQ(since.keys.size(), 3U) << since.standing.doubt();
  EXPECT_LE(asked_for.size(), 2U) << "of six shards";
}

TEST_F(export_comparison, counts_though_older_records_are_trimmed_while_they_are_read) {
  for (int i = 0; i < 60; ++i) {
    put_both(name(1), 1000 + i);
    world_.time.run_for(1s);
  }
  world_.time.run_for(22h + 59min);
  make_export();
  put_both(name(2), 1000);
  world_.time.run_for(1h + 5s);
  // What is the oldest record in the first answer has been trimmed when the next is asked for.
  const auto until = world_.time.now() + 2min;
  int asked = 0;
  world_.source.plan_faults([&](const support::fault_context& request) {
    const bool late = request.now < until && request.operation == "GetShardIterator";
    asked += late ? 1 : 0;
    return support::fault{.delay = late ? 5s : 0s};
  });
  const auto since = changes();
  EXPECT_EQ(since.standing.doubt(), "");
  EXPECT_EQ(since.keys.size(), 1U);
  EXPECT_GT(asked, 3) << "each was trimmed";
}

TEST_F(export_comparison, that_is_stopped_while_its_last_look_at_the_table_hangs_ends_at_once) {
  make_export();
  process with(world_);
  auto& reading = with.reader(*export_, 8ULL << 20, 1);
  std::optional<wall_time> looked;
  int looks = 0;
  world_.source.plan_faults([&](const support::fault_context& request) {
    looks += request.operation == "DescribeTable" ? 1 : 0;
    const bool hangs = request.operation == "DescribeTable" && looks > 1;
    if (hangs && !looked) {
      looked = request.now;
      asio::co_spawn(world_.time.context(), stop_after(world_.time, reading, 1s), rethrow);
    }
    return support::fault{.delay = hangs ? 60s : 0s};
  });
  const auto since = world_.time.run(reading.read());
  ASSERT_TRUE(looked);
  ASSERT_FALSE(since);
  EXPECT_EQ(since.error().kind, error_class::cancelled);
  EXPECT_LT(world_.time.now() - *looked, 2s);
}

// Gaps

TEST_F(export_comparison, cures_gaps_that_were_noticed_before_it_began_to_read_and_no_later_one) {
  make_export();
  start_monitor();
  world_.crash();
  const auto gap = [&](std::string reason) {
    return state::gap_row{.stream_arn = "s",
                          .shard_id = "1",
                          .after_sequence = "7",
                          .noticed = world_.time.now(),
                          .reason = std::move(reason)};
  };
  world_.commit_beside({.gaps = {gap("before")}});
  world_.time.run_for(1s);
  process with(world_);
  auto since = with.changes(*export_, 8ULL << 20, 1);
  state::commit_batch later;
  later.gaps = {gap("while the stream was read")};
  ASSERT_TRUE(world_.time.run(with.store->commit(std::move(later))));
  world_.time.run_for(1s);
  with.resumed = *world_.time.run(with.store->load(1000));
  auto session = with.session(*export_, std::move(since));
  ASSERT_TRUE(world_.time.run(session->run()));
  const auto gaps = world_.time.run(with.store->load(1000))->gaps;
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_TRUE(gaps[0].cured);
  EXPECT_FALSE(gaps[1].cured);
}

}  // namespace
}  // namespace ddm::monitor
