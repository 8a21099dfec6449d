#include "aws/sso_answer.h"

#include "aws/credential_json.h"
#include "base/foreign_json.h"

#include <utility>

namespace ddm::aws {
namespace {

/// The end of the year 9999: what is later cannot be written.
constexpr std::int64_t expiration_max_ms = 253'402'300'799'999;
/// Of a token; the service gives some hours.
constexpr std::chrono::seconds lifetime_max = std::chrono::days{366};

}  // namespace

std::optional<credentials> read_role_credentials(std::string_view json) {
  const auto document = parse_json(json);
  const auto& given = member(document, "roleCredentials");
  const auto id = string_member(given, "accessKeyId");
  const auto key = string_member(given, "secretAccessKey");
  const auto token = string_member(given, "sessionToken");
  const auto ends = integer_member(given, "expiration");
  if (!id || !key || !token || ends <= 0 || ends > expiration_max_ms) {
    return std::nullopt;
  }
  return credentials{.access_key_id = *id,
                     .secret_access_key = secret(*key),
                     .session_token = secret(*token),
                     .expires = from_ms(ends),
                     .account_id = {}};
}

std::optional<created_token> read_created_token(std::string_view json) {
  const auto document = parse_json(json);
  const auto token = string_member(document, "accessToken");
  const auto lifetime = integer_member(document, "expiresIn");
  if (!token || lifetime <= 0 || lifetime > lifetime_max.count()) {
    return std::nullopt;
  }
  return created_token{
      .access_token = secret(*token),
      .lifetime = std::chrono::seconds{lifetime},
      .refresh_token = secret(string_member(document, "refreshToken").value_or(""))};
}

}  // namespace ddm::aws
