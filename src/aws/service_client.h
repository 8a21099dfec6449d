// Send, check, classify, retry: what each API call has in common. Holds the program's only retry
// loop.
#pragma once

#include "aws/call_statistics.h"
#include "aws/transport.h"
#include "runtime/clock.h"
#include "runtime/drain_signal.h"
#include "runtime/rate_limiter.h"
#include "runtime/retry.h"

#include <functional>
#include <random>
#include <string>

namespace ddm::aws {

/// What an error answer asks the caller to do (table in docs/architecture.md). `body` is the JSON
/// error document, may be anything when a proxy answered. The text is in "message" (AWS) or
/// "Message" (Local).
[[nodiscard]] error classify_error(std::string_view operation, const api_response& response);

/// The same for a bare code, with or without "Exception", and the HTTP status where it is unknown.
[[nodiscard]] error_class class_of_error(std::string_view code, int status);

class service_client {
 public:
  struct options {
    /// Put before every error message: "source table my-table (profile s)".
    std::string name;
    retry_limits limits;
    /// What is wrong with an answer, if anything; empty: classify_error of each status but 200.
    std::function<std::optional<error>(const api_request&, const api_response&)> fault_in = {};
    /// Called for each throttled answer, so that a rate limiter can slow down; may be empty.
    std::function<void()> on_throttled = {};
    std::uint64_t random_seed = 0;
  };

  /// `below` and `time` outlive the client.
  service_client(transport& below, clock& time, options settings);

  /// Calls until success, a non-retryable error, the last attempt or an empty retry bucket. On
  /// refresh_credentials renews and tries again, unless new ones are refused at once. Errors name
  /// the client, operation and cause; `cancelled`: drained before it was sent. Each attempt takes
  /// one from `pace`, where given.
  [[nodiscard]] awaitable<result<api_response>> call(api_request request,
                                                     rate_limiter* pace = nullptr);

  /// From now on each call is one attempt: none is repeated, and none waits for its pace.
  void drain() { drain_.set(); }

  /// By the operation's name, of those that were called.
  [[nodiscard]] const operation_statistics& statistics() const { return statistics_; }

 private:
  [[nodiscard]] call_statistics& statistics_of(const api_request& request);
  [[nodiscard]] std::optional<error> fault_in(const api_request& request,
                                              const api_response& response) const;
  [[nodiscard]] awaitable<result<api_response>> attempt(const api_request& request);
  [[nodiscard]] std::unexpected<error> told(error failure, const api_request& request) const;

  transport& transport_;
  clock& clock_;
  options options_;
  retry_bucket bucket_;
  std::mt19937_64 random_;
  operation_statistics statistics_;
  drain_signal drain_;
};

}  // namespace ddm::aws
