#include "s3/s3_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <utility>

namespace ddm::s3 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

aws::api_request get(std::string operation = "GetObject") {
  return {
      .target = "S3." + std::move(operation), .body = {}, .get = aws::get_request{.path = "/k"}};
}

/// Ten bytes from the fifth on.
aws::api_request part() {
  auto request = get();
  request.get->from = 5;
  request.get->bytes = 10;
  return request;
}

aws::api_response answer(int status, std::string_view body, std::string_view range = {}) {
  aws::api_response made;
  made.status = status;
  made.body = padded_buffer(body);
  if (!range.empty()) {
    made.headers.add("Content-Range", range);
  }
  return made;
}

aws::api_response refusal(int status, std::string_view code, std::string_view more = {}) {
  return answer(status, "<?xml version=\"1.0\"?>\n<Error><Code>" + std::string(code) +
                            "</Code><Message>so &amp; so</Message>" + std::string(more) +
                            "</Error>");
}

TEST(s3_answer, errors_ask_for_what_their_codes_say) {
  const std::vector<std::tuple<int, std::string, error_class>> cases{
      {503, "SlowDown", error_class::throttled},
      {500, "InternalError", error_class::retry},
      {503, "ServiceUnavailable", error_class::retry},
      {400, "RequestTimeout", error_class::retry},
      {400, "ExpiredToken", error_class::refresh_credentials},
      {400, "InvalidToken", error_class::refresh_credentials},
      {403, "InvalidAccessKeyId", error_class::refresh_credentials},
      {403, "RequestTimeTooSkewed", error_class::refresh_credentials},
      {403, "SignatureDoesNotMatch", error_class::refresh_credentials},
      {403, "AccessDenied", error_class::access_denied},
      {404, "NoSuchKey", error_class::not_found},
      {404, "NoSuchBucket", error_class::wrong_usage},
      {412, "PreconditionFailed", error_class::fatal},
      {418, "Teapot", error_class::unknown_answer},
  };
  for (const auto& [status, code, kind] : cases) {
    const auto fault = fault_in(part(), refusal(status, code));
    ASSERT_TRUE(fault) << code;
    EXPECT_EQ(fault->kind, kind) << code;
    EXPECT_EQ(fault->code, code);
    EXPECT_THAT(fault->message, HasSubstr("so & so"));
  }
}

TEST(s3_answer, a_refusal_tells_the_permission_that_is_needed) {
  EXPECT_THAT(fault_in(part(), refusal(403, "AccessDenied"))->message,
              AllOf(HasSubstr("s3:GetObject"), HasSubstr("kms:Decrypt")));
  EXPECT_THAT(fault_in(get("ListObjectsV2"), refusal(403, "AccessDenied"))->message,
              HasSubstr("needed is s3:ListBucket"));
}

TEST(s3_answer, what_is_no_error_document_is_told_as_such) {
  for (const auto* body : {"", "<html>", "<Error>", "{}"}) {
    const auto fault = fault_in(get(), answer(404, body));
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->kind, error_class::unknown_answer);
    EXPECT_THAT(fault->message, HasSubstr("HTTP status 404 without an error document"));
  }
  EXPECT_EQ(fault_in(get(), answer(502, "<html>"))->kind, error_class::retry);
}

TEST(s3_answer, tells_another_region_in_a_header_or_in_the_document) {
  auto moved = refusal(301, "PermanentRedirect");
  EXPECT_EQ(fault_in(get(), moved)->code, "PermanentRedirect") << "it does not say where to";
  moved.headers.add("x-amz-bucket-region", "eu-west-3");
  const auto malformed = refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>");
  for (const auto* each : {&std::as_const(moved), &malformed}) {
    EXPECT_EQ(region_in(*each), "eu-west-3");
    EXPECT_EQ(fault_in(get(), *each)->code, wrong_region);
    EXPECT_THAT(fault_in(get(), *each)->message, HasSubstr("the bucket is in eu-west-3"));
  }
  auto denied = refusal(403, "AccessDenied");
  denied.headers.add("x-amz-bucket-region", "eu-west-3");
  EXPECT_EQ(fault_in(get(), denied)->kind, error_class::access_denied);
}

TEST(s3_answer, a_part_is_the_one_that_was_asked_for) {
  EXPECT_FALSE(fault_in(part(), answer(206, "0123456789", "bytes 5-14/100")));
  EXPECT_FALSE(fault_in(part(), answer(206, "012", "bytes 5-7/8"))) << "at its end";
  for (const auto& wrong : {
           answer(206, "0123456789", "bytes 4-13/100"),
           answer(206, "0123456789", "bytes 6-15/100"),
           answer(206, "012345678", "bytes 5-14/100"),
           answer(206, "012345678", "bytes 5-13/100"),
           answer(206, "0123456789a", "bytes 5-15/100"),
           answer(206, "0123456789", "bytes 5-14/14"),
           answer(206, "0123456789", "bytes 5-14/*"),
           answer(206, "0123456789", "bytes 5-14"),
           answer(206, "0123456789", "items 5-14/100"),
           answer(206, "0123456789", "bytes 5-18446744073709551615/18446744073709551616"),
           answer(206, "", "bytes 5-4/100"),
           answer(206, "0123456789"),
           answer(200, "0123456789"),
       }) {
    const auto fault = fault_in(part(), wrong);
    ASSERT_TRUE(fault) << wrong.headers.text();
    EXPECT_EQ(fault->kind, error_class::retry);
    EXPECT_EQ(fault->code, "WrongPart");
  }
  EXPECT_TRUE(fault_in(get(), answer(206, "0123456789", "bytes 5-14/100"))) << "no part was wanted";
}

TEST(s3_answer, a_part_tells_how_large_the_whole_is) {
  EXPECT_EQ(whole_bytes_in(answer(206, "012", "bytes 5-7/8")), 8);
  EXPECT_EQ(whole_bytes_in(answer(206, "012")), std::nullopt);
  auto first = part();
  first.get->from = 0;
  EXPECT_EQ(fault_in(first, answer(200, "0123456789"))->code, "WrongPart") << "a proxy's page";
}

TEST(s3_answer, a_listing_holds_what_looks_like_folders) {
  const auto found = read_listing(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<IsTruncated>true</IsTruncated><CommonPrefixes><Prefix>a&amp;b/1/</Prefix></CommonPrefixes>"
      "<Contents><Key>a&amp;b/x</Key></Contents>"
      "<CommonPrefixes><Prefix>a&amp;b/2/</Prefix></CommonPrefixes></ListBucketResult>");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->prefixes, ElementsAre("a&b/1/", "a&b/2/"));
  EXPECT_TRUE(found->is_cut);
  const auto none = read_listing("<ListBucketResult/>");
  ASSERT_TRUE(none);
  EXPECT_THAT(none->prefixes, IsEmpty());
  for (const auto* wrong : {"", "<html/>", "<ListBucketResult>"}) {
    ASSERT_FALSE(read_listing(wrong));
    EXPECT_EQ(read_listing(wrong).error().kind, error_class::retry);
  }
}

}  // namespace
}  // namespace ddm::s3
