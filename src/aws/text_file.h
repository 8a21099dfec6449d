// Small files that others write: profiles, tokens.
//
// Problem: a path may lead to a device without an end, to a huge file, or to a pipe whose writer
// never comes. Idea: a bound, and a deadline for what is no regular file. Reason: a pipe is read
// all the same, as `--config <(vault …)` makes one.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ddm::aws {

inline constexpr std::size_t text_file_bytes_max = std::size_t{1} << 20;

struct text_file_limits {
  std::size_t bytes_max = text_file_bytes_max;
  milliseconds patience{60'000};  ///< with a pipe or a device
};

/// Errors are `not_found`, `wrong_usage` and `fatal` and name the file.
[[nodiscard]] result<std::string> read_text_file(const std::string& path,
                                                 const text_file_limits& limits = {});

/// Takes the file's place as a whole, readable for its owner only.
[[nodiscard]] result<void> replace_private_file(const std::string& path, std::string_view text);

}  // namespace ddm::aws
