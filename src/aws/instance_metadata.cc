#include "aws/instance_metadata.h"

#include "aws/credential_json.h"
#include "base/log.h"
#include "net/http_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view token_path = "/latest/api/token";
constexpr std::string_view roles_path = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view token_seconds = "21600";
constexpr milliseconds usual_patience{1000};
/// What the service hands out past its end is accepted by AWS while the service has an outage.
constexpr milliseconds outage_extension = std::chrono::minutes{10};

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

/// It becomes part of a path and of error messages.
bool is_role_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("+=,.@-_").contains(c);
  });
}

class instance_metadata final : public credentials_source {
 public:
  instance_metadata(credential_context context, endpoint_setting service, milliseconds patience)
      : context_(std::move(context)), service_(std::move(service)), patience_(patience) {}

  awaitable<result<credentials>> fetch() override {
    const auto token = co_await session_token();
    if (!token) {
      co_return fail(token.error());
    }
    const auto role = co_await read(std::string(roles_path), *token);
    if (!role) {
      co_return fail(role.error());
    }
    const auto name = first_line(*role);
    if (!is_role_name(name)) {
      co_return fail(error_class::refresh_credentials,
                     fmt::format("{} gave no role name", describe()));
    }
    const auto document = co_await read(fmt::format("{}{}", roles_path, name), *token);
    if (!document) {
      co_return fail(document.error());
    }
    auto made = read_credentials(*document, "Token");
    if (!made) {
      co_return fail(std::move(made).error().within(describe()));
    }
    extend(*made);
    co_return made;
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("the instance's metadata service at {}", service_.url.authority());
  }

 private:
  [[nodiscard]] awaitable<result<std::string>> session_token() {
    net::http_request request{
        .method = "PUT", .target = std::string(token_path), .timeout = patience_};
    request.headers.add("x-aws-ec2-metadata-token-ttl-seconds", token_seconds);
    auto answer = co_await exchange_once(context_, service_, std::move(request));
    if (!answer) {
      auto failure = std::move(answer).error();
      failure.kind = answered_once_ ? error_class::retry : error_class::fatal;
      co_return fail(std::move(failure).within(describe()));
    }
    answered_once_ = true;
    co_return text_of(*answer, token_path);
  }

  [[nodiscard]] awaitable<result<std::string>> read(std::string path, const std::string& token) {
    net::http_request request{.target = path, .timeout = patience_};
    request.headers.add("x-aws-ec2-metadata-token", token);
    auto answer = co_await exchange_once(context_, service_, std::move(request));
    if (!answer) {
      co_return fail(std::move(answer).error().within(describe()));
    }
    co_return text_of(*answer, path);
  }

  [[nodiscard]] result<std::string> text_of(const net::http_response& answer,
                                            std::string_view path) const {
    if (answer.status == 200) {
      return std::string(answer.body.view());
    }
    const auto hint =
        answer.status == 404 && path == roles_path ? " (has the instance a role?)" : "";
    return fail({.kind = class_of_http_status(answer.status),
                 .message = fmt::format("{} answered HTTP status {} to {}{}", describe(),
                                        answer.status, path, hint),
                 .http_status = answer.status});
  }

  void extend(credentials& made) const {
    const auto now = context_.time.now();
    if (made.expires && *made.expires <= now) {
      log::event(log::level::warning, "credentials_extended",
                 "the instance's credentials should have been renewed; they are used on",
                 {{"from", describe()}, {"ended", format_rfc3339(*made.expires)}});
      made.expires = now + outage_extension;
    }
  }

  credential_context context_;
  endpoint_setting service_;
  milliseconds patience_;
  bool answered_once_ = false;
};

}  // namespace

bool instance_metadata_disabled(const environment& variables) {
  return variables.is_true("AWS_EC2_METADATA_DISABLED");
}

result<std::unique_ptr<credentials_source>> make_instance_metadata(
    const credential_context& context, const profile_files& files) {
  const auto* const profile =
      files.profile(named_profile(context.profile, context.variables).value_or("default"));
  const auto setting = [&](std::string_view variable, std::string_view name) {
    auto value = context.variables.find(variable);
    return value || profile == nullptr ? value : profile->find(name);
  };
  const auto mode =
      setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
          .value_or("IPv4");
  const bool six = net::equal_ignoring_case(mode, "IPv6");
  if (!six && !net::equal_ignoring_case(mode, "IPv4")) {
    return wrong_usage(fmt::format(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"{}\"; IPv4 and IPv6 are right", mode));
  }
  const auto text = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
                        .value_or(six ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  auto address = net::parse_url(text);
  if (!address) {
    return fail(std::move(address).error().within("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
  }
  auto patience = usual_patience;
  if (const auto seconds = setting("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")) {
    int value = 0;
    const auto* const end = seconds->data() + seconds->size();
    if (const auto [stop, ec] = std::from_chars(seconds->data(), end, value);
        ec != std::errc{} || stop != end || value < 1) {
      return wrong_usage(
          fmt::format("AWS_METADATA_SERVICE_TIMEOUT is \"{}\"; a number of seconds from 1 "
                      "on is right",
                      *seconds));
    }
    patience = std::chrono::seconds{value};
  }
  return std::make_unique<instance_metadata>(
      context, endpoint_setting{.url = std::move(*address), .origin = "instance metadata"},
      patience);
}

}  // namespace ddm::aws
