#include "aws/credential_chain.h"

#include "aws/assumed_role.h"
#include "aws/container_credentials.h"
#include "aws/instance_metadata.h"
#include "aws/process_credentials.h"
#include "aws/profile_keys.h"
#include "aws/refreshing_credentials.h"
#include "aws/sso_credentials.h"
#include "aws/sts_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace ddm::aws {
namespace {

using provider_ptr = std::shared_ptr<credentials_provider>;
using source_ptr = std::unique_ptr<credentials_source>;

constexpr std::string_view what_works =
    "what works: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN), a profile "
    "with keys, role_arn, sso_session or credential_process, or a role of the container or the "
    "instance";

/// Says, where nothing was configured and the last resort fails too, what else could have been.
class last_resort final : public credentials_source {
 public:
  last_resort(source_ptr below, std::string looked_at)
      : below_(std::move(below)), looked_at_(std::move(looked_at)) {}

  awaitable<result<credentials>> fetch() override {
    auto fetched = co_await below_->fetch();
    if (!fetched && !fetched_once_ && !is_retryable(fetched.error().kind)) {
      auto failure = std::move(fetched).error();
      failure.message = fmt::format("{}; {}; {}", looked_at_, failure.message, what_works);
      co_return fail(std::move(failure));
    }
    fetched_once_ = fetched_once_ || fetched.has_value();
    co_return fetched;
  }
  [[nodiscard]] std::string describe() const override { return below_->describe(); }
  [[nodiscard]] std::string renewal() const override { return below_->renewal(); }
  [[nodiscard]] bool renews_itself() const override { return below_->renews_itself(); }

 private:
  source_ptr below_;
  std::string looked_at_;
  bool fetched_once_ = false;  ///< then it is plain where they come from
};

result<std::optional<int>> duration_of(const std::string& name, const profile_section& profile) {
  const auto text = profile.find("duration_seconds");
  if (!text) {
    return std::nullopt;
  }
  int value = 0;
  const auto* const end = text->data() + text->size();
  const auto [stop, ec] = std::from_chars(text->data(), end, value);
  if (ec != std::errc{} || stop != end || value < 900 || value > 43'200) {
    return wrong_usage(
        fmt::format("duration_seconds of profile {} is \"{}\"; 900 to 43200 is right, and "
                    "3600 at most for a role that is assumed by a role",
                    name, *text));
  }
  return value;
}

/// Looks at the profiles from the one in use on, along source_profile.
class chain_builder {
 public:
  chain_builder(const credential_context& context, const profile_files& files)
      : context_(context), files_(files) {}

  [[nodiscard]] result<provider_ptr> build() {
    const auto named = named_profile(context_.profile, context_.variables);
    if (named && files_.profile(*named) == nullptr) {
      return fail(files_.require_profile(*named).error());
    }
    const auto name = named.value_or("default");
    auto source = of_profile(name, context_.profile.has_value());
    if (source && *source == nullptr) {
      source = after_profiles(name, named.has_value());
    }
    return source ? result<provider_ptr>(refreshing(std::move(*source))) : fail(source.error());
  }

 private:
  [[nodiscard]] provider_ptr refreshing(source_ptr source) const {
    return std::make_shared<refreshing_credentials>(context_.time, std::move(source));
  }

  /// Null where the profile has no way to credentials.
  [[nodiscard]] result<source_ptr> of_profile(const std::string& name, bool named_by_flag) {
    static const profile_section none;
    const auto* const found = files_.profile(name);
    const auto& profile = found == nullptr ? none : *found;
    const bool has_role = profile.has("role_arn") && !profile.has("web_identity_token_file");
    // In the middle of a chain keys end it; at its start they serve the role.
    const bool has_keys = profile.has("aws_access_key_id") || profile.has("aws_secret_access_key");
    if (has_role && (visited_.empty() || !has_keys)) {
      return role_of(name, profile);
    }
    if (auto token = web_identity_of(name, profile, !named_by_flag); !token || *token) {
      return token;
    }
    if (has_sso(profile)) {
      return make_sso_credentials(context_, files_, name, profile);
    }
    if (profile.has("login_session")) {
      return wrong_usage(fmt::format(
          "profile {} logs in by `aws login`, which only the AWS CLI can use; give it to others by "
          "a second profile: credential_process = aws configure export-credentials --profile {} "
          "--format process",
          name, name));
    }
    const bool keys_first = profile.has_in_credentials_file("aws_access_key_id") ||
                            profile.has_in_credentials_file("aws_secret_access_key");
    if (const auto command = profile.find("credential_process"); command && !keys_first) {
      return make_process_credentials(*command, fmt::format("profile {}", name));
    }
    return has_keys ? make_profile_keys(name, context_.variables, files_)
                    : result<source_ptr>(nullptr);
  }

  [[nodiscard]] result<source_ptr> role_of(const std::string& name,
                                           const profile_section& profile) {
    if (profile.has("mfa_serial")) {
      return wrong_usage(fmt::format(
          "profile {} asks for a one-time password (mfa_serial), which a run that lasts days "
          "cannot "
          "type; use a role without it or SSO, or for a short run: eval \"$(aws configure "
          "export-credentials --profile {} --format env)\" and no profile",
          name, name));
    }
    const auto duration = duration_of(name, profile);
    if (!duration) {
      return fail(duration.error());
    }
    auto by = source_of_role(name, profile);
    if (!by) {
      return fail(std::move(by).error());
    }
    auto sts = sts_client::create(context_, files_);
    if (!sts) {
      return fail(std::move(sts).error());
    }
    return make_assumed_role(
        std::move(*sts),
        {.role_arn = *profile.find("role_arn"),
         .session_name =
             profile.find("role_session_name").value_or(std::string(usual_session_name)),
         .external_id = profile.find("external_id").value_or(""),
         .duration_seconds = *duration},
        std::move(*by), fmt::format("profile {}", name));
  }

  /// Who assumes the role of profile `name`.
  [[nodiscard]] result<provider_ptr> source_of_role(const std::string& name,
                                                    const profile_section& profile) {
    const auto by_profile = profile.find("source_profile");
    const auto by_place = profile.find("credential_source");
    if (by_profile.has_value() == by_place.has_value()) {
      return wrong_usage(
          fmt::format("profile {} has role_arn and {}: one of them says who assumes it", name,
                      by_profile ? "both source_profile and credential_source"
                                 : "neither source_profile nor credential_source"));
    }
    if (by_place) {
      return of_place(name, *by_place);
    }
    const auto* const source = files_.profile(*by_profile);
    if (source == nullptr) {
      return fail(error(files_.require_profile(*by_profile).error())
                      .within(fmt::format("source_profile of profile {}", name)));
    }
    visited_.push_back(name);
    const bool itself_with_keys = *by_profile == name && source->has("aws_access_key_id");
    if (std::ranges::find(visited_, *by_profile) != visited_.end() && !itself_with_keys) {
      return wrong_usage(fmt::format("source_profile goes in a circle: {} → {}",
                                     fmt::join(visited_, " → "), *by_profile));
    }
    auto made = of_profile(*by_profile, true);
    if (!made) {
      return fail(std::move(made).error());
    }
    if (*made == nullptr) {
      return wrong_usage(
          fmt::format("profile {}, source_profile of {}, has no way to credentials; {}",
                      *by_profile, name, what_works));
    }
    return refreshing(std::move(*made));
  }

  [[nodiscard]] result<provider_ptr> of_place(const std::string& name, const std::string& place) {
    const auto origin = fmt::format("credential_source of profile {}", name);
    if (place == "Environment") {
      auto keys = keys_of_environment(context_.variables);
      if (!keys || !*keys) {
        return keys ? wrong_usage(fmt::format("{} is Environment, but AWS_ACCESS_KEY_ID is not set",
                                              origin))
                    : fail(std::move(keys).error().within(origin));
      }
      return std::make_shared<static_credentials>(std::move(**keys), "the environment");
    }
    if (place == "EcsContainer" && !has_container_credentials(context_.variables)) {
      return wrong_usage(
          fmt::format("{} is EcsContainer, but neither "
                      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set",
                      origin));
    }
    if (place == "Ec2InstanceMetadata" && instance_metadata_disabled(context_.variables)) {
      return wrong_usage(
          fmt::format("{} is Ec2InstanceMetadata, but AWS_EC2_METADATA_DISABLED is true", origin));
    }
    if (place != "EcsContainer" && place != "Ec2InstanceMetadata") {
      return wrong_usage(
          fmt::format("{} is \"{}\"; Environment, EcsContainer and Ec2InstanceMetadata are "
                      "right",
                      origin, place));
    }
    auto source = place == "EcsContainer" ? make_container_credentials(context_)
                                          : make_instance_metadata(context_, files_);
    return source ? result<provider_ptr>(refreshing(std::move(*source))) : fail(source.error());
  }

  /// Variables win over the profile's settings, one by one.
  [[nodiscard]] result<source_ptr> web_identity_of(const std::string& name,
                                                   const profile_section& profile,
                                                   bool with_environment) const {
    const auto setting = [&](std::string_view variable, std::string_view setting_name) {
      auto value = with_environment ? context_.variables.find(variable) : std::nullopt;
      return value ? value : profile.find(setting_name);
    };
    const auto file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (!file) {
      return nullptr;
    }
    const auto role = setting("AWS_ROLE_ARN", "role_arn");
    if (!role) {
      return wrong_usage(
          fmt::format("there is a web identity token ({}) but no role for it: set "
                      "AWS_ROLE_ARN, or role_arn in profile {}",
                      *file, name));
    }
    auto sts = sts_client::create(context_, files_);
    if (!sts) {
      return fail(std::move(sts).error());
    }
    const bool of_environment =
        with_environment && context_.variables.find("AWS_WEB_IDENTITY_TOKEN_FILE");
    return make_web_identity(std::move(*sts),
                             {.role_arn = *role,
                              .session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name")
                                                  .value_or(std::string(usual_session_name))},
                             *file,
                             of_environment ? "the environment" : fmt::format("profile {}", name));
  }

  [[nodiscard]] result<source_ptr> after_profiles(const std::string& name, bool named) const {
    if (has_container_credentials(context_.variables)) {
      return make_container_credentials(context_);
    }
    auto looked_at =
        named ? fmt::format("profile {} has no way to credentials (looked in {})", name,
                            files_.files_looked_at())
              : fmt::format(
                    "no AWS credentials: AWS_ACCESS_KEY_ID is not set, no profile is named "
                    "and no profile default in {} has any",
                    files_.files_looked_at());
    if (instance_metadata_disabled(context_.variables)) {
      return fatal(fmt::format("{}; {}", looked_at, what_works));
    }
    auto made = make_instance_metadata(context_, files_);
    if (!made) {
      return fail(std::move(made).error());
    }
    return std::make_unique<last_resort>(std::move(*made), std::move(looked_at));
  }

  const credential_context& context_;
  const profile_files& files_;
  std::vector<std::string> visited_;  ///< profiles whose role's source is being looked for
};

}  // namespace

result<provider_ptr> make_credentials_provider(const credential_context& context,
                                               const profile_files& files) {
  if (!context.profile) {
    auto keys = keys_of_environment(context.variables);
    if (!keys) {
      return fail(std::move(keys).error());
    }
    if (*keys) {
      return std::make_shared<static_credentials>(std::move(**keys), "the environment");
    }
  }
  return chain_builder(context, files).build();
}

}  // namespace ddm::aws
