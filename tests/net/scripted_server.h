// A server that follows a script: what it answers on its first connection, its second and so on,
// byte for byte, and when it closes them.
#pragma once

#include "net/url.h"
#include "runtime/asio.h"
#include "runtime/task_group.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ddm::net {

enum class after_reply {
  keep,    ///< waits for the next request
  close,   ///< closes the connection
  hang,    ///< neither answers nor closes any more
  tunnel,  ///< as the first reply of a proxy: from here on it speaks TLS
};

struct scripted_reply {
  std::string bytes;
  after_reply then = after_reply::keep;
  std::size_t piece_bytes = 0;  ///< sent so many at a time, with pauses; 0: at once
};
using connection_script = std::vector<scripted_reply>;

/// "HTTP/1.1 200 OK" with a Content-Length.
[[nodiscard]] std::string ok(std::string_view body, std::string_view more_headers = "");

class scripted_server {
 public:
  /// A connection whose script is at its end is closed. `tls` may be null and outlives the server.
  scripted_server(const asio::any_io_executor& executor, std::vector<connection_script> scripts,
                  asio::ssl::context* tls = nullptr);

  [[nodiscard]] url endpoint() const;
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  /// To be awaited before it is destroyed.
  [[nodiscard]] awaitable<void> stop();

 private:
  [[nodiscard]] awaitable<void> accept();
  [[nodiscard]] awaitable<void> serve(asio::ip::tcp::socket socket, connection_script script);
  template <class Stream>
  [[nodiscard]] awaitable<void> follow(Stream& stream, connection_script script);

  asio::ip::tcp::acceptor acceptor_;
  std::vector<connection_script> scripts_;
  asio::ssl::context* tls_;
  std::vector<std::string> requests_;
  std::size_t connections_ = 0;
  task_group tasks_;
};

}  // namespace ddm::net
