#include "aws/credential_chain.h"

#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ddm::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* config =
    "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = keys\n"
    "[profile sso]\nsso_session = s\n[profile process]\ncredential_process = /bin/x\n"
    "[profile both]\ncredential_process = /bin/x\n[profile empty]\nregion = r\n";
constexpr const char* keys =
    "[keys]\naws_access_key_id = AK\naws_secret_access_key = SK\naws_session_token = ST\n"
    "[default]\naws_access_key_id = DK\naws_secret_access_key = DS\n"
    "[half]\naws_access_key_id = HK\n[both]\naws_access_key_id = BK\naws_secret_access_key = BS\n";

using variables = std::map<std::string, std::string, std::less<>>;

/// The access key that is found, or the error's text.
std::string found(const std::optional<std::string>& profile, variables set,
                  const char* credentials_text = keys) {
  const auto files = profile_files::parse({.path = "/c/config", .text = config},
                                          {.path = "/c/credentials", .text = credentials_text});
  const auto provider = make_credentials_provider(profile, environment(std::move(set)), *files);
  if (!provider) {
    EXPECT_EQ(provider.error().kind, error_class::fatal);
    return provider.error().message;
  }
  support::simulated_clock time;
  const auto made = time.run((*provider)->get());
  return made ? (*made)->access_key_id : made.error().message;
}

const variables env_keys{{"AWS_ACCESS_KEY_ID", "EK"}, {"AWS_SECRET_ACCESS_KEY", "ES"}};

TEST(credential_chain, a_named_profile_wins_over_all) { EXPECT_EQ(found("keys", env_keys), "AK"); }

TEST(credential_chain, the_environment_wins_over_profiles_that_no_flag_named) {
  auto set = env_keys;
  set["AWS_PROFILE"] = "keys";
  EXPECT_EQ(found(std::nullopt, set), "EK");
}

TEST(credential_chain, then_come_aws_profile_and_the_default_profile) {
  EXPECT_EQ(found(std::nullopt, {{"AWS_PROFILE", "keys"}}), "AK");
  EXPECT_EQ(found(std::nullopt, {{"AWS_DEFAULT_PROFILE", "keys"}}), "AK");
  EXPECT_EQ(found(std::nullopt, {{"AWS_PROFILE", ""}}), "DK");
  EXPECT_EQ(found(std::nullopt, {}), "DK");
}

TEST(credential_chain, session_tokens_come_along) {
  const auto files = profile_files::parse({.path = "c", .text = ""}, {.path = "d", .text = keys});
  support::simulated_clock time;
  const auto of_profile = make_credentials_provider("keys", environment(), *files);
  EXPECT_EQ((*time.run((*of_profile)->get()))->session_token.reveal(), "ST");
  EXPECT_EQ((*of_profile)->describe(), "profile keys (c and d)");

  auto set = env_keys;
  set["AWS_SESSION_TOKEN"] = "ET";
  const auto of_environment = make_credentials_provider(std::nullopt, environment(set), *files);
  EXPECT_EQ((*time.run((*of_environment)->get()))->session_token.reveal(), "ET");
}

TEST(credential_chain, half_of_the_keys_is_an_error) {
  EXPECT_THAT(found(std::nullopt, {{"AWS_ACCESS_KEY_ID", "EK"}}),
              HasSubstr("only the first is set"));
  EXPECT_THAT(found(std::nullopt, {{"AWS_SECRET_ACCESS_KEY", "ES"}}),
              HasSubstr("only the second is set"));
  EXPECT_THAT(found("half", {}), HasSubstr("profile half has no aws_secret_access_key"));
  EXPECT_THAT(found("empty", {}), HasSubstr("profile empty has no aws_access_key_id"));
}

TEST(credential_chain, a_way_that_is_not_supported_is_named_along_with_what_works) {
  EXPECT_THAT(found("role", {}), AllOf(HasSubstr("by role_arn, which is not supported yet"),
                                       HasSubstr("AWS_ACCESS_KEY_ID")));
  EXPECT_THAT(found("sso", {}), HasSubstr("sso_session"));
  EXPECT_THAT(found("process", {}), HasSubstr("credential_process"));
  EXPECT_EQ(found("both", {}), "BK");
}

TEST(credential_chain, an_unknown_profile_and_no_profile_at_all_are_told) {
  EXPECT_THAT(found("nobody", {}), HasSubstr("no AWS profile \"nobody\": there are both, default"));
  EXPECT_THAT(found(std::nullopt, {{"AWS_PROFILE", "nobody"}}), HasSubstr("\"nobody\""));
  EXPECT_THAT(found(std::nullopt, {}, ""), HasSubstr("no AWS credentials"));
}

TEST(credential_chain, a_refused_profile_is_read_again) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("ddm_credentials_" + std::to_string(::getpid()));
  const environment set(
      {{"AWS_SHARED_CREDENTIALS_FILE", file.string()}, {"AWS_CONFIG_FILE", "/no/such/file"}});
  std::ofstream(file) << "[p]\naws_access_key_id = ONE\naws_secret_access_key = S\n";
  const auto provider = make_credentials_provider("p", set, *profile_files::load(set));
  ASSERT_TRUE(provider);
  std::ofstream(file) << "[p]\naws_access_key_id = TWO\naws_secret_access_key = S\n";

  support::simulated_clock time;
  const auto key = [&] { return (*time.run((*provider)->get()))->access_key_id; };
  EXPECT_EQ(key(), "ONE");
  (*provider)->renew();
  EXPECT_EQ(key(), "TWO");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace ddm::aws
