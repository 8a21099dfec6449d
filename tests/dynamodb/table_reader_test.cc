#include "dynamodb/table_reader.h"

#include "base/log.h"
#include "dynamodb/scripted_transport.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ddm::dynamodb {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const error away{.kind = error_class::retry, .code = "Timeout", .message = "no answer"};

class table_reading : public testing::Test {
 protected:
  table_reading() {
    log::divert([this](std::string_view line) { lines_.emplace_back(line); });
  }
  table_reading(const table_reading&) = delete;
  table_reading& operator=(const table_reading&) = delete;
  ~table_reading() override { log::divert(nullptr); }

  std::vector<std::string> lines_;
  support::simulated_clock time_;
  scripted_transport transport_;
  aws::service_client calls_{transport_, time_, {.name = "test"}};
  dynamodb_client client_{calls_};
  rate_limiter budget_{time_, 10};
  metered_table table_{.side = side::target,
                       .client = client_,
                       .name = table_name("orders"),
                       .budget = budget_,
                       .ttl_attribute = {}};
  table_reader reader_{table_,
                       {.paused_event = "looks_paused",
                        .resumed_event = "looks_resumed",
                        .meanwhile = "; it goes on",
                        .refused = "table cannot be read",
                        .pause_first = 500ms}};
};

TEST_F(table_reading, an_outage_is_told_once_and_its_end_once) {
  reader_.on_failure(away, time_.now());
  reader_.on_failure(away, time_.now());
  reader_.on_success();
  reader_.on_success();
  EXPECT_THAT(lines_, ElementsAre(testing::AllOf(HasSubstr("event=looks_paused side=target"),
                                                 HasSubstr("Timeout: no answer; it goes on")),
                                  HasSubstr("event=looks_resumed side=target")));
}

TEST_F(table_reading, pauses_grow_with_the_failures_and_end_with_a_success) {
  const auto now = time_.now();
  EXPECT_TRUE(reader_.may_ask(now));
  reader_.on_failure(away, now);
  EXPECT_FALSE(reader_.may_ask(now + 499ms));
  EXPECT_TRUE(reader_.may_ask(now + 500ms));
  reader_.on_failure(away, now);
  EXPECT_EQ(reader_.again_at(), now + 1s);
  for (int i = 0; i < 100; ++i) {
    reader_.on_failure(away, now);
  }
  EXPECT_EQ(reader_.again_at(), now + 30s);
  reader_.on_success();
  EXPECT_TRUE(reader_.may_ask(now));
  reader_.on_failure(away, now);
  EXPECT_EQ(reader_.again_at(), now + 500ms);
}

TEST_F(table_reading, trouble_names_the_side_and_the_last_error_while_it_lasts) {
  EXPECT_EQ(reader_.trouble(), "");
  reader_.on_failure(away, time_.now());
  reader_.on_failure({.kind = error_class::throttled, .code = "Slow", .message = "down"},
                     time_.now());
  EXPECT_TRUE(reader_.failing());
  EXPECT_EQ(reader_.trouble(), "the target table cannot be read: Slow: down");
  reader_.on_success();
  EXPECT_FALSE(reader_.failing());
  EXPECT_EQ(reader_.trouble(), "");
}

TEST_F(table_reading, what_purposes_share_is_the_budget) {
  table_reader scans(table_, {.paused_event = "scan_paused",
                              .resumed_event = "scan_resumed",
                              .meanwhile = {},
                              .refused = "table cannot be scanned",
                              .pause_first = 1s});
  scans.on_failure(away, time_.now());
  EXPECT_TRUE(reader_.may_ask(time_.now())) << "a look does not wait for a scan";
  const auto begin = time_.now();
  EXPECT_TRUE(time_.run(reader_.table().admit(10)));
  EXPECT_TRUE(time_.run(scans.table().admit(10)));
  EXPECT_GT(time_.now(), begin);
}

TEST_F(table_reading, a_read_is_booked_with_what_it_consumed) {
  EXPECT_TRUE(time_.run(table_.admit(2)));
  table_.settle(2, 5);
  EXPECT_TRUE(time_.run(table_.admit(4)));
  table_.give_back(4);
  EXPECT_DOUBLE_EQ(table_.consumed_units, 5);
  const auto begin = time_.now();
  EXPECT_TRUE(time_.run(table_.admit(10)));  // 5 of 10 were left: into debt without a wait
  EXPECT_EQ(time_.now(), begin);
  EXPECT_TRUE(time_.run(table_.admit(1)));
  EXPECT_EQ(time_.now(), begin + 501ms) << "the debt of 5 is waited off";
}

TEST_F(table_reading, once_drained_nothing_is_admitted_that_had_to_wait) {
  EXPECT_TRUE(time_.run(table_.admit(20)));
  table_.drain();
  EXPECT_FALSE(time_.run(table_.admit(1)));
}

}  // namespace
}  // namespace ddm::dynamodb
