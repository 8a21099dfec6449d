#include "exports/table_export.h"

#include "dynamodb/base64.h"
#include "exports/export_file_reader.h"
#include "exports/export_folder.h"
#include "exports/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace ddm::exports {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string summary = R"({"exportArn":"arn:e","tableArn":"arn:t","tableId":"id",
  "exportTime":"2026-11-04T07:28:34.028Z","manifestFilesS3Key":"p/manifest-files.json",
  "itemCount":0,"outputFormat":"DYNAMODB_JSON"})";

std::string sum_of(std::string_view text) {
  md5_sum sum;
  sum.add(text);
  return dynamodb::base64_encode(sum.take());
}

class table_exports : public testing::Test {
 protected:
  table_exports() {
    store_->objects = {{"manifest-summary.json", summary}, {"manifest-files.json", ""}};
  }
  [[nodiscard]] result<table_export> opened() { return complete(open_export(store_)); }

  std::shared_ptr<memory_store> store_ = std::make_shared<memory_store>();
};

TEST_F(table_exports, are_known_by_their_manifests) {
  const auto found = opened();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->summary.export_arn, "arn:e");
  EXPECT_THAT(found->describe(), AllOf(HasSubstr("memory"), HasSubstr("0 items in 0 files")));
}

TEST_F(table_exports, without_a_manifest_are_refused_with_what_to_name) {
  store_->objects.erase("manifest-files.json");
  EXPECT_THAT(opened().error().message,
              HasSubstr("no manifest-files.json in memory: name another place"));
  EXPECT_EQ(opened().error().kind, error_class::wrong_usage);
}

TEST_F(table_exports, are_held_to_the_checksums_beside_their_manifests) {
  for (const auto* suffix : {".md5", ".checksum"}) {
    store_->objects["manifest-summary" + std::string(suffix)] = sum_of(summary) + "\n";
    EXPECT_TRUE(opened()) << suffix;
    store_->objects["manifest-summary" + std::string(suffix)] = sum_of("another");
    EXPECT_THAT(opened().error().message,
                HasSubstr("manifest-summary.json of the export is damaged"));
    store_->objects.erase("manifest-summary" + std::string(suffix));
  }
  store_->objects["manifest-files.md5"] = sum_of("another");
  EXPECT_FALSE(opened());
}

TEST(export_folders, read_parts_of_regular_files_alone) {
  std::string path = "/tmp/ddm-export-XXXXXX";
  ASSERT_NE(::mkdtemp(path.data()), nullptr);
  worker_pool pool(0);
  export_folder folder(path, pool);
  const auto name = path + "/a";
  {
    const auto file =
        std::unique_ptr<FILE, int (*)(FILE*)>(std::fopen(name.c_str(), "w"), std::fclose);
    ASSERT_NE(file, nullptr);
    std::fputs("abcdef", file.get());
  }
  EXPECT_EQ(complete(folder.read("a", 0, 4)), "abcd");
  EXPECT_EQ(complete(folder.read("a", 4, 4)), "ef");
  EXPECT_EQ(complete(folder.read("a", 6, 4)), "");
  EXPECT_EQ(complete(folder.read("b", 0, 4)).error().kind, error_class::not_found);
  EXPECT_EQ(complete(folder.read(".", 0, 4)).error().kind, error_class::wrong_usage);
  ::unlink(name.c_str());
  ::rmdir(path.c_str());
}

}  // namespace
}  // namespace ddm::exports
