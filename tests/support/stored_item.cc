#include "support/stored_item.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace ddm::support {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::key_attribute;
using dynamodb::key_schema;
using dynamodb::key_type;

constexpr std::size_t item_bytes_max = 400UZ * 1024;
constexpr std::size_t partition_key_bytes_max = 2048;
constexpr std::size_t sort_key_bytes_max = 1024;

/// About one byte for two digits and one for the exponent, as the developer guide says.
std::size_t number_bytes(std::string_view text) {
  const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return static_cast<std::size_t>(digits + 1) / 2 + 1 + (text.starts_with('-') ? 1 : 0);
}

std::size_t value_bytes(const attribute_value& value);

struct value_size {
  std::size_t operator()(const std::string& text) const { return text.size(); }
  std::size_t operator()(const dynamodb::number_text& number) const {
    return number_bytes(number.text);
  }
  std::size_t operator()(const dynamodb::binary& binary) const { return binary.bytes.size(); }
  std::size_t operator()(bool) const { return 1; }
  std::size_t operator()(std::nullptr_t) const { return 1; }
  std::size_t operator()(const dynamodb::attribute_list& list) const {
    std::size_t sum = 3;
    for (const auto& element : list) {
      sum += 1 + value_bytes(element);
    }
    return sum;
  }
  std::size_t operator()(const attribute_map& map) const {
    std::size_t sum = 3;
    for (const auto& [name, member] : map) {
      sum += 1 + name.size() + value_bytes(member);
    }
    return sum;
  }
  std::size_t operator()(const dynamodb::number_set& set) const {
    std::size_t sum = 0;
    for (const auto& number : set.values) {
      sum += number_bytes(number);
    }
    return sum;
  }
  template <class Set>
  std::size_t operator()(const Set& set) const {
    std::size_t sum = 0;
    for (const auto& element : set.values) {
      sum += element.size();
    }
    return sum;
  }
};

std::size_t value_bytes(const attribute_value& value) {
  return std::visit(value_size{}, value.value);
}

std::size_t item_bytes(const attribute_map& attributes) {
  std::size_t sum = 0;
  for (const auto& [name, value] : attributes) {
    sum += name.size() + value_bytes(value);
  }
  return sum;
}

/// At most 38 digits, from 1E-130 to 9.99…E+125 in magnitude.
bool is_number(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  constexpr std::size_t prefix = 6;  // of ordered_number: a mark and the exponent
  const auto ordered = ordered_number(text);
  if (ordered.size() <= prefix) {
    return ordered == "1";
  }
  const std::string_view exponent(ordered.data() + 1, prefix - 1);
  return ordered.size() - prefix <= 38 && exponent >= "09871" && exponent <= "10126";
}

bool is_valid(const attribute_value& value);

/// What PutItem looks at besides the keys.
struct value_validity {
  bool operator()(const dynamodb::number_text& number) const { return is_number(number.text); }
  bool operator()(const dynamodb::attribute_list& list) const {
    return std::ranges::all_of(list, is_valid);
  }
  bool operator()(const attribute_map& map) const {
    return std::ranges::all_of(map, [](const auto& member) { return is_valid(member.second); });
  }
  bool operator()(const dynamodb::string_set& set) const { return is_set(set.values); }
  bool operator()(const dynamodb::binary_set& set) const { return is_set(set.values); }
  bool operator()(const dynamodb::number_set& set) const {
    std::vector<std::string> ordered;
    ordered.reserve(set.values.size());
    for (const auto& number : set.values) {
      ordered.push_back(is_number(number) ? ordered_number(number) : "");
    }
    return std::ranges::find(ordered, "") == ordered.end() && is_set(std::move(ordered));
  }
  template <class Scalar>
  bool operator()(const Scalar&) const {
    return true;
  }

 private:
  static bool is_set(std::vector<std::string> values) {
    std::ranges::sort(values);
    return !values.empty() && std::ranges::adjacent_find(values) == values.end();
  }
};

bool is_valid(const attribute_value& value) { return std::visit(value_validity{}, value.value); }

/// A key value taken out of an item or a key document: binary is decoded.
struct key_value {
  key_type type;
  std::string text;
};

std::optional<key_value> key_value_of(const attribute_value& value) {
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    return key_value{key_type::string, *text};
  }
  if (const auto* number = std::get_if<dynamodb::number_text>(&value.value)) {
    return key_value{key_type::number, number->text};
  }
  if (const auto* binary = std::get_if<dynamodb::binary>(&value.value)) {
    return key_value{key_type::binary, binary->bytes};
  }
  return std::nullopt;
}

std::optional<key_value> key_value_of(const nlohmann::json& value) {
  if (!value.is_object() || value.size() != 1 || !value.front().is_string()) {
    return std::nullopt;
  }
  const auto& type = value.begin().key();
  const auto& text = value.front().get_ref<const std::string&>();
  if (type == "S") {
    return key_value{key_type::string, text};
  }
  if (type == "N") {
    return key_value{key_type::number, text};
  }
  if (auto bytes = dynamodb::base64_decode(text); type == "B" && bytes) {
    return key_value{key_type::binary, std::move(*bytes)};
  }
  return std::nullopt;
}

answer_or<std::string> ordered_bytes(std::optional<key_value> value, const key_attribute& expected,
                                     std::size_t bytes_max) {
  if (!value || value->type != expected.type) {
    return validation("The provided key element does not match the schema");
  }
  if (value->text.empty() || value->text.size() > bytes_max) {
    return validation(fmt::format(
        "One or more parameter values are not valid. The AttributeValue for a key attribute must "
        "have 1 to {} bytes. Key: {}",
        bytes_max, expected.name));
  }
  if (value->type != key_type::number) {
    return std::move(value->text);
  }
  auto ordered = ordered_number(value->text);
  if (ordered.empty()) {
    return validation("The parameter cannot be converted to a numeric value: " + value->text);
  }
  return ordered;
}

/// `find(name)` gives an optional key_value.
template <class Find>
answer_or<item_position> make_position(const key_schema& schema, Find find) {
  auto partition =
      ordered_bytes(find(schema.partition.name), schema.partition, partition_key_bytes_max);
  if (!partition) {
    return refusal(std::move(partition.error()));
  }
  item_position position{.hash = XXH3_64bits(partition->data(), partition->size()),
                         .partition = std::move(*partition),
                         .sort = {}};
  if (schema.sort) {
    auto sort = ordered_bytes(find(schema.sort->name), *schema.sort, sort_key_bytes_max);
    if (!sort) {
      return refusal(std::move(sort.error()));
    }
    position.sort = std::move(*sort);
  }
  return position;
}

std::string key_json_of(const attribute_map& attributes, const key_schema& schema) {
  const auto member = [&](const key_attribute& key) {
    return fmt::format("{}:{}", dynamodb::json_quote(key.name),
                       dynamodb::to_json(attributes.find(key.name)->second));
  };
  return schema.sort ? fmt::format("{{{},{}}}", member(schema.partition), member(*schema.sort))
                     : fmt::format("{{{}}}", member(schema.partition));
}

answer_or<item_ptr> make_item(std::string json, attribute_map attributes,
                              const key_schema& schema) {
  auto position = make_position(schema, [&](const std::string& name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::nullopt : key_value_of(found->second);
  });
  if (!position) {
    return refusal(std::move(position.error()));
  }
  if (!std::ranges::all_of(attributes, [](const auto& each) { return is_valid(each.second); })) {
    return validation(
        "One or more parameter values were invalid: a number beyond the range, an empty set or one "
        "with duplicates");
  }
  const auto bytes = item_bytes(attributes);
  if (bytes > item_bytes_max) {
    return validation("Item size has exceeded the maximum allowed size");
  }
  auto item = std::make_shared<stored_item>();
  item->json = std::move(json);
  item->key_json = key_json_of(attributes, schema);
  item->position = std::move(*position);
  item->bytes = bytes;
  item->document.value = std::move(attributes);
  return item;
}

}  // namespace

answer_or<item_ptr> make_item(std::string item_json, const key_schema& schema) {
  auto attributes = dynamodb::parse_item(item_json);
  if (!attributes) {
    return validation(attributes.error().message);
  }
  return make_item(std::move(item_json), std::move(*attributes), schema);
}

answer_or<item_ptr> make_item(attribute_map attributes, const key_schema& schema) {
  auto json = dynamodb::to_json(attributes);
  return make_item(std::move(json), std::move(attributes), schema);
}

answer_or<item_position> position_of_key(const nlohmann::json& key, const key_schema& schema) {
  if (!key.is_object() || key.size() != (schema.sort ? 2U : 1U)) {
    return validation("The provided key element does not match the schema");
  }
  return make_position(schema, [&](const std::string& name) {
    const auto found = key.find(name);
    return found == key.end() ? std::nullopt : key_value_of(*found);
  });
}

bool same_item(const item_ptr& a, const item_ptr& b) {
  if (a == b) {
    return true;
  }
  return a && b && (a->json == b->json || dynamodb::equal(a->document, b->document));
}

std::string ordered_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
  const auto mark = std::min(text.find_first_of("eE"), text.size());
  int exponent = 0;
  if (mark < text.size()) {
    auto tail = text.substr(mark + 1);
    tail.remove_prefix(tail.starts_with('+') ? 1 : 0);
    const auto [end, failure] = std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (failure != std::errc{} || end != tail.data() + tail.size()) {
      return {};
    }
  }
  // value = 0.digits × 10^exponent, without zeros at either end of the digits
  std::string digits;
  bool point = false;
  for (const char c : text.substr(0, mark)) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      exponent += point ? 0 : 1;
      digits += c;
    } else {
      return {};
    }
  }
  if (digits.empty()) {
    return {};
  }
  const auto leading = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, leading);
  exponent -= static_cast<int>(leading);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.empty()) {
    return "1";
  }
  constexpr int exponent_bias = 10'000;
  auto magnitude = fmt::format("{:05}{}", std::clamp(exponent + exponent_bias, 0, 99'999), digits);
  if (!negative) {
    return "2" + magnitude;
  }
  for (char& c : magnitude) {
    c = static_cast<char>('9' - (c - '0'));
  }
  return "0" + magnitude + ":";  // after every digit: -1.5 orders before -1
}

}  // namespace ddm::support
