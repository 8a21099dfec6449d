#include "aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::aws {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const credentials example{.access_key_id = "AKIDEXAMPLE",
                          .secret_access_key = secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")};
const wall_time moment = *parse_rfc3339("2015-08-30T12:36:00Z");

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, in
// its edition with worked values.
TEST(sigv4, signs_the_published_example) {
  request_signer signer("us-east-1", "iam");
  const auto made = signer.sign(
      {.method = "GET",
       .query = "Action=ListUsers&Version=2010-05-08",
       .headers = {{"host", "iam.amazonaws.com"},
                   {"content-type", "application/x-www-form-urlencoded; charset=utf-8"}}},
      example, moment);
  EXPECT_EQ(made.amz_date, "20150830T123600Z");
  EXPECT_EQ(made.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

// The AWS Signature Version 4 test suite; each name is the suite's.
struct suite_case {
  const char* name;
  signable_request request;
  const char* signature;
};

const suite_case suite[] = {
    {"get-vanilla",
     {.method = "GET", .headers = {{"host", "example.amazonaws.com"}}},
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     {.method = "GET",
      .query = "Param2=value2&Param1=value1",
      .headers = {{"host", "example.amazonaws.com"}}},
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-header-value-trim",
     {.method = "GET",
      .headers = {{"host", "example.amazonaws.com"},
                  {"my-header1", " value1"},
                  {"my-header2", " \"a   b   c\""}}},
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-vanilla",
     {.method = "POST", .headers = {{"host", "example.amazonaws.com"}}},
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
};

TEST(sigv4, signs_the_test_suite) {
  for (const auto& each : suite) {
    request_signer signer("us-east-1", "service");
    EXPECT_THAT(signer.sign(each.request, example, moment).authorization, EndsWith(each.signature))
        << each.name;
  }
}

signable_request vanilla() {
  return {.method = "GET", .headers = {{"host", "example.amazonaws.com"}}};
}

TEST(sigv4, the_kept_key_changes_with_day_and_secret) {
  request_signer kept("us-east-1", "service");
  static_cast<void>(kept.sign(vanilla(), example, moment));
  const auto next_day = moment + std::chrono::days{1};
  EXPECT_EQ(
      kept.sign(vanilla(), example, next_day).authorization,
      request_signer("us-east-1", "service").sign(vanilla(), example, next_day).authorization);

  auto other = example;
  other.secret_access_key = secret("another");
  EXPECT_EQ(kept.sign(vanilla(), other, next_day).authorization,
            request_signer("us-east-1", "service").sign(vanilla(), other, next_day).authorization);
}

TEST(sigv4, a_session_token_is_signed) {
  auto temporary = example;
  temporary.session_token = secret("token");
  request_signer signer("us-east-1", "service");
  EXPECT_THAT(signer.sign(vanilla(), temporary, moment).authorization,
              HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace ddm::aws
