#include "base/foreign_json.h"

#include <gtest/gtest.h>

#include <string>

namespace ddm {
namespace {

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

TEST(foreign_json, is_parsed_as_deep_as_an_item_nests_and_no_deeper) {
  EXPECT_TRUE(parse_json(nested(json_nesting_max)).is_array());
  EXPECT_TRUE(parse_json(nested(json_nesting_max + 1)).is_discarded());
  EXPECT_TRUE(parse_json(nested(1'000'000)).is_discarded());
  EXPECT_TRUE(parse_json(std::string(1'000'000, '{')).is_discarded());
}

TEST(foreign_json, brackets_in_texts_nest_nothing) {
  EXPECT_TRUE(parse_json('"' + std::string(1000, '[') + '"').is_string());
  EXPECT_TRUE(parse_json(R"(["\")" + std::string(1000, '{') + R"(\\",["x"]])").is_array());
}

TEST(foreign_json, what_is_none_is_discarded) {
  for (const char* text : {"", "{", "[1,]", "\xff", "nul", "{\"a\":1}x"}) {
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
  }
}

TEST(foreign_json, text_of_bad_bytes_is_replaced_and_never_thrown_over) {
  EXPECT_EQ(json_text({{"a", "x\xffy\x1b"}}), "{\"a\":\"x\xef\xbf\xbdy\\u001b\"}");
}

TEST(foreign_json, members_of_another_type_are_absent) {
  const auto object = parse_json(R"({"n":"5","t":7,"b":"yes","i":-2,"u":18446744073709551615})");
  EXPECT_EQ(text_member(object, "t"), "");
  EXPECT_EQ(text_member(object, "n"), "5");
  EXPECT_EQ(number_member(object, "n"), 0);
  EXPECT_EQ(count_member(object, "i"), 0U);
  EXPECT_EQ(count_member(object, "u"), 18446744073709551615U);
  EXPECT_EQ(integer_member(object, "i"), -2);
  EXPECT_EQ(integer_member(object, "n", 3), 3);
  EXPECT_FALSE(bool_member(object, "b"));
  EXPECT_TRUE(member(object, "absent").is_null());
  EXPECT_TRUE(member(parse_json("[1]"), "n").is_null());
}

}  // namespace
}  // namespace ddm
