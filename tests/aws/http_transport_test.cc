#include "aws/http_transport.h"

#include "aws/service_client.h"
#include "net/run.h"
#include "net/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::aws {
namespace {

using net::connection_script;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Stands still, so that dates and signatures are known.
class still_clock final : public clock {
 public:
  [[nodiscard]] wall_time now() const override { return *parse_rfc3339("2026-01-31T12:00:00Z"); }
  awaitable<void> sleep_until(wall_time /*time*/) override { co_return; }
  awaitable<bool> doze(asio::steady_timer& /*timer*/, wall_time /*until*/) override {
    co_return true;
  }
};

class counting_identity final : public credentials_provider {
 public:
  awaitable<result<shared_credentials>> get() override {
    if (refuses) {
      co_return fail(error_class::refresh_credentials, "log in again");
    }
    co_return std::make_shared<const credentials>(credentials{.access_key_id = "AK",
                                                              .secret_access_key = secret("SK"),
                                                              .session_token = secret(token),
                                                              .account_id = "123456789012"});
  }
  void renew(const shared_credentials& refused) override {
    ++renewals;
    last_refused = refused;
  }
  [[nodiscard]] std::string describe() const override { return "test"; }
  [[nodiscard]] std::string renewal() const override { return "never"; }
  [[nodiscard]] bool renews_itself() const override { return false; }
  [[nodiscard]] shared_credentials present() const override { return nullptr; }

  std::string token;
  bool refuses = false;
  int renewals = 0;
  shared_credentials last_refused;
};

struct fixture {
  still_clock time;
  std::shared_ptr<counting_identity> identity = std::make_shared<counting_identity>();
};

using check = awaitable<void> (*)(fixture&, http_transport&, net::scripted_server&);

awaitable<void> talk(connection_script script, check body, std::string_view service = "dynamodb") {
  const auto executor = co_await asio::this_coro::executor;
  fixture f;
  net::scripted_server server(executor, {std::move(script)});
  {
    auto http = net::http_client::create(executor, server.endpoint());
    EXPECT_TRUE(http);
    http_transport transport(std::move(*http), f.identity, "eu-west-1", f.time, service);
    co_await body(f, transport, server);
  }
  co_await server.stop();
}

api_request get_item() { return {.target = "DynamoDB_20120810.GetItem", .body = "{\"k\":1}"}; }

TEST(http_transport, sends_a_signed_request) {
  net::run(talk(
      {{net::ok("{}")}, {net::ok("{}")}},
      [](fixture& f, http_transport& transport, net::scripted_server& server) -> awaitable<void> {
        EXPECT_TRUE(co_await transport.send(get_item()));
        const auto& plain = server.requests().at(0);
        EXPECT_THAT(plain, HasSubstr("POST / HTTP/1.1\r\nHost: 127.0.0.1:"));
        EXPECT_THAT(plain, HasSubstr("\r\ncontent-type: application/x-amz-json-1.0\r\n"));
        EXPECT_THAT(plain, HasSubstr("\r\nuser-agent: dynamodb-migration-monitor/" DDM_VERSION));
        EXPECT_THAT(plain, HasSubstr("\r\nx-amz-target: DynamoDB_20120810.GetItem\r\n"));
        EXPECT_THAT(plain, HasSubstr("\r\nx-amz-date: 20260131T120000Z\r\n"));
        EXPECT_THAT(plain, HasSubstr("Credential=AK/20260131/eu-west-1/dynamodb/"));
        EXPECT_THAT(plain, HasSubstr("SignedHeaders=content-type;host;x-amz-date;"
                                     "x-amz-target, Signature="));
        EXPECT_THAT(plain, HasSubstr("Content-Length: 7\r\n\r\n{\"k\":1}"));
        EXPECT_THAT(plain, Not(HasSubstr("x-amz-security-token")));

        f.identity->token = "TOKEN";
        EXPECT_TRUE(co_await transport.send(get_item()));
        EXPECT_THAT(server.requests().at(1), HasSubstr("\r\nx-amz-security-token: TOKEN\r\n"));
      }));
}

TEST(http_transport, gets_a_part_of_an_object) {
  net::run(talk(
      {{"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nETag: \"t\"\r\n"
        "x-amz-request-id: R2\r\n\r\nab"},
       {net::ok("")}},
      [](fixture& f, http_transport& transport, net::scripted_server& server) -> awaitable<void> {
        api_request wanted{.target = "S3.GetObject",
                           .body = {},
                           .get = get_request{.path = "/my-exports/a%20b",
                                              .query = {},
                                              .from = 5,
                                              .bytes = 10,
                                              .if_match = "\"t\""}};
        const auto part = co_await transport.send(wanted);
        EXPECT_EQ(part->status, 206);
        EXPECT_EQ(part->body.view(), "ab");
        EXPECT_EQ(part->headers.find("etag"), "\"t\"");
        EXPECT_EQ(part->request_id, "R2");
        EXPECT_EQ(transport.caller(), "") << "nobody was refused";
        const auto& sent = server.requests().at(0);
        EXPECT_THAT(sent, StartsWith("GET /my-exports/a%20b HTTP/1.1\r\n"));
        EXPECT_THAT(sent, HasSubstr("\r\nrange: bytes=5-14\r\n"));
        EXPECT_THAT(sent, HasSubstr("\r\nif-match: \"t\"\r\n"));
        EXPECT_THAT(sent, HasSubstr("\r\nx-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427"
                                    "ae41e4649b934ca495991b7852b855\r\n"));
        EXPECT_THAT(sent, HasSubstr("Credential=AK/20260131/eu-west-1/s3/aws4_request, "
                                    "SignedHeaders=host;if-match;range;x-amz-content-sha256;"
                                    "x-amz-date, Signature="));

        f.identity->token = "TOKEN";
        wanted.get = get_request{.path = "/my-exports/", .query = "list-type=2"};
        EXPECT_TRUE(co_await transport.send(wanted));
        const auto& list = server.requests().at(1);
        EXPECT_THAT(list, StartsWith("GET /my-exports/?list-type=2 HTTP/1.1\r\n"));
        EXPECT_THAT(list, HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                                    "x-amz-security-token, "));
        EXPECT_THAT(list, Not(HasSubstr("range:")));
      },
      s3_service));
}

TEST(http_transport, gives_the_answer_with_the_headers_that_matter) {
  net::run(talk({{"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nx-amzn-RequestId: R1\r\n"
                  "x-amz-crc32: 2745614147\r\nx-amz-retry-after: 250\r\n"
                  "Date: Sat, 31 Jan 2026 12:00:05 GMT\r\n\r\n{}"},
                 {net::ok("{}", "x-amz-crc32: none\r\nx-amz-retry-after: -5\r\n")}},
                [](fixture&, http_transport& transport, net::scripted_server&) -> awaitable<void> {
                  const auto full = co_await transport.send(get_item());
                  EXPECT_EQ(full->status, 400);
                  EXPECT_EQ(full->body.view(), "{}");
                  EXPECT_EQ(full->request_id, "R1");
                  EXPECT_EQ(full->crc32, 2745614147U);
                  EXPECT_EQ(full->retry_after, milliseconds{250});
                  EXPECT_EQ(full->date, parse_rfc3339("2026-01-31T12:00:05Z"));
                  const auto bare = co_await transport.send(get_item());
                  EXPECT_EQ(bare->crc32, std::nullopt);
                  EXPECT_EQ(bare->retry_after, std::nullopt);
                  EXPECT_EQ(bare->date, std::nullopt);
                }));
}

std::string refusal(std::string_view code, std::string_view date) {
  const auto body = "{\"__type\":\"x#" + std::string(code) + "\",\"message\":\"m\"}";
  return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nDate: " + std::string(date) + "\r\n\r\n" + body;
}

TEST(http_transport, learns_from_the_server_how_wrong_our_clock_is) {
  net::run(talk(
      {{refusal("ValidationException", "Sat, 31 Jan 2026 11:00:00 GMT")},
       {refusal("InvalidSignatureException", "Sat, 31 Jan 2026 12:20:00 GMT")},
       {net::ok("{}")}},
      [](fixture& f, http_transport& transport, net::scripted_server& server) -> awaitable<void> {
        co_await transport.send(get_item());
        EXPECT_EQ(transport.clock_skew(), milliseconds{0});

        service_client client(transport, f.time, {.name = "t"});
        EXPECT_TRUE(co_await client.call(get_item()));
        EXPECT_EQ(transport.clock_skew(), std::chrono::minutes{20});
        EXPECT_THAT(server.requests().at(1), HasSubstr("x-amz-date: 20260131T120000Z"));
        EXPECT_THAT(server.requests().at(2), HasSubstr("x-amz-date: 20260131T122000Z"));
        EXPECT_EQ(f.identity->renewals, 1);
        EXPECT_TRUE(f.identity->last_refused);
        EXPECT_EQ(transport.caller(), "account 123456789012");
      }));
}

TEST(http_transport, signs_nothing_that_is_valid_in_years) {
  net::run(talk({{refusal("InvalidSignatureException", "Sat, 31 Jan 2036 12:00:00 GMT")},
                 {refusal("InvalidSignatureException", "Fri, 30 Jan 2026 11:59:00 GMT")},
                 {refusal("InvalidSignatureException", "Sun, 01 Feb 2026 12:00:00 GMT")}},
                [](fixture&, http_transport& transport, net::scripted_server&) -> awaitable<void> {
                  co_await transport.send(get_item());
                  EXPECT_EQ(transport.clock_skew(), milliseconds{0});
                  co_await transport.send(get_item());
                  EXPECT_EQ(transport.clock_skew(), milliseconds{0});
                  co_await transport.send(get_item());
                  EXPECT_EQ(transport.clock_skew(), std::chrono::hours{24});
                }));
}

TEST(http_transport, without_credentials_nothing_is_sent) {
  net::run(talk(
      {},
      [](fixture& f, http_transport& transport, net::scripted_server& server) -> awaitable<void> {
        f.identity->refuses = true;
        const auto answer = co_await transport.send(get_item());
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().kind, error_class::refresh_credentials);
        EXPECT_EQ(server.requests().size(), 0U);
      }));
}

}  // namespace
}  // namespace ddm::aws
