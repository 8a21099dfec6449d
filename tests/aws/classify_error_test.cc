#include "aws/service_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ddm::aws {
namespace {

using testing::HasSubstr;

error classify(int status, const std::string& body, std::string_view operation = "GetRecords") {
  return classify_error(operation, {.status = status,
                                    .body = padded_buffer(body),
                                    .request_id = "REQ",
                                    .retry_after = milliseconds{70}});
}

error_class class_of(std::string_view code, int status = 400) {
  return classify(status, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" + std::string(code) +
                              "\",\"message\":\"m\"}")
      .kind;
}

TEST(classify_error, follows_the_table) {
  using enum error_class;
  EXPECT_EQ(class_of("ProvisionedThroughputExceededException"), throttled);
  EXPECT_EQ(class_of("ThrottlingException"), throttled);
  EXPECT_EQ(class_of("RequestLimitExceeded"), throttled);
  EXPECT_EQ(class_of("LimitExceededException"), throttled);
  EXPECT_EQ(class_of("InternalServerError", 500), retry);
  EXPECT_EQ(class_of("InternalFailure", 500), retry);
  EXPECT_EQ(class_of("ServiceUnavailable", 503), retry);
  EXPECT_EQ(class_of("ExpiredIteratorException"), new_iterator);
  EXPECT_EQ(class_of("TrimmedDataAccessException"), trimmed);
  EXPECT_EQ(class_of("ResourceNotFoundException"), not_found);
  EXPECT_EQ(class_of("ExpiredTokenException"), refresh_credentials);
  EXPECT_EQ(class_of("ExpiredToken", 403), refresh_credentials);
  EXPECT_EQ(class_of("UnrecognizedClientException"), refresh_credentials);
  EXPECT_EQ(class_of("InvalidSignatureException"), refresh_credentials);
  EXPECT_EQ(class_of("RequestExpired"), refresh_credentials);
  EXPECT_EQ(class_of("AccessDeniedException"), access_denied);
  EXPECT_EQ(class_of("ValidationException"), fatal);
  EXPECT_EQ(class_of("MissingAuthenticationTokenException"), fatal);
  EXPECT_EQ(class_of("ConditionalCheckFailedException"), fatal);
  EXPECT_EQ(class_of("ItemCollectionSizeLimitExceededException"), fatal);
  EXPECT_EQ(class_of("SerializationException"), fatal);
  EXPECT_EQ(class_of("UnknownOperationException"), fatal);
}

TEST(classify_error, an_unknown_code_goes_by_the_status) {
  for (const int status : {400, 403, 404, 407, 413}) {
    EXPECT_EQ(class_of("NeverSeenException", status), error_class::unknown_answer) << status;
    EXPECT_TRUE(mends_by_waiting(class_of("KMSInvalidStateException", status))) << status;
  }
  EXPECT_EQ(class_of("NeverSeenException", 429), error_class::throttled);
  for (const int status : {408, 500, 502, 503, 504}) {
    EXPECT_EQ(class_of("NeverSeenException", status), error_class::retry) << status;
  }
}

TEST(classify_error, code_and_message_are_taken_from_wherever_they_stand) {
  const auto aws = classify(
      400, R"({"__type":"com.amazon.coral.validate#ValidationException","message":"from AWS"})");
  EXPECT_EQ(aws.code, "ValidationException");
  EXPECT_EQ(aws.message, "from AWS");
  const auto local = classify(
      400,
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ExpiredIteratorException","Message":"L"})");
  EXPECT_EQ(local.code, "ExpiredIteratorException");
  EXPECT_EQ(local.message, "L");
  const auto bare = classify(400, R"({"__type":"ConditionalCheckFailedException"})");
  EXPECT_EQ(bare.code, "ConditionalCheckFailedException");
  EXPECT_EQ(bare.message, "HTTP status 400");
  EXPECT_EQ(classify(400, R"({"__type":"a#LimitExceededException:http://x/"})").kind,
            error_class::throttled);
}

TEST(classify_error, what_the_answer_tells_besides_is_kept) {
  const auto failure = classify(400, R"({"__type":"x#ThrottlingException","message":"slow"})");
  EXPECT_EQ(failure.request_id, "REQ");
  EXPECT_EQ(failure.http_status, 400);
  EXPECT_EQ(failure.retry_after, milliseconds{70});
}

TEST(classify_error, throttling_reasons_are_told) {
  const auto failure = classify(400, R"({"__type":"x#ProvisionedThroughputExceededException",
      "message":"exceeded","ThrottlingReasons":[
        {"reason":"TableReadProvisionedThroughputExceeded","resource":"arn:aws:dynamodb:r:1:table/t"},
        {"reason":"TableReadKeyRangeThroughputExceeded","resource":"arn:2"}]})");
  EXPECT_EQ(failure.kind, error_class::throttled);
  EXPECT_EQ(failure.message,
            "exceeded [TableReadProvisionedThroughputExceeded on arn:aws:dynamodb:r:1:table/t; "
            "TableReadKeyRangeThroughputExceeded on arn:2]");
}

TEST(classify_error, a_denial_names_the_permission) {
  const auto terse =
      classify(400, R"({"__type":"x#AccessDeniedException","message":"no"})", "DescribeStream");
  EXPECT_EQ(terse.message, "no (the permission needed is dynamodb:DescribeStream)");
  const auto full = classify(400, R"({"__type":"x#AccessDeniedException","message":
      "User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:Scan on resource: r"})",
                             "Scan");
  EXPECT_THAT(full.message, testing::EndsWith("on resource: r"));
}

TEST(classify_error, an_answer_of_someone_else_is_told_apart) {
  for (const auto* const body : {"", "<html>Forbidden</html>", "[]", "{\"__type\":", "{}"}) {
    const auto failure = classify(403, body);
    EXPECT_EQ(failure.kind, error_class::unknown_answer) << body;
    EXPECT_EQ(failure.code, "") << body;
    EXPECT_THAT(failure.message, HasSubstr("HTTP status 403 without an error document")) << body;
  }
  EXPECT_EQ(classify(502, "<html>Bad Gateway</html>").kind, error_class::retry);
}

TEST(classify_error, item_values_in_an_error_do_not_reach_the_message) {
  const auto failure = classify(400, R"({"__type":"x#ConditionalCheckFailedException",
      "message":"The conditional request failed","Item":{"pk":{"S":"secret"}}})");
  EXPECT_EQ(failure.describe(),
            "ConditionalCheckFailedException: The conditional request failed (request id REQ)");
}

}  // namespace
}  // namespace ddm::aws
