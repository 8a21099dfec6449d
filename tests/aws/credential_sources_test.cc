// The sources that speak HTTP, against servers that follow a script: what is sent, byte for byte,
// and what is made of the answers. Whether other tools send the same is tests/referee's concern.
#include "aws/assumed_role.h"
#include "aws/container_credentials.h"
#include "aws/credential_chain.h"
#include "aws/instance_metadata.h"
#include "aws/sso_credentials.h"
#include "aws/sso_token.h"
#include "aws/sts_client.h"
#include "aws/text_file.h"
#include "net/run.h"
#include "net/scripted_server.h"
#include "runtime/task_group.h"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>

namespace ddm::aws {
namespace {

using net::after_reply;
using net::connection_script;
using net::ok;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using variables = std::map<std::string, std::string, std::less<>>;

/// Stands still; a sleep lets others run, no more.
class still_clock final : public clock {
 public:
  [[nodiscard]] wall_time now() const override { return *parse_rfc3339("2026-01-31T12:00:00Z"); }
  awaitable<void> sleep_until(wall_time /*time*/) override {
    asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::milliseconds{1});
    co_await soon.async_wait(asio::use_awaitable);
  }
  awaitable<bool> doze(asio::steady_timer& /*timer*/, wall_time until) override {
    co_await sleep_until(until);
    co_return true;
  }
};

std::string answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nx-amzn-RequestId: R1\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

/// One scripted server, one coroutine that talks to it.
struct world {
  net::scripted_server& server;
  still_clock& time;
  asio::any_io_executor executor;

  [[nodiscard]] std::string url() const { return server.endpoint().text(); }
  [[nodiscard]] credential_context context(variables set) const {
    return {.executor = executor,
            .time = time,
            .variables = environment(std::move(set)),
            .region = "eu-west-1"};
  }
};

using conversation = std::function<awaitable<void>(world&)>;

awaitable<void> play(std::vector<connection_script> scripts, conversation body) {
  const auto executor = co_await asio::this_coro::executor;
  net::scripted_server server(executor, std::move(scripts));
  still_clock time;
  world here{server, time, executor};
  co_await body(here);
  co_await server.stop();
}

void talk(std::vector<connection_script> scripts, conversation body) {
  net::run(play(std::move(scripts), std::move(body)));
}

profile_files parsed(const std::string& config) {
  return *profile_files::parse({.path = "c", .text = config}, {.path = "d"});
}

shared_credentials keys() {
  return std::make_shared<const credentials>(credentials{
      .access_key_id = "AK", .secret_access_key = secret("SK"), .session_token = secret("ST")});
}

constexpr const char* assumed =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn></AssumedRoleUser>"
    "<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>S&amp;1</SecretAccessKey>"
    "<SessionToken>T1</SessionToken><Expiration>2026-01-31T13:00:00Z</Expiration></Credentials>"
    "</AssumeRoleResult></AssumeRoleResponse>";

TEST(sts_client, assumes_a_role_by_a_signed_request) {
  talk({{{ok(assumed)}}}, [](world& w) -> awaitable<void> {
    const auto sts = sts_client::create(w.context({{"AWS_ENDPOINT_URL_STS", w.url()}}), parsed(""));
    const auto made = co_await sts->assume_role(
        {.role_arn = "arn:r", .session_name = "s", .external_id = "a&b", .duration_seconds = 900},
        keys());
    EXPECT_TRUE(made);
    EXPECT_EQ(made->access_key_id, "ASIA1");
    EXPECT_EQ(made->secret_access_key.reveal(), "S&1");
    EXPECT_EQ(made->session_token.reveal(), "T1");
    EXPECT_EQ(made->expires, parse_rfc3339("2026-01-31T13:00:00Z"));
    EXPECT_EQ(made->account_id, "123456789012");
    const auto& sent = w.server.requests().at(0);
    EXPECT_THAT(sent, HasSubstr("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&"
                                "RoleSessionName=s&DurationSeconds=900&ExternalId=a%26b"));
    EXPECT_THAT(sent, HasSubstr("Credential=AK/20260131/eu-west-1/sts/aws4_request"));
    EXPECT_THAT(sent, HasSubstr("x-amz-security-token: ST\r\n"));
    EXPECT_THAT(sent, HasSubstr("user-agent: dynamodb-migration-monitor/"));
  });
}

TEST(sts_client, tells_who_we_are) {
  talk({{{ok("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:me</Arn>"
             "<UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
             "</GetCallerIdentityResponse>")}}},
       [](world& w) -> awaitable<void> {
         const auto sts =
             sts_client::create(w.context({{"AWS_ENDPOINT_URL_STS", w.url()}}), parsed(""));
         const auto made = co_await sts->get_caller_identity(keys());
         EXPECT_TRUE(made);
         EXPECT_EQ(made->account, "123456789012");
         EXPECT_EQ(made->arn, "arn:me");
         EXPECT_EQ(made->user_id, "U");
       });
}

TEST(sts_client, an_error_names_action_region_endpoint_and_request) {
  talk({{{answer(403,
                 "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                 "<RequestId>Q1</RequestId></ErrorResponse>")}}},
       [](world& w) -> awaitable<void> {
         const auto sts =
             sts_client::create(w.context({{"AWS_ENDPOINT_URL_STS", w.url()}}), parsed(""));
         const auto made = co_await sts->get_caller_identity(keys());
         EXPECT_FALSE(made);
         EXPECT_EQ(made.error().kind, error_class::access_denied);
         EXPECT_THAT(made.error().describe(),
                     AllOf(HasSubstr("AccessDenied: sts:GetCallerIdentity in eu-west-1 (127.0.0.1"),
                           HasSubstr("AWS_ENDPOINT_URL_STS): no"), HasSubstr("(request id Q1)")));
       });
}

awaitable<std::string> renewal_of_role_by(const world& w, credentials by) {
  const auto sts = sts_client::create(w.context({{"AWS_ENDPOINT_URL_STS", w.url()}}), parsed(""));
  const auto source = make_assumed_role(
      *sts, {.role_arn = "arn:r", .session_name = "s"},
      std::make_shared<static_credentials>(std::move(by), "the environment"), "profile p");
  EXPECT_TRUE(co_await source->fetch());
  co_return source->renewal();
}

TEST(assumed_role, is_renewed_as_long_as_what_assumes_it_lasts) {
  talk({{{ok(assumed)}}, {{ok(assumed)}}}, [](world& w) -> awaitable<void> {
    credentials by{.access_key_id = "AK", .secret_access_key = secret("SK")};
    EXPECT_EQ(co_await renewal_of_role_by(w, by), "renewed unattended before that");
    by.session_token = secret("ST");
    EXPECT_EQ(co_await renewal_of_role_by(w, by),
              "renewed unattended until the keys that assume it end");
  });
}

constexpr const char* container_keys =
    "{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\",\"Token\":\"T\","
    "\"Expiration\":\"2026-01-31T13:00:00Z\"}";

TEST(container_credentials, sends_the_token_of_the_file_as_it_is_now) {
  talk({{{ok(container_keys)}}, {{ok(container_keys)}}}, [](world& w) -> awaitable<void> {
    const auto file = testing::TempDir() + "ddm_container_" + std::to_string(::getpid());
    const auto source = make_container_credentials(
        w.context({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", w.url() + "keys?a=b"},
                   {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the variable"},
                   {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file}}));
    EXPECT_TRUE(source);
    EXPECT_TRUE(replace_private_file(file, "one"));
    const auto made = co_await (*source)->fetch();
    EXPECT_TRUE(made);
    EXPECT_EQ(made->session_token.reveal(), "T");
    EXPECT_TRUE(replace_private_file(file, "two"));
    EXPECT_TRUE(co_await (*source)->fetch());
    EXPECT_THAT(w.server.requests().at(0), HasSubstr("GET /keys?a=b HTTP/1.1"));
    EXPECT_THAT(w.server.requests().at(0), HasSubstr("authorization: one\r\n"));
    EXPECT_THAT(w.server.requests().at(1), HasSubstr("authorization: two\r\n"));

    EXPECT_TRUE(replace_private_file(file, "SECRET\nmore"));
    const auto torn = co_await (*source)->fetch();
    EXPECT_THAT(torn.error().message,
                AllOf(HasSubstr("has a line break"), Not(HasSubstr("SECRET"))));
    std::filesystem::remove(file);
  });
}

TEST(container_credentials, a_refusal_asks_for_the_token_and_an_outage_is_worth_another_try) {
  talk({{{answer(403, "SECRET")}}, {{answer(500, "SECRET")}}, {{ok("{\"SECRET\":1}")}}},
       [](world& w) -> awaitable<void> {
         const auto source = make_container_credentials(
             w.context({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", w.url()}}));
         const auto refused = co_await (*source)->fetch();
         EXPECT_EQ(refused.error().kind, error_class::refresh_credentials);
         EXPECT_THAT(refused.error().message,
                     AllOf(HasSubstr("HTTP status 403 (neither"), Not(HasSubstr("SECRET"))));
         const auto down = co_await (*source)->fetch();
         EXPECT_EQ(down.error().kind, error_class::retry);
         const auto empty = co_await (*source)->fetch();
         EXPECT_THAT(empty.error().message,
                     AllOf(HasSubstr("no AccessKeyId"), Not(HasSubstr("SECRET"))));
       });
}

TEST(instance_metadata, asks_for_a_token_then_the_role_then_its_keys) {
  talk({{{ok("TOKEN")}}, {{ok("role-1\n")}}, {{ok(container_keys)}}},
       [](world& w) -> awaitable<void> {
         const auto source = make_instance_metadata(
             w.context({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", w.url()}}), parsed(""));
         const auto made = co_await (*source)->fetch();
         EXPECT_TRUE(made);
         EXPECT_EQ(made->access_key_id, "AK");
         const auto& sent = w.server.requests();
         EXPECT_THAT(sent.at(0), AllOf(HasSubstr("PUT /latest/api/token HTTP/1.1"),
                                       HasSubstr("x-aws-ec2-metadata-token-ttl-seconds: 21600")));
         EXPECT_THAT(sent.at(2),
                     AllOf(HasSubstr("GET /latest/meta-data/iam/security-credentials/role-1 "),
                           HasSubstr("x-aws-ec2-metadata-token: TOKEN\r\n")));
       });
}

TEST(instance_metadata, what_is_no_role_name_is_neither_asked_for_nor_shown) {
  talk({{{ok("TOKEN")}}, {{ok("{\"SECRET\": 1}")}}}, [](world& w) -> awaitable<void> {
    const auto source = make_instance_metadata(
        w.context({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", w.url()}}), parsed(""));
    const auto made = co_await (*source)->fetch();
    EXPECT_THAT(made.error().message,
                AllOf(HasSubstr("gave no role name"), Not(HasSubstr("SECRET"))));
  });
}

awaitable<void> expect_words_of_what_else_works(world& w) {
  const auto context = w.context({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", w.url()}});
  const auto provider = make_credentials_provider(context, parsed(""));
  const auto made = co_await (*provider)->get();
  EXPECT_THAT(made.error().message,
              AllOf(HasSubstr("no AWS credentials"), HasSubstr("answered HTTP status 40"),
                    HasSubstr("what works:")));
}

TEST(instance_metadata, an_instance_without_a_role_is_told_what_else_works) {
  talk({{{ok("TOKEN")}}, {{answer(404, "")}}}, expect_words_of_what_else_works);
  talk({{{answer(403, "")}}}, expect_words_of_what_else_works);
}

TEST(instance_metadata, keys_that_have_ended_are_used_on_while_the_service_has_an_outage) {
  constexpr const char* ended =
      "{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\",\"Token\":\"T\","
      "\"Expiration\":\"2026-01-31T11:00:00Z\"}";
  talk({{{ok("TOKEN")}}, {{ok("r")}}, {{ok(ended)}}}, [](world& w) -> awaitable<void> {
    const auto source = make_instance_metadata(
        w.context({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", w.url()}}), parsed(""));
    const auto made = co_await (*source)->fetch();
    EXPECT_EQ(made->expires, parse_rfc3339("2026-01-31T12:10:00Z"));
  });
}

TEST(instance_metadata, where_there_is_none_it_costs_a_second) {
  talk({{{"", after_reply::hang}}}, [](world& w) -> awaitable<void> {
    const auto start = std::chrono::steady_clock::now();
    const auto source = make_instance_metadata(
        w.context({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", w.url()}}), parsed(""));
    const auto made = co_await (*source)->fetch();
    EXPECT_EQ(made.error().kind, error_class::fatal) << "no second attempt";
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{3});
  });
}

constexpr const char* sso_profile =
    "[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
    "[sso-session s]\nsso_start_url = https://start\nsso_region = us-east-1\n";

/// A home folder with a login in its cache.
class home {
 public:
  home()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("ddm_home_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_ / ".aws/sso/cache");
  }
  home(const home&) = delete;
  home& operator=(const home&) = delete;
  ~home() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_.string(); }
  [[nodiscard]] std::string cache() const {
    return sso_cache_file({.session = "s"}, environment({{"HOME", path()}}));
  }
  void log_in(const std::string& expires, bool renewable = true) const {
    const std::string more = renewable
                                 ? R"(,"clientId":"C","clientSecret":"CS","refreshToken":"R1",)"
                                   R"("registrationExpiresAt":"2026-03-01T00:00:00Z")"
                                 : "";
    EXPECT_TRUE(replace_private_file(
        cache(), R"({"accessToken":"A1","expiresAt":")" + expires + "\"" + more + "}"));
  }

 private:
  std::filesystem::path folder_;
};

constexpr const char* sso_keys =
    R"({"roleCredentials":{"accessKeyId":"AK","secretAccessKey":"SK","sessionToken":"T",)"
    R"("expiration":1769864400000}})";

result<std::unique_ptr<credentials_source>> sso_source(const world& w, const home& in) {
  const auto files = parsed(sso_profile);
  return make_sso_credentials(w.context({{"HOME", in.path()}, {"AWS_ENDPOINT_URL", w.url()}}),
                              files, "p", *files.profile("p"));
}

TEST(sso_credentials, gives_the_keys_of_the_role_for_the_cached_login) {
  talk({{{ok(sso_keys)}}}, [](world& w) -> awaitable<void> {
    const home in;
    in.log_in("2026-01-31T20:00:00Z");
    const auto source = sso_source(w, in);
    const auto made = co_await (*source)->fetch();
    EXPECT_TRUE(made);
    EXPECT_EQ(made->expires, parse_rfc3339("2026-01-31T13:00:00Z"));
    EXPECT_EQ(made->account_id, "123456789012");
    EXPECT_THAT(w.server.requests().at(0),
                AllOf(HasSubstr("GET /federation/credentials?role_name=r&account_id=123456789012 "),
                      HasSubstr("x-amz-sso_bearer_token: A1\r\n")));
  });
}

TEST(sso_credentials, renews_a_login_near_its_end_and_keeps_it_where_the_cli_finds_it) {
  talk({{{ok(R"({"accessToken":"A2","expiresIn":3600,"refreshToken":"R2"})")}}, {{ok(sso_keys)}}},
       [](world& w) -> awaitable<void> {
         const home in;
         in.log_in("2026-01-31T12:10:00Z");
         const auto source = sso_source(w, in);
         EXPECT_TRUE(co_await (*source)->fetch());
         EXPECT_THAT(w.server.requests().at(0),
                     AllOf(HasSubstr("POST /token"), HasSubstr("\"refreshToken\":\"R1\""),
                           HasSubstr("\"grantType\":\"refresh_token\"")));
         EXPECT_THAT(w.server.requests().at(1), HasSubstr("x-amz-sso_bearer_token: A2\r\n"));
         const auto kept = read_sso_token(*read_text_file(in.cache()));
         EXPECT_EQ(kept->access_token.reveal(), "A2");
         EXPECT_EQ(kept->refresh_token.reveal(), "R2");
         EXPECT_EQ(kept->expires, parse_rfc3339("2026-01-31T13:00:00Z"));
         EXPECT_EQ(kept->client_secret.reveal(), "CS");
         const auto mode = std::filesystem::status(in.cache()).permissions();
         EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
       });
}

awaitable<void> fetch_once(credentials_source& from, int& fetched) {
  fetched += (co_await from.fetch()).has_value() ? 1 : 0;
}

TEST(sso_credentials, three_profiles_that_share_a_login_renew_it_once) {
  talk({{{ok(R"({"accessToken":"A2","expiresIn":3600,"refreshToken":"R2"})")}},
        {{ok(sso_keys)}},
        {{ok(sso_keys)}},
        {{ok(sso_keys)}}},
       [](world& w) -> awaitable<void> {
         const home in;
         in.log_in("2026-01-31T11:00:00Z");
         const auto one = sso_source(w, in);
         const auto two = sso_source(w, in);
         const auto three = sso_source(w, in);
         int fetched = 0;
         task_group together(w.executor);
         together.spawn(fetch_once(**one, fetched));
         together.spawn(fetch_once(**two, fetched));
         together.spawn(fetch_once(**three, fetched));
         co_await together.join();
         EXPECT_EQ(fetched, 3);
         EXPECT_EQ(w.server.requests().size(), 4U);
       });
}

TEST(sso_credentials, a_login_that_is_still_good_outlives_a_failed_renewal) {
  talk({{{answer(400, R"({"error":"invalid_grant"})")}}, {{ok(sso_keys)}}},
       [](world& w) -> awaitable<void> {
         const home in;
         in.log_in("2026-01-31T12:10:00Z");
         const auto source = sso_source(w, in);
         EXPECT_TRUE(co_await (*source)->fetch());
         EXPECT_THAT(w.server.requests().at(1), HasSubstr("x-amz-sso_bearer_token: A1\r\n"));
       });
}

TEST(sso_credentials, says_which_command_logs_in_again) {
  talk({{{answer(400, R"({"error":"invalid_grant","refreshToken":"R1"})")}},
        {{answer(401, R"({"message":"Session token not found or invalid"})")}}},
       [](world& w) -> awaitable<void> {
         const home in;
         const auto source = sso_source(w, in);
         const auto advice = HasSubstr("log in again: aws sso login --profile p");
         const auto none = co_await (*source)->fetch();
         EXPECT_EQ(none.error().kind, error_class::refresh_credentials);
         EXPECT_THAT(none.error().message, AllOf(HasSubstr("there is no login"), advice));

         in.log_in("2026-01-31T11:00:00Z", false);
         EXPECT_THAT((co_await (*source)->fetch()).error().message,
                     AllOf(HasSubstr("can no longer be renewed"), advice));
         in.log_in("2026-01-31T11:00:00Z");
         EXPECT_THAT((co_await (*source)->fetch()).error().message,
                     AllOf(HasSubstr("could not be renewed"), advice, Not(HasSubstr("R1"))));
         in.log_in("2026-01-31T20:00:00Z");
         const auto refused = co_await (*source)->fetch();
         EXPECT_EQ(refused.error().request_id, "R1");
         EXPECT_THAT(refused.error().message, AllOf(HasSubstr("Session token not found"), advice));
       });
}

}  // namespace
}  // namespace ddm::aws
