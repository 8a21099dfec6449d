#include "aws/profile_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ddm::aws {
namespace {

using testing::HasSubstr;

result<profile_files> parse(std::optional<std::string> config,
                            std::optional<std::string> credentials = std::nullopt) {
  return profile_files::parse({.path = "/c/config", .text = std::move(config)},
                              {.path = "/c/credentials", .text = std::move(credentials)});
}

std::string setting(const result<profile_files>& files, std::string_view profile,
                    std::string_view name) {
  EXPECT_TRUE(files);
  const auto* const section = files ? files->profile(profile) : nullptr;
  return section == nullptr ? "no profile" : section->find(name).value_or("nothing");
}

TEST(profile_files, both_files_make_a_profile_and_the_credentials_file_wins) {
  const auto files = parse("[profile a]\nregion = eu-west-1\naws_access_key_id = OLD\n",
                           "[a]\naws_access_key_id = NEW\naws_secret_access_key = K\n");
  EXPECT_EQ(setting(files, "a", "region"), "eu-west-1");
  EXPECT_EQ(setting(files, "a", "aws_access_key_id"), "NEW");
  EXPECT_EQ(setting(files, "a", "aws_secret_access_key"), "K");
}

TEST(profile_files, the_default_profile_needs_no_prefix) {
  EXPECT_EQ(setting(parse("[default]\nregion=r1\n"), "default", "region"), "r1");
  EXPECT_EQ(setting(parse("[profile default]\nregion=r2\n"), "default", "region"), "r2");
}

TEST(profile_files, odd_spacing_comments_and_line_ends_are_understood) {
  const auto files = parse(
      "# head\r\n\r\n[ profile \t a ] # why\r\n  ; note\r\nregion=eu-west-1   # here\r\n"
      "Output\t =json;not a comment\r\n[profile \"b c\"]\nregion = x ; there\n[profile e]");
  EXPECT_EQ(setting(files, "a", "region"), "eu-west-1");
  EXPECT_EQ(setting(files, "a", "output"), "json;not a comment");
  EXPECT_EQ(setting(files, "b c", "region"), "x");
  EXPECT_EQ(setting(files, "e", "region"), "nothing");
}

TEST(profile_files, secrets_keep_their_signs) {
  const auto files = parse("", "[a]\naws_secret_access_key = a/b+c==#d;e=f\n");
  EXPECT_EQ(setting(files, "a", "aws_secret_access_key"), "a/b+c==#d;e=f");
}

TEST(profile_files, nested_blocks_have_members) {
  const auto files = parse(
      "[services local]\ndynamodb =\n  endpoint_url = http://localhost:8000\n"
      "  other = 1\ndynamodb_streams = \n\tendpoint_url=http://localhost:8001\n"
      "[profile a]\nservices = local\ns3 =\n  max = 1\nregion = r\n");
  ASSERT_TRUE(files);
  const auto* const services = files->services("local");
  ASSERT_NE(services, nullptr);
  EXPECT_EQ(services->find_member("dynamodb", "endpoint_url"), "http://localhost:8000");
  EXPECT_EQ(services->find_member("dynamodb_streams", "endpoint_url"), "http://localhost:8001");
  EXPECT_EQ(services->find_member("s3", "endpoint_url"), std::nullopt);
  EXPECT_EQ(setting(files, "a", "max"), "nothing");
  EXPECT_EQ(setting(files, "a", "region"), "r");
}

TEST(profile_files, an_indented_line_goes_on_with_the_value_before_it) {
  EXPECT_EQ(setting(parse("[profile a]\nx = one\n  two = 2\nregion = r\n"), "a", "x"),
            "one\ntwo = 2");
}

TEST(profile_files, other_sections_are_passed_over) {
  const auto files =
      parse("[plugins]\ncli = x\n[sso-session s]\nsso_region = r\n[profile a]\nq=1\n");
  EXPECT_EQ(setting(files, "a", "q"), "1");
  EXPECT_EQ(files->sso_session("s")->find("sso_region"), "r");
  EXPECT_EQ(files->profile("plugins"), nullptr);
}

TEST(profile_files, an_unknown_profile_is_an_error_that_lists_the_known) {
  const auto files = parse("[profile b]\n[profile a]\n[c]\nregion = r\n");
  ASSERT_TRUE(files);
  const auto unknown = files->require_profile("z");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message,
            "there is no AWS profile \"z\": there are a, b in /c/config and /c/credentials (not "
            "there)");
  EXPECT_THAT(files->require_profile("c").error().message, HasSubstr("named [profile c]"));
  EXPECT_THAT(parse(std::nullopt)->require_profile("z").error().message,
              HasSubstr("there are none in /c/config (not there)"));
}

TEST(profile_files, an_error_tells_file_and_line_but_not_what_stands_there) {
  const auto error_of = [](const std::string& text) { return parse("", text).error().message; };
  EXPECT_EQ(error_of("[a]\n\nSECRET\n"), "/c/credentials:3: neither a [section] nor name = value");
  EXPECT_THAT(error_of("aws_secret_access_key = SECRET\n"), HasSubstr("before the first"));
  EXPECT_THAT(error_of("[a\nx = 1\n"), HasSubstr("/c/credentials:1: "));
  EXPECT_THAT(error_of("[a]\n = SECRET\n"), Not(HasSubstr("SECRET")));
}

TEST(profile_files, are_read_from_where_the_environment_says) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("ddm_profiles_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / ".aws");
  std::ofstream(folder / ".aws" / "config") << "[profile home]\nregion = h\n";
  std::ofstream(folder / "elsewhere") << "[there]\naws_access_key_id = T\n";

  const auto home = profile_files::load(environment({{"HOME", folder.string()}}));
  EXPECT_EQ(setting(home, "home", "region"), "h");
  const auto elsewhere = profile_files::load(
      environment({{"HOME", folder.string()}, {"AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere"}}));
  EXPECT_EQ(setting(elsewhere, "there", "aws_access_key_id"), "T");
  EXPECT_EQ(setting(elsewhere, "home", "region"), "h");
  const auto unreadable = profile_files::load(environment({{"AWS_CONFIG_FILE", folder.string()}}));
  ASSERT_FALSE(unreadable);
  EXPECT_THAT(unreadable.error().message, HasSubstr(folder.string()));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ddm::aws
