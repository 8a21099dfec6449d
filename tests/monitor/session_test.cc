// The order in which a session asks its parts, with parts that only write down when they are asked.
#include "monitor/session.h"

#include "report/stored_status.h"
#include "state/store_testing.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using diary = std::vector<std::string>;

class noting final : public session_part {
 public:
  noting(std::string name, diary& notes, clock& time)
      : name_(std::move(name)), notes_(notes), time_(time) {}

  void start(task_group& /*tasks*/) override { note("start"); }
  void stop() override { note("stop"); }
  awaitable<void> join() override {
    note("join");
    co_return;
  }
  void finish() override { note("finish"); }
  awaitable<result<void>> hear_out() override {
    note("hear_out");
    co_return result<void>{};
  }
  awaitable<result<void>> make_durable() override {
    note("make_durable");
    co_await time_.sleep_for(1ms);
    co_return durable;
  }
  void collect(state::commit_batch& batch) override {
    note("collect");
    batch.numbers[name_] = ++collected_;
  }
  void on_committed() override { note("committed"); }
  awaitable<result<void>> refill() override {
    note("refill");
    co_return refilled;
  }
  void tell(report::status& now) const override { now.troubles.push_back(name_); }

  result<void> durable;
  result<void> refilled;

 private:
  void note(const std::string& what) { notes_.push_back(name_ + " " + what); }

  std::string name_;
  diary& notes_;
  clock& time_;
  int collected_ = 0;
};

class sessions : public testing::Test {
 protected:
  sessions() { run_.consist_of({&a_, &b_}); }

  static std::unique_ptr<state::state_store> open(const std::string& path) {
    auto opened =
        state::open_sqlite_store({.path = path, .command = "monitor", .own_thread = false});
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
  }
  /// Ends by itself after so long.
  result<void> run_for(milliseconds time) {
    return time_.run(run_.run([this, time] { return over_after(time); }));
  }
  awaitable<void> over_after(milliseconds time) {
    co_await run_.may_be_over().wait_until(time_, time_.now() + time);
  }
  [[nodiscard]] std::map<std::string, std::int64_t> committed() {
    return time_.run(store_->load(1))->numbers;
  }
  [[nodiscard]] result<report::status> recorded() {
    return report::decode_figures(time_.run(store_->load(1))->values["status.monitor"]);
  }

  state::temporary_directory place_;
  support::simulated_clock time_;
  std::unique_ptr<state::state_store> store_ = open(place_ / "s.db");
  diary notes_;
  noting a_{"a", notes_, time_};
  noting b_{"b", notes_, time_};
  session run_{
      {.commit_interval = 1s, .stats_interval = 30s},
      {.executor = time_.executor(), .time = time_, .store = *store_, .command = "monitor"}};
};

TEST_F(sessions, that_are_over_at_once_end_in_reverse_order_with_a_last_commit) {
  ASSERT_TRUE(run_for(0s));
  EXPECT_THAT(notes_, ElementsAre("a start", "b start", "b stop", "a stop", "b join", "a join",
                                  "a finish", "b finish", "a make_durable", "b make_durable",
                                  "a collect", "b collect", "a committed", "b committed",
                                  "a hear_out", "b hear_out", "a make_durable", "b make_durable",
                                  "a collect", "b collect", "a committed", "b committed"));
  EXPECT_TRUE(run_.status().ended);
}

TEST_F(sessions, collect_from_all_parts_for_one_commit_and_refill_after_it) {
  ASSERT_TRUE(run_for(1500ms));
  const diary regular(notes_.begin() + 2, notes_.begin() + 10);
  EXPECT_THAT(regular, ElementsAre("a make_durable", "b make_durable", "a collect", "b collect",
                                   "a committed", "b committed", "a refill", "b refill"));
  EXPECT_EQ(committed()["a"], 3);
  EXPECT_EQ(committed()["b"], 3);
  EXPECT_EQ(run_.commits_begun(), 3) << "by which others see that a row may have changed";
}

TEST_F(sessions, record_their_status_at_intervals_and_at_the_end) {
  const auto began = time_.now();
  std::vector<milliseconds> recorded_after;
  const auto look = [&](bool ended) {
    const auto status = recorded();
    ASSERT_TRUE(status) << status.error().describe();
    EXPECT_EQ(status->ended, ended);
    recorded_after.push_back(status->at - began);
  };
  task_group running(time_.executor());
  running.spawn([](session& run, awaitable<void> over) -> awaitable<void> {
    (void)co_await run.run([&over] { return std::move(over); });
  }(run_, over_after(1h)));
  for (const auto step : {5s, 20s, 10s}) {
    time_.run_for(step);
    look(false);
  }
  run_.request_stop();
  time_.run_for(1s);
  look(true);
  EXPECT_THAT(recorded_after, ElementsAre(1002ms, 1002ms, 31062ms, 35004ms));
}

TEST_F(sessions, that_fail_to_refill_end_with_that_and_commit_all_the_same) {
  b_.refilled = fail(error_class::fatal, "the row is damaged");
  const auto ended = run_for(1h);
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, HasSubstr("the row is damaged"));
  EXPECT_EQ(committed()["a"], 3);
  EXPECT_THAT(run_.status().troubles,
              ElementsAre("the run has failed: the row is damaged", "a", "b"));
}

TEST_F(sessions, collect_nothing_that_is_not_durable) {
  a_.durable = fail(error_class::fatal, "the disk is full");
  const auto ended = run_for(1h);
  ASSERT_FALSE(ended);
  EXPECT_THAT(committed(), IsEmpty());
}

TEST_F(sessions, that_are_abandoned_commit_nothing_more) {
  run_.abandon();
  const auto ended = run_for(1h);
  ASSERT_FALSE(ended) << "as a success it would let what waits for it go on";
  EXPECT_EQ(ended.error().kind, error_class::cancelled);
  EXPECT_THAT(committed(), IsEmpty());
}

TEST_F(sessions, whose_end_comes_later_record_it_with_its_verdict) {
  ASSERT_TRUE(run_for(0s));
  const error failure{.kind = error_class::fatal, .message = "the report could not be written"};
  ASSERT_TRUE(time_.run(run_.record_end(failure)));
  const auto status = recorded();
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->ended);
  EXPECT_THAT(status->failure, HasSubstr("the report could not be written"));
  EXPECT_FALSE(status->verdict.reasons.empty()) << "why it is no GO";
}

TEST_F(sessions, keep_the_first_failure) {
  run_.fail_with(error{.kind = error_class::fatal, .message = "first"});
  run_.fail_with(error{.kind = error_class::fatal, .message = "second"});
  EXPECT_TRUE(run_.stop_requested());
  ASSERT_TRUE(run_.failure());
  EXPECT_EQ(run_.failure()->message, "first");
  EXPECT_FALSE(run_for(1h));
  EXPECT_THAT(notes_, IsEmpty()) << "nothing is begun";
}

TEST_F(sessions, take_a_status_at_most_once_a_second_for_those_who_ask_often) {
  const auto first = run_.latest_status().at;
  time_.run(time_.sleep_for(900ms));
  EXPECT_EQ(run_.latest_status().at, first);
  time_.run(time_.sleep_for(200ms));
  EXPECT_EQ(run_.latest_status().at, first + 1100ms);
}

}  // namespace
}  // namespace ddm::monitor
