// JSON read forward from simdjson's structural index, without a tree.
//
// Problem: pages must be read at the speed of memory; but simdjson's on-demand front end leaves
// unchecked what is not visited, cannot return to a place, and runs its portable kernel unless the
// whole program is compiled for one kind of CPU.
// Idea: simdjson's first stage, whose kernel the library picks at run time, checks UTF-8 and
// strings and lists where each token begins; only the walk along that list is ours.
// Reason: a place in the text is an integer here, so a record may be looked at first (is its key
// chosen?) and digested later, in whatever order its members arrive. This file is the only one that
// knows simdjson, pinned to the interface of 3.0 (`stage1`, `structural_indexes`, `parse_string`).
#pragma once

#include "base/padded_buffer.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace ddm::dynamodb {

/// Whether `name` is this literal, without a call.
template <std::size_t Size>
[[nodiscard]] bool is_name(std::string_view name, const char (&literal)[Size]) {
  return name.size() == Size - 1 && std::memcmp(name.begin(), literal, Size - 1) == 0;
}

/// Functions that take a token return false, and take nothing, when it is of another kind. Where
/// the text is no JSON at all (cut off, a comma missing) it is marked `damaged` as well. What
/// `skip_value` passes over is checked for balanced brackets and valid strings only.
class json_cursor {
 public:
  /// The number of a token.
  using place = std::uint32_t;

  json_cursor();
  ~json_cursor();
  json_cursor(const json_cursor&) = delete;
  json_cursor& operator=(const json_cursor&) = delete;

  /// Stands before the first token. `text` must outlive the walk.
  bool open(const padded_buffer& text);

  [[nodiscard]] bool damaged() const { return damaged_; }
  [[nodiscard]] bool at_end() const { return at_ == count_; }
  [[nodiscard]] place at() const { return at_; }
  void seek(place where) { at_ = where; }
  /// Where the present token begins, in bytes.
  [[nodiscard]] std::size_t offset() const { return index_[at_]; }
  /// The first character of the present token; '\0' at the end.
  [[nodiscard]] char peek() const { return text_[index_[at_]]; }
  /// The text from token `from` to the one taken last, a closing bracket.
  [[nodiscard]] std::string_view since(place from) const {
    return {text_ + index_[from], index_[at_ - 1] + 1 - index_[from]};
  }

  /// Calls `on_member(name)` for each; it takes or skips the value, and stops the walk by false.
  /// `name` is valid until the next string is taken.
  template <class OnMember>
  bool each_member(OnMember&& on_member) {
    if (!enter('{')) {
      return false;
    }
    std::string_view name;
    for (bool first = true; next_member(first, name); first = false) {
      if (!on_member(name)) {
        return false;
      }
    }
    return left('}');
  }
  /// Calls `on_element()` for each; it takes or skips the value, and stops the walk by false.
  template <class OnElement>
  bool each_element(OnElement&& on_element) {
    if (!enter('[')) {
      return false;
    }
    for (bool first = true; next_element(first); first = false) {
      if (!on_element()) {
        return false;
      }
    }
    return left(']');
  }

  /// Of `{"x":…}`, an object whose first name is of one character, takes what is before the value;
  /// nothing otherwise.
  bool enter_lone_member(char& name);
  /// Takes the end of an object; nothing when more members follow.
  bool leave_lone_member();

  /// Unescaped; valid until the next string is taken, and readable for sixteen bytes beyond. Lone
  /// surrogates are no text: false.
  bool take_string(std::string_view& text);
  bool take_number(double& number);
  bool take_bool(bool& value);
  bool take_null();
  bool skip_value();
  /// Goes back to the start: whether the text is one whole value, as far as its brackets tell.
  [[nodiscard]] bool is_whole();

 private:
  bool enter(char bracket);
  bool next_member(bool first, std::string_view& name);
  bool next_element(bool first);
  /// A loop over members has ended: at the closing bracket (taken), or by damage.
  bool left(char bracket) { return !damaged_ && text_[index_[at_ - 1]] == bracket; }
  bool damage() {
    damaged_ = true;
    return false;
  }
  bool other_kind() { return at_end() ? damage() : false; }
  bool unescape(std::string_view escaped, std::string_view& text);
  /// A number or literal without the blanks that follow it.
  [[nodiscard]] std::string_view scalar() const;

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1_;
  const char* text_ = nullptr;
  const std::uint32_t* index_ = nullptr;
  place at_ = 0;
  place count_ = 0;
  bool damaged_ = true;
  bool has_escapes_ = false;
  std::string unescaped_;
};

// In line, as a walk is nothing but these.

inline bool json_cursor::enter(char bracket) {
  if (peek() != bracket) {
    return other_kind();
  }
  ++at_;
  return true;
}

inline bool json_cursor::next_member(bool first, std::string_view& name) {
  if (peek() == '}') {
    ++at_;
    return false;
  }
  if (!first) {
    if (peek() != ',') {
      return damage();
    }
    ++at_;
  }
  if (!take_string(name)) {
    return peek() == '"' ? false : damage();
  }
  if (peek() != ':') {
    return damage();
  }
  ++at_;
  return true;
}

inline bool json_cursor::next_element(bool first) {
  if (peek() == ']') {
    ++at_;
    return false;
  }
  if (first) {
    return at_end() ? damage() : true;
  }
  if (peek() != ',') {
    return damage();
  }
  ++at_;
  return true;
}

inline bool json_cursor::take_string(std::string_view& text) {
  if (peek() != '"') {
    return other_kind();
  }
  // Only blanks lie between the closing quote and the next token: strings hold no tokens.
  const auto begin = index_[at_] + 1;
  auto end = index_[at_ + 1] - 1;
  while (text_[end] != '"') {
    --end;
  }
  if (end < begin) {
    return damage();
  }
  text = {text_ + begin, end - begin};
  if (has_escapes_ && text.contains('\\') && !unescape(text, text)) {
    return false;
  }
  ++at_;
  return true;
}

inline bool json_cursor::enter_lone_member(char& name) {
  if (count_ - at_ < 3 || peek() != '{') {
    return false;
  }
  const auto* const quoted = text_ + index_[at_ + 1];
  if (quoted[0] != '"' || quoted[2] != '"' || quoted[1] == '\\' || text_[index_[at_ + 2]] != ':') {
    return false;
  }
  name = quoted[1];
  at_ += 3;
  return true;
}

inline bool json_cursor::leave_lone_member() {
  if (peek() != '}') {
    return false;
  }
  ++at_;
  return true;
}

}  // namespace ddm::dynamodb
