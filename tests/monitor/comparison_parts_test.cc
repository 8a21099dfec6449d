// One comparison by several workers: each share once, kills that repeat one pair, and a result as
// from one process.
#include "monitor/comparison_parts.h"

#include "monitor/compare_world.h"
#include "monitor/handover.h"
#include "monitor/unlisted_findings.h"
#include "report/render.h"
#include "report/verdict.h"
#include "state/picture.h"
#include "state/sqlite_store.h"
#include "state/store_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ddm::monitor {
namespace {

using compare::worker_share;
using compare::worker_step;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto prepared = "prepared.db";

/// One comparison and its workers, one after the other, between the same two tables.
class array {
 public:
  explicit array(compare_world_options options = {}, std::int64_t how_many = 3)
      : world(options), workers(how_many) {}

  void fill(int items) {
    for (int i = 0; i < items; ++i) {
      world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
    }
  }
  /// Every 100th is wrong in one way or the other; what the findings must be.
  std::vector<std::string> plant(int items) {
    std::vector<std::string> expected;
    for (int i = 0; i < items; i += 100) {
      const auto name = fmt::format("k{:06}", i);
      if (i % 300 == 0) {
        world.target.remove(world.table, compare_world::key(name));
      } else if (i % 300 == 100) {
        world.target.put(world.table, compare_world::item(name, -1));
      } else {
        world.source.remove(world.table, compare_world::key(name));
      }
      expected.push_back(name + (i % 300 == 0     ? " missing"
                                 : i % 300 == 100 ? " different"
                                                  : " unexpected"));
    }
    return expected;
  }
  void prepare(bool exchanges = false) {
    world.use_state(prepared);
    exchanges_ = exchanges;
    world.prepare([this](compare_settings& settings) {
      settings.comparer.share.workers = workers;
      settings.comparer.array_id = ++array_id_;
      settings.comparer.exchange_folder = exchange_folder();
      settings.fresh = true;
    });
    world.use_state("");
  }
  static std::string name_of(std::int64_t worker) { return fmt::format("part-{}.db", worker); }
  void begin(std::int64_t worker) {
    const auto path = world.path_of(name_of(worker));
    ASSERT_TRUE(state::take_picture(world.path_of(prepared), path));
    const auto part = open(name_of(worker));
    ASSERT_TRUE(state::complete(begin_part(*part, {.worker = worker, .workers = workers},
                                           fmt::format("run{}", worker), ++part_id_)));
  }
  void start(std::int64_t worker, worker_step step = worker_step::all) {
    world.use_state(name_of(worker));
    world.start([&](compare_settings& settings) {
      settings.comparer.share = {.worker = worker, .workers = workers};
      settings.comparer.pairs_in_flight = 1;
      settings.comparer.keeps_each_pair = true;
      settings.comparer.step = step;
      settings.comparer.exchange_folder = exchange_folder();
    });
  }
  result<void> work(std::int64_t worker, worker_step step = worker_step::all) {
    start(worker, step);
    return world.wait_for_end();
  }
  [[nodiscard]] std::unique_ptr<state::state_store> open(const std::string& name) const {
    auto opened = state::open_sqlite_store({.path = world.path_of(name), .command = "test"});
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
  }
  [[nodiscard]] std::string exchange_folder() const {
    if (!exchanges_) {
      return {};
    }
    const auto folder = world.path_of("exchange");
    std::filesystem::create_directories(folder);
    return folder;
  }
  struct merged {
    result<void> added;
    result<void> finished;
    std::vector<std::int64_t> missing;
    std::vector<std::int64_t> incomplete;
  };
  /// Into "merged.db", which the world works on afterwards.
  merged merge(std::optional<std::int64_t> parts = {}) {
    world.use_state("");
    EXPECT_TRUE(state::take_picture(world.path_of(prepared), world.path_of("merged.db")));
    merged done;
    {
      const auto into = open("merged.db");
      part_merger merger(*into, {.schema = compare_world_options().schema,
                                 .workers = workers,
                                 .now = world.time.now(),
                                 .run = "merged"});
      EXPECT_TRUE(state::complete(merger.begin()));
      for (std::int64_t worker = 0; worker < workers; ++worker) {
        if (worker >= parts.value_or(workers)) {
          merger.note_missing(worker);
          continue;
        }
        const auto part = open(name_of(worker));
        done.added = state::complete(merger.add(*part, worker));
        if (!done.added) {
          return done;
        }
      }
      done.finished = state::complete(merger.finish());
      done.missing = merger.missing();
      done.incomplete = merger.incomplete();
    }
    world.use_state("merged.db");
    world.prepare([](compare_settings& settings) { settings.comparer.as_it_is = true; });
    return done;
  }
  void run_all(worker_step step = worker_step::all) {
    for (std::int64_t worker = 0; worker < workers; ++worker) {
      ASSERT_TRUE(work(worker, step));
    }
  }
  void begin_all() {
    for (std::int64_t worker = 0; worker < workers; ++worker) {
      begin(worker);
    }
  }

  compare_world world;
  const std::int64_t workers;

 private:
  bool exchanges_ = false;
  std::int64_t array_id_ = 1000;
  std::int64_t part_id_ = 0;
};

TEST(comparison_parts, merged_are_what_one_process_finds) {
  array of;
  of.fill(3000);
  const auto planted = of.plant(3000);
  of.prepare();
  of.begin_all();
  of.run_all();
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added) << merged.added.error().describe();
  EXPECT_THAT(merged.missing, IsEmpty());
  EXPECT_THAT(merged.incomplete, IsEmpty());
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  const auto status = of.world.status();
  EXPECT_TRUE(status.compared->progress.finished());
  EXPECT_EQ(status.compared->keys(), 3000);
  EXPECT_EQ(status.compared->progress.segments_done, 8);
  EXPECT_EQ(status.checks.failed, 30);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::mismatches);
  // As one process reads it.
  array alone;
  alone.fill(3000);
  alone.plant(3000);
  alone.world.use_state("alone.db");
  const auto once = alone.world.compare();
  EXPECT_EQ(status.compared->seen, once.compared->seen);
  EXPECT_EQ(status.source_units, once.source_units);
  EXPECT_EQ(status.target_units, once.target_units);
}

TEST(comparison_parts, each_worker_reads_its_share_and_no_other) {
  array of;
  of.fill(800);
  of.prepare();
  of.begin_all();
  std::int64_t items = 0;
  for (const auto& [worker, pairs] : {std::pair(0, 3), {1, 3}, {2, 2}}) {
    ASSERT_TRUE(of.work(worker));
    const auto status = of.world.status();
    EXPECT_EQ(status.compared->progress.segments_done, pairs);
    EXPECT_EQ(status.compared->progress.pairs(), pairs);
    items += status.compared->seen.source_items;
  }
  EXPECT_EQ(items, 800);
}

TEST(comparison_parts, a_kill_repeats_one_pair_at_most) {
  array of({.segments = 30});
  of.fill(3000);
  const auto planted = of.plant(3000);
  of.prepare();
  of.begin_all();
  std::uint64_t kills = 0;
  for (std::int64_t worker = 0; worker < of.workers; ++worker) {
    for (int pairs = 2; pairs < 9; pairs += 3) {
      of.start(worker);
      of.world.time.run_until([&] {
        return of.world.ended() || of.world.status().compared->seen.source_items >= pairs * 90;
      });
      kills += of.world.ended() ? 0 : 1;
      of.world.crash();
    }
    ASSERT_TRUE(of.work(worker));
  }
  EXPECT_EQ(kills, 9U);
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->keys(), 3000);
  // A segment is one page.
  EXPECT_LE(of.world.source.statistics().calls_of("Scan"), 30U + kills);
  EXPECT_LE(of.world.target.statistics().calls_of("Scan"), 30U + kills);
}

TEST(comparison_parts, keys_to_be_judged_are_dealt_out_to_one_worker_each) {
  array of;
  of.fill(300);
  const auto planted = of.plant(300);
  // An earlier comparison has found them.
  of.world.use_state(prepared);
  of.world.compare();
  ASSERT_THAT(of.world.findings(), ElementsAreArray(planted));
  of.prepare();
  of.begin_all();
  of.run_all();
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->progress.candidates, 3);
  EXPECT_EQ(of.world.status().compared->keys(), 300);
}

TEST(comparison_parts, that_are_missing_or_not_complete_are_named_and_finish_nothing) {
  array of;
  of.fill(600);
  of.prepare();
  of.begin_all();
  ASSERT_TRUE(of.work(0));
  of.world.use_state("");
  const auto merged = of.merge(2);
  EXPECT_THAT(merged.missing, testing::ElementsAre(2));
  EXPECT_THAT(merged.incomplete, testing::ElementsAre(1));
  const auto status = of.world.status();
  EXPECT_FALSE(status.compared->progress.finished());
  EXPECT_EQ(status.compared->progress.segments_done, 3);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::incomplete);
}

TEST(comparison_parts, of_another_comparison_are_refused) {
  array of;
  of.fill(100);
  of.prepare();
  of.begin_all();
  of.run_all();
  of.prepare();
  const auto merged = of.merge();
  ASSERT_FALSE(merged.added);
  EXPECT_EQ(merged.added.error().kind, error_class::wrong_usage);
  EXPECT_THAT(merged.added.error().message, HasSubstr("the part of worker 0 is of another"));
}

TEST(comparison_parts, of_another_share_are_refused) {
  array of;
  of.fill(100);
  of.prepare();
  of.begin_all();
  of.run_all();
  of.world.use_state("");
  std::filesystem::copy_file(of.world.path_of(array::name_of(1)),
                             of.world.path_of(array::name_of(2)),
                             std::filesystem::copy_options::overwrite_existing);
  const auto merged = of.merge();
  ASSERT_FALSE(merged.added);
  EXPECT_THAT(merged.added.error().message, HasSubstr("worker 2"));
}

TEST(comparison_parts, whose_worker_saw_another_table_are_refused) {
  array of;
  of.fill(100);
  of.prepare();
  of.begin_all();
  of.run_all();
  of.world.commit({.gaps = {{.stream_arn = {},
                             .shard_id = {},
                             .after_sequence = {},
                             .noticed = of.world.time.now(),
                             .reason = "the target table was replaced"}}});
  const auto merged = of.merge();
  ASSERT_FALSE(merged.added);
  EXPECT_THAT(merged.added.error().message, HasSubstr("the target table was replaced"));
}

TEST(comparison_parts, of_stores_that_order_differently_are_exact_through_an_exchange) {
  array of({.target_order = 7});
  of.fill(3000);
  const auto planted = of.plant(3000);
  of.prepare(true);
  of.begin_all();
  of.run_all(worker_step::scan);
  of.run_all(worker_step::join);
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->keys(), 3000);
  // Each key was looked at by strong reads only if it differs.
  EXPECT_EQ(of.world.status().compared->progress.candidates, 30);
  EXPECT_TRUE(std::filesystem::is_empty(of.exchange_folder()));
}

TEST(comparison_parts, that_would_judge_nearly_everything_end_with_what_to_do) {
  array of({.target_order = 7});
  of.fill(3000);
  of.prepare();
  of.begin_all();
  const auto ended = of.work(0);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, error_class::wrong_usage);
  EXPECT_THAT(ended.error().message, HasSubstr("--exchange DIR --step scan"));
}

TEST(comparison_parts, join_nothing_before_all_have_scanned) {
  array of({.target_order = 7});
  of.fill(300);
  of.prepare(true);
  of.begin_all();
  ASSERT_TRUE(of.work(0, worker_step::scan));
  const auto ended = of.work(0, worker_step::join);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, error_class::retry);
  EXPECT_THAT(ended.error().message, HasSubstr("1, 2"));
  const auto other = of.work(1, worker_step::join);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("is not complete: 0 of its 3"));
}

TEST(comparison_parts, killed_at_any_moment_of_both_steps_come_out_the_same) {
  array of({.memory_bytes_max = 200'000, .target_order = 7});
  of.fill(3000);
  const auto planted = of.plant(3000);
  of.prepare(true);
  of.begin_all();
  for (const auto step : {worker_step::scan, worker_step::join}) {
    for (std::int64_t worker = 0; worker < of.workers; ++worker) {
      for (int kill = 1; kill < 12; ++kill) {
        of.start(worker, step);
        const auto until = of.world.time.now() + milliseconds(kill * 97);
        of.world.time.run_until([&] { return of.world.ended() || of.world.time.now() >= until; });
        of.world.crash();
      }
      ASSERT_TRUE(of.work(worker, step));
    }
  }
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->keys(), 3000);
}

TEST(comparison_parts, that_passed_on_and_others_that_did_not_are_refused) {
  array of;
  of.fill(300);
  of.prepare(true);
  of.begin_all();
  of.run_all(worker_step::scan);
  of.run_all(worker_step::join);
  // Of the same comparison, by a state that was prepared otherwise.
  of.world.use_state("");
  state::commit_batch batch;
  batch.numbers.emplace("comparison.compare.passed_on", 0);
  ASSERT_TRUE(state::complete(of.open(array::name_of(1))->commit(std::move(batch))));
  const auto merged = of.merge();
  ASSERT_FALSE(merged.added);
  EXPECT_THAT(merged.added.error().message, HasSubstr("the part of worker 1 is of another"));
}

TEST(comparison_parts, that_were_joined_before_their_worker_began_anew_are_refused) {
  array of({.target_order = 7});
  of.fill(600);
  of.prepare(true);
  of.begin_all();
  of.run_all(worker_step::scan);
  ASSERT_TRUE(of.work(0, worker_step::join));
  // The host of worker 1 is lost, and its part with it.
  of.world.use_state("");
  of.begin(1);
  ASSERT_TRUE(of.work(1, worker_step::scan));
  ASSERT_TRUE(of.work(1, worker_step::join)) << "worker 0 has what it sent to worker 1";
  ASSERT_TRUE(of.work(2, worker_step::join));
  const auto merged = of.merge();
  ASSERT_FALSE(merged.finished);
  EXPECT_THAT(merged.finished.error().message, HasSubstr("begun its part anew"));
}

TEST(comparison_parts, merged_again_are_the_same_and_finished_when_they_were) {
  array of;
  of.fill(300);
  of.prepare();
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  const auto first = of.world.status().compared->progress;
  of.world.time.run_for(std::chrono::hours(1));
  ASSERT_TRUE(of.merge().added);
  const auto again = of.world.status().compared->progress;
  EXPECT_EQ(again.finished_ms, first.finished_ms);
  EXPECT_EQ(again, first);
}

TEST(comparison_parts, tell_that_they_are_no_whole) {
  array of;
  of.fill(300);
  of.prepare();
  of.begin_all();
  ASSERT_TRUE(of.work(1));
  const auto status = of.world.status();
  EXPECT_THAT(report::render_comparison(status),
              testing::AllOf(HasSubstr("this is the part of worker 1 of 3"),
                             testing::Not(HasSubstr("every key was compared"))));
}

/// Of everything some: workers, segments, orders, kills at any moment, parts that are lost.
void live_through(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto one_of = [&](std::uint64_t most) { return random() % most; };
  const bool other_order = one_of(2) == 0;
  const bool exchanges = other_order || one_of(2) == 0;
  const int items = static_cast<int>(300 * (1 + one_of(8)));
  const auto how_many = static_cast<std::int64_t>(1 + one_of(5));
  array of(
      {.segments = static_cast<std::uint32_t>(how_many + static_cast<std::int64_t>(one_of(30))),
       .memory_bytes_max = std::uint64_t{100'000} << one_of(6),
       .target_order = other_order ? 7U : 0U,
       .seed = seed},
      how_many);
  of.fill(items);
  const auto planted = of.plant(items);
  of.prepare(exchanges);
  of.begin_all();
  bool is_refused = false;
  const auto steps =
      exchanges ? std::vector{worker_step::scan, worker_step::join} : std::vector{worker_step::all};
  for (const auto step : steps) {
    for (std::int64_t worker = 0; worker < how_many; ++worker) {
      for (auto kills = one_of(6); kills > 0; --kills) {
        of.start(worker, step);
        const auto until = of.world.time.now() + milliseconds(one_of(1'500));
        of.world.time.run_until([&] { return of.world.ended() || of.world.time.now() >= until; });
        of.world.crash();
      }
      if (step != worker_step::join && one_of(4) == 0) {
        of.world.use_state("");
        of.begin(worker);  // its host is lost, with the part
      }
      ASSERT_TRUE(of.work(worker, step));
    }
  }
  if (exchanges && one_of(3) == 0) {
    const auto worker = static_cast<std::int64_t>(one_of(static_cast<std::uint64_t>(how_many)));
    of.world.use_state("");
    of.begin(worker);
    ASSERT_TRUE(of.work(worker, worker_step::scan));
    // What was sent to it is gone, unless it sent all itself.
    is_refused = how_many > 1;
    const auto joined = of.work(worker, worker_step::join);
    EXPECT_EQ(joined.has_value(), !is_refused);
  }
  const auto merged = of.merge();
  ASSERT_TRUE(merged.added);
  if (is_refused) {
    EXPECT_TRUE(!merged.finished || !merged.incomplete.empty());
    return;
  }
  ASSERT_TRUE(merged.finished) << merged.finished.error().message;
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(of.world.status().compared->keys(), items);
  EXPECT_EQ(of.world.status().compared->progress.segments_done,
            of.world.status().compared->progress.segments);
}

TEST(comparison_parts, live_through_seeds_of_trouble) {
  const auto* more = std::getenv("DDM_ARRAY_SEEDS");
  const std::uint64_t seeds = more == nullptr ? 25 : std::stoull(more);
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    live_through(seed);
  }
}

TEST(comparison_parts, merged_cure_gaps_from_before_they_were_prepared) {
  array of;
  of.fill(100);
  of.world.use_state(prepared);
  of.world.prepare();
  const auto gap = [&](const std::string& reason) {
    return state::gap_row{.stream_arn = "s",
                          .shard_id = "1",
                          .after_sequence = {},
                          .noticed = of.world.time.now(),
                          .reason = reason};
  };
  of.world.commit({.gaps = {gap("trimmed")}});
  of.world.time.run_for(std::chrono::seconds(1));
  of.prepare();
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  const auto gaps = of.world.committed().gaps;
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_TRUE(gaps.front().cured);
}

TEST(comparison_parts, are_taken_in_as_a_finished_comparison_that_began_when_it_was_prepared) {
  array of;
  of.fill(300);
  const auto planted = of.plant(300);
  of.world.use_state("whole.db");
  of.world.prepare();
  of.world.use_state("");
  ASSERT_TRUE(state::take_picture(of.world.path_of("whole.db"), of.world.path_of(prepared)));
  {
    const auto copy = of.open(prepared);
    ASSERT_TRUE(state::complete(begin_of_copy(*copy, "run", of.world.time.now())));
  }
  of.world.time.run_for(std::chrono::seconds(5));
  of.prepare();
  const auto begun = of.world.time.now();
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  of.world.use_state("");
  {
    const auto whole = of.open("whole.db");
    const auto merged = of.open("merged.db");
    const auto taken = state::complete(
        take_in(*whole, *merged,
                {.command = "compare", .schema = compare_world_options().schema, .now = begun}));
    ASSERT_TRUE(taken);
    EXPECT_FALSE(taken->of_another_state);
    EXPECT_TRUE(taken->ended_comparison);
    EXPECT_EQ(taken->lines, 3);
  }
  of.world.use_state("whole.db");
  of.world.prepare([](compare_settings& settings) { settings.comparer.as_it_is = true; });
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  const auto progress = of.world.status().compared->progress;
  EXPECT_TRUE(progress.finished());
  EXPECT_LE(progress.started(), begun);
}

TEST(comparison_parts, that_had_no_room_for_findings_add_up_what_was_only_counted) {
  array of;
  of.fill(3000);
  of.plant(3000);
  of.prepare();
  of.begin_all();
  for (std::int64_t worker = 0; worker < of.workers; ++worker) {
    of.world.use_state(array::name_of(worker));
    of.world.start([&](compare_settings& settings) {
      settings.comparer.share = {.worker = worker, .workers = of.workers};
      settings.findings.listed_max = 2;
    });
    ASSERT_TRUE(of.world.wait_for_end());
  }
  ASSERT_TRUE(of.merge().added);
  const auto status = of.world.status();
  EXPECT_EQ(status.compared->progress.candidates_unequal, 30);
  EXPECT_EQ(status.compared->progress.candidates_unlisted, 24);
  EXPECT_EQ(status.checks.failed, 30);
  EXPECT_EQ(status.unlisted_at_rest, 24);
  EXPECT_TRUE(std::ranges::any_of(of.world.committed().gaps, is_of_unlisted));
}

}  // namespace
}  // namespace ddm::monitor
