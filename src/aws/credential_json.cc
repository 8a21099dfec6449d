#include "aws/credential_json.h"

#include "base/foreign_json.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::aws {

std::optional<nlohmann::json> parse_object(std::string_view text) {
  auto parsed = parse_json(text);
  return parsed.is_object() ? std::optional(std::move(parsed)) : std::nullopt;
}

std::optional<std::string> string_member(const nlohmann::json& object, std::string_view name) {
  auto text = text_member(object, name);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

result<credentials> read_credentials(std::string_view text, std::string_view token_name) {
  const auto object = parse_object(text);
  if (!object) {
    return fail(error_class::refresh_credentials, "the answer is no JSON object");
  }
  const auto id = string_member(*object, "AccessKeyId");
  const auto key = string_member(*object, "SecretAccessKey");
  if (!id || !key) {
    return fail(error_class::refresh_credentials,
                fmt::format("the answer has no {}", id ? "SecretAccessKey" : "AccessKeyId"));
  }
  credentials made{.access_key_id = *id,
                   .secret_access_key = secret(*key),
                   .session_token = secret(string_member(*object, token_name).value_or("")),
                   .account_id = string_member(*object, "AccountId").value_or("")};
  if (const auto at = object->find("Expiration"); at != object->end() && !at->is_null()) {
    made.expires = parse_rfc3339(string_member(*object, "Expiration").value_or(""));
    if (!made.expires) {
      return fail(error_class::refresh_credentials,
                  "the answer's Expiration is no time such as 2026-01-31T23:59:58Z");
    }
  }
  return made;
}

}  // namespace ddm::aws
