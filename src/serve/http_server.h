// The HTTP server inside a monitor: read-only, and of no weight.
//
// Problem: it runs for weeks within a program that must never be disturbed, and whoever reaches its
// port may send anything, as often as he likes.
// Idea: everything that a client can make us hold has a bound: connections, bytes, time
// (server_limits.h, server_connection.h). One too many is answered 503 and closed at once: left in
// the kernel's queue it would wait without a word, and so would the health check behind it.
// Connections are taken, and requests answered, at a measured pace, so that the control thread
// stays the monitor's. Reason: no failure of a client, a handler or the network goes beyond its own
// connection.
//
// It knows nothing of what it serves; handlers do. TLS is a proxy's job.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "serve/listen_address.h"
#include "serve/request_guard.h"
#include "serve/server_connection.h"
#include "serve/server_limits.h"

#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace ddm::serve {

struct http_server_options {
  listen_address at;
  access_options access;
  server_limits limits = {};
};

class http_server {
 public:
  /// Takes the address, so that nobody else listens there; nobody can connect before begin(). All
  /// of it runs on `executor`, which has one thread. Errors: those of request_guard::create(). That
  /// the address cannot be taken is told by taken() and begin(): other faults may come first.
  [[nodiscard]] static result<std::unique_ptr<http_server>> open(
      const asio::any_io_executor& executor, clock& time, const http_server_options& options,
      request_handler handler);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() = default;

  /// `wrong_usage`: nobody can have this address here. `fatal`: somebody else has it, and else.
  [[nodiscard]] const result<void>& taken() const { return taken_; }
  /// Listens and answers from now on; once. Errors: those of taken(), and `fatal` when somebody
  /// else has begun to listen there.
  [[nodiscard]] result<void> begin();
  /// With the port that the kernel chose, where that was asked for.
  [[nodiscard]] const listen_address& address() const { return address_; }
  /// No more connections; those that are open are cut, whatever they are at.
  void stop();
  /// Waits until all of it has ended; to be awaited before it is destroyed.
  [[nodiscard]] awaitable<void> join() { return tasks_.join(); }

 private:
  http_server(const asio::any_io_executor& executor, clock& time, request_guard guard,
              request_handler handler, const server_limits& limits);
  [[nodiscard]] result<void> take(const listen_address& at);
  [[nodiscard]] awaitable<void> accept();
  [[nodiscard]] awaitable<void> converse(asio::ip::tcp::socket socket);
  /// Without waiting: what the socket does not take at once is lost.
  void turn_away(asio::ip::tcp::socket socket);

  asio::ip::tcp::acceptor acceptor_;
  listen_address address_;
  result<void> taken_;
  server_shared shared_;
  task_group tasks_;  ///< the accepting, and one for each connection
};

}  // namespace ddm::serve
