#include "net/http_client.h"
#include "net/run.h"
#include "net/scripted_server.h"
#include "net/test_certificate.h"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ddm::net {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A file that is removed with the object.
class temporary_file {
 public:
  explicit temporary_file(const std::string& text)
      : path_(std::filesystem::path(testing::TempDir()) /
              ("ddm_ca_" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(path_) << text;
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

struct outcome {
  result<http_response> answer;
  std::size_t connections_opened = 0;
};

/// Two requests, each on a connection of its own.
awaitable<void> exchange(asio::ssl::context& tls, std::string host, http_options options,
                         outcome& out) {
  const auto executor = co_await asio::this_coro::executor;
  const auto reply = ok("secret", "Connection: close\r\n");
  scripted_server server(executor, {{{reply}}, {{reply}}}, &tls);
  auto endpoint = server.endpoint();
  endpoint.host = std::move(host);
  {
    const auto client = http_client::create(executor, endpoint, std::move(options));
    EXPECT_TRUE(client);
    out.answer = co_await (*client)->send({.method = "POST", .body = "x"});
    if (out.answer) {
      out.answer = co_await (*client)->send({.method = "POST", .body = "x"});
    }
    out.connections_opened = (*client)->connections_opened();
  }
  co_await server.stop();
}

outcome try_tls(const std::string& certified, const std::string& host, bool trusted,
                void (*adjust)(SSL_CTX*) = nullptr) {
  const auto certificate = make_certificate(certified);
  const temporary_file authorities(certificate.certificate_pem);
  auto tls = server_context(certificate);
  if (adjust != nullptr) {
    adjust(tls.native_handle());
  }
  outcome out;
  run(exchange(tls, host, {.ca_file = trusted ? authorities.path() : ""}, out));
  return out;
}

TEST(http_tls, a_certificate_of_the_given_authority_is_accepted) {
  const auto out = try_tls("DNS:localhost", "localhost", true);
  ASSERT_TRUE(out.answer) << out.answer.error().describe();
  EXPECT_EQ(out.answer->body.view(), "secret");
  EXPECT_EQ(out.connections_opened, 2U);
}

TEST(http_tls, so_is_one_for_an_address) {
  const auto out = try_tls("IP:127.0.0.1", "127.0.0.1", true);
  EXPECT_TRUE(out.answer) << out.answer.error().describe();
}

TEST(http_tls, a_self_signed_certificate_is_refused_with_the_remedy) {
  const auto out = try_tls("DNS:localhost", "localhost", false);
  ASSERT_FALSE(out.answer);
  EXPECT_EQ(out.answer.error().code, "TlsFailed");
  EXPECT_EQ(out.answer.error().kind, error_class::retry);
  EXPECT_THAT(out.answer.error().message, HasSubstr("self-signed certificate"));
  EXPECT_THAT(out.answer.error().message, HasSubstr("AWS_CA_BUNDLE"));
}

TEST(http_tls, a_certificate_for_another_name_is_refused) {
  const auto out = try_tls("DNS:dynamodb.eu-west-1.amazonaws.com", "localhost", true);
  ASSERT_FALSE(out.answer);
  EXPECT_EQ(out.answer.error().code, "TlsFailed");
  EXPECT_THAT(out.answer.error().message, HasSubstr("hostname mismatch"));
}

TEST(http_tls, a_certificate_for_another_address_is_refused) {
  const auto out = try_tls("IP:127.0.0.2", "127.0.0.1", true);
  ASSERT_FALSE(out.answer);
  EXPECT_EQ(out.answer.error().code, "TlsFailed");
}

TEST(http_tls, older_versions_than_1_2_are_refused) {
  const auto out = try_tls("DNS:localhost", "localhost", true, [](SSL_CTX* server) {
    SSL_CTX_set_security_level(server, 0);
    SSL_CTX_set_min_proto_version(server, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION);
  });
  ASSERT_FALSE(out.answer);
  EXPECT_EQ(out.answer.error().code, "TlsFailed");
}

int resumed = 0;

TEST(http_tls, a_second_connection_resumes_the_session_of_the_first) {
  resumed = 0;
  const auto out = try_tls("DNS:localhost", "localhost", true, [](SSL_CTX* server) {
    SSL_CTX_set_info_callback(server, [](const SSL* stream, int where, int) {
      if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && SSL_session_reused(stream) == 1) {
        resumed = 1;
      }
    });
  });
  ASSERT_TRUE(out.answer);
  EXPECT_EQ(resumed, 1);
}

/// Those that TLS 1.3 sends after the handshake come without being asked for, and are no answer.
awaitable<void> kept_connection(asio::ssl::context& tls, std::string authorities,
                                std::vector<connection_script> scripts,
                                std::vector<std::string> expected, std::size_t& connections) {
  const auto executor = co_await asio::this_coro::executor;
  scripted_server server(executor, std::move(scripts), &tls);
  auto endpoint = server.endpoint();
  endpoint.host = "localhost";
  {
    const auto client =
        http_client::create(executor, endpoint, {.ca_file = std::move(authorities)});
    EXPECT_TRUE(client);
    for (const auto& body : expected) {
      const auto answer = co_await (*client)->send({.method = "POST", .body = "x"});
      EXPECT_TRUE(answer) << answer.error().describe();
      EXPECT_EQ(answer ? answer->body.view() : "", body);
      asio::steady_timer pause(executor, std::chrono::milliseconds{50});
      co_await pause.async_wait(asio::use_awaitable);
    }
    connections = (*client)->connections_opened();
  }
  co_await server.stop();
}

std::size_t connections_for(std::vector<connection_script> scripts,
                            std::vector<std::string> expected) {
  const auto certificate = make_certificate("DNS:localhost");
  const temporary_file authorities(certificate.certificate_pem);
  auto tls = server_context(certificate);
  SSL_CTX_set_num_tickets(tls.native_handle(), 8);
  std::size_t connections = 0;
  run(kept_connection(tls, authorities.path(), std::move(scripts), std::move(expected),
                      connections));
  return connections;
}

TEST(http_tls, session_tickets_end_no_connection) {
  EXPECT_EQ(connections_for({{{ok("one")}, {ok("two")}, {ok("three")}}}, {"one", "two", "three"}),
            1U);
}

TEST(http_tls, an_answer_that_nobody_asked_for_ends_it) {
  const auto first = ok("one");
  EXPECT_EQ(
      connections_for({{{first + ok("unasked"), after_reply::hang, first.size()}}, {{ok("two")}}},
                      {"one", "two"}),
      2U);
}

TEST(http_tls, without_a_certificate_that_can_be_checked_there_is_no_stream) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  const auto tls = tls_context::create("");
  ASSERT_TRUE(tls);
  EXPECT_TRUE((*tls)->make_stream(socket, "::1"));
  for (const std::string host : {"::1%1", "fe80::1%lo"}) {
    const auto stream = (*tls)->make_stream(socket, host);
    ASSERT_FALSE(stream) << host;
    EXPECT_EQ(stream.error().kind, error_class::fatal);
  }
}

const scripted_reply established{"HTTP/1.1 200 Connection established\r\n\r\n",
                                 after_reply::tunnel};

/// As many requests as there are answers to be had; the last answer counts.
awaitable<void> through_proxy(std::vector<connection_script> scripts, int sends,
                              std::vector<std::string>& requests, result<http_response>& answer) {
  const auto executor = co_await asio::this_coro::executor;
  const auto certificate = make_certificate("DNS:dynamodb.example");
  const temporary_file authorities(certificate.certificate_pem);
  auto tls = server_context(certificate);
  scripted_server server(executor, std::move(scripts), &tls);
  auto address = server.endpoint();
  address.tls = false;
  {
    const auto client = http_client::create(
        executor, {.tls = true, .host = "dynamodb.example", .port = 443},
        {.ca_file = authorities.path(),
         .via = proxy{.address = address, .authorization = secret("Basic eDp5")}});
    EXPECT_TRUE(client);
    for (int number = 0; number < sends; ++number) {
      answer = co_await (*client)->send({.method = "POST", .body = "x"});
    }
  }
  requests = server.requests();
  co_await server.stop();
}

TEST(http_tls, a_proxy_is_asked_for_the_way_and_sees_nothing_else) {
  std::vector<std::string> requests;
  result<http_response> answer;
  run(through_proxy({{established, {ok("secret")}}}, 1, requests, answer));
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body.view(), "secret");
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0],
            "CONNECT dynamodb.example:443 HTTP/1.1\r\nHost: dynamodb.example:443\r\n"
            "Proxy-Authorization: Basic eDp5\r\n\r\n");
  EXPECT_THAT(requests[1], HasSubstr("Host: dynamodb.example\r\n"));
  EXPECT_THAT(requests[1], Not(HasSubstr("Proxy-Authorization")));
}

/// It would be read as the first answer from within the tunnel.
TEST(http_tls, an_answer_that_a_proxy_sends_behind_its_consent_is_not_believed) {
  auto forged = established;
  forged.bytes += ok("forged");
  std::vector<std::string> requests;
  result<http_response> answer;
  run(through_proxy({{forged, {ok("secret")}}}, 1, requests, answer));
  ASSERT_FALSE(answer) << answer->body.view();
  EXPECT_EQ(answer.error().code, "ProxyRefused");
  EXPECT_EQ(answer.error().kind, error_class::retry);
}

TEST(http_tls, a_proxy_that_refuses_is_named_with_its_reason) {
  const auto refused_with = [](const std::string& status) {
    std::vector<std::string> requests;
    result<http_response> answer;
    run(through_proxy(
        {{{"HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nno", after_reply::tunnel}}}, 1,
        requests, answer));
    EXPECT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "ProxyRefused");
    EXPECT_THAT(answer.error().message, HasSubstr("dynamodb.example:443 (through the proxy 127."));
    EXPECT_THAT(answer.error().message, HasSubstr("HTTPS_PROXY"));
    return answer.error().kind;
  };
  EXPECT_EQ(refused_with("407 Proxy Authentication Required"), error_class::fatal);
  EXPECT_EQ(refused_with("403 Forbidden"), error_class::unknown_answer);
  EXPECT_EQ(refused_with("503 Service Unavailable"), error_class::retry);
}

TEST(http_tls, a_proxy_that_dies_costs_the_requests_of_that_time_and_no_more) {
  std::vector<std::string> requests;
  result<http_response> answer;
  // It closes the tunnel under an idle connection, accepts and closes without a word, and is back.
  const std::vector<connection_script> scripts{
      {established, {ok("one"), after_reply::close}}, {}, {established, {ok("three")}}};
  run(through_proxy({scripts[0], scripts[1]}, 2, requests, answer));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, error_class::retry);
  EXPECT_THAT(answer.error().message, HasSubstr("through the proxy"));

  run(through_proxy(scripts, 3, requests, answer));
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body.view(), "three");
}

TEST(http_tls, an_unreadable_file_of_authorities_is_a_fault_of_the_configuration) {
  asio::io_context context;
  const auto client =
      http_client::create(context.get_executor(), {.tls = true, .host = "localhost", .port = 443},
                          {.ca_file = "/no/such/file.pem"});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, error_class::wrong_usage);
  EXPECT_THAT(client.error().message, HasSubstr("/no/such/file.pem"));
}

}  // namespace
}  // namespace ddm::net
