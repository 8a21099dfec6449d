// What a connection makes of the bytes that come to it, over a real socket: of several answers in a
// row, in pieces, behind a proxy's consent, before anybody asked, without an end.
//
// The first byte of the input chooses: bit 0, a proxy is asked for a tunnel first; bit 1, the bytes
// are taken for TLS; bit 2, the last piece is sent again and again. The rest is what the other side
// sends: turns, one for each request, parted by 0x1E; in a turn, pieces parted by 0x1D; and what
// stands before a 0x1C is sent before the request. So "\0unasked\x1cHTTP/1.1 200 OK\r\n…" must be
// dropped, and "\0A\x1eB" answer twice, if A leaves the connection fit for that.
//
// Held against the parser, which is given each turn whole: an answer is what came after its request
// and nothing else. And against a bound on memory, whatever comes.
#include "fuzz_target.h"
#include "net/answer_parser.h"
#include "net/connection.h"
#include "runtime/asio.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <linux/sockios.h>
#include <malloc.h>
#include <memory>
#include <netinet/tcp.h>
#include <new>
#include <ranges>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vector>

namespace {

std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

[[maybe_unused]] void* counted(std::size_t size) {
  auto* block = std::malloc(std::max<std::size_t>(size, 1));
  if (block == nullptr) {
    std::abort();
  }
  live_bytes += malloc_usable_size(block);
  peak_bytes = std::max(peak_bytes, live_bytes);
  return block;
}

[[maybe_unused]] void discount(void* block) {
  if (block != nullptr) {
    live_bytes -= malloc_usable_size(block);
    std::free(block);
  }
}

}  // namespace

// ThreadSanitizer has its own, which cannot be replaced: there the bound is not looked at.
#if !__has_feature(thread_sanitizer)
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return counted(size);
}
void operator delete(void* block) noexcept { discount(block); }
void operator delete[](void* block) noexcept { discount(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { discount(block); }
void operator delete[](void* block, std::size_t /*size*/) noexcept { discount(block); }
#endif

namespace ddm::fuzz {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t body_bytes_max = std::size_t{16} * 1024;
/// A body that grows has its old and its new buffer; a head of 32 KiB, the input and the coroutines
/// come to it.
constexpr std::size_t memory_max = std::size_t{384} * 1024;
constexpr std::size_t block_bytes = std::size_t{8} * 1024;
constexpr std::size_t endless_bytes = std::size_t{512} * 1024;
/// Longer than that, a head may be refused by how it is cut into pieces.
constexpr std::size_t turn_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t turns_max = 6;
constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

struct turn {
  std::string unasked;
  std::vector<std::string> pieces;
  std::string whole;
};

struct plan {
  bool tunnel = false;
  bool tls = false;
  bool endless = false;
  std::vector<turn> turns;
};

std::vector<std::string> parts(std::string_view text, char separator) {
  std::vector<std::string> found;
  for (const auto part : std::views::split(text, separator)) {
    found.emplace_back(part.begin(), part.end());
  }
  if (found.empty()) {
    found.emplace_back();  // of nothing views::split makes no part
  }
  return found;
}

plan parse(std::string_view input) {
  plan made;
  if (input.empty()) {
    return made;
  }
  const auto flags = static_cast<unsigned char>(input.front());
  made.tunnel = (flags & 1U) != 0;
  made.tls = (flags & 2U) != 0;
  made.endless = (flags & 4U) != 0;
  for (auto& text : parts(input.substr(1), '\x1e')) {
    turn next;
    if (const auto end = text.find('\x1c'); end != std::string::npos) {
      next.unasked = text.substr(0, end);
      text.erase(0, end + 1);
    }
    next.pieces = parts(text, '\x1d');
    for (const auto& piece : next.pieces) {
      next.whole += piece;
    }
    made.turns.push_back(std::move(next));
    if (made.turns.size() == turns_max) {
      break;
    }
  }
  return made;
}

/// What a turn says.
struct meaning {
  net::http_response answer;
  bool whole = false;      ///< and it does not depend on what follows
  bool needs_end = false;  ///< the answer is over only when the other side closes
  bool reusable = false;
};

/// `limit`: of the body. Interim answers go before the real one.
meaning meaning_of(std::string_view text, std::size_t limit, bool head_only) {
  for (;;) {
    meaning found;
    net::answer_parser parser(found.answer, limit);
    parser.eager(!head_only);
    error_code ec;
    while (!ec && !text.empty() && !(head_only ? parser.is_header_done() : parser.is_done()) &&
           text.size() >= parser.bytes_wanted()) {
      text.remove_prefix(parser.put(asio::buffer(text), ec));
    }
    if (ec && ec != boost::beast::http::error::need_more) {
      return found;
    }
    if (found.answer.status / 100 == 1 && parser.is_header_done() && !head_only) {
      continue;
    }
    found.whole = head_only ? parser.is_header_done() : parser.is_done();
    found.reusable = found.whole && parser.keep_alive() && text.empty();
    if (!found.whole && parser.is_header_done() && parser.need_eof()) {
      found.needs_end = true;
      found.whole = true;
    }
    return found;
  }
}

/// The other side.
struct server {
  tcp::socket socket;
  std::size_t turns_said = 0;
};

/// The descriptor of the client's end, which the connection keeps to itself.
int client_of(const tcp::socket& socket) {
  error_code ec;
  const auto wanted = socket.remote_endpoint(ec);
  for (int each = 3; each < 64 && !ec; ++each) {
    tcp::endpoint local;
    auto size = static_cast<socklen_t>(local.capacity());
    if (getsockname(each, local.data(), &size) == 0 && local == wanted) {
      return each;
    }
  }
  return -1;
}

/// Waits until all that was written has reached the other end of the loopback, as its
/// acknowledgement tells, which is asked for at once.
void flush(tcp::socket& socket) {
  const int client = client_of(socket);
  int unacknowledged = client < 0 ? 0 : 1;
  for (int i = 0; i < 10'000 && unacknowledged > 0; ++i) {
    const int at_once = 1;
    setsockopt(client, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
    if (ioctl(socket.native_handle(), SIOCOUTQ, &unacknowledged) != 0) {
      return;
    }
  }
}

/// Answers each request with its turn, and closes where the client would wait for more.
awaitable<void> serve(tcp::acceptor& acceptor, server& self, const plan& chosen) {
  auto& socket = self.socket;
  socket = co_await acceptor.async_accept(asio::use_awaitable);
  socket.set_option(tcp::socket::linger(true, 0));  // no port is kept waiting after a run
  error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  std::string asked;
  for (std::size_t at = 0; at < chosen.turns.size(); ++at) {
    while (!asked.contains("\r\n\r\n")) {
      char bytes[512];
      const auto got = co_await socket.async_read_some(asio::buffer(bytes), token);
      if (ec) {
        co_return;
      }
      asked.append(bytes, got);
      // What starts TLS has no such end: it is answered as it is.
      if (chosen.tls && !asked.starts_with("CONNECT")) {
        break;
      }
    }
    asked.clear();
    const auto& turn = chosen.turns[at];
    for (const auto& piece : turn.pieces) {
      co_await asio::async_write(socket, asio::buffer(piece), token);
      if (ec) {
        co_return;  // the client has closed
      }
      co_await asio::post(asio::use_awaitable);
    }
    const bool is_consent = chosen.tunnel && at == 0;
    const auto said = meaning_of(turn.whole, body_bytes_max, is_consent);
    const bool is_last = at + 1 == chosen.turns.size();
    std::string again;
    while (chosen.endless && is_last && !turn.pieces.back().empty() && again.size() < block_bytes) {
      again += turn.pieces.back();
    }
    for (std::size_t sent = 0; !again.empty() && sent < endless_bytes && !ec;) {
      sent += co_await asio::async_write(socket, asio::buffer(again), token);
    }
    if (ec) {
      co_return;
    }
    flush(socket);
    self.turns_said = at + 1;
    if (chosen.tls || chosen.endless || !said.whole || said.needs_end) {
      break;
    }
  }
  socket.shutdown(tcp::socket::shutdown_send, ec);
  for (char rest[512]; !ec;) {
    co_await socket.async_read_some(asio::buffer(rest), token);
  }
}

void compare(const result<net::http_response>& got, const turn& said, const meaning& wanted) {
  require(!got || said.unasked.empty(), "what nobody asked for is no answer");
  if (!said.unasked.empty() || said.whole.size() > turn_bytes_max) {
    return;
  }
  require(got.has_value() == wanted.whole, "an answer is what the parser finds in its turn");
  require(!got || (got->status == wanted.answer.status &&
                   got->headers.text() == wanted.answer.headers.text() &&
                   got->body.view() == wanted.answer.body.view()),
          "an answer says what its turn says");
}

net::tls_context& tls() {
  static const auto context = net::tls_context::create("");
  require(context.has_value(), "there is a TLS context");
  return **context;
}

awaitable<void> ask(tcp::endpoint address, server& other, const plan& chosen) {
  net::connection connection(co_await asio::this_coro::executor, "peer:1");
  require((co_await connection.connect(address)).has_value(), "the loopback connects");
  while (!other.socket.is_open()) {
    co_await asio::post(asio::use_awaitable);
  }
  std::size_t at = 0;
  if (chosen.tunnel) {
    const auto opened = co_await connection.open_tunnel("target:443", secret{});
    const auto said = meaning_of(chosen.turns[0].whole, body_bytes_max, true);
    require(!opened || (said.whole && said.answer.status / 100 == 2), "consent is a status of 2xx");
    if (!opened) {
      co_return;
    }
    ++at;
  }
  if (chosen.tls) {
    require(!(co_await connection.start_tls(tls(), "localhost")).has_value(),
            "nobody here has a certificate");
    co_return;
  }
  for (bool fit = true; at < chosen.turns.size(); ++at) {
    error_code ec;
    asio::write(other.socket, asio::buffer(chosen.turns[at].unasked), ec);
    flush(other.socket);
    const auto got = co_await connection.exchange(request, body_bytes_max);
    require(!got || got->body.size() <= body_bytes_max, "a body stays within its limit");
    if (!chosen.endless && !chosen.tunnel) {
      const auto wanted = meaning_of(chosen.turns[at].whole, body_bytes_max, false);
      require(!got || fit, "what came behind an answer is none to the next request");
      if (fit) {
        compare(got, chosen.turns[at], wanted);
      }
      fit = wanted.reusable;
    }
    if (!got || !connection.keep_alive()) {
      co_return;
    }
    while (!chosen.endless && other.turns_said <= at) {
      co_await asio::post(asio::use_awaitable);
    }
  }
}

void rethrow(const std::exception_ptr& failure) {
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// One pair of sockets for each run; the acceptor is there once.
struct loopback {
  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

}  // namespace

void fuzz_one(std::string_view input) {
  const auto chosen = parse(input);
  if (chosen.turns.empty()) {
    return;
  }
  static loopback net;
  if (chosen.tls) {
    (void)tls();
  }
  net.context.restart();
  server other{.socket = tcp::socket(net.context)};
  const auto before = live_bytes;
  peak_bytes = live_bytes;
  asio::co_spawn(net.context, serve(net.acceptor, other, chosen), rethrow);
  asio::co_spawn(net.context, ask(net.acceptor.local_endpoint(), other, chosen), rethrow);
  net.context.run();
  require(peak_bytes - before <= memory_max, "memory stays within its bound");
}

}  // namespace ddm::fuzz
