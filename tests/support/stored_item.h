// An item as the fake keeps it: parsed once, then shared by its table, by the stream records that
// show it and by the tables it is replicated to.
#pragma once

#include "dynamodb/attribute_value.h"
#include "dynamodb/names.h"
#include "support/service_error.h"

#include <nlohmann/json.hpp>

#include <compare>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::support {

/// Identity and order of an item: by a hash of the partition key, then by the sort key. Keys that
/// are equal by value (numbers 1 and 1.0) have equal positions.
struct item_position {
  std::uint64_t hash = 0;
  std::string partition;  ///< bytes that order as the key values do
  std::string sort;       ///< likewise; empty without a sort key
  auto operator<=>(const item_position&) const = default;
};

struct stored_item {
  dynamodb::attribute_value document;  ///< always a map
  std::string json;
  std::string key_json;
  item_position position;
  std::size_t bytes = 0;  ///< names and values as DynamoDB counts them

  [[nodiscard]] const dynamodb::attribute_map& attributes() const {
    return std::get<dynamodb::attribute_map>(document.value);
  }
};
using item_ptr = std::shared_ptr<const stored_item>;

/// Checks key attributes and size as PutItem does.
[[nodiscard]] answer_or<item_ptr> make_item(std::string item_json,
                                            const dynamodb::key_schema& schema);
[[nodiscard]] answer_or<item_ptr> make_item(dynamodb::attribute_map attributes,
                                            const dynamodb::key_schema& schema);

/// The position of a key document; any attribute that is not of the key is an error.
[[nodiscard]] answer_or<item_position> position_of_key(const nlohmann::json& key,
                                                       const dynamodb::key_schema& schema);

/// As DynamoDB compares; two absent items are equal.
[[nodiscard]] bool same_item(const item_ptr& a, const item_ptr& b);

/// Bytes that order as the numbers do; empty when `text` is no number of DynamoDB's.
[[nodiscard]] std::string ordered_number(std::string_view text);

}  // namespace ddm::support
