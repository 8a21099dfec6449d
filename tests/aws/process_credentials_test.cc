#include "aws/process_credentials.h"

#include "net/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace ddm::aws {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

awaitable<void> fetch_into(credentials_source& from, result<credentials>& into) {
  into = co_await from.fetch();
}

result<credentials> run(const std::string& command) {
  auto source = make_process_credentials(command, "profile p");
  if (!source) {
    return fail(source.error());
  }
  result<credentials> made;
  net::run(fetch_into(**source, made));
  return made;
}

std::string failure(const std::string& command) {
  const auto made = run(command);
  return made ? "no failure" : made.error().message;
}

TEST(split_command, splits_as_a_posix_shell_does) {
  EXPECT_THAT(*split_command(R"(a "b c" 'd "e' f\ g "h\"i\j" '')"),
              ElementsAre("a", "b c", "d \"e", "f g", "h\"i\\j", ""));
  EXPECT_THAT(*split_command(" a\tb'c'\"d\" "), ElementsAre("a", "bcd"));
  EXPECT_FALSE(split_command("a 'b"));
  EXPECT_FALSE(split_command("a \\"));
  EXPECT_TRUE(split_command("  ")->empty());
}

TEST(process_credentials, takes_what_the_program_prints) {
  const auto made = run(
      R"(echo '{"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "SK", "SessionToken": "ST",)"
      R"( "Expiration": "2026-01-31T23:59:58+09:00", "AccountId": "123456789012"}')");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->access_key_id, "AK");
  EXPECT_EQ(made->secret_access_key.reveal(), "SK");
  EXPECT_EQ(made->session_token.reveal(), "ST");
  EXPECT_EQ(made->expires, parse_rfc3339("2026-01-31T14:59:58Z"));
  EXPECT_EQ(made->account_id, "123456789012");
  const auto keys = run(R"(echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}')");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->expires, std::nullopt);
  EXPECT_TRUE(keys->session_token.empty());
}

TEST(process_credentials, a_failure_is_told_without_what_was_printed) {
  EXPECT_THAT(failure("sh -c 'echo SECRET; echo log in first >&2; exit 7' ARGUMENT"),
              AllOf(HasSubstr("the credential_process sh of profile p ended with code 7"),
                    HasSubstr("it said: log in first"), Not(HasSubstr("SECRET")),
                    Not(HasSubstr("ARGUMENT"))));
  EXPECT_THAT(failure("false"), HasSubstr("it said nothing on standard error"));
  EXPECT_THAT(failure("echo SECRET"),
              AllOf(HasSubstr("is no JSON object"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(failure(R"(echo '{"AccessKeyId": "A", "SecretAccessKey": "SECRET"}')"),
              AllOf(HasSubstr("Version is not 1"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(failure(R"(echo '{"Version": 1, "SecretAccessKey": "SECRET"}')"),
              AllOf(HasSubstr("has no AccessKeyId"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(failure(R"(echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": 5}')"),
              HasSubstr("has no SecretAccessKey"));
  EXPECT_THAT(failure(R"(echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S",)"
                      R"( "Expiration": "soon"}')"),
              HasSubstr("Expiration is no time"));
  EXPECT_THAT(failure("/no/such/program"), HasSubstr("could not be started: No such file"));
  EXPECT_THAT(failure("a 'b"), HasSubstr("left open"));
}

TEST(process_credentials, a_program_that_leaves_its_output_open_is_not_waited_for) {
  const auto start = std::chrono::steady_clock::now();
  const auto made = run(
      R"(sh -c 'sleep 5 & echo "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}"')");
  EXPECT_TRUE(made);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{4});
}

}  // namespace
}  // namespace ddm::aws
