// One client's connection: request after request, each under its deadlines.
//
// Problem: a client may send a byte an hour, take a byte an hour, or send no end. Idea: each wait
// for him has a limit, each buffer a bound, and all that is not a plain request is answered once
// and ends the connection. Reason: the connection then costs no more than its slot, and not for
// long.
#pragma once

#include "runtime/asio.h"
#include "runtime/clock.h"
#include "runtime/rate_limiter.h"
#include "runtime/task_group.h"
#include "serve/http_message.h"
#include "serve/listen_address.h"
#include "serve/request_guard.h"
#include "serve/request_parser.h"
#include "serve/server_limits.h"
#include "serve/server_log.h"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ddm::serve {

/// What the connections of a server share.
struct server_shared {
  clock& time;
  request_guard guard;
  request_handler handler;
  server_limits limits;
  rate_limiter pace;  ///< of requests
  server_log log = {};
  std::size_t event_streams = 0;  ///< that are open now
};

class server_connection {
 public:
  /// `shared` outlives it.
  server_connection(asio::ip::tcp::socket socket, server_shared& shared);

  /// Until the client or we have had enough. Cancellation throws.
  [[nodiscard]] awaitable<void> run();

 private:
  using steady_time = std::chrono::steady_clock::time_point;

  enum class input {
    came,
    ended,  ///< by the client, or by the network
    late,
  };
  /// Waits for more input and adds it to input_.
  [[nodiscard]] awaitable<input> fill(steady_time until);
  /// Until the parser has come to an end, or no more input is to be had.
  [[nodiscard]] awaitable<input> read_head(request_parser& parser, steady_time until);
  [[nodiscard]] awaitable<input> read_body(std::size_t bytes, steady_time until);

  // Each says whether the connection goes on.

  /// One request and its answer.
  [[nodiscard]] awaitable<bool> exchange();
  [[nodiscard]] awaitable<bool> answer_request(const request_parser& parser, steady_time until);
  [[nodiscard]] awaitable<bool> log_in(const request_head& head, steady_time until, bool keep);
  [[nodiscard]] awaitable<bool> send(const response& what, bool keep, bool with_body = true);
  /// False: the client takes nothing more.
  [[nodiscard]] awaitable<bool> write(std::string_view bytes);

  [[nodiscard]] awaitable<answer> ask_handler(const request& asked);
  [[nodiscard]] awaitable<void> pause_for_wrong_token();
  [[nodiscard]] awaitable<void> send_events(event_subscription& events, bool with_body);
  [[nodiscard]] awaitable<void> forward(event_subscription& events, task_group& both);
  [[nodiscard]] awaitable<void> watch_for_end(task_group& both);
  /// Lets the last answer arrive: what is closed with unread input is reset.
  [[nodiscard]] awaitable<void> close();

  asio::ip::tcp::socket socket_;
  server_shared& shared_;
  listen_address at_;
  std::string client_;
  std::string input_;  ///< received, not yet taken
  std::size_t requests_ = 0;
  bool ended_ = false;  ///< the client says nothing more; Asio would wait for ever for more
  bool stuck_ = false;  ///< the client has not taken what was sent
};

/// An endpoint as we write it: IPv4 in IPv6 is IPv4.
[[nodiscard]] listen_address address_of(const asio::ip::tcp::endpoint& endpoint);

}  // namespace ddm::serve
