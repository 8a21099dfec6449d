// A server on a port of loopback, and clients that send it raw bytes.
#pragma once

#include "net/run.h"
#include "runtime/clock.h"
#include "serve/http_server.h"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::serve {

struct raw_answer {
  int status = 0;  ///< 0: the connection ended before the answer did
  std::string head;
  std::string body;
};

class raw_client {
 public:
  explicit raw_client(const asio::any_io_executor& executor) : socket_(executor) {}

  /// False: refused, or no descriptor was free. `receive_bytes`: the kernel's buffer, if not 0.
  [[nodiscard]] awaitable<bool> connect(const http_server& server, int receive_bytes = 0);
  [[nodiscard]] awaitable<void> send(std::string bytes);
  /// A GET of that path, with the Host that is right and the headers given.
  [[nodiscard]] awaitable<void> get(std::string path, std::string headers = "");
  /// The next answer; `of_head`: without its body.
  [[nodiscard]] awaitable<raw_answer> answer(bool of_head = false);
  [[nodiscard]] awaitable<raw_answer> ask(std::string path, std::string headers = "");
  /// Reads until what has come and was not taken yet holds that text. False: the connection ended.
  [[nodiscard]] awaitable<bool> read_until(std::string text);
  /// Reads and forgets until the connection ends; nothing when it does not end within that time.
  [[nodiscard]] awaitable<bool> ends_within(milliseconds limit);
  void close() { socket_.close(); }

  std::string input;  ///< received, not yet taken

 private:
  [[nodiscard]] awaitable<bool> fill();

  asio::ip::tcp::socket socket_;
  std::string host_;
};

/// A handler of the given function; no capture of its own lives in a coroutine.
[[nodiscard]] request_handler handler_of(std::function<answer(const request&)> make);
/// "GET /a/b?x=1" as text, of every request.
[[nodiscard]] answer echo(const request& asked);

[[nodiscard]] http_server_options local_options();
inline constexpr std::string_view test_token = "0123456789abcdef-right";
[[nodiscard]] http_server_options options_with_token();

/// Opens the server, lets `body` work with it, and ends it. The whole takes a minute at most.
void with_server(const http_server_options& options, request_handler handler,
                 awaitable<void> (*body)(http_server&));

/// A feed, and a handler that echoes "/", answers a path of one segment with the feed's events, and
/// any longer one after a minute.
struct followed {
  std::unique_ptr<event_feed> feed = std::make_unique<event_feed>();

  [[nodiscard]] awaitable<answer> reply(const request& asked);
};
void with_feed(const http_server_options& options,
               awaitable<void> (*body)(http_server&, followed&));

[[nodiscard]] awaitable<void> sleep(milliseconds duration);

}  // namespace ddm::serve
