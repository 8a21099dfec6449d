// Small answers of the API as trees. Pages of items and records never come here.
#pragma once

#include "aws/service_client.h"
#include "base/foreign_json.h"
#include "base/time.h"

#include <optional>
#include <string_view>

namespace ddm::dynamodb {

/// Calls (service_client::call), and reads the answer, which must be a JSON object.
[[nodiscard]] awaitable<result<nlohmann::json>> call_for_json(aws::service_client& calls,
                                                              aws::api_request request,
                                                              rate_limiter* pace = nullptr);

/// The same, with two times.
struct dated_json {
  nlohmann::json document;
  std::optional<wall_time> server_time;  ///< of the answer, by the service's clock: whole seconds
  wall_time asked_at;                    ///< by ours
};
[[nodiscard]] awaitable<result<dated_json>> call_for_dated_json(aws::service_client& calls,
                                                                aws::api_request request,
                                                                rate_limiter* pace = nullptr);

/// "the answer of DescribeTable holds no key schema; …"
[[nodiscard]] std::unexpected<error> strange_answer(std::string_view operation,
                                                    std::string_view what);

}  // namespace ddm::dynamodb
