// What others wrote, as it may be shown: on a terminal, in a log, in a JSON document.
//
// Problem: an attribute's name, an error text or a request id may hold an escape sequence that
// retitles the terminal, a mark that turns the text after it around, or a byte that is no UTF-8 and
// makes a line unreadable for whoever parses it.
// Idea: at the sink, and only there, every such character becomes its JSON escape, such as \u001b.
// Reason: whoever composes a text need not think of it, a document stays the same document, and a
// reader sees what was there.
#pragma once

#include <string>
#include <string_view>

namespace ddm {

enum class line_breaks {
  kept,     ///< the text is ours, of several lines
  escaped,  ///< it must stay one line
};

/// Valid UTF-8 without control characters (C0, DEL, C1; tabs are kept), marks of direction, and
/// invisible separators: each is written as \uXXXX. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string displayable(std::string_view text,
                                      line_breaks breaks = line_breaks::escaped);

}  // namespace ddm
