// Small files that others write: profiles, tokens.
#pragma once

#include "base/error.h"

#include <string>

namespace ddm::aws {

/// Errors are `not_found` and `fatal` and name the file.
[[nodiscard]] result<std::string> read_text_file(const std::string& path);

/// Takes the file's place as a whole, readable for its owner only.
[[nodiscard]] result<void> replace_private_file(const std::string& path, std::string_view text);

}  // namespace ddm::aws
