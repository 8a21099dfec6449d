// The bounds within which a client may use the server, and what a handler is.
#pragma once

#include "base/time.h"
#include "runtime/asio.h"
#include "serve/event_feed.h"
#include "serve/http_message.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <variant>

namespace ddm::serve {

struct server_limits {
  std::size_t connections_max = 64;
  /// Of those, so that a health check finds one free whatever browsers do.
  std::size_t event_streams_max = 50;
  std::size_t requests_max = 100;            ///< on one connection
  double requests_a_second_max = 200;        ///< of all clients together; further ones wait
  milliseconds head_time{5'000};             ///< from connecting to the end of a complete request
  milliseconds idle_time{30'000};            ///< to the first byte of a further request
  milliseconds write_time{10'000};           ///< without a byte being taken
  milliseconds handler_time{20'000};         ///< then it is cancelled, and the answer is 503
  milliseconds heartbeat{15'000};            ///< of an event stream
  milliseconds pause_of_wrong_token{1'000};  ///< before its refusal
};

/// Answers with an event stream that goes on until one of both ends.
using event_stream = std::unique_ptr<event_subscription>;
using answer = std::variant<response, event_stream>;

/// Runs on the server's executor, and may wait for other threads. What it refers to outlives the
/// server; the request outlives the call. What it throws becomes an answer of 500.
using request_handler = std::function<awaitable<answer>(const request&)>;

}  // namespace ddm::serve
