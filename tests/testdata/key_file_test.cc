// Keys come back from a file as they went in, and a damaged file deletes nothing.
#include "testdata/key_file.h"

#include "aws/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdlib.h>

namespace ddm::testdata {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::binary;
using dynamodb::key_schema;
using dynamodb::key_type;
using dynamodb::number_text;
using testing::HasSubstr;
using testing::SizeIs;

const key_schema text_and_bytes{.partition = {"pk", key_type::string},
                                .sort = {{"a,\"b\":c", key_type::binary}}};
const key_schema number_only{.partition = {"id", key_type::number}, .sort = {}};

std::string refusal(std::string_view text) {
  const auto parsed = parse_key_file(text);
  return parsed ? "" : parsed.error().message;
}

class key_file : public testing::Test {
 protected:
  key_file() {
    std::string name = (std::filesystem::temp_directory_path() / "ddm-keys-XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
  }
  ~key_file() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return (folder_ / "keys.csv").native(); }

 private:
  std::filesystem::path folder_;
};

TEST_F(key_file, gives_back_every_kind_of_key_whatever_is_in_it) {
  std::vector<attribute_map> keys;
  for (const auto* text : {"plain", "with,comma", "with \"quotes\"", "two\nlines", "two\r\nlines",
                           "\"", ",", " spaces ", "注文", "="}) {
    attribute_map key;
    key.emplace("pk", attribute_value{std::string(text)});
    key.emplace("a,\"b\":c", attribute_value{binary{std::string("\0\xff\n,\"", 5) + text}});
    keys.push_back(std::move(key));
  }
  {
    auto file = key_file_writer::create(path(), text_and_bytes);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->append(std::span(keys).first(4)));
    ASSERT_TRUE(file->append(std::span(keys).subspan(4)));
  }
  const auto parsed = parse_key_file(aws::read_text_file(path()).value());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->schema, text_and_bytes);
  ASSERT_THAT(parsed->keys, SizeIs(keys.size()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(dynamodb::to_json(parsed->keys[i]), dynamodb::to_json(keys[i]));
  }
}

TEST_F(key_file, keeps_numbers_as_written_and_only_the_key_of_an_item) {
  attribute_map item;
  item.emplace("id", attribute_value{number_text{"1.50"}});
  item.emplace("other", attribute_value{std::string("x")});
  EXPECT_EQ(key_file_header(number_only) + key_file_row(number_only, item), "id:N\n1.50\n");
  EXPECT_EQ(dynamodb::to_json(parse_key_file("id:N\n1.50\n")->keys.at(0)),
            R"({"id":{"N":"1.50"}})");
}

TEST_F(key_file, never_writes_over_a_file) {
  ASSERT_TRUE(key_file_writer::create(path(), number_only));
  const auto again = key_file_writer::create(path(), number_only);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, testing::AllOf(HasSubstr(path()), HasSubstr("exists")));
  EXPECT_EQ(aws::read_text_file(path()).value(), "id:N\n");
}

TEST_F(key_file, a_place_where_none_can_be_made_is_a_fault_of_the_command_line) {
  for (const auto& place : {path() + ".absent/keys.csv", std::string("/dev/null/keys.csv")}) {
    const auto refused = key_file_writer::create(place, number_only);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, error_class::wrong_usage);
    EXPECT_THAT(refused.error().message, HasSubstr(place));
  }
}

TEST_F(key_file, lists_each_key_once_and_reads_line_ends_of_windows) {
  const auto parsed = parse_key_file("id:N\r\n1\r\n2\r\n1\r\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->keys, SizeIs(2));
}

TEST_F(key_file, faults_name_the_line) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("pk,sk\n"), HasSubstr("line 1 must name the key's attributes"));
  EXPECT_THAT(refusal("pk:S,\n"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("pk:S,pk:N\n"), HasSubstr("line 1 names pk twice"));
  EXPECT_THAT(refusal("a:S,b:S,c:S\n"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("pk:X\n"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("pk:S\na,b\n"), HasSubstr("line 2 has 2 fields, not 1"));
  EXPECT_THAT(refusal("pk:S\n\"a\nb\"\n\"\"\n"), HasSubstr("line 4 has no value for pk"));
  EXPECT_THAT(refusal("pk:B\nno base64!\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal("pk:S\na\"b\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal("pk:S\n\"a\"b\n"), HasSubstr("line 2 has text behind a closing quote"));
  EXPECT_THAT(refusal("pk:S\n\"a\n"), HasSubstr("line 2 opens a quote"));
}

TEST_F(key_file, a_last_line_that_may_be_cut_off_is_a_fault) {
  EXPECT_THAT(refusal("pk:S\nTEST_PK_1"), HasSubstr("line 2 has no end"));
  EXPECT_THAT(refusal("pk:S"), HasSubstr("line 1 has no end"));
}

}  // namespace
}  // namespace ddm::testdata
