#include "monitor/settings_watch.h"

#include "base/log.h"
#include "monitor/monitor_world.h"
#include "report/stored_status.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using dynamodb::described_table;
using dynamodb::parity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class table_settings : public testing::Test {
 protected:
  table_settings() {
    log::divert([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~table_settings() override {
    log::divert(nullptr);
    tasks_.cancel();
    time_.run(tasks_.join());
  }

  void watch_with(std::vector<std::string> accepted) {
    watch_.emplace(
        settings_watch::questions{.describe = [this](side which) { return describe(which); },
                                  .target_ready = [this] { return target_ready_; }},
        std::move(accepted), time_);
    watch_->start(tasks_);
  }
  awaitable<result<described_table>> describe(side which) {
    ++asked_;
    co_await time_.sleep_for(10ms);
    if (failure_ && which == side::target) {
      co_return fail(*failure_);
    }
    co_return which == side::source ? source_ : target_;
  }
  [[nodiscard]] report::compared_settings told() const {
    report::status now;
    watch_->tell(now);
    return now.table_settings.value();
  }

  support::simulated_clock time_;
  described_table source_{
      .table = {}, .settings = {{"pitr", "on"}, {"ttl", "on expires"}}, .kms_key_arn = {}};
  described_table target_ = source_;
  std::optional<error> failure_;
  bool target_ready_ = true;
  int asked_ = 0;
  std::vector<std::string> lines_;
  std::optional<settings_watch> watch_;
  task_group tasks_{time_.executor()};
};

TEST_F(table_settings, are_looked_at_first_at_once_and_then_each_hour) {
  watch_with({});
  EXPECT_FALSE(told().looked_at);
  time_.run_for(1s);
  const auto first = told().looked_at;
  ASSERT_TRUE(first);
  EXPECT_EQ(told().count(parity::equal), 2);
  target_.settings["ttl"] = "off";
  time_.run_for(59min);
  EXPECT_EQ(told().looked_at, first);
  EXPECT_EQ(told().count(parity::different), 0);
  time_.run_for(1min);
  EXPECT_GT(told().looked_at, first);
  EXPECT_EQ(told().count(parity::different), 1);
  EXPECT_EQ(asked_, 4);
}

TEST_F(table_settings, of_a_target_that_is_awaited_are_looked_at_once_it_is_there) {
  target_ready_ = false;
  watch_with({});
  time_.run_for(10min);
  EXPECT_EQ(asked_, 0);
  target_ready_ = true;
  time_.run_for(6s);
  EXPECT_TRUE(told().looked_at);
}

TEST_F(table_settings, stay_what_was_found_while_nobody_answers_and_are_asked_for_each_minute) {
  watch_with({});
  time_.run_for(1s);
  const auto found = told();
  failure_ = error{.kind = error_class::access_denied, .message = "not allowed any more"};
  time_.run_for(1h);
  EXPECT_EQ(told().looked_at, found.looked_at);
  EXPECT_EQ(told().rows.size(), 2);
  EXPECT_THAT(told().trouble, HasSubstr("target table"));
  EXPECT_THAT(told().trouble, HasSubstr("not allowed any more"));
  failure_.reset();
  time_.run_for(1min);
  EXPECT_GT(told().looked_at, found.looked_at);
  EXPECT_THAT(told().trouble, IsEmpty());
}

TEST_F(table_settings, half_an_answer_does_not_stand_in_for_a_whole_one) {
  watch_with({});
  time_.run_for(1s);
  target_.settings["pitr"].reset();
  target_.may_know_more_later = true;
  time_.run_for(1h);
  EXPECT_EQ(told().count(parity::unknown), 0);
  EXPECT_FALSE(told().trouble.empty());
}

TEST_F(table_settings, of_a_first_half_answer_are_told_and_asked_for_again_soon) {
  target_.settings["pitr"].reset();
  target_.may_know_more_later = true;
  watch_with({});
  time_.run_for(1s);
  EXPECT_EQ(told().count(parity::unknown), 1);
  target_ = source_;
  time_.run_for(1min);
  EXPECT_EQ(told().count(parity::equal), 2);
}

TEST_F(table_settings, that_are_accepted_are_no_warning) {
  target_.settings["ttl"] = "off";
  watch_with({"ttl", "tll"});
  time_.run_for(1s);
  EXPECT_EQ(told().count(parity::accepted), 1);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("--accept tll names no setting")));
}

TEST_F(table_settings, are_warned_of_once_for_each_change) {
  target_.settings["ttl"] = "off";
  watch_with({});
  time_.run_for(3h);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("ttl (source: on expires, target: off)")));
  target_.settings["ttl"] = "on expires";
  time_.run_for(1h);
  EXPECT_THAT(lines_,
              ElementsAre(HasSubstr("table_settings_differ"), HasSubstr("table_settings_equal")));
}

TEST_F(table_settings, that_cannot_be_read_any_more_are_not_called_equal) {
  target_.settings["pitr"] = "off";
  watch_with({});
  time_.run_for(1s);
  lines_.clear();
  target_.settings["pitr"].reset();
  target_.settings["ttl"].reset();
  time_.run_for(1h);
  EXPECT_THAT(lines_, ElementsAre(testing::AllOf(HasSubstr("table_settings_unknown"),
                                                 HasSubstr("pitr, ttl"))));
}

TEST_F(table_settings, of_a_table_that_was_replaced_are_looked_at_again_at_once) {
  watch_with({});
  time_.run_for(10min);
  ASSERT_EQ(told().count(parity::equal), 2);
  target_.settings["ttl"] = "off";
  watch_->forget();
  EXPECT_FALSE(told().looked_at);
  EXPECT_EQ(told().rows.size(), 0);
  time_.run_for(1s);
  EXPECT_EQ(told().count(parity::different), 1);
  EXPECT_EQ(asked_, 4);
}

TEST_F(table_settings, that_nobody_answers_for_are_warned_of_once) {
  watch_with({});
  time_.run_for(1s);
  failure_ = error{.kind = error_class::unknown_answer, .message = "a proxy's page"};
  time_.run_for(1h + 30min);
  EXPECT_THAT(lines_, ElementsAre(testing::AllOf(HasSubstr("table_settings_not_read"),
                                                 HasSubstr("a proxy's page"))));
}

TEST_F(table_settings, that_nobody_looks_at_are_not_told) {
  settings_watch none({}, {}, time_);
  none.start(tasks_);
  time_.run_for(1min);
  report::status now;
  none.tell(now);
  EXPECT_FALSE(now.table_settings);
}

TEST(table_settings_of_a_session, are_in_its_status_and_in_the_state_once_the_target_is_there) {
  monitor_world world({.create_target = false});
  world.start([](session_settings& settings) { settings.accepted_settings = {"stream"}; },
              {.watches_settings = true});
  world.time.run_for(1min);
  ASSERT_TRUE(world.status().table_settings);
  EXPECT_FALSE(world.status().table_settings->looked_at);
  world.target.create_table(world.table,
                            {.partition = {"pk", dynamodb::key_type::string}, .sort = {}});
  world.time.run_for(1min);
  const auto stored = report::decode_figures(world.stored().values.at("status.monitor"));
  ASSERT_TRUE(stored && stored->table_settings);
  EXPECT_TRUE(stored->table_settings->looked_at);
  EXPECT_GT(stored->table_settings->count(parity::equal), 0U);
  EXPECT_EQ(stored->table_settings->count(parity::accepted), 1U) << "the target has no stream";
  EXPECT_EQ(stored->table_settings->count(parity::different), 0U);
}

}  // namespace
}  // namespace ddm::monitor
