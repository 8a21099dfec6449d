#include "dynamodb/item_digest.h"

#include "dynamodb/attribute_value.h"
#include "dynamodb/samples.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::dynamodb {
namespace {

using samples::compared;
using samples::digest;
using testing::HasSubstr;

void expect_equal(std::string_view a, std::string_view b) {
  EXPECT_EQ(compared(a), compared(b)) << a << "\n" << b;
  EXPECT_EQ(digest(a).value().everything, digest(b).value().everything) << a << "\n" << b;
}

void expect_different(std::string_view a, std::string_view b) {
  EXPECT_NE(compared(a), compared(b)) << a << "\n" << b;
}

TEST(item_digest, attribute_and_member_order_do_not_matter) {
  expect_equal(R"({"a":{"S":"1"},"b":{"S":"2"},"c":{"S":"3"}})",
               R"({"c":{"S":"3"},"a":{"S":"1"},"b":{"S":"2"}})");
  expect_equal(R"({"m":{"M":{"x":{"N":"1"},"y":{"M":{"p":{"S":"q"},"r":{"S":"s"}}}}}})",
               R"({"m":{"M":{"y":{"M":{"r":{"S":"s"},"p":{"S":"q"}}},"x":{"N":"1"}}}})");
}

TEST(item_digest, names_that_agree_in_their_first_eight_bytes_are_sorted_too) {
  expect_equal(R"({"attribute_1":{"S":"1"},"attribute_2":{"S":"2"},"attribute_":{"S":"0"}})",
               R"({"attribute_2":{"S":"2"},"attribute_":{"S":"0"},"attribute_1":{"S":"1"}})");
}

TEST(item_digest, set_order_does_not_matter) {
  expect_equal(R"({"s":{"SS":["a","b","c"]}})", R"({"s":{"SS":["c","a","b"]}})");
  expect_equal(R"({"s":{"NS":["1","2.0","30"]}})", R"({"s":{"NS":["3E1","2","1.0"]}})");
  expect_equal(R"({"s":{"BS":["AAE=","Ag=="]}})", R"({"s":{"BS":["Ag==","AAE="]}})");
  expect_equal(R"({"s":{"NS":["1","1.0"]}})", R"({"s":{"NS":["1"]}})");
}

TEST(item_digest, number_spelling_and_white_space_do_not_matter) {
  expect_equal(R"({"n":{"N":"1.50"}})", " {\n\t\"n\" : { \"N\" : \"15E-1\" } }\r\n");
}

TEST(item_digest, escapes_are_compared_by_what_they_stand_for) {
  expect_equal(R"({"s":{"S":"\u00e9\u20ac\ud83d\ude00\n\/"}})", "{\"s\":{\"S\":\"é€😀\\n/\"}}");
  expect_equal(R"({"\u0061":{"\u0053":"x"}})", R"({"a":{"S":"x"}})");
  expect_equal(R"({"n":{"N":"\u0031"}})", R"({"n":{"N":"1"}})");
}

TEST(item_digest, unicode_is_not_normalised) {
  expect_different(R"({"s":{"S":"\u00e9"}})", R"({"s":{"S":"e\u0301"}})");
}

TEST(item_digest, equal_text_of_another_type_is_different) {
  const std::vector<std::string> values{
      R"({"S":"1"})",         R"({"N":"1"})",       R"({"B":"MQ=="})",  R"({"SS":["1"]})",
      R"({"NS":["1"]})",      R"({"BS":["MQ=="]})", R"({"BOOL":true})", R"({"BOOL":false})",
      R"({"NULL":true})",     R"({"L":[]})",        R"({"M":{}})",      R"({"S":""})",
      R"({"B":""})",          R"({"S":"true"})",    R"({"S":"MQ=="})",  R"({"L":[{"S":"1"}]})",
      R"({"L":[{"N":"1"}]})", R"({"SS":[]})",       R"({"NS":[]})",     R"({"BS":[]})",
      R"({"S":"0"})",         R"({"N":"0"})",       R"({"S":"T"})",     R"({"S":"\u0000"})",
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      const auto a = R"({"a":)" + values[i] + "}";
      const auto b = R"({"a":)" + values[j] + "}";
      EXPECT_EQ(compared(a) == compared(b), i == j) << a << " " << b;
    }
    expect_different(R"({"a":)" + values[i] + R"(,"b":{"S":"x"}})", R"({"b":{"S":"x"}})");
  }
}

TEST(item_digest, what_differs_in_one_place_is_different) {
  expect_different(R"({"n":{"N":"12345678901234567890123456789012345678"}})",
                   R"({"n":{"N":"12345678901234567890123456789012345679"}})");
  expect_different(R"({"l":{"L":[{"S":"a"},{"S":"b"}]}})", R"({"l":{"L":[{"S":"b"},{"S":"a"}]}})");
  expect_different(R"({"l":{"L":[{"S":"a"},{"S":"a"}]}})", R"({"l":{"L":[{"S":"a"}]}})");
  expect_different(R"({"s":{"S":"a"}})", R"({"s":{"S":"a "}})");
  expect_different(R"({"s":{"S":"a"}})", R"({"S":{"S":"a"}})");
  expect_different(R"({"n":{"N":"1"}})", R"({"n":{"N":"-1"}})");
  expect_different(R"({})", R"({"a":{"NULL":true}})");
}

TEST(item_digest, lengths_and_tags_cannot_be_forged_by_content) {
  expect_different(R"({"ab":{"S":"c"}})", R"({"a":{"S":"bc"}})");
  expect_different(R"({"a":{"S":"1"},"b":{"S":"2"}})", R"({"a":{"S":"1S\u00012"}})");
  expect_different(R"({"l":{"L":[{"S":"ab"},{"S":"c"}]}})",
                   R"({"l":{"L":[{"S":"a"},{"S":"bc"}]}})");
  expect_different(R"({"l":{"L":[{"L":[{"S":"a"}]},{"S":"b"}]}})",
                   R"({"l":{"L":[{"L":[{"S":"a"},{"S":"b"}]}]}})");
  expect_different(R"({"m":{"M":{"a":{"S":"1"}}},"b":{"S":"2"}})",
                   R"({"m":{"M":{"a":{"S":"1"},"b":{"S":"2"}}}})");
  expect_different(R"({"s":{"SS":["a","bc"]}})", R"({"s":{"SS":["ab","c"]}})");
}

TEST(item_digest, long_values_are_compared_whole) {
  for (const std::size_t size : {1023U, 1024U, 1025U, 4096U, 400U * 1024U}) {
    const std::string text(size, 'x');
    auto changed = text;
    changed[size / 2] = 'y';
    const auto item = [](std::string_view type, const std::string& value) {
      return R"({"a":{")" + std::string(type) + R"(":")" + value + R"("}})";
    };
    expect_equal(item("S", text), item("S", text));
    expect_different(item("S", text), item("S", changed));
    expect_different(item("S", text), item("S", text + "x"));
    expect_different(item("B", base64_encode(text)), item("B", base64_encode(changed)));
    expect_different(item("S", text), item("B", base64_encode(text)));
  }
}

TEST(item_digest, an_empty_map_is_the_same_with_and_without_its_type) {
  expect_equal(R"({"m":{}})", R"({"m":{"M":{}}})");
  expect_different(R"({"m":{}})", R"({"m":{"L":[]}})");
}

TEST(item_digest, nesting_is_read_to_64_levels_and_refused_beyond) {
  for (const int levels : {1, 32, 64}) {
    EXPECT_TRUE(digest(R"({"a":)" + samples::nested_maps(levels) + "}").has_value()) << levels;
    EXPECT_TRUE(digest(R"({"a":)" + samples::nested_lists(levels) + "}").has_value()) << levels;
  }
  for (const int levels : {65, 100'000}) {
    const auto maps = digest(R"({"a":)" + samples::nested_maps(levels) + "}");
    ASSERT_FALSE(maps.has_value());
    EXPECT_EQ(maps.error().kind, error_class::fatal);
    EXPECT_FALSE(digest(R"({"a":)" + samples::nested_lists(levels) + "}").has_value());
  }
  expect_different(R"({"a":)" + samples::nested_maps(31) + "}",
                   R"({"a":)" + samples::nested_maps(32) + "}");
}

TEST(item_digest, what_makes_no_sense_is_an_error_that_waiting_does_not_mend) {
  for (const std::string bad : {
           R"([])",
           R"("text")",
           R"({"a":{"X":"1"}})",
           R"({"a":{"s":"1"}})",
           R"({"a":{"S":1}})",
           R"({"a":{"N":1}})",
           R"({"a":{"N":"one"}})",
           R"({"a":{"N":""}})",
           R"({"a":{"B":"A"}})",
           R"({"a":{"B":"QR=="}})",
           R"({"a":{"B":"Q Q="}})",
           R"({"a":{"BOOL":"true"}})",
           R"({"a":{"NULL":false}})",
           R"({"a":{"L":{}}})",
           R"({"a":{"M":[]}})",
           R"({"a":{"SS":"a"}})",
           R"({"a":{"SS":[1]}})",
           R"({"a":{"S":"1","N":"1"}})",
           R"({"a":"1"})",
           R"({"a":null})",
           R"({"a":{"S":"1"},"a":{"S":"1"}})",
           R"({"a":{"M":{"b":{"S":"1"},"c":{"S":"2"},"b":{"S":"3"}}}})",
           R"({"a":{"S":"\ud800"}})",
           R"({"a":{"S":"\udc00"}})",
           R"({"a":{"S":"\ud800\ud800"}})",
           R"({"a":{"S":"\x"}})",
           R"({"\udc00":{"S":"x"}})",
       }) {
    const auto outcome = digest(bad);
    ASSERT_FALSE(outcome.has_value()) << bad;
    EXPECT_EQ(outcome.error().kind, error_class::fatal) << bad;
    EXPECT_FALSE(parse_item(bad).has_value()) << bad;
  }
}

TEST(item_digest, what_is_cut_off_or_no_json_is_an_error_that_may_pass) {
  const std::string item =
      R"({"a":{"S":"x\u00e9"},"b":{"L":[{"N":"1"},{"BOOL":true}]},"c":{"SS":["a"]}})";
  ASSERT_TRUE(digest(item).has_value());
  for (std::size_t size = 0; size < item.size(); ++size) {
    const auto outcome = digest(item.substr(0, size));
    ASSERT_FALSE(outcome.has_value()) << size;
    EXPECT_EQ(outcome.error().kind, error_class::retry) << size;
  }
  for (const std::string bad :
       {"{\"a\":{\"S\":\"\xff\"}}", "{\"a\":{\"S\":\"x\"}} x", "{\"a\" {\"S\":\"x\"}}",
        "{\"a\":{\"S\":\"a\nb\"}}", R"({"a":{"S":"x"} "b":{"S":"y"}})", R"({"a":{"S":"x"},})",
        "<html>503</html>"}) {
    const auto outcome = digest(bad);
    ASSERT_FALSE(outcome.has_value()) << bad;
  }
}

TEST(item_digest, error_messages_hold_no_item_values) {
  const auto outcome = digest(R"({"password":{"X":"hunter2"}})");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(outcome.error().message, HasSubstr("type"));
}

TEST(item_digest, depends_on_the_secret) {
  auto other = samples::secret();
  other[100] ^= 1;
  other[5] ^= 1;
  const auto item = R"({"a":{"S":"1"},"b":{"S":"2"},"c":{"S":"3"}})";
  EXPECT_NE(digest_item(item, samples::secret(), {}).value(), digest_item(item, other, {}).value());
}

TEST(item_digest, is_stable_across_releases) {
  // The state file keeps digests: a change here makes every stored one meaningless.
  EXPECT_EQ(compared(R"({"pk":{"S":"user#1"},"sk":{"N":"7"},"tags":{"SS":["b","a"]}})").hex(),
            "31455b86c7b6d5ac6ddc87b207889829");
  EXPECT_EQ(
      compared(R"({"z":{"NULL":true},"pk":{"S":"k"},"sk":{"N":"-10.50"},)"
               R"("flags":{"L":[{"BOOL":true},{"BOOL":false},{"N":"12E+3"},{"S":""},{"M":{}}]},)"
               R"("meta":{"M":{"b":{"B":"AAECAw=="},"a":{"NS":["2","1.0","10"]}}},)"
               R"("tags":{"SS":["x","b","a","b"]},"blobs":{"BS":["AQ==","AA=="]}})")
          .hex(),
      "e4028ef661c4b4dc9e513fcf60c63dde");
  const std::string text(1024, 'y');
  const std::string name(130, 'n');
  EXPECT_EQ(
      compared(fmt::format(R"({{"{}":{{"S":"\"\\\n"}},"pk":{{"S":"{}"}},"sk":{{"S":"{}é"}}}})",
                           name, text, text))
          .hex(),
      "ed6cb9ef3d44a5b2ac3862e9e112d736");
}

TEST(ignored_attributes, are_left_out_of_the_comparison_only) {
  const ignore_list ignored({"aws:rep:*", "updated"});
  const auto plain = digest(R"({"a":{"S":"1"}})", ignored).value();
  const auto with =
      digest(R"({"aws:rep:time":{"N":"1"},"a":{"S":"1"},"updated":{"S":"x"}})", ignored).value();
  EXPECT_EQ(plain.compared, plain.everything);
  EXPECT_EQ(plain.compared, with.compared);
  EXPECT_NE(plain.everything, with.everything);
  EXPECT_EQ(plain.compared, compared(R"({"a":{"S":"1"}})"));
  EXPECT_EQ(with.everything,
            compared(R"({"aws:rep:time":{"N":"1"},"a":{"S":"1"},"updated":{"S":"x"}})"));
}

TEST(ignored_attributes, must_be_readable_all_the_same) {
  EXPECT_FALSE(digest(R"({"updated":{"X":"1"}})", ignore_list({"updated"})).has_value());
}

TEST(ignore_list, matches_whole_paths_and_what_begins_so) {
  const ignore_list some({"aws:rep:*", "updated", "\u00fc*"});
  for (const std::string_view path :
       {"aws:rep:", "aws:rep:deleting", "updated", "\u00fc", "\u00fcber"}) {
    EXPECT_TRUE(some.matches(path)) << path;
  }
  for (const std::string_view path : {"", "aws:rep", "updated_at", "update", "v", "\u00e4"}) {
    EXPECT_FALSE(some.matches(path)) << path;
  }
  EXPECT_TRUE(ignore_list({"*"}).matches("anything"));
  EXPECT_TRUE(ignore_list({"*"}).matches(""));
  EXPECT_FALSE(ignore_list().matches(""));
}

TEST(ignored_attributes, are_found_inside_maps) {
  const ignore_list ignored({"meta.at", "meta.deep.x*"});
  const auto digest_of = [&](std::string_view item) { return digest(item, ignored).value(); };
  const auto bare = digest_of(R"({"meta":{"M":{"deep":{"M":{}}}}})");
  EXPECT_EQ(bare.compared,
            digest_of(R"({"meta":{"M":{"at":{"N":"1"},"deep":{"M":{}}}}})").compared);
  EXPECT_EQ(bare.compared,
            digest_of(R"({"meta":{"M":{"deep":{"M":{"x1":{"S":""},"x":{"S":""}}}}}})").compared);
  EXPECT_NE(bare.compared, digest_of(R"({"meta":{"M":{"deep":{"M":{"y":{"S":""}}}}}})").compared);
  EXPECT_NE(bare.compared,
            digest_of(R"({"meta":{"M":{"deep":{"M":{}}}},"at":{"N":"1"}})").compared);
  EXPECT_EQ(bare.compared,
            digest_of(R"({"meta":{"M":{"deep":{"M":{}}}},"meta.at":{"N":"1"}})").compared);
}

TEST(ignored_attributes, are_refused_where_they_could_not_be_honoured) {
  for (const auto* pattern : {"", "orders[0].price", "l[0]", "l[12].x*", "l[].x", "l[*", "a.*.b",
                              "*.b", "a**", ".a", "a.", "a..b", "."}) {
    EXPECT_TRUE(ignore_list::refusal(pattern)) << pattern;
  }
  for (const auto* pattern : {"a", "*", "aws:rep:*", "meta.*", "meta.updated_at", "meta.deep.x*",
                              "odd[name]", "a]b[0", "é"}) {
    EXPECT_FALSE(ignore_list::refusal(pattern)) << pattern;
  }
}

TEST(ignored_attributes, of_one_list_may_all_be_ignored_by_another) {
  const auto covers = [](std::vector<std::string> wide, std::vector<std::string> narrow) {
    return ignore_list(std::move(wide)).covers(ignore_list(std::move(narrow)));
  };
  EXPECT_TRUE(covers({}, {}));
  EXPECT_TRUE(covers({"a"}, {}));
  EXPECT_FALSE(covers({}, {"a"}));
  EXPECT_TRUE(covers({"a", "b"}, {"b"}));
  EXPECT_TRUE(covers({"a*"}, {"a", "ab", "ab*", "a.b"}));
  EXPECT_FALSE(covers({"ab*"}, {"a*"}));
  EXPECT_FALSE(covers({"a"}, {"a*"}));
  EXPECT_FALSE(covers({"a"}, {"a.b"})) << "an attribute may be called so";
}

TEST(ignored_attributes, that_two_lists_share_are_the_narrower_patterns) {
  const ignore_list one({"a*", "b", "c"});
  const ignore_list other({"ab", "b", "d*"});
  EXPECT_EQ(one.common_with(other).patterns(), (std::vector<std::string>{"b", "ab"}));
  EXPECT_EQ(other.common_with(one).patterns(), (std::vector<std::string>{"ab", "b"}));
  EXPECT_TRUE(one.common_with({}).empty());
}

TEST(ignored_attributes, are_not_looked_for_inside_lists) {
  const ignore_list ignored({"l.at"});
  EXPECT_NE(digest(R"({"l":{"L":[{"M":{"at":{"N":"1"}}}]}})", ignored).value().compared,
            digest(R"({"l":{"L":[{"M":{}}]}})", ignored).value().compared);
}

TEST(item_key, is_rebuilt_as_it_was_written_and_hashed_by_value) {
  const auto key = [](std::string_view item) {
    return key_of(item, samples::schema(), samples::secret()).value();
  };
  const auto a = key(R"({"x":{"S":"y"},"sk":{"N":"1.0"},"pk":{"S":"user#1"}})");
  const auto b = key(R"({"pk":{"S":"user#1"},"sk":{"N":"10E-1"}})");
  EXPECT_EQ(a.json, R"({"pk":{"S":"user#1"},"sk":{"N":"1.0"}})");
  EXPECT_EQ(a.hash, b.hash);
  EXPECT_NE(a.hash, key(R"({"pk":{"S":"user#1"},"sk":{"N":"2"}})").hash);
  EXPECT_NE(a.hash, key(R"({"pk":{"S":"user#"},"sk":{"N":"11"}})").hash);
}

TEST(item_key, needs_every_key_attribute_with_the_type_of_the_schema) {
  for (const std::string bad :
       {R"({"pk":{"S":"a"}})", R"({"sk":{"N":"1"}})", R"({"pk":{"S":"a"},"sk":{"S":"1"}})",
        R"({"pk":{},"sk":{"N":"1"}})", R"({"pk":{"S":"a"},"sk":{"N":"x"}})"}) {
    const auto key = key_of(bad, samples::schema(), samples::secret());
    ASSERT_FALSE(key.has_value()) << bad;
    EXPECT_EQ(key.error().kind, error_class::fatal);
    EXPECT_THAT(key.error().message, HasSubstr("pk (S), sk (N)"));
  }
}

TEST(item_key, a_name_with_quotes_is_written_as_json) {
  const key_schema schema{{"a\"b", key_type::string}, {}};
  const auto key = key_of(R"({"a\"b":{"S":"x"}})", schema, samples::secret());
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->json, R"({"a\"b":{"S":"x"}})");
}

}  // namespace
}  // namespace ddm::dynamodb
