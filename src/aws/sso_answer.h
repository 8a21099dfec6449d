// The JSON in which IAM Identity Center answers. Pure: bytes in, values or nothing out.
#pragma once

#include "aws/credentials.h"
#include "base/error.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace ddm::aws {

/// Of GetRoleCredentials: {"roleCredentials": {"accessKeyId", "secretAccessKey", "sessionToken",
/// "expiration" in ms}}, all of them; the account is not told.
[[nodiscard]] std::optional<credentials> read_role_credentials(std::string_view json);

/// Of CreateToken: {"accessToken", "expiresIn" in s, "refreshToken"}; the last may be absent. Valid
/// for a year at most.
struct created_token {
  secret access_token;
  std::chrono::seconds lifetime;
  secret refresh_token;
};
[[nodiscard]] std::optional<created_token> read_created_token(std::string_view json);

}  // namespace ddm::aws
