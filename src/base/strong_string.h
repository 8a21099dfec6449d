// Strings that must not be mixed up: a shard id is no table name, though both are text.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace ddm {

template <class Tag>
class strong_string {
 public:
  strong_string() = default;
  explicit strong_string(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const strong_string&) const = default;

 private:
  std::string text_;
};

}  // namespace ddm

template <class Tag>
struct std::hash<ddm::strong_string<Tag>> {
  std::size_t operator()(const ddm::strong_string<Tag>& value) const noexcept {
    return std::hash<std::string>{}(value.str());
  }
};
