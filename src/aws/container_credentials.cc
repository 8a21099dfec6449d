#include "aws/container_credentials.h"

#include "aws/credential_json.h"
#include "aws/text_file.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view token_variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view token_file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr std::string_view ecs_agent = "http://169.254.170.2";
constexpr milliseconds patience{2000};

bool may_have_the_token(const net::url& address) {
  if (address.tls || address.host == "localhost" || address.host == "169.254.170.2" ||
      address.host == "169.254.170.23" || address.host == "fd00:ec2::23") {
    return true;
  }
  boost::system::error_code ec;
  const auto literal = asio::ip::make_address(address.host, ec);
  return !ec && literal.is_loopback();
}

class container_credentials final : public credentials_source {
 public:
  container_credentials(credential_context context, endpoint_setting agent, std::string target)
      : context_(std::move(context)), agent_(std::move(agent)), target_(std::move(target)) {}

  awaitable<result<credentials>> fetch() override {
    net::http_request request{.target = target_, .timeout = patience};
    request.headers.add("accept", "application/json");
    const auto token = authorization();
    if (!token) {
      co_return fail(token.error());
    }
    if (!token->empty()) {
      request.headers.add("authorization", token->reveal());
    }
    auto answer = co_await exchange_once(context_, agent_, std::move(request));
    if (!answer) {
      co_return fail(std::move(answer).error().within(describe()));
    }
    if (answer->status != 200) {
      co_return fail({.kind = class_of_http_status(answer->status),
                      .message = fmt::format("{} answered HTTP status {}{}", describe(),
                                             answer->status, token_hint(*token)),
                      .http_status = answer->status});
    }
    auto made = read_credentials(answer->body.view(), "Token");
    if (!made) {
      co_return fail(std::move(made).error().within(describe()));
    }
    co_return made;
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("the container's agent at {} ({})", agent_.url.authority(), agent_.origin);
  }

 private:
  /// Empty where none is configured.
  [[nodiscard]] result<secret> authorization() const {
    auto text = context_.variables.find(token_variable).value_or("");
    if (const auto path = context_.variables.find(token_file)) {
      auto read = read_text_file(*path);
      if (!read) {
        return fail(std::move(read).error().within(token_file));
      }
      text = std::move(*read);
    }
    if (std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n'; })) {
      return fail(
          error_class::refresh_credentials,
          fmt::format("the token of {} or {} has a line break in it", token_file, token_variable));
    }
    return secret(std::move(text));
  }

  static std::string token_hint(const secret& token) {
    return token.empty()
               ? fmt::format(" (neither {} nor {} is set)", token_file, token_variable)
               : fmt::format(" (is the token of {} or {} still good?)", token_file, token_variable);
  }

  credential_context context_;
  endpoint_setting agent_;
  std::string target_;
};

}  // namespace

bool has_container_credentials(const environment& variables) {
  return variables.find(relative) || variables.find(full);
}

result<std::unique_ptr<credentials_source>> make_container_credentials(
    const credential_context& context) {
  const auto path = context.variables.find(relative);
  const auto name = path ? relative : full;
  const auto text =
      path ? std::string(ecs_agent) + *path : context.variables.find(full).value_or("");
  // A query is part of the target, not of the endpoint.
  const auto query = std::min(text.find('?'), text.size());
  auto address = net::parse_url(text.substr(0, query));
  if (!address) {
    return fail(std::move(address).error().within(name));
  }
  if (!may_have_the_token(*address)) {
    return wrong_usage(fmt::format(
        "{}: credentials are asked of {} by https only; by http of this machine, 169.254.170.2, "
        "169.254.170.23 and [fd00:ec2::23]",
        name, address->host));
  }
  auto target = address->path + text.substr(query);
  if (!net::is_printable(target)) {
    return wrong_usage(
        fmt::format("{} has a blank, a line break or a character that is not ASCII in it", name));
  }
  auto via = proxy_to(*address, context.variables);
  if (!via) {
    return fail(std::move(via).error());
  }
  endpoint_setting agent{
      .url = std::move(*address), .origin = std::string(name), .via = std::move(*via)};
  return std::make_unique<container_credentials>(context, std::move(agent), std::move(target));
}

}  // namespace ddm::aws
