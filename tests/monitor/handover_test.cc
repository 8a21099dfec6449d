// What one command did to its copy of a state, taken in by another one: once, and exactly.
#include "monitor/handover.h"

#include "compare/comparison_progress.h"
#include "monitor/opened_state.h"
#include "monitor/unlisted_findings.h"
#include "state/picture.h"
#include "state/store_testing.h"
#include "verify/finding_book.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using compare::comparison_progress;
using state::complete;

const dynamodb::key_schema by_pk{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                 .sort = {}};
const wall_time began = from_ms(1'700'000'000'000);

/// A state of its own, as a host has it.
class one_host {
 public:
  explicit one_host(const std::string& path)
      : path_(path), store_(*state::open_sqlite_store({.path = path, .command = "monitor"})) {}

  [[nodiscard]] state::state_store& store() { return *store_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  void commit(state::commit_batch batch) {
    const auto done = complete(store_->commit(std::move(batch)));
    if (!done) {
      throw std::runtime_error(done.error().message);
    }
  }
  [[nodiscard]] state::snapshot now() { return *complete(store_->load(100)); }

 private:
  std::string path_;
  std::unique_ptr<state::state_store> store_;
};

class handovers : public testing::Test {
 protected:
  handovers() : monitor_(place_ / "monitor.db") {
    const auto opened =
        complete(open_state(monitor_.store(), new_identity("a", "b", "source_to_target"), "", 100));
    secret_ = opened->identity.secret;
    state::commit_batch settings;
    save(period_settings{.sample_rate = 1, .ignored = "", .max_lag_ms = 1000}, settings);
    monitor_.commit(std::move(settings));
  }

  /// A copy of the monitor's state, from which a command begins.
  [[nodiscard]] one_host begun(const std::string& run, std::optional<wall_time> base = began) {
    const auto path = place_ / (run + ".db");
    if (const auto taken = state::take_picture(monitor_.path(), path); !taken) {
      throw std::runtime_error(taken.error().message);
    }
    one_host made(path);
    state::commit_batch batch;
    save(handover{.run = run, .lines = made.now().finding_lines, .base = base}, batch);
    made.commit(std::move(batch));
    return made;
  }
  [[nodiscard]] verify::mismatch finding(int number, wall_time confirmed, bool open = true) const {
    const auto json = fmt::format(R"({{"pk":{{"S":"k{}"}}}})", number);
    verify::mismatch entry;
    entry.key = *dynamodb::key_of(json, by_pk, secret_);
    entry.kind = verify::mismatch_kind::missing;
    entry.open = open;
    entry.ignored = std::vector<std::string>{};
    entry.confirmed_at = confirmed;
    return entry;
  }
  void confirm(one_host& at, const verify::mismatch& entry) {
    at.commit({.mismatches = {{.key_hash = entry.key.hash.bytes(),
                               .open = entry.open,
                               .confirmed_ms = to_ms(entry.confirmed_at),
                               .body = verify::encode_mismatch(entry)}},
               .finding_lines = {verify::finding_line(entry, {})}});
  }
  static comparison_progress progress(wall_time started) {
    return {.started_ms = to_ms(started),
            .segments = 1,
            .segments_done = 1,
            .parts = 1,
            .parts_joined = 1,
            .epoch = 1};
  }
  static void save_progress(one_host& at, comparison_progress of, bool finished) {
    of.finished_ms = finished ? of.started_ms + 60'000 : 0;
    state::commit_batch batch;
    of.save("compare", batch.numbers, batch.values);
    at.commit(std::move(batch));
  }
  [[nodiscard]] taken_in take(one_host& from, const std::string& command = "compare") {
    const auto taken = complete(take_in(monitor_.store(), from.store(),
                                        {.command = command, .schema = by_pk, .now = began + 1h}));
    if (!taken) {
      throw std::runtime_error(taken.error().message);
    }
    return *taken;
  }
  [[nodiscard]] comparison_progress known() {
    const auto now = monitor_.now();
    return comparison_progress::load("compare", now.numbers, now.values);
  }

  state::temporary_directory place_;
  one_host monitor_;
  dynamodb::digest_secret secret_{};
};

TEST_F(handovers, bring_findings_and_the_end_of_a_comparison_once) {
  confirm(monitor_, finding(1, began));
  auto compare = begun("run1");
  confirm(compare, finding(2, began + 1min));
  confirm(compare, finding(1, began, false));
  save_progress(compare, progress(began + 10s), true);
  const auto taken = take(compare);
  EXPECT_EQ(taken.lines, 2);
  EXPECT_TRUE(taken.ended_comparison);
  const auto now = monitor_.now();
  EXPECT_EQ(now.open_mismatches_total, 1);
  EXPECT_EQ(now.open_mismatches[0].key_hash, finding(2, began).key.hash.bytes());
  EXPECT_EQ(now.finding_lines, 3);
  EXPECT_TRUE(known().finished());
  const auto again = take(compare);
  EXPECT_EQ(again.lines, 0);
  EXPECT_FALSE(again.ended_comparison);
  EXPECT_EQ(monitor_.now().finding_lines, 3);
}

TEST_F(handovers, of_more_lines_than_one_commit_takes_bring_each_once) {
  auto compare = begun("run1");
  for (int i = 0; i < 1203; ++i) {
    confirm(compare, finding(i, began + 1min));
  }
  EXPECT_EQ(take(compare).lines, 1203);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 1203);
  EXPECT_EQ(monitor_.now().finding_lines, 1203);
  EXPECT_EQ(take(compare).lines, 0);
}

TEST_F(handovers, of_a_comparison_that_goes_on_bring_what_it_has_found_and_no_end) {
  auto compare = begun("run1");
  confirm(compare, finding(2, began + 1min));
  save_progress(compare, progress(began), false);
  EXPECT_EQ(take(compare).lines, 1);
  EXPECT_FALSE(known().begun());
  confirm(compare, finding(3, began + 2min));
  save_progress(compare, progress(began), true);
  const auto taken = take(compare);
  EXPECT_EQ(taken.lines, 1);
  EXPECT_TRUE(taken.ended_comparison);
}

TEST_F(handovers, into_an_older_copy_are_taken_in_again_and_only_there) {
  auto compare = begun("run1");
  confirm(compare, finding(2, began + 1min));
  save_progress(compare, progress(began), true);
  auto older = begun("not used");  // a copy of the monitor's state from before it took that in
  EXPECT_EQ(take(compare).lines, 1);
  const auto again = complete(take_in(older.store(), compare.store(),
                                      {.command = "compare", .schema = by_pk, .now = began + 1h}));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lines, 1);
  EXPECT_EQ(older.now().open_mismatches_total, 1);
}

TEST_F(handovers, of_another_state_bring_nothing) {
  one_host other(place_ / "other.db");
  ASSERT_TRUE(
      complete(open_state(other.store(), new_identity("a", "b", "source_to_target"), "", 100)));
  state::commit_batch batch;
  save(handover{.run = "run9"}, batch);
  other.commit(std::move(batch));
  confirm(other, finding(2, began));
  save_progress(other, progress(began), true);
  const auto taken = take(other);
  EXPECT_TRUE(taken.of_another_state);
  EXPECT_EQ(taken.lines, 0);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_FALSE(known().finished());
}

TEST_F(handovers, heal_nothing_that_was_confirmed_anew_since) {
  confirm(monitor_, finding(1, began));
  auto compare = begun("run1");
  confirm(compare, finding(1, began, false));
  confirm(monitor_, finding(1, began + 30s));
  EXPECT_EQ(take(compare).lines, 1);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 1);
}

TEST_F(handovers, put_no_older_confirmation_in_the_place_of_a_newer_one) {
  auto compare = begun("run1");
  auto seen = finding(1, began + 1min);
  seen.ignored = std::vector<std::string>{};
  confirm(compare, seen);
  auto newer = finding(1, began + 2min);
  newer.ignored = std::vector<std::string>{"note"};
  confirm(monitor_, newer);
  EXPECT_EQ(take(compare).lines, 1);
  const auto row = monitor_.now().open_mismatches.at(0);
  EXPECT_EQ(row.confirmed_ms, to_ms(began + 2min));
  // And it heals only for who looks at what the comparison looked at.
  EXPECT_THAT(*verify::decode_mismatch(row)->ignored, testing::IsEmpty());
}

TEST_F(handovers, cure_the_gaps_that_the_comparison_began_with_and_no_others) {
  const auto gap = [](wall_time noticed) {
    return state::gap_row{.stream_arn = "s",
                          .shard_id = "1",
                          .after_sequence = "7",
                          .noticed = noticed,
                          .reason = "trimmed"};
  };
  monitor_.commit({.gaps = {gap(began - 1min)}});
  auto compare = begun("run1");
  // Its host's clock is an hour fast.
  const auto of = progress(began + 1h);
  save_progress(compare, of, true);
  compare.commit({.gaps_cured_before = of.started()});
  monitor_.commit({.gaps = {gap(began + 5min)}});
  EXPECT_TRUE(take(compare).ended_comparison);
  const auto gaps = monitor_.now().gaps;
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_TRUE(gaps[0].cured);
  EXPECT_FALSE(gaps[1].cured);
  EXPECT_EQ(known().started(), began);
}

TEST_F(handovers, of_a_comparison_with_an_export_cure_no_gap) {
  monitor_.commit({.gaps = {{.stream_arn = "s",
                             .shard_id = "1",
                             .after_sequence = "7",
                             .noticed = began - 1min,
                             .reason = "trimmed"}}});
  auto compare = begun("run1");
  auto of = progress(began + 1min);
  of.as_of_ms = to_ms(began + 30s);
  of.export_arn = "arn:e";
  save_progress(compare, of, true);
  EXPECT_TRUE(take(compare).ended_comparison);
  ASSERT_EQ(monitor_.now().gaps.size(), 1U);
  EXPECT_FALSE(monitor_.now().gaps[0].cured);
  EXPECT_EQ(known().export_arn, "arn:e");
  EXPECT_EQ(known().as_of(), began + 30s);
}

TEST_F(handovers, bring_what_the_comparison_has_only_counted_with_its_gap) {
  auto compare = begun("run1");
  const auto of = progress(began);
  save_progress(compare, of, true);
  compare.commit({.gaps_extended = {{.noticed = began + 10s,
                                     .reason = std::string(unlisted_reason("compare"))}},
                  .numbers = {{unlisted_prefix("compare") + "missing", 5}}});
  (void)take(compare);
  const auto now = monitor_.now();
  EXPECT_EQ(now.numbers.at(unlisted_prefix("compare") + "missing"), 5);
  ASSERT_EQ(now.gaps.size(), 1U);
  EXPECT_FALSE(now.gaps[0].cured);
  EXPECT_EQ(now.gaps[0].noticed, began + 1h);
}

TEST_F(handovers, of_a_repair_bring_findings_and_no_comparison) {
  confirm(monitor_, finding(1, began));
  auto compare = begun("run1");
  save_progress(compare, progress(began), true);
  auto repair = begun("run2");
  save_progress(repair, progress(began), true);  // of another one that it had taken in
  confirm(repair, finding(1, began, false));
  EXPECT_EQ(take(repair, "repair").lines, 1);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_FALSE(known().finished());
}

/// The comparison's end was in no copy of the monitor's yet when the repair began.
TEST_F(handovers, of_a_repair_tell_nothing_again_that_the_comparison_told) {
  auto compare = begun("run1");
  auto repair = begun("run2");
  confirm(compare, finding(1, began));
  EXPECT_EQ(take(compare).lines, 1);
  ASSERT_TRUE(complete(take_in(repair.store(), compare.store(),
                               {.command = "compare", .schema = by_pk, .now = began + 1min})));
  confirm(repair, finding(1, began, false));
  EXPECT_EQ(take(repair, "repair").lines, 1);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_EQ(monitor_.now().finding_lines, 2);
}

TEST_F(handovers, reopen_nothing_that_has_healed_since_it_was_told) {
  auto repair = begun("run1");
  confirm(repair, finding(1, began));
  // What the repair took over of a comparison, the monitor has taken in from there, and healed.
  confirm(monitor_, finding(1, began));
  confirm(monitor_, finding(1, began, false));
  EXPECT_EQ(take(repair, "repair").lines, 0);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_EQ(monitor_.now().finding_lines, 2);
}

TEST_F(handovers, open_no_row_without_a_line_that_tells_of_it) {
  auto repair = begun("run1");
  confirm(repair, finding(1, began));
  confirm(monitor_, finding(1, began));
  confirm(monitor_, finding(1, began, false));
  // It was seen wrong once more there, which is no line of its own.
  auto again = finding(1, began + 1min);
  repair.commit({.mismatches = {{.key_hash = again.key.hash.bytes(),
                                 .open = true,
                                 .confirmed_ms = to_ms(again.confirmed_at),
                                 .body = verify::encode_mismatch(again)}}});
  EXPECT_EQ(take(repair, "repair").lines, 1);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 1);
  const auto lines = complete(monitor_.store().finding_lines(2, 10));
  ASSERT_EQ(lines->size(), 1);
  EXPECT_TRUE(verify::told_in(lines->front(), by_pk, secret_)->open);
}

TEST_F(handovers, heal_nothing_by_a_clock_that_is_ahead) {
  auto compare = begun("run1");
  const auto their_clock = began + 10min;
  confirm(compare, finding(1, their_clock));
  confirm(compare, finding(1, their_clock, false));
  confirm(monitor_, finding(1, began + 1min));  // later than that, in truth
  EXPECT_EQ(take(compare).lines, 2);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 1);
}

TEST_F(handovers, reopen_nothing_whatever_confirmed_it_here_since) {
  confirm(monitor_, finding(1, began));
  auto repair = begun("run1");
  confirm(repair, finding(1, began));  // taken over once more, as the comparison told it
  confirm(monitor_, finding(1, began + 1min));
  confirm(monitor_, finding(1, began + 1min, false));
  EXPECT_EQ(take(repair, "repair").lines, 0);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_EQ(monitor_.now().finding_lines, 3);
}

TEST_F(handovers, heal_what_was_known_by_a_clock_that_is_behind) {
  confirm(monitor_, finding(1, began - 1min));
  auto compare = begun("run1");
  const auto their_clock = began - 10min;
  confirm(compare, finding(1, their_clock));
  confirm(compare, finding(1, their_clock, false));
  EXPECT_EQ(take(compare).lines, 2);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
}

TEST_F(handovers, tell_of_a_key_in_each_of_several_commits) {
  constexpr int keys = 700;  // more than one commit takes
  auto repair = begun("run1");
  for (const bool open : {true, false}) {
    for (int number = 0; number < keys; ++number) {
      confirm(repair, finding(number, began, open));
    }
  }
  EXPECT_EQ(take(repair, "repair").lines, 2 * keys);
  EXPECT_EQ(monitor_.now().finding_lines, 2 * keys);
  EXPECT_EQ(monitor_.now().open_mismatches_total, 0);
  EXPECT_EQ(take(repair, "repair").lines, 0);
}

TEST_F(handovers, that_a_state_has_begun_from_are_known_to_it) {
  auto compare = begun("run1", std::nullopt);
  confirm(compare, finding(2, began));
  const auto path = place_ / "clone.db";
  ASSERT_TRUE(state::take_picture(compare.path(), path));
  one_host clone(path);
  ASSERT_TRUE(complete(note_taken_in(clone.store(), "compare")));
  confirm(compare, finding(3, began + 1min));
  const auto taken = complete(take_in(clone.store(), compare.store(),
                                      {.command = "compare", .schema = by_pk, .now = began + 1h}));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->lines, 1);
  EXPECT_EQ(clone.now().open_mismatches_total, 2);
}

}  // namespace
}  // namespace ddm::monitor
