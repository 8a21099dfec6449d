// One TCP or TLS connection: connects, then carries one exchange after another.
//
// Asio reports the end of a cancelled operation as an error code; here it is thrown on, so that
// every other error code is the network's. A connection whose exchange failed or was cancelled is
// of no more use: its owner drops it.
//
// An answer is what comes after its request, from the peer of this layer. What a proxy sends behind
// its consent would be read as the first bytes from within the tunnel, and what a server sends
// unasked as the answer to the next request: both end the connection.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "net/answer_parser.h"
#include "net/http_message.h"
#include "net/tls_context.h"
#include "runtime/asio.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::net {

class connection {
 public:
  /// `peer` names the other side in errors: "host:port".
  connection(const asio::any_io_executor& executor, std::string peer);

  [[nodiscard]] awaitable<result<void>> connect(asio::ip::tcp::endpoint address);
  /// Asks the proxy that it is connected to for the way to `target`, "host:443".
  [[nodiscard]] awaitable<result<void>> open_tunnel(std::string target,
                                                    const secret& authorization);
  /// `tls` outlives the connection.
  [[nodiscard]] awaitable<result<void>> start_tls(tls_context& tls, const std::string& host);

  /// Sends the bytes of a request and reads its answer. Errors are of class `retry`.
  [[nodiscard]] awaitable<result<http_response>> exchange(std::string_view request,
                                                          std::size_t answer_bytes_max);
  /// Whether a byte of the last exchange's answer had come. If not, and the connection had been
  /// idle before, the server has most likely closed it in between.
  [[nodiscard]] bool answer_begun() const { return answer_begun_; }
  /// How much of the body of the present exchange's answer has come.
  [[nodiscard]] std::size_t body_received() const { return body_received_; }
  /// Whether the last exchange leaves it fit for another.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  std::chrono::steady_clock::time_point idle_since;
  const std::chrono::steady_clock::time_point made_at = std::chrono::steady_clock::now();

 private:
  using error_code = boost::system::error_code;

  [[nodiscard]] awaitable<void> write(std::string_view bytes, error_code& ec);
  [[nodiscard]] awaitable<std::size_t> read_exactly(asio::mutable_buffer into, error_code& ec);
  /// Nothing has come that no request asked for. (What TLS itself sends in between, such as session
  /// tickets, is taken in here.) False also when the other side has closed the connection.
  [[nodiscard]] bool is_quiet();
  /// Waits for more input and puts it into input_.
  [[nodiscard]] awaitable<void> fill(error_code& ec);
  [[nodiscard]] awaitable<result<void>> read_head(answer_parser& parser);
  [[nodiscard]] awaitable<result<void>> read_sized_body(padded_buffer& body, std::size_t size);
  [[nodiscard]] awaitable<result<void>> read_other_body(answer_parser& parser,
                                                        const padded_buffer& body);

  [[nodiscard]] std::unexpected<error> lost(std::string_view when, const error_code& ec) const;
  [[nodiscard]] std::unexpected<error> bad_answer(const error_code& ec) const;
  /// What the parser did not take.
  [[nodiscard]] std::unexpected<error> not_taken(const answer_parser& parser,
                                                 const error_code& ec) const;

  asio::ip::tcp::socket socket_;
  std::string peer_;
  std::unique_ptr<tls_stream> tls_;
  boost::beast::flat_buffer input_;  ///< received, not yet consumed
  bool answer_begun_ = false;
  std::size_t body_received_ = 0;
  bool keep_alive_ = false;
};

}  // namespace ddm::net
