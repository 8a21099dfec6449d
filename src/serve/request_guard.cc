#include "serve/request_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddm::serve {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;
constexpr std::string_view session_cookie = "ddm_session";

constexpr std::string_view login_page =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>Log in</title></head>\n"
    "<body>\n"
    "<h1>Migration monitor</h1>\n"
    "{}"
    "<form method=\"post\" action=\"/login\">\n"
    "<p><label>Token <input type=\"password\" name=\"token\" autocomplete=\"current-password\" "
    "required autofocus></label> <button>Log in</button></p>\n"
    "</form>\n"
    "</body>\n"
    "</html>\n";

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

response with_login_form(std::string_view remark) {
  response page{.status = 401,
                .content_type = "text/html; charset=utf-8",
                .body = fmt::format(login_page, remark),
                .headers = {},
                .has_form = true};
  page.headers.add("WWW-Authenticate", "Bearer");
  return page;
}

response unauthorised(const request_head& head, bool wrong) {
  if (head.accept.contains("text/html")) {
    return with_login_form("");
  }
  auto refusal = plain_text(401, wrong ? "the token is wrong"
                                       : "a token is needed: send it as \"Authorization: Bearer "
                                         "TOKEN\", or log in with a browser");
  refusal.headers.add("WWW-Authenticate", "Bearer");
  return refusal;
}

/// The token of "Bearer TOKEN"; nothing for any other scheme.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (!net::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return authorization.substr(scheme.size());
}

/// "https://monitor.example.com" has the port 443.
std::optional<authority> parse_origin(std::string_view origin) {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::uint16_t>{"http://", http_port},
        {"https://", https_port}}) {
    if (origin.starts_with(scheme)) {
      auto named = parse_authority(origin.substr(scheme.size()));
      if (named && !named->port) {
        named->port = port;
      }
      return named;
    }
  }
  return std::nullopt;
}

/// A Host without a port has that of the scheme, which behind a proxy we do not know.
bool may_have_port(const authority& host, std::uint16_t port) {
  return host.port ? *host.port == port : port == http_port || port == https_port;
}

bool is_form(std::string_view content_type) {
  return net::equal_ignoring_case(content_type.substr(0, content_type.find(';')),
                                  "application/x-www-form-urlencoded");
}

request asked_by(const request_head& head, request_target target) {
  return {.method = head.method,
          .path = std::move(target.path),
          .query = std::move(target.query),
          .accept = head.accept,
          .last_event_id = head.last_event_id};
}

bool is_reading(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

result<request_guard> request_guard::create(const listen_address& at,
                                            const access_options& options) {
  request_guard made;
  if (options.token) {
    const auto& token = options.token->reveal();
    if (token.size() < token_characters_min || !is_visible(token)) {
      return wrong_usage(fmt::format(
          "the token of {} is no line of at least {} ASCII characters without blanks; make one "
          "with: openssl rand -hex 32",
          token_option, token_characters_min));
    }
    made.token_.emplace(token);
  } else if (!at.is_loopback()) {
    return wrong_usage(
        fmt::format("{} can be reached from other machines, so a token is needed: "
                    "give {}, or listen at 127.0.0.1:{}",
                    at.text(), token_option, at.port));
  }
  made.probes_ = options.probes;
  for (const auto& name : options.allowed_hosts) {
    const auto parsed = parse_authority(name);
    if (!parsed) {
      return wrong_usage(
          fmt::format("{} \"{}\" is neither a host nor a host and a port; write it as "
                      "monitor.example.com or monitor.example.com:8443",
                      allowed_host_option, name));
    }
    made.allowed_.push_back(*parsed);
  }
  return made;
}

bool request_guard::is_ours(const authority& host, const listen_address& at) const {
  constexpr std::string_view loopback_names[] = {"localhost", "127.0.0.1", "::1"};
  const bool names_us = host.host == at.host ||
                        (at.is_loopback() &&
                         std::ranges::find(loopback_names, host.host) != std::end(loopback_names));
  if (names_us && host.port.value_or(http_port) == at.port) {
    return true;
  }
  return std::ranges::any_of(allowed_, [&](const authority& each) {
    return each.host == host.host && (!each.port || may_have_port(host, *each.port));
  });
}

std::optional<response> request_guard::refusal_by_site(const request_head& head,
                                                       const listen_address& at) const {
  const auto host = parse_authority(head.host);
  if (!host || !is_ours(*host, at)) {
    return plain_text(421, fmt::format("this server does not know itself by the host of this "
                                       "request; allow it with {} HOST",
                                       allowed_host_option));
  }
  if (!head.origin) {
    return std::nullopt;
  }
  const auto origin = parse_origin(*head.origin);
  if (!origin || origin->host != host->host || !may_have_port(*host, *origin->port)) {
    return plain_text(403, "another site asks for this: its Origin is not the Host");
  }
  return std::nullopt;
}

std::optional<response> request_guard::refusal_by_method(const request_head& head,
                                                         bool logs_in) const {
  if (!logs_in && !is_reading(head.method)) {
    auto refusal = plain_text(405, "nothing can be changed here: only GET and HEAD are answered");
    const bool is_login = token_ && head.target == "/login";
    refusal.headers.add("Allow", is_login ? "GET, HEAD, POST" : "GET, HEAD");
    return refusal;
  }
  if (!logs_in && head.body_bytes > 0) {
    return plain_text(400, "bad request: a body that nothing asked for");
  }
  if (logs_in && !is_form(head.content_type)) {
    return plain_text(415, "a login is a form (application/x-www-form-urlencoded)");
  }
  if (logs_in && head.body_bytes > login_bytes_max) {
    return plain_text(413, fmt::format("a login has at most {} bytes", login_bytes_max));
  }
  return std::nullopt;
}

bool request_guard::has_session(std::string_view cookies, wall_time now) const {
  while (!cookies.empty()) {
    auto each = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(each.size() + 1, cookies.size()));
    each.remove_prefix(std::min(each.find_first_not_of(' '), each.size()));
    const auto equals = each.find('=');
    if (equals != std::string_view::npos && each.substr(0, equals) == session_cookie) {
      return sessions_.knows(each.substr(equals + 1), now);  // a browser sends it once
    }
  }
  return false;
}

bool request_guard::is_probe(const request_head& head) const {
  return is_reading(head.method) && head.body_bytes == 0 && !head.origin &&
         std::ranges::find(probes_, head.target) != probes_.end();
}

judgement request_guard::judge(const request_head& head, const listen_address& at,
                               wall_time now) const {
  auto made = judge_reader(head, at, now);
  if (made.what == judgement::outcome::refuse && !made.wrong_token && is_probe(head)) {
    made = {.what = judgement::outcome::answer,
            .asked = asked_by(head, *parse_target(head.target)),
            .refusal = {},
            .only_status = true};
  }
  return made;
}

judgement request_guard::judge_reader(const request_head& head, const listen_address& at,
                                      wall_time now) const {
  judgement made;
  auto target = parse_target(head.target);
  if (!target) {
    made.refusal = plain_text(400, target.error().message);
    return made;
  }
  const bool logs_in = token_ && head.method == "POST" && head.target == "/login";
  auto refusal = refusal_by_site(head, at);
  if (!refusal) {
    refusal = refusal_by_method(head, logs_in);
  }
  if (refusal) {
    made.refusal = std::move(*refusal);
    return made;
  }
  if (logs_in) {
    made.what = judgement::outcome::login;
    return made;
  }
  if (token_) {
    const auto given = bearer_token(head.authorization.reveal());
    made.wrong_token = given && !token_->matches(token_digest(*given));
    if (made.wrong_token || (!given && !has_session(head.cookie.reveal(), now))) {
      made.refusal = unauthorised(head, made.wrong_token);
      return made;
    }
  }
  made.what = judgement::outcome::answer;
  made.asked = asked_by(head, *std::move(target));
  return made;
}

login_outcome request_guard::log_in(std::string_view form, const session_key& fresh,
                                    wall_time now) {
  const auto fields = parse_parameters(form);
  const auto* const given = fields ? find_parameter(*fields, "token") : nullptr;
  if (!token_ || given == nullptr || !token_->matches(token_digest(*given))) {
    return {.answer = with_login_form("<p>The token is wrong.</p>\n"), .wrong_token = true};
  }
  auto welcome = plain_text(303, "logged in");
  welcome.headers.add("Location", "/");
  welcome.headers.add(
      "Set-Cookie",
      fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}", session_cookie,
                  sessions_.open(fresh, now), std::chrono::seconds(login_session_age_max).count()));
  return {.answer = std::move(welcome)};
}

}  // namespace ddm::serve
