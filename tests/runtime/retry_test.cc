#include "runtime/retry.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

const error transient{.kind = error_class::retry};
const error throttled{.kind = error_class::throttled};
constexpr double almost_one = 0.999999;

TEST(retry, the_delay_doubles_with_each_attempt) {
  retry_bucket bucket;
  const retry_limits limits{.attempts_max = 100};
  EXPECT_EQ(next_delay(limits, transient, 1, bucket, 0.5), milliseconds{12});
  EXPECT_EQ(next_delay(limits, transient, 2, bucket, 0.5), milliseconds{25});
  EXPECT_EQ(next_delay(limits, transient, 3, bucket, 0.5), milliseconds{50});
  EXPECT_EQ(next_delay(limits, throttled, 1, bucket, 0.5), milliseconds{500});
  EXPECT_EQ(next_delay(limits, throttled, 3, bucket, 0.5), milliseconds{2000});
}

TEST(retry, the_delay_has_a_ceiling_and_may_be_nothing) {
  retry_bucket bucket;
  const retry_limits limits{.attempts_max = 2000};
  EXPECT_EQ(next_delay(limits, throttled, 1500, bucket, almost_one), milliseconds{19'999});
  EXPECT_EQ(next_delay(limits, throttled, 1500, bucket, 0), milliseconds{0});
}

TEST(retry, the_last_attempt_is_the_last) {
  retry_bucket bucket;
  EXPECT_TRUE(next_delay({}, transient, 3, bucket, 0.5));
  const auto tokens = bucket.tokens();
  EXPECT_FALSE(next_delay({}, transient, 4, bucket, 0.5));
  EXPECT_EQ(bucket.tokens(), tokens);
}

TEST(retry, what_waiting_cannot_mend_is_not_retried) {
  retry_bucket bucket;
  for (const auto kind : {error_class::refresh_credentials, error_class::new_iterator,
                          error_class::trimmed, error_class::not_found, error_class::access_denied,
                          error_class::fatal, error_class::cancelled}) {
    EXPECT_FALSE(next_delay({}, {.kind = kind}, 1, bucket, 0.5)) << to_string(kind);
  }
  EXPECT_EQ(bucket.tokens(), retry_bucket::capacity);
}

TEST(retry, an_empty_bucket_ends_the_call) {
  retry_bucket bucket;
  int retries = 0;
  while (next_delay({}, transient, 1, bucket, 0.5)) {
    ++retries;
  }
  EXPECT_EQ(retries, retry_bucket::capacity / retry_bucket::transient_cost);
  EXPECT_TRUE(next_delay({}, throttled, 1, bucket, 0.5));  // 10 tokens are left, it costs 5
}

TEST(retry, success_fills_the_bucket_again_but_never_over) {
  retry_bucket bucket;
  bucket.refund_first_try();
  EXPECT_EQ(bucket.tokens(), retry_bucket::capacity);
  ASSERT_TRUE(bucket.take(error_class::throttled));
  ASSERT_TRUE(bucket.take(error_class::retry));
  EXPECT_EQ(bucket.tokens(), 481);
  bucket.refund_first_try();
  EXPECT_EQ(bucket.tokens(), 482);
  bucket.refund_retry(error_class::retry);
  EXPECT_EQ(bucket.tokens(), 496);
  bucket.refund_retry(error_class::throttled);
  EXPECT_EQ(bucket.tokens(), retry_bucket::capacity);
}

TEST(retry, the_servers_wish_is_honoured_within_bounds) {
  retry_bucket bucket;
  error failure = throttled;
  failure.retry_after = milliseconds{3000};
  EXPECT_EQ(next_delay({}, failure, 1, bucket, 0.5), milliseconds{3000});
  failure.retry_after = milliseconds{1};
  EXPECT_EQ(next_delay({}, failure, 1, bucket, 0.5), milliseconds{500});
  failure.retry_after = std::chrono::hours{5};
  EXPECT_EQ(next_delay({}, failure, 1, bucket, 0.5), milliseconds{20'000});
}

}  // namespace
}  // namespace ddm
