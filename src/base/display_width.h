// How many columns of a terminal a text takes.
//
// Problem: a key may hold Chinese, which is two columns wide, or accents, which are none; who
// counts bytes cuts a character in two or lets a line run over. Idea: the C library knows the width
// of each character; a text is cut between characters, and what belongs to the last one goes with
// it. Reason: a table of widths of our own would age. Terminals differ all the same: who draws must
// not rely on a width where it would do harm.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ddm {

/// `text` is displayable (displayable.h), of one line. A tab counts as one column.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// At most `columns` wide; what was cut off is marked by `mark`, where there is room for it.
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t columns,
                                       std::string_view mark);

[[nodiscard]] bool is_ascii(std::string_view text);
/// With "?" for each other character.
[[nodiscard]] std::string ascii_only(std::string_view text);

}  // namespace ddm
