#include "dynamodb/answer.h"

#include <fmt/format.h>

namespace ddm::dynamodb {

using nlohmann::json;

awaitable<result<dated_json>> call_for_dated_json(aws::service_client& calls,
                                                  aws::api_request request, rate_limiter* pace) {
  const std::string operation(request.operation());
  const auto answer = co_await calls.call(std::move(request), pace);
  if (!answer) {
    co_return fail(answer.error());
  }
  auto document = parse_json(answer->body.view());
  if (!document.is_object()) {
    co_return fail(error_class::retry,
                   fmt::format("reading the answer of {} ({} bytes): it is not a JSON object; it "
                               "was damaged on its way, or a proxy answered",
                               operation, answer->body.size()));
  }
  co_return dated_json{
      .document = std::move(document), .server_time = answer->date, .asked_at = answer->asked_at};
}

awaitable<result<json>> call_for_json(aws::service_client& calls, aws::api_request request,
                                      rate_limiter* pace) {
  auto answer = co_await call_for_dated_json(calls, std::move(request), pace);
  if (!answer) {
    co_return fail(std::move(answer.error()));
  }
  co_return std::move(answer->document);
}

std::unexpected<error> strange_answer(std::string_view operation, std::string_view what) {
  return fatal(
      fmt::format("reading the answer of {}: it holds {}; is the endpoint a DynamoDB service?",
                  operation, what));
}

}  // namespace ddm::dynamodb
