#include "exports/export_manifest.h"

#include "dynamodb/base64.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ddm::exports {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

json right() {
  return {{"version", "2020-06-30"},
          {"exportArn", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/export/01-ab"},
          {"startTime", "2026-11-04T07:28:34.028Z"},
          {"endTime", "2026-11-04T07:33:43.897Z"},
          {"tableArn", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"},
          {"tableId", "12345a12-abcd-123a-ab12-1234abc12345"},
          {"exportTime", "2026-11-04T07:28:34.028Z"},
          {"s3Bucket", "exports"},
          {"s3Prefix", nullptr},
          {"s3SseAlgorithm", "AES256"},
          {"s3SseKmsKeyId", nullptr},
          {"manifestFilesS3Key", "AWSDynamoDB/01-ab/manifest-files.json"},
          {"billedSizeBytes", 0},
          {"itemCount", 8},
          {"outputFormat", "DYNAMODB_JSON"}};
}

std::string refusal(const json& changed) {
  const auto summary = read_export_summary(changed.dump());
  EXPECT_FALSE(summary || summary.error().kind != error_class::wrong_usage);
  return summary ? std::string() : summary.error().message;
}

json with(const std::string& name, const json& value) {
  auto changed = right();
  changed[name] = value;
  return changed;
}

const std::string some_md5 = dynamodb::base64_encode(std::string(16, 'm'));

std::string line(const std::string& name, const json& items, const std::string& md5 = some_md5) {
  return json{{"itemCount", items},
              {"md5Checksum", md5},
              {"etag", "af83d6f217c19b8b0fff8023d8ca4716-1"},
              {"dataFileS3Key", "AWSDynamoDB/01-ab/" + name}}
             .dump() +
         "\n";
}

result<std::vector<export_file>> files(const std::string& text) {
  return read_export_files(text, *read_export_summary(right().dump()));
}

TEST(export_summary, says_what_was_exported_and_as_of_when) {
  const auto summary = read_export_summary(right().dump());
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->table_arn, "arn:aws:dynamodb:eu-west-1:111122223333:table/orders");
  EXPECT_EQ(summary->table_id, "12345a12-abcd-123a-ab12-1234abc12345");
  EXPECT_EQ(format_rfc3339(summary->as_of), "2026-11-04T07:28:34.028Z");
  EXPECT_EQ(summary->items, 8);
  EXPECT_EQ(read_export_summary(with("exportType", "FULL_EXPORT").dump())->items, 8);
}

TEST(export_summary, of_another_kind_is_refused_with_the_remedy) {
  EXPECT_THAT(refusal(with("outputFormat", "ION")),
              AllOf(HasSubstr("\"ION\""), HasSubstr("--export-format DYNAMODB_JSON")));
  EXPECT_THAT(refusal(with("exportType", "INCREMENTAL_EXPORT")),
              AllOf(HasSubstr("INCREMENTAL_EXPORT"), HasSubstr("--export-type FULL_EXPORT")));
}

TEST(export_summary, without_what_it_must_say_is_refused) {
  for (const auto* name :
       {"exportArn", "tableArn", "exportTime", "itemCount", "manifestFilesS3Key", "outputFormat"}) {
    auto changed = right();
    changed.erase(name);
    EXPECT_THAT(refusal(changed), HasSubstr("cannot be used")) << name;
  }
  EXPECT_THAT(refusal(with("itemCount", -1)), HasSubstr("cannot be used"));
  EXPECT_THAT(refusal(with("exportTime", "yesterday")), HasSubstr("cannot be used"));
  EXPECT_THAT(refusal(with("exportArn", "arn:x\n\x1b[2J")), HasSubstr("cannot be used"));
  EXPECT_FALSE(read_export_summary("[]"));
  EXPECT_FALSE(read_export_summary(""));
}

TEST(export_files, are_below_the_manifests_and_add_up) {
  const auto found = files(line("data/a.json.gz", 5) + "\n" + line("data/b.json.gz", 3));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[0].name, "data/a.json.gz");
  EXPECT_EQ((*found)[0].items, 5);
  EXPECT_EQ((*found)[0].md5, std::string(16, 'm'));
}

TEST(export_files, that_are_not_all_there_are_refused) {
  EXPECT_THAT(files(line("data/a.json.gz", 5)).error().message,
              AllOf(HasSubstr("hold 5 items"), HasSubstr("says 8")));
  EXPECT_THAT(files(line("data/a.json.gz", 4) + line("data/a.json.gz", 4)).error().message,
              HasSubstr("names a file twice"));
  EXPECT_THAT(files("").error().message, HasSubstr("hold 0 items"));
}

TEST(export_files, lie_nowhere_else) {
  for (const auto* name : {"../secret", "data/../../secret", "/etc/passwd", "", "a\\b"}) {
    EXPECT_FALSE(files(line(name, 8))) << name;
  }
  EXPECT_FALSE(files(R"({"itemCount":8,"md5Checksum":")" + some_md5 +
                     R"(","dataFileS3Key":"elsewhere/data/a.json.gz"})"));
}

TEST(export_files, without_a_checksum_or_a_count_are_refused) {
  EXPECT_FALSE(files(line("data/a.json.gz", 8, "")));
  EXPECT_FALSE(files(line("data/a.json.gz", 8, "YQ==")));
  EXPECT_FALSE(files(line("data/a.json.gz", -8)));
  EXPECT_FALSE(files(line("data/a.json.gz", "8")));
  EXPECT_FALSE(files("not JSON\n"));
}

}  // namespace
}  // namespace ddm::exports
