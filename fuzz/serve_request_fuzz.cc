// What a client may send: the head of a request in whatever pieces, its target, its form, and what
// the guard makes of it. Nothing is answered that names another host, wants to change something, or
// has not shown the token; nothing of a path leads elsewhere; an answer's head stays what it is.
#include "fuzz_target.h"
#include "serve/request_guard.h"
#include "serve/request_parser.h"
#include "serve/response_head.h"

#include <algorithm>
#include <optional>
#include <string>

namespace ddm::fuzz {
namespace {

using namespace serve;

constexpr std::string_view token = "0123456789abcdef-right";
const listen_address at{.host = "127.0.0.1", .port = 8080};
const wall_time now = from_ms(1'700'000'000'000);

struct outcome {
  std::optional<request_head> head;
  int refusal = 0;
};

/// As a connection does it: what the parser leaves is given again with what comes next.
outcome parsed(std::string_view input, std::size_t piece_bytes) {
  request_parser parser;
  std::string waiting;
  for (std::size_t from = 0; from < input.size() && !parser.complete() && parser.refusal() == 0;
       from += piece_bytes) {
    waiting += input.substr(from, piece_bytes);
    const auto taken = parser.take(waiting);
    require(taken <= waiting.size(), "no more is taken than came");
    waiting.erase(0, taken);
    require(parser.refusal() != 0 || parser.complete() || waiting.size() <= request_head_bytes_max,
            "what waits stays within the limit");
  }
  outcome seen{.head = std::nullopt, .refusal = parser.refusal()};
  if (parser.complete()) {
    seen.head = parser.head();
  }
  return seen;
}

bool is_same(const request_head& a, const request_head& b) {
  return a.method == b.method && a.target == b.target && a.host == b.host && a.origin == b.origin &&
         a.authorization == b.authorization && a.cookie == b.cookie && a.accept == b.accept &&
         a.content_type == b.content_type && a.last_event_id == b.last_event_id &&
         a.body_bytes == b.body_bytes;
}

bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

void require_sound(const request& asked) {
  require(asked.method == "GET" || asked.method == "HEAD", "nothing changes anything");
  for (const auto& segment : asked.path) {
    require(!segment.empty() && segment != "." && segment != ".." && is_plain(segment) &&
                segment.find_first_of("/\\") == std::string::npos,
            "a path leads nowhere else");
  }
  for (const auto& each : asked.query) {
    require(!each.name.empty() && is_plain(each.name) && is_plain(each.value),
            "parameters have names and no control characters");
    require(std::ranges::count(asked.query, each.name, &parameter::name) == 1,
            "a parameter is given once");
  }
}

void require_sound(const response& refusal) {
  require(refusal.status >= 400, "a refusal is none that looks like an answer");
  const auto head = response_head(refusal, refusal.body.size(), true, now);
  require(head.find("\r\n\r\n") == head.size() - 4, "a head has one end");
  require(!head.contains("Access-Control"), "no other site is allowed anything");
  require(!(head + refusal.body).contains(token), "a refusal does not show the token");
}

void judge(const request_head& head, bool needs_token) {
  access_options options;
  options.allowed_hosts = {"monitor.example"};
  if (needs_token) {
    options.token = secret(std::string(token));
  }
  auto guard = *request_guard::create(at, options);
  const auto made = guard.judge(head, at, now);
  if (made.what == judgement::outcome::refuse) {
    require_sound(made.refusal);
    return;
  }
  const auto host = parse_authority(head.host);
  require(host && (host->host == "monitor.example" ||
                   (host->port == 8080 && (host->host == "127.0.0.1" || host->host == "::1" ||
                                           host->host == "localhost"))),
          "only its own names are answered");
  if (head.origin) {
    const auto scheme_end = head.origin->find("://");
    require(scheme_end != std::string::npos, "an origin that is answered has a scheme");
    const auto site = parse_authority(std::string_view(*head.origin).substr(scheme_end + 3));
    require(site && site->host == host->host, "another site's page is not answered");
  }
  if (made.what == judgement::outcome::login) {
    require(needs_token && head.method == "POST" && head.body_bytes <= login_bytes_max,
            "a login is small, and where a token is needed");
    return;
  }
  require_sound(made.asked);
  require(!needs_token || head.authorization.reveal().ends_with(token),
          "the token was shown, as nobody has logged in");
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto whole = parsed(input, input.size() + 1);
  for (const std::size_t piece : {1, 7}) {
    const auto pieces = parsed(input, piece);
    // A head that never ends well may be refused at once, or waited for.
    require(pieces.head.has_value() == whole.head.has_value(), "pieces end as the whole does");
    require(!whole.head || is_same(*pieces.head, *whole.head), "pieces say what the whole says");
  }
  if (whole.head) {
    judge(*whole.head, false);
    judge(*whole.head, true);
  }
  auto guard =
      *request_guard::create(at, {.token = secret(std::string(token)), .allowed_hosts = {}});
  const auto login = guard.log_in(input, session_key{}, now);
  require(login.wrong_token == (login.answer.status == 401), "a login is right or wrong");
  require(login.wrong_token || input.contains("token="), "a login names the token");
  if (const auto address = parse_listen_address(input)) {
    const auto again = parse_listen_address(address->text());
    require(again && *again == *address, "an address comes back");
  }
}

}  // namespace ddm::fuzz
