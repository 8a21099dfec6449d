// Texts in another language than plain text, HTML or Markdown, which foreign values cannot break.
//
// Problem: a report is made of keys, attribute names and error texts that anybody may have written;
// one that is pasted in unescaped is a script, a forged table cell or a mention of somebody.
// Idea: a writer takes markup only as a literal of this program, and every other text through the
// escaping of its language. Reason: forgetting it does not compile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ddm::summary {

/// Made of literals alone.
class literal {
 public:
  template <std::size_t Size>
  consteval literal(const char (&text)[Size]) : text_(text, Size - 1) {}
  [[nodiscard]] constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

/// Safe in an element's content and in a quoted attribute; one line, without control characters and
/// marks of direction (base/displayable.h).
[[nodiscard]] std::string escape_html(std::string_view text);
/// Shows as it is, in a paragraph, a list and a cell of a table: no markup, no link, no mention of
/// a user or an issue, no formula. One line, as above.
[[nodiscard]] std::string escape_markdown(std::string_view text);

template <std::string (*Escape)(std::string_view)>
class markup {
 public:
  markup() = default;
  explicit markup(literal text) : text_(text.view()) {}
  markup& put(literal text) {
    text_ += text.view();
    return *this;
  }
  markup& put(const markup& part) {
    text_ += part.text_;
    return *this;
  }
  /// Anybody's text.
  markup& say(std::string_view text) {
    text_ += Escape(text);
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

using html = markup<escape_html>;
using markdown = markup<escape_markdown>;

}  // namespace ddm::summary
