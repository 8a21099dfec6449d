#include "dynamodb/random_item.h"

#include "dynamodb/number.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

namespace ddm::dynamodb {
namespace {

int below(int bound) { return *rc::gen::inRange(0, bound); }
bool coin() { return below(2) == 0; }

std::string random_text() {
  static const std::vector<std::string> texts{"",
                                              "a",
                                              "b",
                                              "ab",
                                              "1",
                                              "0",
                                              "S",
                                              "é",
                                              "€",
                                              "😀",
                                              std::string("\0", 1),
                                              "\"\\/\n",
                                              std::string(1024, 'x'),
                                              std::string(1025, 'x'),
                                              std::string(1024, 'x') + "y"};
  return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
}

std::string random_number() {
  static const std::vector<std::string> numbers{"0",
                                                "1",
                                                "-1",
                                                "10",
                                                "1.5",
                                                "15",
                                                "1E-130",
                                                "9.9E+125",
                                                "12345678901234567890123456789012345678",
                                                "12345678901234567890123456789012345679"};
  return numbers[static_cast<std::size_t>(below(static_cast<int>(numbers.size())))];
}

std::vector<std::string> random_set(const std::function<std::string()>& element) {
  std::vector<std::string> values;
  for (int i = below(4); i >= 0; --i) {
    values.push_back(element());
  }
  return values;
}

attribute_map random_map(int depth);

attribute_value random_value(int depth) {
  switch (below(depth > 0 ? 10 : 8)) {
    case 0:
      return {random_text()};
    case 1:
      return {number_text{random_number()}};
    case 2:
      return {binary{random_text()}};
    case 3:
      return {coin()};
    case 4:
      return {nullptr};
    case 5:
      return {string_set{random_set(random_text)}};
    case 6:
      return {number_set{random_set(random_number)}};
    case 7:
      return {binary_set{random_set(random_text)}};
    case 8:
      return {random_map(depth - 1)};
    default: {
      attribute_list list;
      for (int i = below(4); i > 0; --i) {
        list.push_back(random_value(depth - 1));
      }
      return {std::move(list)};
    }
  }
}

std::string random_name() {
  static const std::vector<std::string> names{"a",           "b", "ab", "attribute_1",
                                              "attribute_2", "é", "M"};
  return names[static_cast<std::size_t>(below(static_cast<int>(names.size())))];
}

attribute_map random_map(int depth) {
  attribute_map map;
  for (int i = below(5); i > 0; --i) {
    map.insert_or_assign(random_name(), random_value(depth));
  }
  return map;
}

void change(attribute_map& map) {
  if (map.empty() || below(4) == 0) {
    map.insert_or_assign(random_name(), random_value(1));
    return;
  }
  auto place = std::next(map.begin(), below(static_cast<int>(map.size())));
  if (auto* const inner = std::get_if<attribute_map>(&place->second.value); inner && coin()) {
    change(*inner);
  } else if (auto* const list = std::get_if<attribute_list>(&place->second.value);
             list && !list->empty() && coin()) {
    std::ranges::rotate(*list, list->begin() + below(static_cast<int>(list->size())));
  } else if (coin()) {
    map.erase(place);
  } else {
    place->second = random_value(1);
  }
}

/// Moves the decimal point, adds zeros, changes the form of the exponent.
std::string respelled_number(const std::string& text) {
  decimal number;
  RC_ASSERT(parse_decimal(text, number));
  auto digits = std::string(number.integer) + std::string(number.fraction);
  auto exponent = number.exponent;
  digits.insert(0, static_cast<std::size_t>(below(3)), '0');
  for (int zeros = below(3); zeros > 0; --zeros) {
    digits += '0';
    --exponent;
  }
  if (digits.empty()) {
    digits = "0";
  }
  const auto after_point = below(static_cast<int>(digits.size()));
  exponent += after_point;
  if (after_point > 0 || coin()) {
    digits.insert(digits.size() - static_cast<std::size_t>(after_point), ".");
  }
  return fmt::format("{}{}{}{}{}",
                     number.negative ? "-"
                     : coin()        ? "+"
                                     : "",
                     digits, coin() ? "e" : "E", exponent >= 0 && coin() ? "+" : "", exponent);
}

class speller {
 public:
  void write(const attribute_map& map) {
    std::vector<std::function<void()>> members;
    for (const auto& [name, value] : map) {
      members.emplace_back([this, &name, &value] {
        write_text(name);
        punctuation(":");
        write(value);
      });
    }
    sequence("{", std::move(members), true, "}");
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void write(const attribute_value& value) {
    const auto* const map = std::get_if<attribute_map>(&value.value);
    if (map && map->empty() && coin()) {
      text_ += "{}";
      return;
    }
    punctuation("{");
    write_text(value.type_name());
    punctuation(":");
    std::visit([this](const auto& held) { content(held); }, value.value);
    punctuation("}");
  }

  void content(const std::string& text) { write_text(text); }
  void content(const number_text& number) { write_text(respelled_number(number.text)); }
  void content(const binary& value) { write_text(base64_encode(value.bytes)); }
  void content(bool value) { text_ += value ? "true" : "false"; }
  void content(std::nullptr_t) { text_ += "true"; }
  void content(const attribute_map& map) { write(map); }
  void content(const attribute_list& list) {
    std::vector<std::function<void()>> elements;
    elements.reserve(list.size());
    for (const auto& each : list) {
      elements.emplace_back([this, &each] { write(each); });
    }
    sequence("[", std::move(elements), false, "]");
  }
  void content(const string_set& set) { write_set(set.values, std::identity{}); }
  void content(const number_set& set) { write_set(set.values, respelled_number); }
  void content(const binary_set& set) { write_set(set.values, base64_encode); }

  void write_set(const std::vector<std::string>& values,
                 const std::function<std::string(const std::string&)>& spell) {
    std::vector<std::function<void()>> elements;
    elements.reserve(values.size());
    for (const auto& each : values) {
      elements.emplace_back([this, &each, &spell] { write_text(spell(each)); });
    }
    sequence("[", std::move(elements), true, "]");
  }

  void sequence(std::string_view before, std::vector<std::function<void()>> parts, bool any_order,
                std::string_view after) {
    if (any_order && parts.size() > 1) {
      std::ranges::rotate(parts, parts.begin() + below(static_cast<int>(parts.size())));
      std::swap(parts[0], parts[static_cast<std::size_t>(below(static_cast<int>(parts.size())))]);
    }
    punctuation(before);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) {
        punctuation(",");
      }
      parts[i]();
    }
    punctuation(after);
  }

  /// Now and then writes an ASCII character as \u00XX.
  void write_text(std::string_view text) {
    const int escaped_at = text.empty() ? -1 : below(static_cast<int>(text.size()) + 1);
    auto quoted = json_quote(text);
    if (escaped_at >= 0 && escaped_at < static_cast<int>(text.size())) {
      const auto at = static_cast<std::size_t>(escaped_at);
      const auto c = static_cast<unsigned char>(text[at]);
      if (c < 0x80) {
        const auto before = json_quote(text.substr(0, at));
        const auto rest = json_quote(text.substr(at + 1));
        quoted = fmt::format("{}\\u{:04X}{}", std::string_view(before).substr(0, before.size() - 1),
                             static_cast<unsigned>(c), std::string_view(rest).substr(1));
      }
    }
    text_ += quoted;
  }

  void punctuation(std::string_view mark) {
    text_ += below(8) == 0 ? " " : "";
    text_ += mark;
    text_ += below(8) == 0 ? "\n\t" : "";
  }

  std::string text_;
};

}  // namespace

attribute_map random_item() { return random_map(3); }

attribute_map random_change_of(attribute_map item) {
  change(item);
  return item;
}

std::string random_spelling_of(const attribute_map& item) {
  speller out;
  out.write(item);
  return out.text();
}

}  // namespace ddm::dynamodb
