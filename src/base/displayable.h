// What others wrote, as it may be shown: on a terminal, in a log, in a JSON document.
//
// Problem: an attribute's name, an error text or a request id may hold an escape sequence that
// retitles the terminal, a mark that turns the text after it around, or a byte that is no UTF-8 and
// makes a line unreadable for whoever parses it.
// Idea: every such character becomes its JSON escape, such as \u001b, at two places. Where a text
// of several lines is composed, each value loses its line breaks, so that nobody else's text begins
// a line; and at the sink all the rest goes. Reason: a document stays the same document, a reader
// sees what was there, and what one wall lets through the other stops.
#pragma once

#include <string>
#include <string_view>

namespace ddm {

enum class line_breaks {
  kept,     ///< the text is ours, of several lines
  escaped,  ///< it must stay one line
};

/// Valid UTF-8 without control characters (C0, DEL, C1; tabs are kept), marks of direction, and
/// what is invisible (separators, fillers, tags): each is written as \uXXXX. Bytes that are no
/// UTF-8 become U+FFFD.
[[nodiscard]] std::string displayable(std::string_view text,
                                      line_breaks breaks = line_breaks::escaped);

}  // namespace ddm
