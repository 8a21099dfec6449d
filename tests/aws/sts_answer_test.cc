#include "aws/sts_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string with_credentials(std::string_view inside) {
  return "<AssumeRoleResponse><AssumeRoleResult><Credentials>" + std::string(inside) +
         "</Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

TEST(sts_answer, what_is_missing_is_named_and_what_is_there_is_not_quoted) {
  const auto failure = [](std::string_view xml) {
    const auto made = read_assumed_role(xml, "AssumeRole");
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().kind, error_class::retry);
    return made ? std::string() : made.error().message;
  };
  EXPECT_THAT(failure("<html>a proxy</html>"), HasSubstr("an access key is missing"));
  EXPECT_THAT(failure("<unclosed"), HasSubstr("proper XML is missing"));
  EXPECT_THAT(failure(""), HasSubstr("proper XML is missing"));
  EXPECT_THAT(failure(with_credentials("<AccessKeyId>A</AccessKeyId><SecretAccessKey>SECRET"
                                       "</SecretAccessKey>")),
              AllOf(HasSubstr("Expiration is missing"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(failure(with_credentials("<AccessKeyId>A</AccessKeyId><SecretAccessKey>S"
                                       "</SecretAccessKey><Expiration>2026-01-31T12:00:00Z"
                                       "</Expiration>")),
              HasSubstr("SessionToken is missing"));
  EXPECT_FALSE(read_caller_identity("<GetCallerIdentityResponse/>"));
}

TEST(sts_answer, errors_are_classified_by_their_code) {
  const auto kind = [](std::string_view code, int status = 400) {
    return read_sts_error("<ErrorResponse><Error><Code>" + std::string(code) +
                              "</Code><Message>m</Message></Error></ErrorResponse>",
                          status)
        .kind;
  };
  EXPECT_EQ(kind("AccessDenied", 403), error_class::access_denied);
  EXPECT_EQ(kind("ExpiredTokenException"), error_class::refresh_credentials);
  EXPECT_EQ(kind("InvalidIdentityToken"), error_class::refresh_credentials);
  EXPECT_EQ(kind("IDPCommunicationError"), error_class::retry);
  EXPECT_EQ(kind("Throttling"), error_class::throttled);
  EXPECT_EQ(kind("ServiceUnavailable", 503), error_class::retry);
  EXPECT_EQ(kind("ValidationError"), error_class::fatal);
  const auto proxy = read_sts_error("Bad gateway", 502);
  EXPECT_EQ(proxy.kind, error_class::retry);
  EXPECT_THAT(proxy.message, HasSubstr("HTTP status 502 without an error document of STS"));
}

}  // namespace
}  // namespace ddm::aws
