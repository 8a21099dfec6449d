// The table of docs/architecture.md ("Errors"), in one place: which of AWS's many error codes asks
// for which of our few reactions.
#include "aws/service_client.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddm::aws {
namespace {

constexpr auto known_codes = std::to_array<std::pair<std::string_view, error_class>>({
    {"AccessDenied", error_class::access_denied},
    {"BandwidthLimitExceeded", error_class::throttled},
    {"ConditionalCheckFailed", error_class::fatal},
    {"ExpiredIterator", error_class::new_iterator},
    {"ExpiredToken", error_class::refresh_credentials},
    {"IDPCommunicationError", error_class::retry},
    {"IDPRejectedClaim", error_class::refresh_credentials},
    {"InternalFailure", error_class::retry},
    {"InternalServerError", error_class::retry},
    {"InvalidClientTokenId", error_class::refresh_credentials},
    {"InvalidIdentityToken", error_class::refresh_credentials},
    {"InvalidSignature", error_class::refresh_credentials},
    {"ItemCollectionSizeLimitExceeded", error_class::fatal},
    {"LimitExceeded", error_class::throttled},
    {"MissingAuthenticationToken", error_class::fatal},
    {"NotAuthorized", error_class::access_denied},
    {"ProvisionedThroughputExceeded", error_class::throttled},
    {"ReplicatedWriteConflict", error_class::retry},
    {"RequestExpired", error_class::refresh_credentials},
    {"RequestLimitExceeded", error_class::throttled},
    {"RequestThrottled", error_class::throttled},
    {"RequestTimeTooSkewed", error_class::refresh_credentials},
    {"RequestTimeout", error_class::retry},
    {"ResourceNotFound", error_class::not_found},
    {"Serialization", error_class::fatal},
    {"ServiceUnavailable", error_class::retry},
    {"SignatureDoesNotMatch", error_class::refresh_credentials},
    {"SlowDown", error_class::throttled},
    {"TableNotFound", error_class::not_found},
    {"Throttled", error_class::throttled},
    {"Throttling", error_class::throttled},
    {"TooManyRequests", error_class::throttled},
    {"TransactionInProgress", error_class::retry},
    {"TrimmedDataAccess", error_class::trimmed},
    {"Unauthorized", error_class::refresh_credentials},
    {"UnknownOperation", error_class::fatal},
    {"UnrecognizedClient", error_class::refresh_credentials},
    {"Validation", error_class::fatal},
    {"ValidationError", error_class::fatal},
});

error_class class_of_status(int status) {
  if (status == 429) {
    return error_class::throttled;
  }
  return status >= 500 || status == 408 ? error_class::retry : error_class::unknown_answer;
}

/// What the error document says, each part empty where it says nothing.
struct error_document {
  std::string code;
  std::string message;
  std::string reasons;
};

std::string_view text_of(const simdjson::dom::object& object,
                         std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    std::string_view text;
    if (object[name].get(text) == simdjson::SUCCESS) {
      return text;
    }
  }
  return {};
}

/// "TableReadKeyRangeThroughputExceeded on arn:…; …".
std::string throttling_reasons(const simdjson::dom::object& document) {
  std::string text;
  simdjson::dom::array reasons;
  if (document["ThrottlingReasons"].get(reasons) != simdjson::SUCCESS) {
    return text;
  }
  for (const auto each : reasons) {
    simdjson::dom::object reason;
    if (each.get(reason) == simdjson::SUCCESS) {
      text +=
          fmt::format("{}{} on {}", text.empty() ? "" : "; ", text_of(reason, {"reason", "Reason"}),
                      text_of(reason, {"resource", "Resource"}));
    }
  }
  return text;
}

error_document read_document(const padded_buffer& body) {
  simdjson::dom::parser parser;
  simdjson::dom::object document;
  if (parser.parse(body.data(), body.size(), false).get(document) != simdjson::SUCCESS) {
    return {};
  }
  // "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"; some services append ":http://…".
  auto code = text_of(document, {"__type", "code"});
  code.remove_prefix(std::min(code.find('#') + 1, code.size()));
  code = code.substr(0, code.find(':'));
  return {.code = std::string(code),
          .message = std::string(text_of(document, {"message", "Message"})),
          .reasons = throttling_reasons(document)};
}

}  // namespace

error_class class_of_error(std::string_view code, int status) {
  if (code.ends_with("Exception")) {
    code.remove_suffix(std::string_view("Exception").size());
  }
  const auto* const known =
      std::ranges::find(known_codes, code, [](const auto& each) { return each.first; });
  return known != known_codes.end() ? known->second : class_of_status(status);
}

error classify_error(std::string_view operation, const api_response& response) {
  auto document = read_document(response.body);
  error failure{.kind = class_of_error(document.code, response.status),
                .code = std::move(document.code),
                .message = std::move(document.message),
                .request_id = response.request_id,
                .http_status = response.status,
                .retry_after = response.retry_after};
  if (failure.code.empty()) {
    failure.message = fmt::format(
        "HTTP status {} without an error document of the service (did a proxy or another server "
        "answer?)",
        response.status);
  } else if (failure.message.empty()) {
    failure.message = fmt::format("HTTP status {}", response.status);
  }
  if (!document.reasons.empty()) {
    failure.message += fmt::format(" [{}]", document.reasons);
  }
  const auto action = fmt::format("dynamodb:{}", operation);
  if (failure.kind == error_class::access_denied &&
      failure.message.find(action) == std::string::npos) {
    failure.message += fmt::format(" (the permission needed is {})", action);
  }
  return failure;
}

}  // namespace ddm::aws
