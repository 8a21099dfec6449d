#include "base/foreign_json.h"

namespace ddm {

using nlohmann::json;

namespace {

bool nests_too_deeply(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '\\':
        at += in_string ? 1 : 0;
        break;
      case '"':
        in_string = !in_string;
        break;
      case '[':
      case '{':
        depth += in_string ? 0 : 1;
        break;
      case ']':
      case '}':
        depth -= in_string ? 0 : 1;
        break;
      default:
        break;
    }
    if (depth > json_nesting_max) {
      return true;
    }
  }
  return false;
}

}  // namespace

json parse_json(std::string_view text) {
  return nests_too_deeply(text) ? json(json::value_t::discarded)
                                : json::parse(text, nullptr, /*allow_exceptions=*/false);
}

const json& member(const json& object, std::string_view name) {
  static const json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nothing : *found;
}

std::string text_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_number() ? value.get<double>() : 0;
}

std::uint64_t count_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::int64_t integer_member(const json& object, std::string_view name, std::int64_t otherwise) {
  const auto& value = member(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

bool bool_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

std::string json_text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace ddm
