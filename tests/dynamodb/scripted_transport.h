// A transport that gives prepared answers and keeps the requests, for tests of single calls.
#pragma once

#include "aws/service_client.h"

#include <nlohmann/json.hpp>

#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace ddm::dynamodb {

class scripted_transport final : public aws::transport {
 public:
  struct request {
    std::string target;
    nlohmann::json body;
  };

  void answer(std::string_view body, int status = 200) {
    aws::api_response response;
    response.status = status;
    response.body = padded_buffer(body);
    response.date = from_ms(1'700'000'000'000);
    answers_.push_back(std::move(response));
  }

  [[nodiscard]] awaitable<result<aws::api_response>> send(aws::api_request wanted) override {
    requests_.push_back({.target = wanted.target, .body = nlohmann::json::parse(wanted.body)});
    if (answers_.empty()) {
      co_return fatal("the script has no further answer");
    }
    auto next = std::move(answers_.front());
    answers_.pop_front();
    co_return next;
  }

  [[nodiscard]] const std::vector<request>& requests() const { return requests_; }

 private:
  std::deque<aws::api_response> answers_;
  std::vector<request> requests_;
};

/// A client over the script, and a loop to run its calls to their end.
template <class Client>
struct scripted {
  scripted_transport transport;
  system_clock time;
  aws::service_client calls{transport, time, {.name = "test table", .limits = {.attempts_max = 1}}};
  Client client{calls};

  template <class T>
  T run(awaitable<T> call) {
    asio::io_context loop;
    std::optional<T> outcome;
    asio::co_spawn(loop, std::move(call), [&outcome](std::exception_ptr failure, T value) {
      if (failure) {
        std::rethrow_exception(failure);
      }
      outcome.emplace(std::move(value));
    });
    loop.run();
    return std::move(outcome).value();
  }
  /// The body of the request sent last.
  [[nodiscard]] const nlohmann::json& sent() const { return transport.requests().back().body; }
  [[nodiscard]] const std::string& target() const { return transport.requests().back().target; }
};

}  // namespace ddm::dynamodb
