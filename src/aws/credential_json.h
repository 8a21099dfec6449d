// The JSON in which programs, containers and instances hand out credentials.
#pragma once

#include "aws/credentials.h"
#include "base/error.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace ddm::aws {

/// An object, or nothing: what was read is never quoted, as it may hold a secret.
[[nodiscard]] std::optional<nlohmann::json> parse_object(std::string_view text);

/// A member that is a string and not empty.
[[nodiscard]] std::optional<std::string> string_member(const nlohmann::json& object,
                                                       std::string_view name);

/// {"AccessKeyId", "SecretAccessKey", the token, "Expiration", "AccountId"}; `token_name` is
/// "SessionToken" or "Token". The last three may be absent. Errors are `refresh_credentials` and
/// name the member that is missing or wrong.
[[nodiscard]] result<credentials> read_credentials(std::string_view text,
                                                   std::string_view token_name);

}  // namespace ddm::aws
