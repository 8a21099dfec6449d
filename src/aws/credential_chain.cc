#include "aws/credential_chain.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view what_works =
    "what works: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN), or a "
    "profile "
    "with aws_access_key_id and aws_secret_access_key; `aws configure export-credentials --format "
    "env` prints those of any profile";

constexpr auto to_secret = [](std::string text) { return secret(std::move(text)); };

/// The setting of a profile that asks for a way to credentials which this program has not.
std::optional<std::string_view> unsupported_setting(const profile_section& section) {
  constexpr std::array<std::string_view, 6> ways{"role_arn",           "credential_source",
                                                 "sso_session",        "sso_start_url",
                                                 "credential_process", "web_identity_token_file"};
  const bool has_keys = section.has("aws_access_key_id");
  for (const auto way : ways) {
    // Keys beside a role are the keys that assume it; beside any other way they come first.
    if (section.has(way) && (way == "role_arn" || !has_keys)) {
      return way;
    }
  }
  return std::nullopt;
}

result<credentials> keys_of_profile(const std::string& name, const profile_files& files) {
  const auto section = files.require_profile(name);
  if (!section) {
    return fail(section.error());
  }
  if (const auto way = unsupported_setting(**section)) {
    return fatal(
        fmt::format("profile {} gets its credentials by {}, which is not supported yet; {}", name,
                    *way, what_works));
  }
  const auto id = (*section)->find("aws_access_key_id");
  const auto key = (*section)->find("aws_secret_access_key");
  if (!id || !key) {
    return fatal(fmt::format("profile {} has no {} (looked in {}); {}", name,
                             id ? "aws_secret_access_key" : "aws_access_key_id",
                             files.files_looked_at(), what_works));
  }
  return credentials{
      .access_key_id = *id,
      .secret_access_key = secret(*key),
      .session_token =
          (*section)->find("aws_session_token").transform(to_secret).value_or(secret())};
}

/// A profile's keys. After a refusal the files are read again: someone may have put new keys there.
class profile_credentials final : public credentials_provider {
 public:
  profile_credentials(std::string name, environment variables, std::string files, credentials first)
      : name_(std::move(name)),
        variables_(std::move(variables)),
        files_(std::move(files)),
        present_(std::make_shared<const credentials>(std::move(first))) {}

  awaitable<result<shared_credentials>> get() override {
    if (!present_) {
      auto keys = read_again();
      if (!keys) {
        co_return fail(std::move(keys).error());
      }
      present_ = std::make_shared<const credentials>(std::move(*keys));
    }
    co_return present_;
  }

  void renew() override { present_ = nullptr; }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("profile {} ({})", name_, files_);
  }

 private:
  [[nodiscard]] result<credentials> read_again() const {
    const auto files = profile_files::load(variables_);
    return files ? keys_of_profile(name_, *files) : fail(files.error());
  }

  std::string name_;
  environment variables_;
  std::string files_;
  shared_credentials present_;
};

/// Nothing when the environment has no keys at all.
result<std::optional<credentials>> keys_of_environment(const environment& variables) {
  const auto id = variables.find("AWS_ACCESS_KEY_ID");
  const auto key = variables.find("AWS_SECRET_ACCESS_KEY");
  if (!id && !key) {
    return std::nullopt;
  }
  if (!id || !key) {
    return fatal(
        fmt::format("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only {} is set; set "
                    "both, or none and name a profile",
                    id ? "the first" : "the second"));
  }
  return credentials{
      .access_key_id = *id,
      .secret_access_key = secret(*key),
      .session_token = variables.find("AWS_SESSION_TOKEN").transform(to_secret).value_or(secret())};
}

}  // namespace

result<std::shared_ptr<credentials_provider>> make_credentials_provider(
    const std::optional<std::string>& profile, const environment& variables,
    const profile_files& files) {
  if (!profile) {
    auto keys = keys_of_environment(variables);
    if (!keys) {
      return fail(std::move(keys).error());
    }
    if (*keys) {
      return std::make_shared<static_credentials>(std::move(**keys), "the environment");
    }
  }
  const auto named = named_profile(profile, variables);
  if (!named && files.profile("default") == nullptr) {
    return fatal(
        fmt::format("no AWS credentials: AWS_ACCESS_KEY_ID is not set, no profile is named "
                    "and none is called default in {}; {}",
                    files.files_looked_at(), what_works));
  }
  const auto name = named.value_or("default");
  auto keys = keys_of_profile(name, files);
  if (!keys) {
    return fail(std::move(keys).error());
  }
  return std::make_shared<profile_credentials>(name, variables, files.files_looked_at(),
                                               std::move(*keys));
}

}  // namespace ddm::aws
