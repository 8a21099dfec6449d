#include "support/fake_server.h"

#include <boost/asio/connect.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::support {
namespace {

namespace http = boost::beast::http;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};

/// A blocking client with one connection.
class wire {
 public:
  explicit wire(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }
  http::response<http::string_body> post(const std::string& access_key,
                                         const std::string& operation, const std::string& body) {
    http::request<http::string_body> request(http::verb::post, "/", 11, body);
    request.set(http::field::host, "127.0.0.1");
    request.set("X-Amz-Target", "DynamoDB_20120810." + operation);
    if (!access_key.empty()) {
      request.set(http::field::authorization,
                  "AWS4-HMAC-SHA256 Credential=" + access_key +
                      "/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0");
    }
    request.prepare_payload();
    http::write(socket_, request);
    http::response<http::string_body> response;
    http::read(socket_, buffer_, response);
    return response;
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

TEST(fake_server, answers_many_requests_of_one_connection_with_crc_and_date) {
  fake_server server;
  server.with_account("AKIDA", [](fake_dynamodb& account) {
    account.create_table("t", schema);
    account.put("t", R"({"pk":{"S":"a"}})");
  });
  wire client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        client.post("AKIDA", "GetItem", R"({"TableName":"t","Key":{"pk":{"S":"a"}}})");
    EXPECT_EQ(answer.result_int(), 200);
    EXPECT_EQ(answer.body(), R"({"Item":{"pk":{"S":"a"}}})");
    EXPECT_FALSE(answer["x-amz-crc32"].empty());
    EXPECT_TRUE(answer[http::field::date].ends_with(" GMT"));
  }
}

TEST(fake_server, answers_with_a_whole_page) {
  fake_server server;
  server.with_account("AKIDA", [](fake_dynamodb& account) {
    account.create_table("t", schema);
    for (const char* key : {"a", "b", "c", "d"}) {
      account.put("t", fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"S":"{}"}}}})", key,
                                   std::string(300'000, 'x')));
    }
  });
  wire client(server.port());
  const auto answer = client.post("AKIDA", "Scan", R"({"TableName":"t"})");
  EXPECT_EQ(answer.result_int(), 200);
  EXPECT_GT(answer.body().size(), 1'000'000U);
}

TEST(fake_server, the_access_key_chooses_the_account) {
  fake_server server;
  server.with_account("AKIDA", [](fake_dynamodb& account) { account.create_table("t", schema); });
  wire client(server.port());
  EXPECT_EQ(client.post("AKIDA", "DescribeTable", R"({"TableName":"t"})").result_int(), 200);
  EXPECT_EQ(client.post("AKIDB", "DescribeTable", R"({"TableName":"t"})").result_int(), 400);
  EXPECT_THAT(client.post("", "DescribeTable", R"({"TableName":"t"})").body(),
              testing::HasSubstr("MissingAuthenticationToken"));
}

TEST(fake_server, a_planned_reset_is_a_reset_of_the_connection) {
  fake_server server;
  server.with_account("AKIDA", [](fake_dynamodb& account) {
    account.create_table("t", schema);
    account.plan_faults(fault_on("DescribeTable", {.type = fault::kind::connection_reset}, 1));
  });
  wire first(server.port());
  EXPECT_THROW(first.post("AKIDA", "DescribeTable", R"({"TableName":"t"})"),
               boost::system::system_error);
  wire second(server.port());
  EXPECT_EQ(second.post("AKIDA", "DescribeTable", R"({"TableName":"t"})").result_int(), 200);
}

TEST(fake_server, ends_while_clients_are_connected) {
  fake_server server;
  wire idle(server.port());
  wire busy(server.port());
  busy.post("AKIDA", "DescribeTable", R"({"TableName":"t"})");
}

}  // namespace
}  // namespace ddm::support
