// credential_process: a program of the user's choice prints credentials as JSON.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#pragma once

#include "aws/credentials_source.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::aws {

/// The words of a command line as a POSIX shell splits them, without expansions; nothing when a
/// quotation mark or a backslash has no counterpart.
[[nodiscard]] std::optional<std::vector<std::string>> split_command(std::string_view line);

/// `origin` names the profile in errors: "profile x". Fails when the line cannot be split.
[[nodiscard]] result<std::unique_ptr<credentials_source>> make_process_credentials(
    std::string_view command, std::string origin);

}  // namespace ddm::aws
