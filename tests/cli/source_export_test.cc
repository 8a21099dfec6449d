// An export in place of a scan of the source, as command lines name it.
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace ddm::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using words = std::vector<std::string>;

std::expected<command_line, usage_faults> parse(const words& more,
                                                const std::string& command = "compare") {
  words line{command, "--target-table", "t"};
  line.insert(line.end(), more.begin(), more.end());
  return parse_command_line(line, aws::environment(), read_text_file);
}

std::vector<std::string> faults(const words& more, const std::string& command = "compare") {
  const auto parsed = parse(more, command);
  return parsed ? std::vector<std::string>() : parsed.error().faults;
}

TEST(source_export, is_a_folder_or_a_place_in_s3) {
  const std::string place = "s3://my-exports/AWSDynamoDB/ID";
  EXPECT_THAT(faults({"--source-export", "export"}), IsEmpty());
  EXPECT_THAT(faults({"--source-export", place}), IsEmpty());
  EXPECT_THAT(faults({"--source-export", "s3://arn:aws:s3:::my-exports"}),
              ElementsAre(HasSubstr("names no bucket")));
  for (const auto* wrong : {"https://my-exports.s3.amazonaws.com/x", "S3://my-exports/x"}) {
    EXPECT_THAT(faults({"--source-export", wrong}),
                ElementsAre(HasSubstr("takes a folder, or a place in S3")));
  }
}

TEST(source_export, is_reached_by_settings_of_its_own_only_in_s3) {
  const std::vector<words> ways{{"--source-export-profile", "p"},
                                {"--source-export-region", "r"},
                                {"--source-export-endpoint-url", "http://127.0.0.1:9000"}};
  for (auto way : ways) {
    EXPECT_THAT(faults(way), ElementsAre(HasSubstr("say nothing unless --source-export names")));
    way.insert(way.end(), {"--source-export", "export"});
    EXPECT_THAT(faults(way), ElementsAre(HasSubstr("say nothing unless --source-export names")));
    way.back() = "s3://my-exports/x";
    EXPECT_THAT(faults(way), IsEmpty());
  }
  const auto options = parse({"--source-export", "s3://my-exports/x", "--source-export-profile",
                              "p", "--source-profile", "s"});
  ASSERT_TRUE(options);
  EXPECT_EQ(std::get<compare_options>(*options).source_export.access.profile, "p");
  EXPECT_EQ(std::get<compare_options>(*options).source.profile, "s");
}

TEST(source_export, may_be_that_of_a_baseline) {
  const std::string place = "s3://my-exports/AWSDynamoDB/ID";
  EXPECT_THAT(faults({"--baseline", "--baseline-export", place}, "monitor"), IsEmpty());
  EXPECT_THAT(faults({"--baseline-export", "export"}, "monitor"),
              ElementsAre("--baseline-export says nothing without --baseline"));
  EXPECT_THAT(faults({"--baseline", "--baseline-export", "https://x"}, "monitor"),
              ElementsAre(HasSubstr("--baseline-export takes a folder, or a place in S3")));
  EXPECT_THAT(faults({"--baseline", "--baseline-export-region", "r"}, "monitor"),
              ElementsAre(HasSubstr("say nothing unless --baseline-export names")));
  const auto options = parse(
      {"--baseline", "--baseline-export", place, "--baseline-export-profile", "p"}, "monitor");
  ASSERT_TRUE(options);
  EXPECT_EQ(std::get<monitor_options>(*options).baseline_export.access.profile, "p");
}

}  // namespace
}  // namespace ddm::cli
