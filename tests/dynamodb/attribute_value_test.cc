#include "dynamodb/attribute_value.h"

#include "dynamodb/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ddm::dynamodb {
namespace {

constexpr std::string_view one_of_each =
    R"({"b":{"B":"AAEC"},"bs":{"BS":["AQ==","Ag=="]},"f":{"BOOL":false},"l":{"L":[{"S":"x"},)"
    R"({"L":[]}]},"m":{"M":{"n":{"N":"1.50"}}},"n":{"N":"-1E5"},"ns":{"NS":["1","2"]},)"
    R"("nul":{"NULL":true},"s":{"S":"a\"b"},"ss":{"SS":["a","b"]},"t":{"BOOL":true}})";

TEST(attribute_value, reads_and_writes_every_type) {
  const auto item = parse_item(one_of_each);
  ASSERT_TRUE(item.has_value()) << item.error().message;
  EXPECT_EQ(to_json(*item), one_of_each);
  EXPECT_EQ(std::get<binary>(item->at("b").value).bytes, std::string_view("\0\1\2", 3));
  EXPECT_EQ(std::get<number_text>(item->at("n").value).text, "-1E5");
  EXPECT_EQ(std::get<std::string>(item->at("s").value), "a\"b");
  for (const auto& [name, type] : std::vector<std::pair<std::string, std::string>>{{"b", "B"},
                                                                                   {"bs", "BS"},
                                                                                   {"f", "BOOL"},
                                                                                   {"l", "L"},
                                                                                   {"m", "M"},
                                                                                   {"n", "N"},
                                                                                   {"ns", "NS"},
                                                                                   {"nul", "NULL"},
                                                                                   {"s", "S"},
                                                                                   {"ss", "SS"}}) {
    EXPECT_EQ(item->at(name).type_name(), type);
  }
}

TEST(attribute_value, a_value_without_its_type_is_an_empty_map) {
  const auto item = parse_item(R"({"m":{}})");
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(to_json(*item), R"({"m":{"M":{}}})");
}

TEST(attribute_value, compares_as_dynamodb_does) {
  const auto same = [](std::string_view a, std::string_view b) {
    return equal({parse_item(a).value()}, {parse_item(b).value()});
  };
  EXPECT_TRUE(same(one_of_each, one_of_each));
  EXPECT_TRUE(same(R"({"a":{"N":"1.0"},"b":{"SS":["x","y"]}})",
                   R"({"b":{"SS":["y","x"]},"a":{"N":"10E-1"}})"));
  EXPECT_TRUE(same(R"({"a":{"NS":["1","2"]}})", R"({"a":{"NS":["2.0","1.0"]}})"));
  EXPECT_FALSE(
      same(R"({"a":{"L":[{"S":"x"},{"S":"y"}]}})", R"({"a":{"L":[{"S":"y"},{"S":"x"}]}})"));
  EXPECT_FALSE(same(R"({"a":{"S":"1"}})", R"({"a":{"N":"1"}})"));
  EXPECT_FALSE(same(R"({"a":{"S":"1"}})", R"({"b":{"S":"1"}})"));
  EXPECT_FALSE(same(R"({"a":{"NULL":true}})", R"({})"));
  EXPECT_FALSE(same(R"({"a":{"SS":["x"]}})", R"({"a":{"L":[{"S":"x"}]}})"));
}

TEST(attribute_value, refuses_nesting_beyond_64_levels) {
  EXPECT_TRUE(parse_item(R"({"a":)" + samples::nested_maps(64) + "}").has_value());
  EXPECT_FALSE(parse_item(R"({"a":)" + samples::nested_maps(65) + "}").has_value());
  EXPECT_FALSE(parse_item(R"({"a":)" + samples::nested_lists(100'000) + "}").has_value());
}

TEST(attribute_value, the_error_of_an_unreadable_item_holds_no_values) {
  const auto item = parse_item(R"({"password":{"S":"hunter2"},"x":1})");
  ASSERT_FALSE(item.has_value());
  EXPECT_THAT(item.error().message, Not(testing::HasSubstr("hunter2")));
}

TEST(base64, agrees_with_the_vectors_of_rfc_4648) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"},
                                                                 {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text).value(), bytes);
  }
}

TEST(base64, tells_the_size_before_it_decodes) {
  EXPECT_EQ(base64_decoded_size(""), 0U);
  EXPECT_EQ(base64_decoded_size("Zg=="), 1U);
  EXPECT_EQ(base64_decoded_size("Zm8="), 2U);
  EXPECT_EQ(base64_decoded_size("Zm9v"), 3U);
  EXPECT_EQ(base64_decoded_size("Zm9vYg=="), 4U);
  EXPECT_FALSE(base64_decoded_size("Zm9vYg"));
}

TEST(base64, has_one_spelling_for_each_value) {
  for (const std::string bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=Zg=", "Zg==Zg==",
                                "Zm 9", "Zm9v\n", "Zm9-", "Z\xc3\xa9==", "Zm=v"}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

TEST(json_quote, escapes_what_json_must_escape) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01é"), "\"a\\\"b\\\\c\\u000a\\u0001é\"");
  EXPECT_EQ(json_quote(""), "\"\"");
}

}  // namespace
}  // namespace ddm::dynamodb
