#include "aws/sts_answer.h"

#include "aws/service_client.h"

#include <fmt/format.h>

#include <optional>
#include <pugixml.hpp>
#include <utility>

namespace ddm::aws {
namespace {

std::optional<pugi::xml_document> parse(std::string_view xml) {
  pugi::xml_document document;
  const auto outcome =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  return outcome ? std::optional(std::move(document)) : std::nullopt;
}

std::string text_of(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().as_string();
}

std::unexpected<error> not_an_answer(std::string_view operation, std::string_view lacks) {
  return fail({.kind = error_class::retry,
               .code = "BadAnswer",
               .message = fmt::format("what answered {} is not STS: {} is missing (did a proxy or "
                                      "another server answer?)",
                                      operation, lacks)});
}

/// "arn:aws:sts::123456789012:assumed-role/r/s" → "123456789012".
std::string account_of(std::string_view arn) {
  for (int field = 0; field < 4; ++field) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) {
      return {};
    }
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

}  // namespace

result<credentials> read_assumed_role(std::string_view xml, std::string_view operation) {
  const auto document = parse(xml);
  if (!document) {
    return not_an_answer(operation, "proper XML");
  }
  const auto outcome = document->child(fmt::format("{}Response", operation).c_str())
                           .child(fmt::format("{}Result", operation).c_str());
  const auto given = outcome.child("Credentials");
  credentials made{.access_key_id = text_of(given, "AccessKeyId"),
                   .secret_access_key = secret(text_of(given, "SecretAccessKey")),
                   .session_token = secret(text_of(given, "SessionToken")),
                   .expires = parse_rfc3339(text_of(given, "Expiration")),
                   .account_id = account_of(text_of(outcome.child("AssumedRoleUser"), "Arn"))};
  if (made.access_key_id.empty() || made.secret_access_key.empty()) {
    return not_an_answer(operation, "an access key");
  }
  if (made.session_token.empty() || !made.expires) {
    return not_an_answer(operation, made.expires ? "SessionToken" : "Expiration");
  }
  return made;
}

result<caller_identity> read_caller_identity(std::string_view xml) {
  constexpr std::string_view operation = "GetCallerIdentity";
  const auto document = parse(xml);
  if (!document) {
    return not_an_answer(operation, "proper XML");
  }
  const auto outcome =
      document->child("GetCallerIdentityResponse").child("GetCallerIdentityResult");
  caller_identity made{.account = text_of(outcome, "Account"),
                       .arn = text_of(outcome, "Arn"),
                       .user_id = text_of(outcome, "UserId")};
  if (made.account.empty() || made.arn.empty()) {
    return not_an_answer(operation, made.account.empty() ? "Account" : "Arn");
  }
  return made;
}

error read_sts_error(std::string_view xml, int status) {
  const auto document = parse(xml);
  const auto response = document ? document->child("ErrorResponse") : pugi::xml_node();
  error failure{.code = text_of(response.child("Error"), "Code"),
                .message = text_of(response.child("Error"), "Message"),
                .request_id = text_of(response, "RequestId"),
                .http_status = status};
  failure.kind = class_of_error(failure.code, status);
  if (failure.code.empty()) {
    failure.message = fmt::format(
        "HTTP status {} without an error document of STS (did a proxy or another server answer?)",
        status);
  } else if (failure.message.empty()) {
    failure.message = fmt::format("HTTP status {}", status);
  }
  return failure;
}

}  // namespace ddm::aws
