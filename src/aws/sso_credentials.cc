#include "aws/sso_credentials.h"

#include "aws/credential_json.h"
#include "aws/sso_answer.h"
#include "aws/sso_token.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ddm::aws {
namespace {

constexpr milliseconds patience{5000};

struct sso_role {
  sso_login login;
  std::string account;
  std::string name;
  endpoint_setting portal;
  endpoint_setting oidc;
};

class sso_credentials final : public credentials_source {
 public:
  sso_credentials(credential_context context, sso_role role)
      : context_(std::move(context)), role_(std::move(role)) {}

  awaitable<result<credentials>> fetch() override {
    const auto token = co_await usable_sso_token(context_, role_.login, role_.oidc);
    if (!token) {
      co_return fail(error(token.error()).within(describe()));
    }
    net::http_request request{
        .target = target_under(
            role_.portal, fmt::format("/federation/credentials?role_name={}&account_id={}",
                                      percent_encoded(role_.name), percent_encoded(role_.account))),
        .timeout = patience};
    request.headers.add("x-amz-sso_bearer_token", token->reveal());
    auto answer = co_await exchange_once(context_, role_.portal, std::move(request));
    if (!answer) {
      co_return fail(std::move(answer).error().within(describe()));
    }
    if (answer->status != 200) {
      co_return refused(*answer);
    }
    co_return read(answer->body.view());
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("profile {}, SSO role {} in account {}", role_.login.profile, role_.name,
                       role_.account);
  }
  [[nodiscard]] std::string renewal() const override {
    return fmt::format(
        "renewed unattended while the login of {} lasts{}", role_.login.start_url,
        role_.login.session.empty() ? " (it cannot be renewed itself: use an sso_session)" : "");
  }

 private:
  [[nodiscard]] std::unexpected<error> refused(const net::http_response& answer) const {
    const auto document = parse_object(answer.body.view());
    const auto said = document ? string_member(*document, "message").value_or("") : "";
    const auto& role = role_;
    const auto advice = answer.status == 401
                            ? login_advice(role.login)
                            : fmt::format("is the role {} of account {} assigned to this login?",
                                          role.name, role.account);
    return fail({.kind = class_of_http_status(answer.status),
                 .message = fmt::format("{}: {} answered HTTP status {}{}{}; {}", describe(),
                                        role.portal.url.authority(), answer.status,
                                        said.empty() ? "" : ": ", said, advice),
                 .request_id = std::string(answer.headers.find("x-amzn-requestid").value_or("")),
                 .http_status = answer.status});
  }

  [[nodiscard]] result<credentials> read(std::string_view text) const {
    auto given = read_role_credentials(text);
    if (!given) {
      return fail({.kind = error_class::retry,
                   .code = "BadAnswer",
                   .message = fmt::format("{}: {} gave no credentials", describe(),
                                          role_.portal.url.authority())});
    }
    given->account_id = role_.account;
    return std::move(*given);
  }

  credential_context context_;
  sso_role role_;
};

/// The session's setting and the profile's own, which must not contradict each other.
result<std::string> setting_of(const std::string& profile_name, const profile_section& profile,
                               const profile_section* session, std::string_view name) {
  const auto own = profile.find(name);
  const auto shared = session == nullptr ? std::nullopt : session->find(name);
  if (own && shared && *own != *shared) {
    return wrong_usage(fmt::format("{} is {} in profile {} but {} in its sso-session", name, *own,
                                   profile_name, *shared));
  }
  if (!own && !shared) {
    return wrong_usage(
        fmt::format("profile {} logs in by SSO but has no {}; `aws configure sso "
                    "--profile {}` writes all that is needed",
                    profile_name, name, profile_name));
  }
  return own ? *own : *shared;
}

}  // namespace

bool has_sso(const profile_section& profile) {
  return profile.has("sso_account_id") || profile.has("sso_role_name");
}

result<std::unique_ptr<credentials_source>> make_sso_credentials(const credential_context& context,
                                                                 const profile_files& files,
                                                                 const std::string& profile_name,
                                                                 const profile_section& profile) {
  const auto session_name = profile.find("sso_session");
  const auto* const session = session_name ? files.sso_session(*session_name) : nullptr;
  if (session_name && session == nullptr) {
    return wrong_usage(
        fmt::format("profile {} names the SSO session {}, but there is no [sso-session {}]"
                    " in the config file",
                    profile_name, *session_name, *session_name));
  }
  std::array<std::string, 4> found;
  constexpr std::array<std::string_view, 4> names{"sso_start_url", "sso_region", "sso_account_id",
                                                  "sso_role_name"};
  for (std::size_t at = 0; at < names.size(); ++at) {
    auto value = setting_of(profile_name, profile, session, names[at]);
    if (!value) {
      return fail(std::move(value).error());
    }
    found[at] = std::move(*value);
  }
  auto portal = resolve_endpoint(sso_names, found[1], context.profile, context.variables, files);
  auto oidc = resolve_endpoint(sso_oidc_names, found[1], context.profile, context.variables, files);
  if (!portal || !oidc) {
    return fail(!portal ? std::move(portal).error() : std::move(oidc).error());
  }
  return std::make_unique<sso_credentials>(context,
                                           sso_role{.login = {.profile = profile_name,
                                                              .session = session_name.value_or(""),
                                                              .start_url = found[0],
                                                              .region = found[1]},
                                                    .account = found[2],
                                                    .name = found[3],
                                                    .portal = std::move(*portal),
                                                    .oidc = std::move(*oidc)});
}

}  // namespace ddm::aws
