#include "exports/export_file_reader.h"

#include "dynamodb/page_decoder.h"
#include "exports/memory_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::exports {
namespace {

using testing::HasSubstr;

std::string sum_of(std::string_view text) {
  md5_sum sum;
  sum.add(text);
  return sum.take();
}

std::string item(int number, std::size_t size = 10) {
  return fmt::format(R"({{"Item":{{"pk":{{"S":"k{}"}},"v":{{"S":"{}"}}}}}})", number,
                     std::string(size, 'v'));
}

struct read_file {
  std::size_t items = 0;
  std::size_t pages = 0;
  std::size_t largest = 0;
  std::string failure;
};

class export_files_read : public testing::Test {
 protected:
  [[nodiscard]] read_file read(const std::string& stored, std::uint64_t items,
                               const std::string& md5) {
    store_.objects["data/a.json.gz"] = stored;
    export_file_reader reader(store_, pool_,
                              {.name = "data/a.json.gz", .items = items, .md5 = md5});
    read_file found;
    while (!reader.ended()) {
      const auto page = complete(reader.next());
      if (!page) {
        found.failure = page.error().message;
        return found;
      }
      const auto decoded = decoder_.decode_items(*page);
      if (!decoded) {
        found.failure = "page: " + decoded.error().message;
        return found;
      }
      found.items += decoded->returned;
      ++found.pages;
      found.largest = std::max(found.largest, page->size());
    }
    return found;
  }
  [[nodiscard]] read_file read_text(const std::string& text, std::uint64_t items) {
    const auto packed = gzip(text);
    return read(packed, items, sum_of(packed));
  }

  memory_store store_;
  worker_pool pool_{0};
  dynamodb::page_decoder decoder_{
      {.schema = {.partition = {.name = "pk", .type = dynamodb::key_type::string}, .sort = {}}}};
};

TEST_F(export_files_read, give_their_items_as_pages_of_a_scan) {
  const auto found = read_text(item(1) + "\n" + item(2) + "\n" + item(3) + "\n", 3);
  EXPECT_EQ(found.failure, "");
  EXPECT_EQ(found.items, 3);
  EXPECT_EQ(found.pages, 1);
}

TEST_F(export_files_read, of_any_size_come_in_parts) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += item(i, 200) + "\n";
  }
  const auto found = read_text(text, 50'000);
  EXPECT_EQ(found.failure, "");
  EXPECT_EQ(found.items, 50'000);
  EXPECT_GT(found.pages, 5);
  EXPECT_LT(found.largest, 3U << 20);
}

TEST_F(export_files_read, may_be_spaced_and_end_without_a_line_break) {
  const auto found = read_text(" { \"Item\" : {\"pk\":{\"S\":\"a\"}} } \r\n\n" + item(2), 2);
  EXPECT_EQ(found.failure, "");
  EXPECT_EQ(found.items, 2);
}

TEST_F(export_files_read, of_an_empty_partition_are_empty) {
  EXPECT_EQ(read("", 0, sum_of("")).failure, "");
  EXPECT_EQ(read_text("", 0).failure, "");
}

TEST_F(export_files_read, whose_checksum_is_that_of_the_text_are_right_too) {
  const auto text = item(1) + "\n";
  EXPECT_EQ(read(gzip(text), 1, sum_of(text)).failure, "");
}

TEST_F(export_files_read, that_are_not_what_the_manifest_says_are_damaged) {
  const auto text = item(1) + "\n" + item(2) + "\n";
  const auto packed = gzip(text);
  EXPECT_THAT(read(packed, 3, sum_of(packed)).failure,
              HasSubstr("holds 2 items, and the manifest says 3"));
  EXPECT_THAT(read(packed, 2, std::string(16, 'x')).failure, HasSubstr("checksum"));
  EXPECT_THAT(read(packed.substr(0, packed.size() - 3), 2, sum_of(packed)).failure,
              HasSubstr("ends too early"));
  EXPECT_THAT(read("PK\x03\x04 a zip", 2, sum_of(packed)).failure, HasSubstr("not gzip"));
  EXPECT_THAT(read("", 2, sum_of(packed)).failure, HasSubstr("holds 0 items"));
}

TEST_F(export_files_read, whose_lines_are_no_items_are_damaged) {
  for (const auto* wrong : {"{}", "[]", "{\"Item\":[]}", "{\"Keys\":{}}", "{\"Item\":{}",
                            "\"Item\":{}}", "{\"Item\"}"}) {
    EXPECT_THAT(read_text(item(1) + "\n" + wrong + "\n", 2).failure, HasSubstr("item 2")) << wrong;
  }
  // What would add a member to the page is no item for the decoder either.
  EXPECT_THAT(read_text("{\"Item\":{\"pk\":{\"S\":\"a\"}},\"Count\":{}}\n", 1).failure,
              HasSubstr("page: "));
}

TEST_F(export_files_read, with_a_line_without_an_end_are_damaged) {
  EXPECT_THAT(read_text(std::string(70 << 20, 'x'), 1).failure, HasSubstr("longer than any item"));
}

TEST_F(export_files_read, that_are_missing_say_so) {
  export_file_reader reader(store_, pool_, {.name = "data/b.json.gz", .items = 1, .md5 = {}});
  EXPECT_THAT(complete(reader.next()).error().message, HasSubstr("data/b.json.gz"));
}

}  // namespace
}  // namespace ddm::exports
