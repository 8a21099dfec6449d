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
  auto document = json::parse(answer->body.view(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    co_return fail(error_class::retry,
                   fmt::format("reading the answer of {} ({} bytes): it is not a JSON object; it "
                               "was damaged on its way, or a proxy answered",
                               operation, answer->body.size()));
  }
  co_return dated_json{.document = std::move(document), .server_time = answer->date};
}

awaitable<result<json>> call_for_json(aws::service_client& calls, aws::api_request request,
                                      rate_limiter* pace) {
  auto answer = co_await call_for_dated_json(calls, std::move(request), pace);
  if (!answer) {
    co_return fail(std::move(answer.error()));
  }
  co_return std::move(answer->document);
}

const json& member(const json& object, std::string_view name) {
  static const json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nothing : *found;
}

std::string text_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_number() ? value.get<double>() : 0;
}

std::uint64_t count_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

bool bool_member(const json& object, std::string_view name) {
  const auto& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

std::unexpected<error> strange_answer(std::string_view operation, std::string_view what) {
  return fatal(
      fmt::format("reading the answer of {}: it holds {}; is the endpoint a DynamoDB service?",
                  operation, what));
}

}  // namespace ddm::dynamodb
