// One comparison by several workers: each share once, kills that repeat one pair, and a result as
// from one process.
#include "monitor/comparison_parts.h"

#include "monitor/comparison_array.h"
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
#include <string>
#include <vector>

namespace ddm::monitor {
namespace {

using compare::worker_share;
using compare::worker_step;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST(comparison_parts, of_two_processes_that_went_on_from_one_copy_each_write_a_log_of_their_own) {
  array of({.target_order = 7});
  of.fill(600);
  of.prepare(true);
  of.begin(0);
  const auto copy = of.world.path_of("copy.db");
  const auto own = of.world.path_of(array::name_of(0));
  of.world.use_state("");
  ASSERT_TRUE(state::take_picture(own, copy));
  for (int process = 1; process <= 2; ++process) {
    of.start(0, worker_step::scan);
    of.world.time.run_until([&] { return of.world.status().compared->progress.segments_done > 0; });
    of.world.crash();
    std::size_t logs = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(of.exchange_folder())) {
      logs += entry.path().extension() == ".log" ? 1 : 0;
    }
    EXPECT_EQ(logs, process);
    of.world.use_state("");  // what the first one has done reached no other host
    state::remove_picture(own);
    ASSERT_TRUE(state::take_picture(copy, own));
  }
}

awaitable<result<void>> lost() { co_return fail(error_class::fatal, "another one has it"); }

TEST(comparison_parts, that_are_joined_keep_what_they_joined_until_another_host_knows) {
  array of({.target_order = 7});
  of.fill(300);
  of.prepare(true);
  of.begin_all();
  of.run_all(worker_step::scan);
  const auto received = [&] {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(of.exchange_folder())) {
      files += entry.path().string().ends_with("-to-0000.leftovers") ? 1 : 0;
    }
    return files;
  };
  of.world.keep = lost;
  const auto ended = of.work(0, worker_step::join);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "another one has it");
  EXPECT_EQ(received(), of.workers);
  of.world.keep = {};
  ASSERT_TRUE(of.work(1, worker_step::join));
  ASSERT_TRUE(of.work(2, worker_step::join));
  ASSERT_TRUE(of.merge().added) << "it was committed";
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
  of.prepare_for_whole(std::chrono::seconds(5));
  const auto begun = of.world.time.now();
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  const auto taken = of.take_into_whole();
  EXPECT_FALSE(taken.of_another_state);
  EXPECT_TRUE(taken.ended_comparison);
  EXPECT_EQ(taken.lines, 3);
  of.world.use_state("whole.db");
  of.world.prepare([](compare_settings& settings) { settings.comparer.as_it_is = true; });
  EXPECT_THAT(of.world.findings(), ElementsAreArray(planted));
  const auto progress = of.world.status().compared->progress;
  EXPECT_TRUE(progress.finished());
  EXPECT_LE(progress.started(), begun);
}

TEST(comparison_parts, that_were_taken_in_are_known_whatever_is_compared_since) {
  array of;
  of.fill(300);
  of.prepare_for_whole(milliseconds{0});
  of.begin_all();
  of.run_all();
  ASSERT_TRUE(of.merge().added);
  const auto array_id = of.world.status().compared->progress.array_id;
  const auto take = [&] { return of.take_into_whole(); };
  const auto all = [&] {
    of.world.use_state("");
    return *state::complete(all_of(*of.open("whole.db")));
  };
  EXPECT_FALSE(is_array_taken_in(all().values, array_id));
  EXPECT_FALSE(take().newer_known);
  EXPECT_TRUE(is_array_taken_in(all().values, array_id));
  of.world.time.run_for(std::chrono::seconds(5));
  of.world.use_state("whole.db");
  of.world.start([](compare_settings& settings) { settings.fresh = true; });
  ASSERT_TRUE(of.world.wait_for_end());
  const auto newer = comparison_in(all());
  EXPECT_TRUE(is_array_taken_in(all().values, array_id));
  EXPECT_FALSE(is_array_taken_in(all().values, array_id + 1));
  EXPECT_TRUE(take().newer_known);
  EXPECT_EQ(comparison_in(all()), newer) << "an array that is merged late is not the last one";
  of.world.time.run_for(std::chrono::seconds(5));
  of.world.use_state("whole.db");
  of.world.start([](compare_settings& settings) {
    settings.fresh = true;
    settings.comparer.sample_rate = 10;
  });
  ASSERT_TRUE(of.world.wait_for_end());
  EXPECT_FALSE(take().newer_known) << "a sample says less";
  EXPECT_EQ(comparison_in(all()).array_id, array_id);
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
