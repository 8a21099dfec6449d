#include "aws/http_transport.h"

#include "aws/credential_context.h"
#include "aws/sha256.h"
#include "base/log.h"
#include "net/http_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view content_type = "application/x-amz-json-1.0";
constexpr std::chrono::hours skew_max{24};

template <class Number>
std::optional<Number> number_in(std::optional<std::string_view> text) {
  Number value{};
  if (!text) {
    return std::nullopt;
  }
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  return ec == std::errc{} && end == text->data() + text->size() ? std::optional(value)
                                                                 : std::nullopt;
}

/// Bodies of nothing are hashed all the same: S3 wants to be told.
const std::string& hash_of_nothing() {
  static const auto hash = hex(sha256({}));
  return hash;
}

api_response to_api_response(net::http_response from) {
  const auto& headers = from.headers;
  api_response response{.status = from.status};
  response.request_id = headers.find("x-amzn-requestid")
                            .or_else([&] { return headers.find("x-amz-request-id"); })
                            .value_or("");
  response.crc32 = number_in<std::uint32_t>(headers.find("x-amz-crc32"));
  if (const auto ms = number_in<std::int64_t>(headers.find("x-amz-retry-after")); ms && *ms >= 0) {
    response.retry_after = milliseconds{*ms};
  }
  if (const auto date = headers.find("date")) {
    response.date = net::parse_http_date(*date);
  }
  response.body = std::move(from.body);
  response.headers = std::move(from.headers);
  return response;
}

void add_signature(net::http_request& made, const signature& signed_as, const credentials& by) {
  made.headers.add("x-amz-date", signed_as.amz_date);
  if (!by.session_token.empty()) {
    made.headers.add("x-amz-security-token", by.session_token.reveal());
  }
  made.headers.add("authorization", signed_as.authorization);
}

/// Whether the service refuses the request because of the time in it, or may do so: a signature
/// that is too old is reported as an invalid one.
bool complains_about_time(std::string_view body) {
  constexpr std::array<std::string_view, 4> codes{"RequestExpired", "RequestTimeTooSkewed",
                                                  "InvalidSignature", "SignatureDoesNotMatch"};
  return std::ranges::any_of(
      codes, [&](std::string_view code) { return body.find(code) != std::string_view::npos; });
}

}  // namespace

http_transport::http_transport(std::unique_ptr<net::http_client> http,
                               std::shared_ptr<credentials_provider> identity, std::string region,
                               clock& time, std::string_view service)
    : http_(std::move(http)),
      identity_(std::move(identity)),
      signer_(std::move(region), std::string(service)),
      clock_(time),
      authority_(http_->endpoint().authority()),
      path_(http_->endpoint().path) {}

net::http_request http_transport::sign(api_request& request, const credentials& by) {
  const auto signed_as = signer_.sign({.method = "POST",
                                       .path = path_,
                                       .headers = {{"content-type", content_type},
                                                   {"host", authority_},
                                                   {"x-amz-target", request.target}},
                                       .body = request.body},
                                      by, clock_.now() + clock_skew_);
  net::http_request made{.method = "POST",
                         .target = path_,
                         .answer_bytes_max = request.answer_bytes_max,
                         .timeout = request.timeout,
                         .longest = request.longest};
  made.headers.add("content-type", content_type);
  made.headers.add("user-agent", user_agent());
  made.headers.add("x-amz-target", request.target);
  add_signature(made, signed_as, by);
  made.body = std::move(request.body);
  return made;
}

net::http_request http_transport::sign_get(const api_request& request, const credentials& by) {
  const auto& wanted = *request.get;
  std::vector<std::pair<std::string_view, std::string>> headers;
  headers.reserve(3);
  headers.emplace_back("x-amz-content-sha256", hash_of_nothing());
  if (wanted.from) {
    headers.emplace_back("range",
                         fmt::format("bytes={}-{}", *wanted.from, *wanted.from + wanted.bytes - 1));
  }
  if (!wanted.if_match.empty()) {
    headers.emplace_back("if-match", wanted.if_match);
  }
  signable_request to_sign{.method = "GET",
                           .path = wanted.path,
                           .query = wanted.query,
                           .headers = {{"host", authority_}}};
  to_sign.headers.reserve(headers.size() + 1);
  net::http_request made{.method = "GET",
                         .target = wanted.path + (wanted.query.empty() ? "" : "?") + wanted.query,
                         .answer_bytes_max = request.answer_bytes_max,
                         .timeout = request.timeout,
                         .longest = request.longest};
  made.headers.add("user-agent", user_agent());
  for (const auto& [name, value] : headers) {
    to_sign.headers.push_back({name, value});
    made.headers.add(name, value);
  }
  add_signature(made, signer_.sign(to_sign, by, clock_.now() + clock_skew_), by);
  return made;
}

std::string http_transport::caller() const {
  return refused_ && !refused_->account_id.empty() ? fmt::format("account {}", refused_->account_id)
                                                   : std::string();
}

void http_transport::learn_clock_skew(const api_response& response) {
  if (response.status / 100 == 2 || !response.date || !complains_about_time(response.body.view())) {
    return;
  }
  const auto ahead = *response.date - clock_.now();
  if (ahead <= skew_max && ahead >= -skew_max) {
    clock_skew_ = ahead;
  } else if (!std::exchange(warned_of_skew_, true)) {
    log::event(log::level::error, "clock_wrong",
               "our clock and that of the service are more than a day apart, and no request is "
               "signed for a time that far away: set the clock of this machine",
               {{"service", authority_}, {"ahead_ms", ahead.count()}});
  }
}

awaitable<result<api_response>> http_transport::send(api_request request) {
  const auto identity = co_await identity_->get();
  if (!identity) {
    co_return fail(identity.error());
  }
  request.note(sending::under_way);
  auto answer =
      co_await http_->send(request.get ? sign_get(request, **identity) : sign(request, **identity));
  request.note(sending::over);
  if (!answer) {
    co_return fail(std::move(answer).error());
  }
  auto response = to_api_response(std::move(*answer));
  if (response.status / 100 != 2) {
    refused_ = *identity;
  }
  learn_clock_skew(response);
  co_return response;
}

}  // namespace ddm::aws
