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

constexpr const char* config = R"(
[profile role]
role_arn = arn:aws:iam::1:role/r
source_profile = keys
[profile role_by_role]
role_arn = arn:aws:iam::1:role/s
source_profile = role
external_id = E
duration_seconds = 900
[profile itself]
role_arn = arn:aws:iam::1:role/i
source_profile = itself
[profile itself_keys]
role_arn = arn:aws:iam::1:role/i
source_profile = itself_keys
aws_access_key_id = IK
aws_secret_access_key = IS
[profile circle_a]
role_arn = arn:aws:iam::1:role/a
source_profile = circle_b
[profile circle_b]
role_arn = arn:aws:iam::1:role/b
source_profile = circle_a
[profile no_source]
role_arn = arn:aws:iam::1:role/n
[profile two_sources]
role_arn = arn:aws:iam::1:role/n
source_profile = keys
credential_source = Environment
[profile no_such_source]
role_arn = arn:aws:iam::1:role/n
source_profile = nobody
[profile empty_source]
role_arn = arn:aws:iam::1:role/n
source_profile = empty
[profile mfa]
role_arn = arn:aws:iam::1:role/m
source_profile = keys
mfa_serial = arn:aws:iam::1:mfa/me
[profile long]
role_arn = arn:aws:iam::1:role/l
source_profile = keys
duration_seconds = 12 hours
[profile of_environment]
role_arn = arn:aws:iam::1:role/e
credential_source = Environment
[profile of_container]
role_arn = arn:aws:iam::1:role/e
credential_source = EcsContainer
[profile of_instance]
role_arn = arn:aws:iam::1:role/e
credential_source = Ec2InstanceMetadata
[profile of_moon]
role_arn = arn:aws:iam::1:role/e
credential_source = Moon
[profile token]
web_identity_token_file = /token
role_arn = arn:aws:iam::1:role/w
[profile token_without_role]
web_identity_token_file = /token
[profile sso]
sso_session = s
sso_account_id = 1
sso_role_name = r
[profile sso_nowhere]
sso_session = nowhere
sso_account_id = 1
sso_role_name = r
[profile sso_half]
sso_account_id = 1
sso_role_name = r
[profile sso_torn]
sso_session = s
sso_region = us-west-2
sso_account_id = 1
sso_role_name = r
[sso-session s]
sso_start_url = https://s
sso_region = eu-west-1
[profile console]
login_session = arn:aws:iam::1:user/u
[profile process]
credential_process = /bin/x "a b"
[profile torn_process]
credential_process = /bin/x "a b
[profile both]
credential_process = /bin/x
[profile both_here]
credential_process = /bin/x
aws_access_key_id = CK
aws_secret_access_key = CS
[profile empty]
region = r
)";
constexpr const char* keys =
    "[keys]\naws_access_key_id = AK\naws_secret_access_key = SK\naws_session_token = ST\n"
    "[default]\naws_access_key_id = DK\naws_secret_access_key = DS\n"
    "[half]\naws_access_key_id = HK\n[both]\naws_access_key_id = BK\naws_secret_access_key = BS\n";

using variables = std::map<std::string, std::string, std::less<>>;

result<std::shared_ptr<credentials_provider>> make(support::simulated_clock& time,
                                                   const std::optional<std::string>& profile,
                                                   variables set, const profile_files& files) {
  return make_credentials_provider({.executor = time.executor(),
                                    .time = time,
                                    .variables = environment(std::move(set)),
                                    .profile = profile,
                                    .region = "eu-west-1"},
                                   files);
}

const variables no_metadata{{"AWS_EC2_METADATA_DISABLED", "true"}};

profile_files usual_files() {
  return *profile_files::parse({.path = "/c/config", .text = config},
                               {.path = "/c/credentials", .text = keys});
}

/// Where the credentials will come from, or the error's text.
std::string origin(const std::optional<std::string>& profile, variables set = no_metadata) {
  support::simulated_clock time;
  const auto provider = make(time, profile, std::move(set), usual_files());
  return provider ? (*provider)->describe() : provider.error().message;
}

/// The access key that is found, or the error's text.
std::string found(const std::optional<std::string>& profile, variables set,
                  const char* credentials_text = keys) {
  const auto files = profile_files::parse({.path = "/c/config", .text = config},
                                          {.path = "/c/credentials", .text = credentials_text});
  set.insert(no_metadata.begin(), no_metadata.end());
  support::simulated_clock time;
  const auto provider = make(time, profile, std::move(set), *files);
  if (!provider) {
    EXPECT_FALSE(mends_by_waiting(provider.error().kind));
    return provider.error().message;
  }
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

TEST(credential_chain, session_token_end_and_account_come_along) {
  const auto files = profile_files::parse({.path = "c", .text = ""}, {.path = "d", .text = keys});
  support::simulated_clock time;
  const auto of_profile = make(time, "keys", {}, *files);
  EXPECT_EQ((*time.run((*of_profile)->get()))->session_token.reveal(), "ST");
  EXPECT_EQ((*of_profile)->describe(), "profile keys (c and d)");

  auto set = env_keys;
  set["AWS_SESSION_TOKEN"] = "ET";
  set["AWS_CREDENTIAL_EXPIRATION"] = "2026-01-31T23:59:58Z";
  set["AWS_ACCOUNT_ID"] = "123456789012";
  const auto of_environment = make(time, std::nullopt, set, *files);
  const auto made = *time.run((*of_environment)->get());
  EXPECT_EQ(made->session_token.reveal(), "ET");
  EXPECT_EQ(made->account_id, "123456789012");
  EXPECT_EQ(describe_lifetime(*made, **of_environment),
            "ends 2026-01-31T23:59:58Z, cannot be renewed unattended");
  set["AWS_CREDENTIAL_EXPIRATION"] = "tomorrow";
  EXPECT_THAT(make(time, std::nullopt, set, *files).error().message,
              HasSubstr("AWS_CREDENTIAL_EXPIRATION is \"tomorrow\""));
}

TEST(credential_chain, a_key_without_a_known_end_says_so) {
  const static_credentials provider({}, "x");
  EXPECT_EQ(describe_lifetime({}, provider), "no known end");
  EXPECT_THAT(describe_lifetime({.session_token = secret("T")}, provider),
              HasSubstr("ends at a time not known here, then cannot be renewed unattended"));
}

TEST(credential_chain, half_of_the_keys_is_an_error) {
  EXPECT_THAT(found(std::nullopt, {{"AWS_ACCESS_KEY_ID", "EK"}}),
              HasSubstr("only the first is set"));
  EXPECT_THAT(found(std::nullopt, {{"AWS_SECRET_ACCESS_KEY", "ES"}}),
              HasSubstr("only the second is set"));
  EXPECT_THAT(found("half", {}), HasSubstr("profile half has no aws_secret_access_key"));
  EXPECT_THAT(found("empty", {}), HasSubstr("profile empty has no way to credentials"));
}

TEST(credential_chain, roles_are_assumed_along_source_profile) {
  EXPECT_EQ(origin("role"),
            "profile role, role arn:aws:iam::1:role/r by profile keys (/c/config and "
            "/c/credentials)");
  EXPECT_THAT(origin("role_by_role"),
              HasSubstr("role arn:aws:iam::1:role/s by profile role, role arn:aws:iam::1:role/r by "
                        "profile keys"));
  EXPECT_THAT(origin("itself_keys"), HasSubstr("role/i by profile itself_keys (/c"));
}

TEST(credential_chain, a_circle_of_source_profiles_is_told_with_its_members) {
  EXPECT_THAT(origin("circle_a"), HasSubstr("in a circle: circle_a → circle_b → circle_a"));
  EXPECT_THAT(origin("itself"), HasSubstr("in a circle: itself → itself"));
}

TEST(credential_chain, what_a_role_lacks_is_named) {
  EXPECT_THAT(origin("no_source"), HasSubstr("neither source_profile nor credential_source"));
  EXPECT_THAT(origin("two_sources"), HasSubstr("both source_profile and credential_source"));
  EXPECT_THAT(origin("no_such_source"),
              HasSubstr("source_profile of profile no_such_source: there is no AWS profile"));
  EXPECT_THAT(origin("empty_source"), HasSubstr("profile empty, source_profile of empty_source"));
  EXPECT_THAT(origin("long"), HasSubstr("duration_seconds of profile long is \"12 hours\""));
  EXPECT_THAT(origin("mfa"), AllOf(HasSubstr("one-time password (mfa_serial)"),
                                   HasSubstr("export-credentials --profile mfa")));
}

TEST(credential_chain, a_role_may_be_assumed_by_environment_container_or_instance) {
  EXPECT_THAT(origin("of_environment", env_keys), HasSubstr("role/e by the environment"));
  EXPECT_THAT(
      origin("of_container", {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"}}),
      HasSubstr("role/e by the container's agent at 127.0.0.1:1"));
  EXPECT_THAT(origin("of_instance", {}),
              HasSubstr("role/e by the instance's metadata service at 169.254.169.254"));
  EXPECT_THAT(origin("of_environment"), HasSubstr("AWS_ACCESS_KEY_ID is not set"));
  EXPECT_THAT(origin("of_container"), HasSubstr("is EcsContainer, but neither"));
  EXPECT_THAT(origin("of_instance"), HasSubstr("AWS_EC2_METADATA_DISABLED is true"));
  EXPECT_THAT(origin("of_moon"), HasSubstr("is \"Moon\"; Environment, EcsContainer"));
}

TEST(credential_chain, web_identity_comes_from_environment_or_profile) {
  const variables set{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/env/token"}, {"AWS_ROLE_ARN", "arn:env"}};
  EXPECT_EQ(origin("token"), "profile token, role arn:aws:iam::1:role/w by the token in /token");
  EXPECT_EQ(origin("token", set),
            "profile token, role arn:aws:iam::1:role/w by the token in /token");
  EXPECT_EQ(origin(std::nullopt, set), "the environment, role arn:env by the token in /env/token");
  EXPECT_THAT(origin("token_without_role"), HasSubstr("no role for it: set AWS_ROLE_ARN"));
}

TEST(credential_chain, single_sign_on_needs_all_of_its_settings) {
  EXPECT_EQ(origin("sso"), "profile sso, SSO role r in account 1");
  EXPECT_THAT(origin("sso_nowhere"), HasSubstr("there is no [sso-session nowhere]"));
  EXPECT_THAT(origin("sso_half"),
              AllOf(HasSubstr("has no sso_start_url"), HasSubstr("aws configure sso")));
  EXPECT_THAT(origin("sso_torn"), HasSubstr("sso_region is us-west-2 in profile sso_torn but"));
}

TEST(credential_chain, keys_of_the_credentials_file_come_before_a_program_and_that_before_config) {
  EXPECT_EQ(origin("process"), "profile process, by its credential_process");
  EXPECT_EQ(found("both", {}), "BK");
  EXPECT_EQ(origin("both_here"), "profile both_here, by its credential_process");
  EXPECT_THAT(origin("torn_process"), HasSubstr("a quotation mark or a backslash is left open"));
  EXPECT_THAT(origin("console"), AllOf(HasSubstr("by `aws login`"),
                                       HasSubstr("export-credentials --profile console")));
}

TEST(credential_chain, without_any_profile_container_then_instance_are_asked) {
  const auto no_keys = [](variables set) {
    support::simulated_clock time;
    const auto files = profile_files::parse({.path = "c"}, {.path = "d"});
    const auto provider = make(time, std::nullopt, std::move(set), *files);
    return provider ? (*provider)->describe() : provider.error().message;
  };
  EXPECT_EQ(no_keys({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials?id=1"}}),
            "the container's agent at 169.254.170.2 (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)");
  EXPECT_EQ(no_keys({}), "the instance's metadata service at 169.254.169.254");
  EXPECT_EQ(no_keys({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}),
            "the instance's metadata service at [fd00:ec2::254]");
  EXPECT_THAT(no_keys({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"}}),
              HasSubstr("credentials are asked of example.com by https only"));
  for (const char* query : {"?a\r\nX-Header: b", "?a b", "?\xc3\xa9"}) {
    EXPECT_THAT(no_keys({{"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                          std::string("http://127.0.0.1:1/x") + query}}),
                HasSubstr("has a blank, a line break or a character that is not ASCII"));
  }
  EXPECT_THAT(no_keys(no_metadata), AllOf(HasSubstr("no AWS credentials"), HasSubstr("c (not")));
}

TEST(credential_chain, an_unknown_profile_and_no_profile_at_all_are_told) {
  EXPECT_THAT(found("nobody", {}),
              HasSubstr("no AWS profile \"nobody\": there are both, both_here, "));
  EXPECT_THAT(found(std::nullopt, {{"AWS_PROFILE", "nobody"}}), HasSubstr("\"nobody\""));
  EXPECT_THAT(found(std::nullopt, {}, ""), HasSubstr("no AWS credentials"));
}

TEST(credential_chain, a_refused_profile_is_read_again) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("ddm_credentials_" + std::to_string(::getpid()));
  const environment set(
      {{"AWS_SHARED_CREDENTIALS_FILE", file.string()}, {"AWS_CONFIG_FILE", "/no/such/file"}});
  std::ofstream(file) << "[p]\naws_access_key_id = ONE\naws_secret_access_key = S\n";
  support::simulated_clock time;
  const auto provider = make_credentials_provider({.executor = time.executor(),
                                                   .time = time,
                                                   .variables = set,
                                                   .profile = "p",
                                                   .region = "eu-west-1"},
                                                  *profile_files::load(set));
  ASSERT_TRUE(provider);
  std::ofstream(file) << "[p]\naws_access_key_id = TWO\naws_secret_access_key = S\n";

  const auto first = *time.run((*provider)->get());
  EXPECT_EQ(first->access_key_id, "ONE");
  (*provider)->renew(first);
  EXPECT_EQ((*time.run((*provider)->get()))->access_key_id, "TWO");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace ddm::aws
