// One request at a time to a fake account under virtual time, for tests of the fake itself.
#pragma once

#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

namespace ddm::support {

class fake_client {
 public:
  fake_client(simulated_clock& time, fake_dynamodb& account, std::string access_key = "AKIDTEST")
      : clock_(time), connection_(account.connect(std::move(access_key))) {}

  result<aws::api_response> send(const std::string& operation, const nlohmann::json& request) {
    const bool of_stream = operation == "GetRecords" || operation == "GetShardIterator" ||
                           operation == "DescribeStream" || operation == "ListStreams";
    return clock_.run(connection_->send(
        {.target = (of_stream ? "DynamoDBStreams_20120810." : "DynamoDB_20120810.") + operation,
         .body = request.dump(),
         .answer_bytes_max = std::size_t{1} << 30}));
  }

  /// The answer's JSON; the test fails unless the status is 200.
  nlohmann::json call(const std::string& operation, const nlohmann::json& request) {
    const auto response = send(operation, request);
    if (!response) {
      ADD_FAILURE() << operation << ": " << response.error().describe();
      return {};
    }
    EXPECT_EQ(response->status, 200) << operation << ": " << response->body.view();
    return nlohmann::json::parse(response->body.view());
  }

  /// The error's name without prefix; "" when there was none.
  std::string refused(const std::string& operation, const nlohmann::json& request) {
    const auto response = send(operation, request);
    if (!response) {
      return response.error().code;
    }
    const auto type = nlohmann::json::parse(response->body.view()).value("__type", "");
    return type.substr(std::min(type.find('#') + 1, type.size()));
  }

  aws::transport& connection() { return *connection_; }

 private:
  simulated_clock& clock_;
  std::unique_ptr<aws::transport> connection_;
};

}  // namespace ddm::support
