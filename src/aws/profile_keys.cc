#include "aws/profile_keys.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::aws {
namespace {

constexpr auto to_secret = [](std::string text) { return secret(std::move(text)); };

result<credentials> keys_of_profile(const std::string& name, const profile_files& files) {
  const auto section = files.require_profile(name);
  if (!section) {
    return fail(section.error());
  }
  const auto id = (*section)->find("aws_access_key_id");
  const auto key = (*section)->find("aws_secret_access_key");
  if (!id || !key) {
    return wrong_usage(fmt::format("profile {} has no {} (looked in {})", name,
                                   id ? "aws_secret_access_key" : "aws_access_key_id",
                                   files.files_looked_at()));
  }
  return credentials{
      .access_key_id = *id,
      .secret_access_key = secret(*key),
      .session_token =
          (*section)->find("aws_session_token").transform(to_secret).value_or(secret()),
      .account_id = (*section)->find("aws_account_id").value_or("")};
}

class profile_keys final : public credentials_source {
 public:
  profile_keys(std::string name, environment variables, std::string files, credentials first)
      : name_(std::move(name)),
        variables_(std::move(variables)),
        files_(std::move(files)),
        first_(std::move(first)) {}

  awaitable<result<credentials>> fetch() override {
    if (first_) {
      co_return *std::exchange(first_, std::nullopt);
    }
    const auto files = profile_files::load(variables_);
    co_return files ? keys_of_profile(name_, *files) : fail(files.error());
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("profile {} ({})", name_, files_);
  }
  [[nodiscard]] std::string renewal() const override { return "cannot be renewed unattended"; }
  [[nodiscard]] bool renews_itself() const override { return false; }

 private:
  std::string name_;
  environment variables_;
  std::string files_;
  std::optional<credentials> first_;
};

}  // namespace

result<std::optional<credentials>> keys_of_environment(const environment& variables) {
  const auto id = variables.find("AWS_ACCESS_KEY_ID");
  const auto key = variables.find("AWS_SECRET_ACCESS_KEY");
  if (!id && !key) {
    return std::nullopt;
  }
  if (!id || !key) {
    return wrong_usage(
        fmt::format("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only {} is set; set "
                    "both, or none and name a profile",
                    id ? "the first" : "the second"));
  }
  credentials made{
      .access_key_id = *id,
      .secret_access_key = secret(*key),
      .session_token = variables.find("AWS_SESSION_TOKEN").transform(to_secret).value_or(secret()),
      .account_id = variables.find("AWS_ACCOUNT_ID").value_or("")};
  if (const auto end = variables.find("AWS_CREDENTIAL_EXPIRATION")) {
    made.expires = parse_rfc3339(*end);
    if (!made.expires) {
      return wrong_usage(
          fmt::format("AWS_CREDENTIAL_EXPIRATION is \"{}\"; a time such as "
                      "2026-01-31T23:59:58Z is right",
                      *end));
    }
  }
  return made;
}

result<std::unique_ptr<credentials_source>> make_profile_keys(const std::string& profile_name,
                                                              const environment& variables,
                                                              const profile_files& files) {
  auto keys = keys_of_profile(profile_name, files);
  if (!keys) {
    return fail(std::move(keys).error());
  }
  return std::make_unique<profile_keys>(profile_name, variables, files.files_looked_at(),
                                        std::move(*keys));
}

}  // namespace ddm::aws
