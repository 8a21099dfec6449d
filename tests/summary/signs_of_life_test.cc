#include "summary/signs_of_life.h"

#include "report/stored_status.h"
#include "state/store_testing.h"
#include "summary/facts_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::summary {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;

constexpr auto now = sample_time;

/// A run of the command that began an hour ago and said so long ago how it stands.
sign_of_life sign(const char* command, std::chrono::milliseconds age, bool held,
                  bool ended = false) {
  return sign_of(command, recorded_run{.started = now - 1h, .at = now - age, .ended = ended},
                 held ? std::optional(now - 1h - 1s) : std::nullopt, now)
      .value();
}

TEST(sign_of_life, goes_on_while_the_lock_is_held_and_the_last_word_is_of_the_last_minute) {
  EXPECT_TRUE(sign("monitor", 60s, true).goes_on);
  EXPECT_FALSE(sign("monitor", 60001ms, true).goes_on) << "it hangs";
  EXPECT_FALSE(sign("monitor", 1s, false).goes_on) << "it was killed";
  EXPECT_FALSE(sign("monitor", 1s, true, true).goes_on) << "it said that it has ended";
  EXPECT_FALSE(sign("monitor", -60001ms, true).goes_on) << "a clock was set";
}

TEST(sign_of_life, of_a_run_that_has_not_said_how_it_stands_is_its_beginning) {
  const recorded_run before{.started = now - 2h, .at = now - 1h, .ended = true};
  const auto begun = sign_of("monitor", before, now - 10s, now).value();
  EXPECT_TRUE(begun.goes_on);
  EXPECT_FALSE(begun.ended) << "that was the run before";
  EXPECT_EQ(begun.at, now - 10s);
  EXPECT_FALSE(sign_of("monitor", before, now - 61s, now)->goes_on) << "it hangs at its start";
  EXPECT_TRUE(sign_of("monitor", std::nullopt, now - 10s, now)->goes_on);
  EXPECT_FALSE(sign_of("monitor", std::nullopt, std::nullopt, now));
}

TEST(health_check, asks_the_monitor_that_hangs_and_not_the_compare_beside_it) {
  const std::vector signs{sign("monitor", 10min, true), sign("compare", 1s, true)};
  EXPECT_EQ(asked_of(signs)->command, "monitor");
  EXPECT_FALSE(asked_of(signs)->goes_on);
}

TEST(health_check, asks_the_monitor_that_was_killed_and_not_the_compare_beside_it) {
  const std::vector signs{sign("monitor", 1s, false), sign("compare", 1s, true)};
  EXPECT_EQ(asked_of(signs)->command, "monitor");
  EXPECT_FALSE(asked_of(signs)->goes_on);
}

TEST(health_check, asks_a_monitor_that_works_whatever_became_of_a_compare) {
  const std::vector signs{sign("monitor", 1s, true), sign("compare", 10min, false)};
  EXPECT_TRUE(asked_of(signs)->goes_on);
}

TEST(health_check, asks_a_compare_where_no_monitor_was_started_or_the_last_one_has_ended) {
  EXPECT_TRUE(asked_of(std::vector{sign("compare", 1s, true)})->goes_on);
  const std::vector signs{sign("monitor", 1h, false, true), sign("compare", 1s, true)};
  EXPECT_EQ(asked_of(signs)->command, "compare");
  EXPECT_TRUE(asked_of(signs)->goes_on);
}

TEST(health_check, where_all_have_ended_names_the_monitor) {
  const std::vector signs{sign("monitor", 1h, false, true), sign("compare", 1h, false, true)};
  EXPECT_EQ(asked_of(signs)->command, "monitor");
  EXPECT_EQ(asked_of({}), nullptr);
}

/// What the state at `path` says of who works on it.
std::vector<sign_of_life> must_read(const std::string& path, wall_time at) {
  auto found = state::complete(signs_of_life(path, [at] { return at; }));
  EXPECT_TRUE(found) << (found ? "" : found.error().describe());
  return found ? *std::move(found) : std::vector<sign_of_life>();
}

TEST(signs_of_life, of_a_state_are_those_of_its_runs_and_of_the_locks_on_it) {
  const state::temporary_directory folder;
  const auto path = folder / "s.db";
  auto store = state::must_open(path);
  const auto taken = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  EXPECT_THAT(must_read(path, taken), ElementsAre(Field(&sign_of_life::goes_on, true)))
      << "it has just begun";

  auto status = facts_at_go().stored.runs.front().status;
  status.about.started = taken + 1h;
  status.at = taken + 2h;
  state::commit_batch batch;
  batch.values = {{report::stored_status_name("monitor"), report::encode_figures(status)}};
  ASSERT_TRUE(state::complete(store->commit(std::move(batch))));
  EXPECT_THAT(must_read(path, taken + 2h), ElementsAre(Field(&sign_of_life::goes_on, true)));
  EXPECT_THAT(must_read(path, taken + 3h), ElementsAre(Field(&sign_of_life::goes_on, false)));

  store.reset();
  EXPECT_THAT(must_read(path, taken + 2h), ElementsAre(Field(&sign_of_life::held, false)));
}

}  // namespace
}  // namespace ddm::summary
