// Requests to one endpoint over a pool of kept-alive connections.
//
// Problem: an exchange may hang at any step, be cancelled at any step, or meet a connection that
// the server closed a moment ago; none of that may cost more than this one request. Idea: the whole
// exchange (name lookup, connecting, TLS, sending, answer) is one coroutine under one deadline. It
// owns its connection and gives it back only after a complete answer, so whatever goes wrong, the
// connection is dropped with the coroutine's frame. Reason: one clean-up path. Bodies are read
// straight into a buffer of their size: measured 3 to 10 times cheaper than a growing string.
#pragma once

#include "base/error.h"
#include "net/connection.h"
#include "net/host_lookup.h"
#include "net/http_message.h"
#include "net/proxy.h"
#include "net/slot_queue.h"
#include "net/tls_context.h"
#include "net/url.h"
#include "runtime/asio.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::net {

struct http_options {
  std::size_t connections_max = 64;   ///< further requests wait for one to become free
  std::chrono::seconds idle_max{20};  ///< shorter than servers keep an idle connection
  /// Then it is made anew: the name may have other addresses by now.
  std::chrono::seconds age_max{300};
  /// PEM file of certificate authorities instead of the system's (AWS_CA_BUNDLE); may be empty.
  std::string ca_file;
  /// The way to an https endpoint; an http one is always reached directly.
  std::optional<proxy> via;
};

class http_client {
 public:
  /// `endpoint.path` is not used. Fails when `ca_file` cannot be read.
  [[nodiscard]] static result<std::unique_ptr<http_client>> create(
      const asio::any_io_executor& executor, url endpoint, http_options options = {});
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client() = default;

  /// Any complete answer is a success, whatever its status. Errors: `retry`, with one of the codes
  /// UnknownHost, ConnectionFailed, ProxyRefused (also `fatal`), TlsFailed, ConnectionLost,
  /// BadAnswer, Timeout. Cancellation throws. The client must outlive the call.
  [[nodiscard]] awaitable<result<http_response>> send(http_request request);

  [[nodiscard]] const url& endpoint() const { return endpoint_; }
  /// Connections made since the start.
  [[nodiscard]] std::size_t connections_opened() const { return opened_; }

 private:
  using connection_ptr = std::unique_ptr<connection>;

  http_client(const asio::any_io_executor& executor, url endpoint, http_options options,
              std::unique_ptr<tls_context> tls);
  [[nodiscard]] std::string wire_form(const http_request& request) const;
  /// How far an exchange has come, at any time.
  struct progress {
    std::string_view doing;            ///< what would be said to have taken too long
    const connection* link = nullptr;  ///< that the answer comes over
    std::size_t seen = 0;              ///< of that answer's body, when it was last asked

    [[nodiscard]] std::size_t received() const {
      return link == nullptr ? 0 : link->body_received();
    }
  };
  [[nodiscard]] awaitable<result<http_response>> exchange(std::string_view wire,
                                                          std::size_t answer_bytes_max,
                                                          progress& at);
  [[nodiscard]] awaitable<result<http_response>> ask(connection& link, std::string_view wire,
                                                     std::size_t answer_bytes_max, progress& at);
  [[nodiscard]] awaitable<result<connection_ptr>> open(progress& at);
  [[nodiscard]] awaitable<result<connection_ptr>> connect_to_any(
      const std::vector<asio::ip::tcp::endpoint>& addresses);
  [[nodiscard]] bool uses_proxy() const;
  /// Where connections go: the proxy or the endpoint itself.
  [[nodiscard]] const url& first_hop() const;
  /// The one used last, so that those not needed grow old; null when there is none.
  [[nodiscard]] connection_ptr take_idle();
  void keep(connection_ptr link);
  void drop_stale();

  asio::any_io_executor executor_;
  url endpoint_;
  std::string authority_;
  http_options options_;
  std::string peer_;  ///< what errors call the other side
  std::unique_ptr<tls_context> tls_;
  host_lookup lookup_;
  slot_queue slots_;
  std::vector<connection_ptr> idle_;  ///< the longest idle first
  std::size_t opened_ = 0;
};

}  // namespace ddm::net
