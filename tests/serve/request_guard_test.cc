#include "serve/request_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ddm::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using outcome = judgement::outcome;

const listen_address loopback{.host = "127.0.0.1", .port = 8080};
const listen_address outside{.host = "10.0.0.1", .port = 8080};
constexpr std::string_view token = "0123456789abcdef-right";
const wall_time noon = from_ms(1'700'000'000'000);

request_guard guard_of(const access_options& options = {}) {
  auto made = request_guard::create(loopback, options);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

access_options with_token() { return {.token = secret(std::string(token)), .allowed_hosts = {}}; }

request_head head_of(std::string host = "127.0.0.1:8080") {
  return {.method = "GET", .target = "/go?x=1", .host = std::move(host), .origin = std::nullopt};
}

int status_of(const request_guard& guard, const request_head& head,
              const listen_address& at = loopback) {
  const auto made = guard.judge(head, at, noon);
  return made.what == outcome::answer ? 200 : made.refusal.status;
}

session_key key_of(unsigned char byte) {
  session_key key;
  key.fill(byte);
  return key;
}

/// The cookie of a login with the right token.
std::string cookie_after_login(request_guard& guard, wall_time now, unsigned char key = 7) {
  const auto login = guard.log_in("token=" + std::string(token), key_of(key), now);
  const std::string set(login.answer.headers.find("Set-Cookie").value_or(""));
  return set.substr(0, set.find(';'));
}

TEST(request_guard, hands_over_what_was_asked) {
  auto head = head_of();
  head.accept = "application/json";
  head.last_event_id = "7";
  const auto made = guard_of().judge(head, loopback, noon);
  ASSERT_EQ(made.what, outcome::answer);
  EXPECT_EQ(made.asked.method, "GET");
  EXPECT_THAT(made.asked.path, testing::ElementsAre("go"));
  EXPECT_THAT(made.asked.query, testing::ElementsAre(parameter{"x", "1"}));
  EXPECT_EQ(made.asked.accept, "application/json");
  EXPECT_EQ(made.asked.last_event_id, "7");
}

TEST(request_guard, knows_itself_by_the_names_of_loopback_and_no_others) {
  const auto guard = guard_of();
  for (const auto* const host :
       {"127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080", "[0:0:0::1]:8080"}) {
    EXPECT_EQ(status_of(guard, head_of(host)), 200) << host;
  }
  for (const auto* const host :
       {"", "127.0.0.1", "localhost", "localhost:8081", "localhost.:8080", "evil.example:8080",
        "127.0.0.1.evil.example:8080", "127.0.0.1:8080@evil.example", "127.0.0.1:8080, x",
        "10.0.0.1:8080", "2130706433:8080", "0.0.0.0:8080"}) {
    EXPECT_EQ(status_of(guard, head_of(host)), 421) << host;
  }
  EXPECT_EQ(status_of(guard, head_of("localhost"), {.host = "127.0.0.1", .port = 80}), 200);
}

TEST(request_guard, says_how_a_host_is_allowed) {
  const auto made = guard_of().judge(head_of("monitor.example.com"), loopback, noon);
  EXPECT_THAT(made.refusal.body, HasSubstr(std::string(allowed_host_option)));
  EXPECT_THAT(made.refusal.body, Not(HasSubstr("monitor.example.com")));
}

TEST(request_guard, takes_the_address_that_a_connection_came_to) {
  const auto guard = guard_of();
  EXPECT_EQ(status_of(guard, head_of("10.0.0.1:8080"), outside), 200);
  EXPECT_EQ(status_of(guard, head_of("localhost:8080"), outside), 421);
  EXPECT_EQ(status_of(guard, head_of("10.0.0.2:8080"), outside), 421);
}

TEST(request_guard, takes_allowed_hosts) {
  const auto guard =
      guard_of({.token = std::nullopt,
                .allowed_hosts = {"Any.example", "one.example:8443", "tls.example:443"}});
  for (const auto* const host : {"any.example", "any.example:1", "one.example:8443", "tls.example",
                                 "tls.example:443", "ANY.example:2"}) {
    EXPECT_EQ(status_of(guard, head_of(host)), 200) << host;
  }
  for (const auto* const host :
       {"one.example", "one.example:8444", "x.any.example", "any.example."}) {
    EXPECT_EQ(status_of(guard, head_of(host)), 421) << host;
  }
  EXPECT_FALSE(request_guard::create(loopback, {.token = {}, .allowed_hosts = {"*.example"}}));
  EXPECT_FALSE(request_guard::create(loopback, {.token = {}, .allowed_hosts = {"http://a"}}));
}

TEST(request_guard, answers_no_other_sites_page) {
  const auto guard = guard_of();
  const auto of_origin = [&](const char* origin) {
    auto head = head_of("localhost:8080");
    head.origin = origin;
    return status_of(guard, head);
  };
  EXPECT_EQ(of_origin("http://localhost:8080"), 200);
  EXPECT_EQ(of_origin("https://localhost:8080"), 200);
  for (const auto* const origin :
       {"null", "", "http://localhost", "http://localhost:8081", "http://127.0.0.1:8080",
        "http://evil.example", "http://localhost:8080.evil.example", "ftp://localhost:8080",
        "http://localhost:8080/"}) {
    EXPECT_EQ(of_origin(origin), 403) << origin;
  }
}

TEST(request_guard, only_reads) {
  for (const auto* const method :
       {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get"}) {
    auto head = head_of();
    head.method = method;
    const auto made = guard_of().judge(head, loopback, noon);
    EXPECT_EQ(made.refusal.status, 405) << method;
    EXPECT_EQ(made.refusal.headers.find("Allow"), "GET, HEAD");
  }
  auto head = head_of();
  head.body_bytes = 1;
  EXPECT_EQ(status_of(guard_of(), head), 400);
}

TEST(request_guard, beyond_loopback_needs_a_token_that_cannot_be_guessed) {
  for (const auto* const at : {"0.0.0.0:8080", "[::]:8080", "10.0.0.1:8080"}) {
    const auto made = request_guard::create(*parse_listen_address(at), {});
    ASSERT_FALSE(made) << at;
    EXPECT_EQ(made.error().kind, error_class::wrong_usage);
    EXPECT_THAT(made.error().message, HasSubstr("--listen-token-file"));
  }
  EXPECT_TRUE(request_guard::create(outside, with_token()));
  for (const auto* const weak : {"", "short", "0123456789abcde", "0123456789abcdef\n",
                                 "0123456789 abcdef", "0123456789abcdef\xc3\xa4"}) {
    const auto made = request_guard::create(loopback, {.token = secret(weak), .allowed_hosts = {}});
    ASSERT_FALSE(made) << weak;
    EXPECT_THAT(made.error().message, Not(HasSubstr("0123456789")));
  }
}

TEST(request_guard, wants_the_token_in_a_header_and_nowhere_else) {
  const auto guard = guard_of(with_token());
  auto head = head_of();
  const auto with = [&](std::string_view authorization) {
    head.authorization = secret(std::string(authorization));
    return guard.judge(head, loopback, noon);
  };
  EXPECT_EQ(with("Bearer 0123456789abcdef-right").what, outcome::answer);
  EXPECT_EQ(with("bearer 0123456789abcdef-right").what, outcome::answer);
  for (const auto* const wrong : {"Bearer 0123456789abcdef-righ", "Bearer 0123456789abcdef-right ",
                                  "Bearer ", "Bearer 0123456789ABCDEF-RIGHT"}) {
    EXPECT_EQ(with(wrong).refusal.status, 401) << wrong;
    EXPECT_TRUE(with(wrong).wrong_token) << wrong;
  }
  for (const auto* const none : {"", "Basic 0123456789abcdef-right", "0123456789abcdef-right"}) {
    EXPECT_EQ(with(none).refusal.status, 401) << none;
    EXPECT_FALSE(with(none).wrong_token) << none;
    EXPECT_EQ(with(none).refusal.headers.find("WWW-Authenticate"), "Bearer");
  }
  head.authorization = secret();
  for (const auto* const target : {"/go?token=0123456789abcdef-right",
                                   "/go?access_token=0123456789abcdef-right", "/login?token=x"}) {
    head.target = target;
    EXPECT_EQ(status_of(guard, head), 401) << target;
  }
}

TEST(request_guard, gives_a_probe_the_status_and_nothing_else) {
  auto options = with_token();
  options.probes = {"/healthz"};
  const auto guard = guard_of(options);
  auto head = head_of("10.1.2.3:9999");
  head.target = "/healthz";
  auto made = guard.judge(head, outside, noon);
  EXPECT_EQ(made.what, outcome::answer) << "neither the host is ours nor is there a token";
  EXPECT_TRUE(made.only_status);
  EXPECT_THAT(made.asked.path, testing::ElementsAre("healthz"));
  head.host = "127.0.0.1:8080";
  head.authorization = secret("Bearer " + std::string(token));
  made = guard.judge(head, loopback, noon);
  EXPECT_EQ(made.what, outcome::answer);
  EXPECT_FALSE(made.only_status) << "who may read all may read this";
  head.authorization = secret("Bearer wrong-wrong-wrong-wrong");
  EXPECT_TRUE(guard.judge(head, loopback, noon).wrong_token) << "nobody guesses here";
}

TEST(request_guard, takes_nothing_for_a_probe_that_could_be_more) {
  auto options = with_token();
  options.probes = {"/healthz"};
  const auto guard = guard_of(options);
  for (const auto* const target : {"/healthz?x=1", "/healthz/", "/go", "/", "/healthz/../go"}) {
    auto head = head_of();
    head.target = target;
    EXPECT_NE(guard.judge(head, loopback, noon).what, outcome::answer) << target;
  }
  auto head = head_of();
  head.target = "/healthz";
  head.origin = "http://evil.example";
  EXPECT_NE(guard.judge(head, loopback, noon).what, outcome::answer) << "of another site";
  head = head_of();
  head.target = "/healthz";
  head.method = "POST";
  EXPECT_NE(guard.judge(head, loopback, noon).what, outcome::answer);
  head.method = "GET";
  head.body_bytes = 1;
  EXPECT_NE(guard.judge(head, loopback, noon).what, outcome::answer);
}

TEST(request_guard, shows_a_browser_a_form_without_a_script) {
  const auto guard = guard_of(with_token());
  auto head = head_of();
  head.accept = "text/html,application/xhtml+xml";
  const auto made = guard.judge(head, loopback, noon);
  EXPECT_EQ(made.refusal.status, 401);
  EXPECT_THAT(made.refusal.content_type, HasSubstr("text/html"));
  EXPECT_THAT(made.refusal.body, HasSubstr("<form method=\"post\" action=\"/login\">"));
  EXPECT_THAT(made.refusal.body, Not(HasSubstr("<script")));
  EXPECT_TRUE(made.refusal.has_form);
}

TEST(request_guard, takes_a_login_as_a_small_form_of_its_own_page) {
  const auto guard = guard_of(with_token());
  auto head = head_of();
  head.method = "POST";
  head.target = "/login";
  head.body_bytes = 100;
  EXPECT_EQ(status_of(guard, head), 415);
  head.content_type = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(guard.judge(head, loopback, noon).what, outcome::login);
  head.origin = "http://127.0.0.1:8080";
  EXPECT_EQ(guard.judge(head, loopback, noon).what, outcome::login);
  head.origin = "null";
  EXPECT_EQ(status_of(guard, head), 403);
  head.origin.reset();
  head.body_bytes = login_bytes_max + 1;
  EXPECT_EQ(status_of(guard, head), 413);
  EXPECT_EQ(status_of(guard_of(), head), 405) << "nobody logs in where no token is needed";
  head.method = "PUT";
  EXPECT_EQ(guard.judge(head, loopback, noon).refusal.headers.find("Allow"), "GET, HEAD, POST");
}

TEST(request_guard, knows_who_has_logged_in_for_twelve_hours) {
  auto guard = guard_of(with_token());
  const auto login = guard.log_in("x=1&token=0123456789abcdef-right", key_of(1), noon);
  EXPECT_FALSE(login.wrong_token);
  EXPECT_EQ(login.answer.status, 303);
  EXPECT_EQ(login.answer.headers.find("Location"), "/");
  const std::string set(login.answer.headers.find("Set-Cookie").value_or(""));
  EXPECT_THAT(set, testing::StartsWith("ddm_session="));
  for (const auto* const part : {"; HttpOnly", "; SameSite=Strict", "; Path=/"}) {
    EXPECT_THAT(set, HasSubstr(part));
  }
  EXPECT_THAT(set, Not(HasSubstr(std::string(token))));
  auto head = head_of();
  head.cookie = secret("a=1; " + set.substr(0, set.find(';')) + "; b=2");
  EXPECT_EQ(guard.judge(head, loopback, noon).what, outcome::answer);
  EXPECT_EQ(guard.judge(head, loopback, noon + std::chrono::hours{12}).refusal.status, 401);
  EXPECT_FALSE(guard.judge(head, loopback, noon + std::chrono::hours{12}).wrong_token);
  for (const auto* const other : {"ddm_session=", "ddm_session", "xddm_session=1", ";;;", "="}) {
    head.cookie = secret(other);
    EXPECT_EQ(status_of(guard, head), 401) << other;
  }
}

TEST(request_guard, keeps_sixty_four_sessions_and_drops_the_oldest) {
  auto guard = guard_of(with_token());
  auto head = head_of();
  const auto oldest = cookie_after_login(guard, noon, 0);
  const auto second = cookie_after_login(guard, noon, 1);
  for (unsigned char key = 2; key <= login_sessions_max; ++key) {
    head.cookie = secret(cookie_after_login(guard, noon, key));
    EXPECT_EQ(status_of(guard, head), 200);
  }
  head.cookie = secret(oldest);
  EXPECT_EQ(status_of(guard, head), 401);
  head.cookie = secret(second);
  EXPECT_EQ(status_of(guard, head), 200);
}

TEST(request_guard, refuses_a_login_with_anything_but_the_token) {
  auto guard = guard_of(with_token());
  for (const auto* const form :
       {"", "token=", "token=wrong", "Token=0123456789abcdef-right",
        "token=0123456789abcdef-right&token=x", "token=%zz", "0123456789abcdef-right"}) {
    const auto login = guard.log_in(form, key_of(1), noon);
    EXPECT_TRUE(login.wrong_token) << form;
    EXPECT_EQ(login.answer.status, 401) << form;
    EXPECT_EQ(login.answer.headers.find("Set-Cookie"), std::nullopt);
  }
  EXPECT_TRUE(guard_of().log_in("token=", key_of(1), noon).wrong_token);
}

}  // namespace
}  // namespace ddm::serve
