#include "support/service_error.h"

#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

namespace ddm::support {
namespace {

constexpr std::string_view model = "com.amazonaws.dynamodb.v20120810#";
constexpr std::string_view coral_service = "com.amazon.coral.service#";
constexpr std::string_view coral_validate = "com.amazon.coral.validate#";
constexpr std::string_view coral_availability = "com.amazon.coral.availability#";

refusal refuse(int status, std::string_view space, std::string_view name, std::string message,
               std::string extra = {}) {
  return refusal(service_error{.status = status,
                               .type = fmt::format("{}{}", space, name),
                               .message = std::move(message),
                               .extra = std::move(extra)});
}

}  // namespace

std::string service_error::body() const {
  return fmt::format(R"({{"__type":"{}","message":{}{}}})", type, dynamodb::json_quote(message),
                     extra);
}

refusal validation(std::string message) {
  return refuse(400, coral_validate, "ValidationException", std::move(message));
}

refusal serialization(std::string message) {
  return refuse(400, coral_service, "SerializationException", std::move(message));
}

refusal unknown_operation() {
  return refuse(400, coral_service, "UnknownOperationException",
                "An unknown operation was requested.");
}

refusal table_not_found(std::string_view table) {
  return refuse(400, model, "ResourceNotFoundException",
                fmt::format("Requested resource not found: Table: {} not found", table));
}

refusal stream_not_found(std::string_view arn) {
  return refuse(400, model, "ResourceNotFoundException",
                fmt::format("Requested resource not found: Stream: {} not found", arn));
}

refusal shard_not_found(std::string_view shard, std::string_view arn) {
  return refuse(
      400, model, "ResourceNotFoundException",
      fmt::format("Requested resource not found: Shard: {} in Stream: {} not found", shard, arn));
}

refusal resource_in_use(std::string message) {
  return refuse(400, model, "ResourceInUseException", std::move(message));
}

refusal condition_failed() {
  return refuse(400, model, "ConditionalCheckFailedException", "The conditional request failed");
}

refusal expired_iterator() {
  return refuse(400, model, "ExpiredIteratorException",
                "The shard iterator has expired and can no longer be used to retrieve records.");
}

refusal trimmed_data(std::string_view shard) {
  return refuse(400, model, "TrimmedDataAccessException",
                fmt::format("The operation attempted to read past the oldest stream record in "
                            "shard {}.",
                            shard));
}

refusal throttling(std::string_view code) {
  if (code == "ThrottlingException") {
    return refuse(400, coral_availability, code,
                  "Rate of requests exceeds the allowed throughput.");
  }
  if (code == "ProvisionedThroughputExceededException") {
    return refuse(400, model, code,
                  "The level of configured provisioned throughput for the table was exceeded.",
                  R"(,"ThrottlingReasons":[{"reason":"TableReadProvisionedThroughputExceeded"}])");
  }
  return refuse(400, model, code, "Too many requests: reduce the rate.");
}

refusal server_error(int status) {
  return status == 503 ? refuse(503, coral_availability, "ServiceUnavailableException",
                                "The service is temporarily unavailable.")
                       : refuse(status, model, "InternalServerError",
                                "The request processing has failed because of an unknown error.");
}

refusal expired_token() {
  return refuse(400, coral_service, "ExpiredTokenException",
                "The security token included in the request is expired");
}

refusal access_denied(std::string_view operation, std::string_view access_key,
                      std::string_view resource) {
  return refuse(400, coral_service, "AccessDeniedException",
                fmt::format("User: {0} is not authorized to perform: dynamodb:{1} on resource: {2} "
                            "because no identity-based policy allows the dynamodb:{1} action",
                            access_key, operation, resource));
}

}  // namespace ddm::support
