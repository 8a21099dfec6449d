#include "dynamodb/attribute_value.h"

#include "base/padded_buffer.h"
#include "dynamodb/canonical.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/json_cursor.h"
#include "dynamodb/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddm::dynamodb {
namespace {

/// Builds the tree; accepts exactly what item_reader accepts, so that an item has a digest if and
/// only if it has a tree.
class tree_reader {
 public:
  explicit tree_reader(json_cursor& in) : in_(in) {}

  bool map(attribute_map& out, int depth) {
    return in_.each_member([&](std::string_view name) {
      const auto [place, added] = out.try_emplace(std::string(name));
      return added && value(place->second, depth + 1);
    });
  }

 private:
  bool value(attribute_value& out, int depth) {
    if (depth > nesting_max) {
      return false;
    }
    bool any = false;
    const bool taken = in_.each_member([&](std::string_view type) {
      return !std::exchange(any, true) && typed(type, out.value, depth);
    });
    if (!any) {
      out.value = attribute_map{};
    }
    return taken;
  }

  bool typed(std::string_view type, attribute_value::variant& out, int depth) {
    if (type == "S") {
      return text(out.emplace<std::string>());
    }
    if (type == "N") {
      return number(out.emplace<number_text>().text);
    }
    if (type == "B") {
      return bytes(out.emplace<binary>().bytes);
    }
    if (type == "BOOL") {
      return in_.take_bool(out.emplace<bool>());
    }
    if (type == "NULL") {
      out = nullptr;
      bool is_null = false;
      return in_.take_bool(is_null) && is_null;
    }
    if (type == "L") {
      auto& list = out.emplace<attribute_list>();
      return in_.each_element([&] { return value(list.emplace_back(), depth + 1); });
    }
    if (type == "M") {
      return map(out.emplace<attribute_map>(), depth);
    }
    if (type == "SS") {
      return set(out.emplace<string_set>().values, &tree_reader::text);
    }
    if (type == "NS") {
      return set(out.emplace<number_set>().values, &tree_reader::number);
    }
    if (type == "BS") {
      return set(out.emplace<binary_set>().values, &tree_reader::bytes);
    }
    return false;
  }

  bool text(std::string& out) {
    std::string_view view;
    const bool taken = in_.take_string(view);
    out = view;
    return taken;
  }

  bool number(std::string& out) {
    decimal parts;
    return text(out) && parse_decimal(out, parts);
  }

  bool bytes(std::string& out) {
    std::string_view view;
    if (!in_.take_string(view)) {
      return false;
    }
    const auto size = base64_decoded_size(view);
    out.resize(size.value_or(0));
    return size && base64_decode_into(view, out.data());
  }

  bool set(std::vector<std::string>& out, bool (tree_reader::*element)(std::string&)) {
    return in_.each_element([&] { return (this->*element)(out.emplace_back()); });
  }

  json_cursor& in_;
};

/// What two sets of one type have the same of exactly when they are equal.
std::vector<std::string> canonical(std::vector<std::string> values) {
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
  return values;
}

std::vector<std::string> canonical_numbers(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& each : values) {
    std::string bytes;
    out.push_back(append_number(each, bytes) ? bytes : each);
  }
  return canonical(std::move(out));
}

bool same(const std::string& a, const std::string& b) { return a == b; }
bool same(const number_text& a, const number_text& b) { return numbers_equal(a.text, b.text); }
bool same(const binary& a, const binary& b) { return a.bytes == b.bytes; }
bool same(bool a, bool b) { return a == b; }
bool same(std::nullptr_t, std::nullptr_t) { return true; }
bool same(const attribute_list& a, const attribute_list& b) {
  return std::ranges::equal(a, b, equal);
}
bool same(const attribute_map& a, const attribute_map& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && equal(x.second, y.second);
  });
}
bool same(const string_set& a, const string_set& b) {
  return canonical(a.values) == canonical(b.values);
}
bool same(const number_set& a, const number_set& b) {
  return canonical_numbers(a.values) == canonical_numbers(b.values);
}
bool same(const binary_set& a, const binary_set& b) {
  return canonical(a.values) == canonical(b.values);
}

/// Writes JSON; one overload a type.
class json_writer {
 public:
  void write(const attribute_value& value) {
    out_ += fmt::format("{{\"{}\":", value.type_name());
    std::visit([this](const auto& held) { content(held); }, value.value);
    out_ += '}';
  }
  void content(const attribute_map& map) {
    sequence('{', map, '}', [this](const auto& member) {
      out_ += json_quote(member.first);
      out_ += ':';
      write(member.second);
    });
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void content(const std::string& text) { out_ += json_quote(text); }
  void content(const number_text& number) { out_ += json_quote(number.text); }
  void content(const binary& value) { out_ += json_quote(base64_encode(value.bytes)); }
  void content(bool value) { out_ += value ? "true" : "false"; }
  void content(std::nullptr_t) { out_ += "true"; }
  void content(const attribute_list& list) {
    sequence('[', list, ']', [this](const auto& each) { write(each); });
  }
  void content(const string_set& set) {
    sequence('[', set.values, ']', [this](const auto& each) { out_ += json_quote(each); });
  }
  void content(const number_set& set) {
    sequence('[', set.values, ']', [this](const auto& each) { out_ += json_quote(each); });
  }
  void content(const binary_set& set) {
    sequence('[', set.values, ']',
             [this](const auto& each) { out_ += json_quote(base64_encode(each)); });
  }

  template <class Range, class WriteElement>
  void sequence(char before, const Range& range, char after, WriteElement&& write_element) {
    out_ += before;
    bool first = true;
    for (const auto& each : range) {
      if (!std::exchange(first, false)) {
        out_ += ',';
      }
      write_element(each);
    }
    out_ += after;
  }

  std::string out_;
};

}  // namespace

std::string_view attribute_value::type_name() const {
  static constexpr std::array<std::string_view, std::variant_size_v<variant>> names{
      "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"};
  return names[value.index()];
}

result<attribute_map> parse_item(std::string_view item_json) {
  const padded_buffer text(item_json);
  json_cursor in;
  attribute_map item;
  if (!in.open(text) || !tree_reader(in).map(item, 0) || !in.at_end()) {
    return fatal(fmt::format(
        "reading an item: near byte {} it is not DynamoDB JSON of a known form", in.offset()));
  }
  return item;
}

std::string to_json(const attribute_map& item) {
  json_writer writer;
  writer.content(item);
  return writer.take();
}

std::string to_json(const attribute_value& value) {
  json_writer writer;
  writer.write(value);
  return writer.take();
}

bool equal(const attribute_value& a, const attribute_value& b) {
  if (a.value.index() != b.value.index()) {
    return false;
  }
  return std::visit(
      [&b]<class Held>(const Held& held) { return same(held, std::get<Held>(b.value)); }, a.value);
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace ddm::dynamodb
