// DynamoDB's errors, one factory each, with the service's own names and words.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace ddm::support {

struct service_error {
  int status = 400;
  std::string type;  ///< __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
  std::string message;
  std::string extra;  ///< further JSON members, each with a comma before it

  [[nodiscard]] std::string body() const;
};

template <class T>
using answer_or = std::expected<T, service_error>;
using refusal = std::unexpected<service_error>;

[[nodiscard]] refusal validation(std::string message);
[[nodiscard]] refusal serialization(std::string message);
[[nodiscard]] refusal unknown_operation();
[[nodiscard]] refusal table_not_found(std::string_view table);
[[nodiscard]] refusal stream_not_found(std::string_view arn);
[[nodiscard]] refusal shard_not_found(std::string_view shard, std::string_view arn);
[[nodiscard]] refusal resource_in_use(std::string message);
[[nodiscard]] refusal condition_failed();
[[nodiscard]] refusal expired_iterator();
[[nodiscard]] refusal trimmed_data(std::string_view shard);
/// ProvisionedThroughputExceededException, ThrottlingException, RequestLimitExceeded,
/// LimitExceeded….
[[nodiscard]] refusal throttling(std::string_view code);
[[nodiscard]] refusal server_error(int status);
[[nodiscard]] refusal expired_token();
[[nodiscard]] refusal access_denied(std::string_view operation, std::string_view access_key,
                                    std::string_view resource);

}  // namespace ddm::support
