// An item as a tree: for the rare paths (differences of a mismatch, TTL attribute, test data),
// never for pages.
#pragma once

#include "base/error.h"
#include "dynamodb/base64.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ddm::dynamodb {

struct attribute_value;
using attribute_map = std::map<std::string, attribute_value, std::less<>>;
using attribute_list = std::vector<attribute_value>;

struct number_text {
  std::string text;  ///< as written; compare with numbers_equal
};
struct binary {
  std::string bytes;  ///< decoded from base64
};
struct string_set {
  std::vector<std::string> values;
};
struct number_set {
  std::vector<std::string> values;
};
struct binary_set {
  std::vector<std::string> values;  ///< decoded
};

struct attribute_value {
  using variant = std::variant<std::string, number_text, binary, bool, std::nullptr_t,
                               attribute_list, attribute_map, string_set, number_set, binary_set>;
  variant value;
  /// "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS".
  [[nodiscard]] std::string_view type_name() const;
};

/// {"attr":{"S":"…"},…}.
[[nodiscard]] result<attribute_map> parse_item(std::string_view item_json);
[[nodiscard]] std::string to_json(const attribute_map& item);
[[nodiscard]] std::string to_json(const attribute_value& value);

/// As DynamoDB compares: numbers by value, sets and maps without order, lists with it.
[[nodiscard]] bool equal(const attribute_value& a, const attribute_value& b);
[[nodiscard]] bool numbers_equal(std::string_view a, std::string_view b);

/// A JSON string literal, with quotes.
[[nodiscard]] std::string json_quote(std::string_view text);

}  // namespace ddm::dynamodb
