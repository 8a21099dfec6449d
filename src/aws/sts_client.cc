#include "aws/sts_client.h"

#include "aws/sigv4.h"

#include <fmt/format.h>

namespace ddm::aws {
namespace {

constexpr std::string_view version = "2011-06-15";
constexpr std::string_view content_type = "application/x-www-form-urlencoded; charset=utf-8";
constexpr milliseconds patience{5000};

}  // namespace

result<sts_client> sts_client::create(const credential_context& context,
                                      const profile_files& files) {
  auto endpoint =
      resolve_endpoint(sts_names, context.region, context.profile, context.variables, files);
  if (!endpoint) {
    return fail(std::move(endpoint).error());
  }
  return sts_client(context, std::move(*endpoint));
}

sts_client::parameters sts_client::parameters_of(const role_request& role) {
  parameters made{{"RoleArn", role.role_arn}, {"RoleSessionName", role.session_name}};
  if (role.duration_seconds) {
    made.emplace_back("DurationSeconds", std::to_string(*role.duration_seconds));
  }
  return made;
}

awaitable<result<std::string>> sts_client::call(std::string_view operation, parameters given,
                                                shared_credentials by) const {
  net::http_request request{.method = "POST", .target = endpoint_.url.path, .timeout = patience};
  request.body = fmt::format("Action={}&Version={}", operation, version);
  for (const auto& [name, value] : given) {
    request.body += fmt::format("&{}={}", name, percent_encoded(value));
  }
  request.headers.add("content-type", content_type);
  if (by) {
    const auto signed_as =
        request_signer(context_.region, "sts")
            .sign({.method = "POST",
                   .path = endpoint_.url.path,
                   .headers = {{"content-type", content_type}, {"host", endpoint_.url.authority()}},
                   .body = request.body},
                  *by, context_.time.now());
    request.headers.add("x-amz-date", signed_as.amz_date);
    if (!by->session_token.empty()) {
      request.headers.add("x-amz-security-token", by->session_token.reveal());
    }
    request.headers.add("authorization", signed_as.authorization);
  }
  const auto what = fmt::format("sts:{} in {}", operation, context_.region);
  auto answer = co_await exchange_once(context_, endpoint_, std::move(request));
  if (!answer) {
    co_return fail(std::move(answer).error().within(what));
  }
  if (answer->status != 200) {
    auto failure = read_sts_error(answer->body.view(), answer->status);
    if (failure.request_id.empty()) {
      failure.request_id = answer->headers.find("x-amzn-requestid").value_or("");
    }
    co_return fail(std::move(failure).within(
        fmt::format("{} ({}, {})", what, endpoint_.url.authority(), endpoint_.origin)));
  }
  co_return std::string(answer->body.view());
}

awaitable<result<credentials>> sts_client::assume_role(role_request role,
                                                       shared_credentials by) const {
  auto given = parameters_of(role);
  if (!role.external_id.empty()) {
    given.emplace_back("ExternalId", role.external_id);
  }
  const auto answer = co_await call("AssumeRole", std::move(given), std::move(by));
  co_return answer ? read_assumed_role(*answer, "AssumeRole") : fail(answer.error());
}

awaitable<result<credentials>> sts_client::assume_role_with_web_identity(role_request role,
                                                                         secret token) const {
  auto given = parameters_of(role);
  given.emplace_back("WebIdentityToken", token.reveal());
  const auto answer = co_await call("AssumeRoleWithWebIdentity", std::move(given), nullptr);
  co_return answer ? read_assumed_role(*answer, "AssumeRoleWithWebIdentity") : fail(answer.error());
}

awaitable<result<caller_identity>> sts_client::get_caller_identity(shared_credentials by) const {
  const auto answer = co_await call("GetCallerIdentity", {}, std::move(by));
  co_return answer ? read_caller_identity(*answer) : fail(answer.error());
}

}  // namespace ddm::aws
