#include "aws/client_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using variables = std::map<std::string, std::string, std::less<>>;

constexpr const char* config =
    "[profile a]\nregion = eu-west-1\nca_bundle = /ca/profile.pem\n"
    "[profile url]\nendpoint_url = http://profile:1\n"
    "[profile svc]\nservices = local\nendpoint_url = http://profile:1\n"
    "[services local]\ndynamodb =\n  endpoint_url = http://tables:2\n"
    "dynamodb_streams =\n  endpoint_url = http://streams:3\n"
    "[profile ignore]\nendpoint_url = http://profile:1\nignore_configured_endpoint_urls = true\n"
    "[profile fips]\nuse_fips_endpoint = true\nmax_attempts = 7\n"
    "[profile bad]\nendpoint_url = localhost\n";

result<client_settings> resolve(const client_flags& flags, variables set = {}) {
  const auto files =
      profile_files::parse({.path = "/c/config", .text = config}, {.path = "/c/credentials"});
  return resolve_client_settings(flags, environment(std::move(set)), *files);
}

std::string region(const client_flags& flags, variables set = {}) {
  const auto made = resolve(flags, std::move(set));
  return made ? made->region + " from " + made->region_origin : made.error().message;
}

std::string endpoints(const client_flags& flags, variables set = {}) {
  const auto made = resolve(flags, std::move(set));
  return made ? made->tables.url.authority() + " " + made->streams.url.authority()
              : made.error().message;
}

TEST(client_settings, region_comes_from_flag_environment_profile_default_in_this_order) {
  const variables both{{"AWS_REGION", "us-east-1"}, {"AWS_DEFAULT_REGION", "us-east-2"}};
  EXPECT_EQ(region({.profile = "a", .region = "sa-east-1"}, both),
            "sa-east-1 from the command line");
  EXPECT_EQ(region({.profile = "a"}, both), "us-east-1 from AWS_REGION");
  EXPECT_EQ(region({.profile = "a"}, {{"AWS_DEFAULT_REGION", "us-east-2"}}),
            "us-east-2 from AWS_DEFAULT_REGION");
  EXPECT_EQ(region({.profile = "a"}), "eu-west-1 from profile a");
  EXPECT_EQ(region({}, {{"AWS_PROFILE", "a"}}), "eu-west-1 from profile a");
  EXPECT_EQ(region({}), "ap-northeast-1 from default");
}

TEST(client_settings, endpoint_comes_from_the_most_particular_setting) {
  variables set{{"AWS_ENDPOINT_URL", "http://all:4"},
                {"AWS_ENDPOINT_URL_DYNAMODB", "http://env-tables:5"}};
  EXPECT_EQ(endpoints({.profile = "svc", .endpoint = "http://flag:6"}, set), "flag:6 flag:6");
  EXPECT_EQ(endpoints({.profile = "svc"}, set), "env-tables:5 all:4");
  set["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = "http://env-streams:7";
  EXPECT_EQ(endpoints({.profile = "svc"}, set), "env-tables:5 env-streams:7");
  EXPECT_EQ(endpoints({.profile = "svc"}), "tables:2 streams:3");
  EXPECT_EQ(endpoints({.profile = "url"}), "profile:1 profile:1");
}

TEST(client_settings, without_any_the_public_endpoints_of_the_region_serve) {
  EXPECT_EQ(endpoints({.profile = "a"}),
            "dynamodb.eu-west-1.amazonaws.com streams.dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoints({.region = "cn-north-1"}),
            "dynamodb.cn-north-1.amazonaws.com.cn streams.dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoints({.region = "us-gov-west-1"}),
            "dynamodb.us-gov-west-1.amazonaws.com streams.dynamodb.us-gov-west-1.amazonaws.com");
  EXPECT_TRUE(resolve({})->tables.url.tls);
}

TEST(client_settings, fips_and_dual_stack_endpoints_can_be_asked_for) {
  EXPECT_EQ(endpoints({.profile = "a"}, {{"AWS_USE_FIPS_ENDPOINT", "true"}}),
            "dynamodb-fips.eu-west-1.amazonaws.com streams.dynamodb-fips.eu-west-1.amazonaws.com");
  EXPECT_EQ(endpoints({.profile = "a"}, {{"AWS_USE_DUALSTACK_ENDPOINT", "TRUE"}}),
            "dynamodb.eu-west-1.api.aws streams-dynamodb.eu-west-1.api.aws");
  EXPECT_EQ(endpoints({.profile = "fips"}, {{"AWS_USE_FIPS_ENDPOINT", "false"}}),
            "dynamodb.ap-northeast-1.amazonaws.com streams.dynamodb.ap-northeast-1.amazonaws.com");
  EXPECT_THAT(endpoints({.profile = "fips"}), HasSubstr("dynamodb-fips.ap-northeast-1"));
  EXPECT_THAT(endpoints({.profile = "fips", .endpoint = "http://flag:6"}),
              HasSubstr("the endpoint http://flag:6 (from the command line) cannot be changed by "
                        "use_fips_endpoint"));
  EXPECT_THAT(endpoints({}, {{"AWS_USE_FIPS_ENDPOINT", "yes"}}),
              HasSubstr("\"yes\" (from AWS_USE_FIPS_ENDPOINT) is neither true nor false"));
}

TEST(client_settings, attempts_come_from_environment_or_profile) {
  EXPECT_EQ(resolve({})->attempts_max, 4);
  EXPECT_EQ(resolve({.profile = "fips"})->attempts_max, 7);
  EXPECT_EQ(resolve({.profile = "fips"}, {{"AWS_MAX_ATTEMPTS", "2"}})->attempts_max, 2);
  EXPECT_TRUE(resolve({}, {{"AWS_RETRY_MODE", "adaptive"}}));
  EXPECT_THAT(resolve({}, {{"AWS_MAX_ATTEMPTS", "0"}}).error().message,
              HasSubstr("\"0\" (from AWS_MAX_ATTEMPTS) is no number of attempts"));
  EXPECT_THAT(resolve({}, {{"AWS_RETRY_MODE", "never"}}).error().message,
              HasSubstr("\"never\" (from AWS_RETRY_MODE) is no retry mode"));
}

TEST(client_settings, single_sign_on_and_sts_have_endpoints_of_their_own) {
  const auto files = profile_files::parse(
      {.path = "c",
       .text = "[profile p]\nservices = s\n[services s]\nsts =\n  endpoint_url = http://sts:1\n"},
      {.path = "d"});
  const auto endpoint = [&](const service_names& service, variables set) {
    return resolve_endpoint(service, "eu-west-1", "p", environment(std::move(set)), *files)
        ->url.text();
  };
  EXPECT_EQ(endpoint(sts_names, {}), "http://sts:1/");
  EXPECT_EQ(endpoint(sts_names, {{"AWS_ENDPOINT_URL_STS", "http://env:2"}}), "http://env:2/");
  EXPECT_EQ(endpoint(sso_names, {}), "https://portal.sso.eu-west-1.amazonaws.com/");
  EXPECT_EQ(endpoint(sso_oidc_names, {{"AWS_ENDPOINT_URL", "http://all:3"}}), "http://all:3/");
}

TEST(client_settings, configured_endpoints_can_be_ignored_but_not_the_flag) {
  const variables set{{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"},
                      {"AWS_ENDPOINT_URL", "http://all:4"}};
  EXPECT_THAT(endpoints({.profile = "svc"}, set), HasSubstr("amazonaws.com"));
  EXPECT_EQ(endpoints({.profile = "svc", .endpoint = "http://flag:6"}, set), "flag:6 flag:6");
  EXPECT_THAT(endpoints({.profile = "ignore"}, {{"AWS_ENDPOINT_URL", "http://all:4"}}),
              HasSubstr("amazonaws.com"));
}

TEST(client_settings, authorities_come_from_environment_or_profile) {
  EXPECT_EQ(resolve({})->ca_file, "");
  EXPECT_EQ(resolve({.profile = "a"})->ca_file, "/ca/profile.pem");
  EXPECT_EQ(resolve({.profile = "a"}, {{"AWS_CA_BUNDLE", "/ca/env.pem"}})->ca_file, "/ca/env.pem");
}

TEST(client_settings, a_proxy_is_used_for_https_unless_exempted) {
  variables set{{"HTTPS_PROXY", "http://u:p@proxy:3128"}};
  const auto direct = [&](const client_flags& flags) {
    const auto made = resolve(flags, set);
    EXPECT_TRUE(made);
    return !made->tables.via && !made->streams.via;
  };
  ASSERT_TRUE(resolve({}, set)->tables.via);
  EXPECT_EQ(resolve({}, set)->streams.via->address.authority(), "proxy:3128");
  EXPECT_FALSE(direct({}));
  EXPECT_TRUE(direct({.endpoint = "http://localhost:8000"}));
  set["no_proxy"] = "localhost,.amazonaws.com";
  EXPECT_TRUE(direct({}));
  set = {{"https_proxy", "socks5://u:PASSWORD@proxy"}};
  EXPECT_THAT(resolve({}, set).error().message,
              AllOf(HasSubstr("HTTPS_PROXY: "), Not(HasSubstr("PASSWORD"))));
}

TEST(client_settings, what_is_wrong_is_named_with_its_place) {
  EXPECT_THAT(endpoints({.profile = "bad"}), HasSubstr("profile bad: \"localhost\""));
  EXPECT_THAT(endpoints({}, {{"AWS_ENDPOINT_URL", "nonsense"}}), HasSubstr("AWS_ENDPOINT_URL: "));
  EXPECT_THAT(region({}, {{"AWS_REGION", "EU West"}}), HasSubstr("\"EU West\" (from AWS_REGION)"));
  EXPECT_THAT(region({.profile = "nobody"}), HasSubstr("no AWS profile \"nobody\""));
  EXPECT_THAT(region({}, {{"AWS_PROFILE", "nobody"}}), HasSubstr("no AWS profile \"nobody\""));
}

}  // namespace
}  // namespace ddm::aws
