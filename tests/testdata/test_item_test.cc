#include "testdata/test_item.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::testdata {
namespace {

using dynamodb::key_schema;
using dynamodb::key_type;
using testing::AllOf;
using testing::HasSubstr;

const key_schema schema{.partition = {"pk", key_type::number}, .sort = {{"sk", key_type::binary}}};

TEST(test_item, has_keys_of_the_tables_types) {
  const auto item = make_test_item(schema, 7, from_ms(0), 5);
  EXPECT_EQ(dynamodb::to_json(item.at("pk")), R"({"N":"7357000000007"})");
  EXPECT_EQ(std::get<dynamodb::binary>(item.at("sk").value).bytes, "TEST_SK_7");
  const auto plain =
      make_test_item({.partition = {"test_text", key_type::string}, .sort = {}}, 7, from_ms(0), 5);
  EXPECT_EQ(dynamodb::to_json(plain.at("test_text")), R"({"S":"TEST_PK_7"})");
  EXPECT_EQ(plain.size(), 4U);
}

TEST(test_item, key_names_given_must_be_the_tables) {
  const auto fault = [](const key_schema& of_table, std::optional<std::string> partition,
                        std::optional<std::string> sort) {
    const auto agreed = check_key_names("t", partition, sort, of_table);
    return agreed ? std::string() : agreed.error().message;
  };
  EXPECT_EQ(fault(schema, {}, {}), "");
  EXPECT_EQ(fault(schema, "pk", "sk"), "");
  EXPECT_THAT(fault(schema, "id", "sk"),
              AllOf(HasSubstr("--partition-key \"id\""), HasSubstr("pk (N), sk (B)")));
  EXPECT_THAT(fault({.partition = {"pk", key_type::string}, .sort = {}}, "pk", "sk"),
              HasSubstr("--sort-key \"sk\""));
}

}  // namespace
}  // namespace ddm::testdata
