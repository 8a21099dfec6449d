#include "testdata/test_item.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::testdata {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::key_type;
using dynamodb::number_text;

constexpr std::uint64_t first_number_key = 7'357'000'000'000;

attribute_value key_value(key_type type, std::string_view prefix, std::uint64_t number) {
  if (type == key_type::number) {
    return {number_text{fmt::format("{}", first_number_key + number)}};
  }
  auto text = fmt::format("{}{}", prefix, number);
  return type == key_type::string ? attribute_value{std::move(text)}
                                  : attribute_value{dynamodb::binary{std::move(text)}};
}

}  // namespace

attribute_map make_test_item(const dynamodb::key_schema& schema, std::uint64_t number,
                             wall_time now, std::uint64_t random) {
  attribute_map item;
  item.emplace(schema.partition.name, key_value(schema.partition.type, "TEST_PK_", number));
  if (schema.sort) {
    item.emplace(schema.sort->name, key_value(schema.sort->type, "TEST_SK_", number));
  }
  // emplace() leaves a key alone that happens to have one of these names.
  item.emplace("test_number", attribute_value{number_text{fmt::format("{}", number)}});
  item.emplace("test_time", attribute_value{format_rfc3339(now)});
  item.emplace("test_random", attribute_value{number_text{fmt::format("{}", random % 1'000'000)}});
  item.emplace("test_text", attribute_value{fmt::format("test item {} of datagen", number)});
  return item;
}

result<void> check_key_names(const std::string& table,
                             const std::optional<std::string>& partition_key,
                             const std::optional<std::string>& sort_key,
                             const dynamodb::key_schema& schema) {
  const auto wrong = [&](std::string_view flag, const std::string& name) {
    return wrong_usage(
        fmt::format("--{} \"{}\" is not what table {} has: its key is {}. Correct the flag, or "
                    "leave it out",
                    flag, name, table, schema.describe()));
  };
  if (partition_key && *partition_key != schema.partition.name) {
    return wrong("partition-key", *partition_key);
  }
  if (sort_key && (!schema.sort || *sort_key != schema.sort->name)) {
    return wrong("sort-key", *sort_key);
  }
  return {};
}

}  // namespace ddm::testdata
