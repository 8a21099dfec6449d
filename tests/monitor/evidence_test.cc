#include "monitor/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using compare::comparison_progress;
using testing::HasSubstr;
using testing::Optional;
using verify::coverage;

const coverage everything = coverage::of(1, "");
const coverage one_in_100 = coverage::of(100, "");
constexpr wall_time start{1'000'000s};

comparison_progress finished(std::int64_t epoch, const coverage& with = everything,
                             wall_time began = start) {
  return {.started_ms = to_ms(began),
          .finished_ms = to_ms(began + 1min),
          .segments = 1,
          .sample_rate = static_cast<std::int64_t>(with.sample_rate),
          .segments_done = 1,
          .parts = 1,
          .parts_joined = 1,
          .epoch = epoch,
          .ignored = verify::join_patterns(with.ignored)};
}

state::snapshot saved(evidence_book& book, const comparison_progress& comparison = {}) {
  state::commit_batch batch;
  book.save(batch);
  comparison.save("monitor", batch.numbers, batch.values);
  state::snapshot state;
  state.numbers = batch.numbers;
  state.values = batch.values;
  return state;
}

evidence_book begun(const coverage& changes, const coverage& next = everything) {
  evidence_book book(changes, next, {});
  book.on_stream_begun();
  return book;
}

TEST(evidence, of_a_comparison_that_began_before_the_stream_is_none) {
  evidence_book book(everything, everything, {});
  EXPECT_EQ(book.epoch(), 0);
  book.on_finished(finished(0));
  EXPECT_FALSE(book.stands_on({}));
  book.on_stream_begun();
  EXPECT_FALSE(book.stands_on({}));
  EXPECT_THAT(book.needs_another({}, {}), Optional(HasSubstr("none has been made")));
  book.on_finished(finished(book.epoch()));
  ASSERT_TRUE(book.stands_on({}));
  EXPECT_FALSE(book.needs_another({}, {}));
}

TEST(evidence, of_what_changes_are_checked_with_is_written_once) {
  auto book = begun(everything);
  state::commit_batch first;
  book.save(first);
  EXPECT_FALSE(first.empty());
  state::commit_batch next;
  book.save(next);
  EXPECT_TRUE(next.empty());
}

TEST(evidence, is_the_weakest_of_what_changes_were_checked_with_since_the_comparison_began) {
  auto first = begun(one_in_100);
  evidence_book book(everything, everything, saved(first, finished(1)));
  ASSERT_TRUE(book.stands_on({}));
  EXPECT_EQ(book.stands_on({})->weakest(), one_in_100) << "though every key is checked now";
  EXPECT_THAT(book.needs_another({}, {}), Optional(HasSubstr("fewer keys or attributes than now")));
  EXPECT_FALSE(book.is_current(1));
  EXPECT_TRUE(book.is_current(2));
  book.on_finished(finished(book.epoch(), everything, start + 1h));
  EXPECT_EQ(book.stands_on({})->weakest(), everything);
  EXPECT_FALSE(book.needs_another({}, {}));
}

TEST(evidence, attributes_that_were_ignored_then_belong_to_it) {
  auto first = begun(coverage::of(1, "v"), coverage::of(1, "v"));
  evidence_book book(everything, everything, saved(first, finished(1, coverage::of(1, "v"))));
  EXPECT_EQ(book.stands_on({})->weakest(), coverage::of(1, "v"));
  EXPECT_TRUE(book.needs_another({}, {}));
}

TEST(evidence, looser_settings_weaken_it_and_ask_for_nothing) {
  auto first = begun(everything);
  evidence_book book(one_in_100, everything, saved(first, finished(1)));
  EXPECT_EQ(book.stands_on({})->weakest(), one_in_100);
  EXPECT_FALSE(book.needs_another({}, {}));
}

TEST(evidence, a_weaker_comparison_takes_nothing_from_a_stronger_one) {
  auto book = begun(everything);
  book.on_finished(finished(1));
  book.on_finished(finished(1, coverage::of(1000, ""), start + 1h));
  EXPECT_EQ(book.stands_on({})->weakest(), everything);
}

TEST(evidence, a_comparison_of_a_frozen_source_speaks_for_every_key_by_itself) {
  auto book = begun(one_in_100);
  freeze_facts freeze{.at = start, .now = start + 2min, .max_lag = 60s};
  book.on_finished(finished(1, everything, start + 59s));
  EXPECT_EQ(book.stands_on(freeze)->weakest(), one_in_100) << "not all had to have arrived";
  EXPECT_FALSE(book.needs_another({}, freeze)) << "a sampled GO was all that was asked for";
  freeze.plain_go_wanted = true;
  EXPECT_THAT(book.needs_another({}, freeze), Optional(HasSubstr("frozen")));
  book.on_finished(finished(1, everything, start + 61s));
  EXPECT_EQ(book.stands_on(freeze)->weakest(), everything);
  EXPECT_FALSE(book.needs_another({}, freeze));
  freeze.writes_after = 1;
  EXPECT_EQ(book.stands_on(freeze)->weakest(), one_in_100);
}

TEST(evidence, a_gap_needs_another_comparison_if_that_would_look_at_enough) {
  const std::vector<state::gap_row> gaps{{.shard_id = "s", .noticed = start}};
  const freeze_facts now{.now = start + 1h};
  auto book = begun(everything);
  book.on_finished(finished(1));
  EXPECT_TRUE(book.needs_another(gaps, now));
  auto weak = begun(everything, one_in_100);
  weak.on_finished(finished(1, one_in_100));
  EXPECT_FALSE(weak.needs_another(gaps, now)) << "it would cure nothing, again and again";
}

TEST(evidence, of_a_comparison_that_began_while_the_state_moved_on_is_that_of_its_begin) {
  auto first = begun(one_in_100);
  const auto before = saved(first);
  evidence_book second(everything, everything, before);
  second.on_stream_begun();
  const auto now = saved(second);
  EXPECT_EQ(epoch_at_begin(0, now), 0) << "no change was checked then";
  EXPECT_EQ(epoch_at_begin(evidence_book::epoch_of(before), now), 1);
  EXPECT_EQ(epoch_at_begin(2, before), 0) << "the monitor has begun anew";
}

TEST(evidence, a_damaged_log_trusts_no_comparison) {
  state::snapshot state;
  finished(1).save("monitor", state.numbers, state.values);
  state.values["coverage.log"] = "1 x";
  evidence_book book(everything, everything, state);
  book.on_stream_begun();
  EXPECT_FALSE(book.stands_on({}));
}

/// Each comparison that is asked for is made; how many until none is.
int comparisons_made(evidence_book& book, const coverage& next) {
  for (int made = 0; made < 10; ++made) {
    if (!book.needs_another({}, {})) {
      return made;
    }
    book.on_finished(finished(book.epoch(), next, start + 1h + made * 1min));
  }
  return 10;
}

TEST(evidence, comparisons_that_cannot_say_more_are_not_made_again_and_again) {
  // Of fewer keys than an earlier one, while changes are checked of more than before.
  auto first = begun(coverage::of(10, ""));
  evidence_book denser(everything, one_in_100, saved(first, finished(1)));
  EXPECT_LE(comparisons_made(denser, one_in_100), 1);
  EXPECT_EQ(denser.stands_on({})->weakest(), coverage::of(10, ""));
  // Of fewer keys than one that ignored something else.
  const auto without_x = coverage::of(1, "x");
  const auto sampled_without_x = coverage::of(100, "x");
  auto second = begun(without_x, sampled_without_x);
  evidence_book other(without_x, sampled_without_x,
                      saved(second, finished(1, coverage::of(1, "y"))));
  EXPECT_EQ(comparisons_made(other, sampled_without_x), 1);
  EXPECT_EQ(other.stands_on({})->weakest(), sampled_without_x)
      << "which leaves out nothing that is asked for now";
}

TEST(evidence, a_gap_that_a_fast_clock_noticed_begins_no_comparison_after_the_other) {
  auto book = begun(one_in_100);
  book.on_finished(finished(1, everything, start + 5min));
  const freeze_facts freeze{.at = start,
                            .now = start + 10min,
                            .max_lag = 60s,
                            .plain_go_wanted = true,
                            .settling_missed = true,
                            .last_gap = start + 1h};
  EXPECT_FALSE(book.needs_another({}, freeze)) << "it would suffice no more than the last one";
}

}  // namespace
}  // namespace ddm::monitor
