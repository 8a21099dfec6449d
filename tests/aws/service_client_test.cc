#include "aws/service_client.h"

#include "runtime/task_group.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <utility>

namespace ddm::aws {
namespace {

using support::simulated_clock;

/// Answers what it was told to, and 200 beyond that.
class scripted_transport final : public transport {
 public:
  awaitable<result<api_response>> send(api_request request) override {
    bodies.push_back(std::move(request.body));
    if (answers.empty()) {
      co_return api_response{.status = 200};
    }
    auto next = std::move(answers.front());
    answers.pop_front();
    co_return next;
  }
  void renew_credentials() override { ++renewals; }

  std::deque<result<api_response>> answers;
  std::vector<std::string> bodies;
  int renewals = 0;
};

api_response refusal(const std::string& code, int status = 400) {
  return {.status = status,
          .body = padded_buffer(R"({"__type":"x#)" + code + R"(","message":"planned"})")};
}

struct fixture {
  simulated_clock time;
  scripted_transport below;
  int slowed_down = 0;
  wall_time begun = time.now();
  service_client client{below,
                        time,
                        {.name = "source table t (profile p)",
                         .on_throttled = [this] { ++slowed_down; },
                         .random_seed = 1}};

  result<api_response> call() {
    return time.run(client.call({.target = "DynamoDB_20120810.GetItem", .body = "{}"}));
  }
  [[nodiscard]] milliseconds passed() const { return time.now() - begun; }
};

TEST(service_client, gives_the_first_success) {
  fixture f;
  f.below.answers.push_back(api_response{.status = 200, .body = padded_buffer("{\"a\":1}")});
  const auto answer = f.call();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.view(), "{\"a\":1}");
  EXPECT_FALSE(answer->retried);
  EXPECT_EQ(f.client.statistics().at("GetItem").calls, 1U);
  EXPECT_EQ(f.client.statistics().at("GetItem").retries, 0U);
  EXPECT_EQ(f.passed(), milliseconds{0});
}

TEST(service_client, repeats_what_was_transient_with_the_same_body) {
  fixture f;
  f.below.answers.push_back(refusal("InternalServerError", 500));
  f.below.answers.push_back(fail({.kind = error_class::retry, .code = "Timeout"}));
  const auto answer = f.call();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->retried);
  EXPECT_THAT(f.below.bodies, testing::ElementsAre("{}", "{}", "{}"));
  EXPECT_EQ(f.client.statistics().at("GetItem").calls, 3U);
  EXPECT_EQ(f.client.statistics().at("GetItem").retries, 2U);
  EXPECT_LE(f.passed(), milliseconds{75});
}

TEST(service_client, gives_up_after_four_attempts_and_names_who_asked_for_what) {
  fixture f;
  for (int i = 0; i < 9; ++i) {
    f.below.answers.push_back(refusal("InternalServerError", 500));
  }
  const auto answer = f.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, error_class::retry);
  EXPECT_EQ(answer.error().code, "InternalServerError");
  EXPECT_EQ(answer.error().message, "source table t (profile p): GetItem: planned");
  EXPECT_EQ(f.below.bodies.size(), 4U);
  EXPECT_EQ(f.client.statistics().at("GetItem").retries, 3U);
}

TEST(service_client, repeats_nothing_once_it_drains) {
  fixture f;
  f.client.drain();
  f.below.answers.push_back(refusal("InternalServerError", 500));
  EXPECT_FALSE(f.call());
  EXPECT_EQ(f.below.bodies.size(), 1U);
  f.below.answers.push_back(refusal("ExpiredTokenException"));
  EXPECT_FALSE(f.call());
  EXPECT_EQ(f.below.renewals, 0);
  EXPECT_TRUE(f.call()) << "what is well is answered";
}

TEST(service_client, a_pause_before_a_retry_ends_when_it_drains) {
  fixture f;
  auto slow = refusal("ProvisionedThroughputExceededException");
  slow.retry_after = std::chrono::seconds{15};
  f.below.answers.push_back(std::move(slow));
  task_group tasks(f.time.executor());
  tasks.spawn([](fixture& of) -> awaitable<void> {
    const auto answer =
        co_await of.client.call({.target = "DynamoDB_20120810.GetItem", .body = "{}"});
    EXPECT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, error_class::throttled);
  }(f));
  f.time.run_for(std::chrono::seconds{3});
  f.client.drain();
  f.time.run_for(milliseconds{500});
  EXPECT_EQ(tasks.running(), 0U);
  EXPECT_EQ(f.below.bodies.size(), 1U);
  tasks.cancel();
  f.time.run(tasks.join());
}

TEST(service_client, what_waits_for_its_pace_is_not_sent_once_the_pace_drains) {
  fixture f;
  rate_limiter pace(f.time, 0.001);
  const aws::api_request request{.target = "DynamoDB_20120810.GetItem", .body = "{}"};
  EXPECT_TRUE(f.time.run(f.client.call(request, &pace)));
  pace.drain();
  EXPECT_EQ(f.time.run(f.client.call(request, &pace)).error().kind, error_class::cancelled);
  EXPECT_EQ(f.below.bodies.size(), 1U);
  EXPECT_EQ(f.passed(), milliseconds{0});
}

TEST(service_client, throttling_is_counted_told_and_waited_for) {
  fixture f;
  auto told = refusal("ProvisionedThroughputExceededException");
  told.retry_after = milliseconds{1500};
  f.below.answers.push_back(std::move(told));
  EXPECT_TRUE(f.call());
  EXPECT_EQ(f.slowed_down, 1);
  EXPECT_EQ(f.client.statistics().at("GetItem").throttled, 1U);
  EXPECT_GE(f.passed(), milliseconds{1500});
}

TEST(service_client, an_outage_empties_the_bucket_and_calls_then_fail_at_once) {
  fixture f;
  for (int i = 0; i < 1000; ++i) {
    f.below.answers.push_back(refusal("InternalServerError", 500));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(f.call());
  }
  // 500 tokens at 14 a retry allow 35 of them; each of the 20 calls has its first attempt.
  EXPECT_EQ(f.below.bodies.size(), 55U);
  f.below.answers.clear();
  EXPECT_TRUE(f.call());
}

TEST(service_client, refused_credentials_are_renewed_once) {
  fixture f;
  f.below.answers.push_back(refusal("ExpiredTokenException"));
  EXPECT_TRUE(f.call());
  EXPECT_EQ(f.below.renewals, 1);

  f.below.answers.push_back(refusal("ExpiredTokenException"));
  f.below.answers.push_back(refusal("ExpiredTokenException"));
  const auto answer = f.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, error_class::refresh_credentials);
  EXPECT_EQ(f.below.renewals, 2);
  EXPECT_EQ(f.below.bodies.size(), 4U);
}

TEST(service_client, credentials_that_end_again_while_a_call_is_retried_are_renewed_again) {
  fixture f;
  f.below.answers.push_back(refusal("ExpiredTokenException"));
  f.below.answers.push_back(fail(error_class::retry, "the connection was reset"));
  f.below.answers.push_back(refusal("ExpiredTokenException"));
  EXPECT_TRUE(f.call());
  EXPECT_EQ(f.below.renewals, 2);
}

TEST(service_client, what_is_final_is_not_repeated) {
  for (const auto* const code :
       {"ValidationException", "ExpiredIteratorException", "TrimmedDataAccessException",
        "ResourceNotFoundException", "ConditionalCheckFailedException", "AccessDeniedException"}) {
    fixture f;
    f.below.answers.push_back(refusal(code));
    const auto answer = f.call();
    ASSERT_FALSE(answer) << code;
    EXPECT_EQ(answer.error().code, code);
    EXPECT_EQ(f.below.bodies.size(), 1U) << code;
  }
}

TEST(service_client, a_damaged_body_is_asked_for_again) {
  fixture f;
  // The published check value of CRC-32.
  constexpr std::uint32_t check = 0xCBF43926;
  f.below.answers.push_back(
      api_response{.status = 200, .body = padded_buffer("123456780"), .crc32 = check});
  f.below.answers.push_back(
      api_response{.status = 200, .body = padded_buffer("123456789"), .crc32 = check});
  const auto answer = f.call();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.view(), "123456789");
  EXPECT_EQ(f.client.statistics().at("GetItem").retries, 1U);
}

TEST(service_client, a_damaged_error_is_not_believed) {
  fixture f;
  auto damaged = refusal("ValidationException");
  damaged.crc32 = 1;
  f.below.answers.push_back(std::move(damaged));
  EXPECT_TRUE(f.call());
}

}  // namespace
}  // namespace ddm::aws
