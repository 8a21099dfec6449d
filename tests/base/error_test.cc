#include "base/error.h"

#include <gtest/gtest.h>

#include <utility>

namespace ddm {
namespace {

TEST(error, is_described_with_all_it_has) {
  EXPECT_EQ((error{.message = "m"}.describe()), "m");
  EXPECT_EQ((error{.code = "C", .message = "m"}.describe()), "C: m");
  EXPECT_EQ((error{.code = "C", .message = "m", .request_id = "R"}.describe()),
            "C: m (request id R)");
}

TEST(error, is_described_on_one_line_whatever_a_service_wrote) {
  EXPECT_EQ(
      (error{.code = "C\n", .message = "m\nverdict: GO", .request_id = "R\n\u2028"}.describe()),
      "C\\u000a: m\\u000averdict: GO (request id R\\u000a\\u2028)");
}

TEST(error, context_goes_before_the_message) {
  EXPECT_EQ((error{.code = "C", .message = "m"}.within("table t").describe()), "C: table t: m");
}

TEST(error, only_two_classes_are_cured_by_waiting) {
  EXPECT_TRUE(is_retryable(error_class::retry));
  EXPECT_TRUE(is_retryable(error_class::throttled));
  EXPECT_FALSE(is_retryable(error_class::refresh_credentials));
  EXPECT_FALSE(is_retryable(error_class::fatal));
}

TEST(broken_invariant, ends_the_process_with_a_message) {
  EXPECT_DEATH(broken_invariant("two owners"), "internal error: two owners");
}

}  // namespace
}  // namespace ddm
