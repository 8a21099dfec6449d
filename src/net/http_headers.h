// Header lines in the form in which they travel: one string, no node for each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ddm::net {

class http_headers {
 public:
  /// Line breaks in a value become blanks: a value can never smuggle in another header.
  void add(std::string_view name, std::string_view value);
  /// The first of that name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// "name: value\r\n" for each.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// ASCII only, as header names are.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace ddm::net
