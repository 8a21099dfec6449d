#include "serve/server_connection.h"

#include "runtime/deadline.h"
#include "serve/response_head.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

namespace ddm::serve {
namespace {

using asio::ip::tcp;
using steady = std::chrono::steady_clock;
using error_code = boost::system::error_code;

constexpr std::size_t read_bytes = 4096;
/// An answer may take as long as this allows, beside write_time: who takes a byte now and then does
/// not hold his connection for ever.
constexpr std::size_t slowest_bytes_a_second = 4096;
/// Up to here a body travels with its head.
constexpr std::size_t one_write_bytes = 64UZ * 1024;
/// What a client may send that nobody reads: behind his last request, and under an event stream.
constexpr std::size_t unread_bytes_max = 64UZ * 1024;
constexpr milliseconds close_time{1'000};

struct io_outcome {
  error_code failed;
  std::size_t bytes = 0;
};

awaitable<io_outcome> read_some(tcp::socket& socket, asio::mutable_buffer into) {
  const auto [failed, bytes] =
      co_await socket.async_read_some(into, asio::as_tuple(asio::use_awaitable));
  co_return io_outcome{failed, bytes};
}

awaitable<io_outcome> write_some(tcp::socket& socket, asio::const_buffer from) {
  const auto [failed, bytes] =
      co_await socket.async_write_some(from, asio::as_tuple(asio::use_awaitable));
  co_return io_outcome{failed, bytes};
}

/// An operation that its deadline has cancelled says so by its error.
bool is_late(const std::optional<io_outcome>& outcome) {
  return !outcome || outcome->failed == asio::error::operation_aborted;
}

milliseconds time_to(steady::time_point until) {
  return std::max(std::chrono::ceil<milliseconds>(until - steady::now()), milliseconds{0});
}

session_key random_key() {
  session_key key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return key;
}

response refusal_of(const request_parser& parser) {
  switch (parser.refusal()) {
    case 431:
      return plain_text(431, fmt::format("a head has at most {} bytes", request_head_bytes_max));
    case 411:
      return plain_text(411, "a body needs a Content-Length");
    default:
      return plain_text(400, "bad request: this is no HTTP/1.1");
  }
}

response too_many_streams() {
  auto refusal = plain_text(503, "too many clients follow the events");
  refusal.headers.add("Retry-After", "30");
  return refusal;
}

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

/// Counts for as long as it lives.
struct counted {
  explicit counted(std::size_t& in) : count(in) { ++count; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --count; }

  std::size_t& count;
};

}  // namespace

listen_address address_of(const tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return {.host = address.to_string(), .port = endpoint.port()};
}

server_connection::server_connection(tcp::socket socket, server_shared& shared)
    : socket_(std::move(socket)), shared_(shared) {
  error_code gone;  // a client that has left already: its address is of no use to anybody
  at_ = address_of(socket_.local_endpoint(gone));
  client_ = address_of(socket_.remote_endpoint(gone)).text();
}

awaitable<void> server_connection::run() {
  while (co_await exchange()) {
  }
  co_await close();
}

awaitable<server_connection::input> server_connection::fill(steady_time until) {
  std::array<char, read_bytes> bytes;
  const auto outcome =
      co_await with_deadline(time_to(until), read_some(socket_, asio::buffer(bytes)));
  if (is_late(outcome)) {
    co_return input::late;
  }
  input_.append(bytes.data(), outcome->bytes);
  ended_ = static_cast<bool>(outcome->failed);
  co_return ended_ ? input::ended : input::came;
}

awaitable<server_connection::input> server_connection::read_head(request_parser& parser,
                                                                 steady_time until) {
  auto last = input::came;
  while (last == input::came) {
    if (!input_.empty()) {
      input_.erase(0, parser.take(input_));
    }
    if (parser.complete() || parser.refusal() != 0) {
      break;
    }
    last = co_await fill(until);
  }
  co_return last;
}

awaitable<server_connection::input> server_connection::read_body(std::size_t bytes,
                                                                 steady_time until) {
  auto last = input::came;
  while (last == input::came && input_.size() < bytes) {
    last = co_await fill(until);
  }
  co_return last;
}

awaitable<bool> server_connection::exchange() {
  const auto& limits = shared_.limits;
  if (requests_ > 0 && input_.empty() &&
      co_await fill(steady::now() + limits.idle_time) != input::came) {
    co_return false;
  }
  const auto until = steady::now() + limits.head_time;
  ++requests_;
  request_parser parser;
  const auto last = co_await read_head(parser, until);
  const bool too_late = last == input::late && parser.begun();
  if (!parser.complete() && parser.refusal() == 0 && !too_late) {
    co_return false;  // nobody waits for an answer
  }
  co_await shared_.pace.acquire(1);
  if (parser.complete()) {
    co_return co_await answer_request(parser, until);
  }
  co_return co_await send(too_late ? plain_text(408, "the request did not come to its end in time")
                                   : refusal_of(parser),
                          false);
}

awaitable<bool> server_connection::answer_request(const request_parser& parser, steady_time until) {
  const auto& head = parser.head();
  const bool keep = parser.wants_more() && requests_ < shared_.limits.requests_max;
  const bool with_body = head.method != "HEAD";
  const auto made = shared_.guard.judge(head, at_, shared_.time.now());
  if (made.what == judgement::outcome::login) {
    co_return co_await log_in(head, until, keep);
  }
  if (made.what == judgement::outcome::refuse) {
    if (made.wrong_token) {
      co_await pause_for_wrong_token();
    }
    // A body that was refused is not read.
    co_return co_await send(made.refusal, keep && head.body_bytes == 0, with_body);
  }
  auto given = co_await ask_handler(made.asked);
  if (auto* const plain = std::get_if<response>(&given)) {
    if (made.only_status) {
      *plain = {.status = plain->status};
    }
    co_return co_await send(*plain, keep, with_body);
  }
  const auto events = std::get<event_stream>(std::move(given));
  if (!events || shared_.event_streams >= shared_.limits.event_streams_max) {
    co_return co_await send(too_many_streams(), keep, with_body);
  }
  co_await send_events(*events, with_body);
  co_return false;
}

awaitable<bool> server_connection::log_in(const request_head& head, steady_time until, bool keep) {
  const auto bytes = static_cast<std::size_t>(head.body_bytes);
  if (co_await read_body(bytes, until) != input::came) {
    co_return false;
  }
  auto form = input_.substr(0, bytes);
  auto behind = input_.substr(bytes);
  wipe(input_);
  input_ = std::move(behind);
  const auto outcome = shared_.guard.log_in(form, random_key(), shared_.time.now());
  wipe(form);
  if (outcome.wrong_token) {
    co_await pause_for_wrong_token();
  }
  co_return co_await send(outcome.answer, keep);
}

awaitable<void> server_connection::pause_for_wrong_token() {
  shared_.log.warn("http_wrong_token", "a client has sent a wrong token", client_,
                   shared_.time.now());
  asio::steady_timer pause(socket_.get_executor(), shared_.limits.pause_of_wrong_token);
  co_await pause.async_wait(asio::use_awaitable);
}

awaitable<answer> server_connection::ask_handler(const request& asked) {
  try {
    auto given = co_await with_deadline(shared_.limits.handler_time, shared_.handler(asked));
    if (given) {
      co_return std::move(*given);
    }
    shared_.log.warn("http_answer_late", "an answer was not ready in time", client_,
                     shared_.time.now());
    co_return plain_text(503, "the answer was not ready in time; ask again later");
  } catch (...) {
    const auto failure = std::current_exception();
    if (is_cancellation(failure)) {
      throw;
    }
    shared_.log.warn("http_answer_failed", text_of(failure), client_, shared_.time.now());
  }
  co_return plain_text(500, "this could not be answered; the log of the monitor says why");
}

awaitable<bool> server_connection::write(std::string_view bytes) {
  const auto& limits = shared_.limits;
  const auto until = steady::now() + limits.write_time +
                     std::chrono::seconds{bytes.size() / slowest_bytes_a_second};
  while (!bytes.empty() && !stuck_) {
    const auto outcome =
        co_await with_deadline(std::min(limits.write_time, time_to(until)),
                               write_some(socket_, asio::buffer(bytes.data(), bytes.size())));
    stuck_ = is_late(outcome) || outcome->failed;
    bytes.remove_prefix(stuck_ ? 0 : outcome->bytes);
  }
  co_return !stuck_;
}

awaitable<bool> server_connection::send(const response& what, bool keep, bool with_body) {
  auto head = response_head(what, what.body.size(), keep, shared_.time.now());
  const bool at_once = what.body.size() <= one_write_bytes;
  if (with_body && at_once) {
    head += what.body;
  }
  bool taken = co_await write(head);
  if (taken && with_body && !at_once) {
    taken = co_await write(what.body);
  }
  co_return taken&& keep;
}

awaitable<void> server_connection::send_events(event_subscription& events, bool with_body) {
  const counted one(shared_.event_streams);
  response stream{.content_type = "text/event-stream", .body = {}, .headers = {}};
  stream.headers.add("X-Accel-Buffering", "no");  // or nginx would hold the events back
  const auto head = response_head(stream, std::nullopt, false, shared_.time.now());
  if (!co_await write(head) || !with_body) {
    co_return;
  }
  // Both end together, before this frame does.
  task_group both(socket_.get_executor());
  both.spawn(forward(events, both));
  both.spawn(watch_for_end(both));
  co_await both.join();
}

awaitable<void> server_connection::forward(event_subscription& events, task_group& both) {
  for (bool taken = true; taken;) {
    const auto known = events.news().count();
    if (const auto next = events.take()) {
      taken = co_await write(*next);
      continue;
    }
    if (events.over()) {
      break;
    }
    co_await events.news().wait_until(known, steady::now() + shared_.limits.heartbeat);
    if (events.news().count() == known) {
      taken = co_await write(":\n\n");
    }
  }
  both.cancel();
}

awaitable<void> server_connection::watch_for_end(task_group& both) {
  std::array<char, read_bytes> unread;
  std::size_t seen = 0;
  while (seen < unread_bytes_max) {
    const auto outcome = co_await read_some(socket_, asio::buffer(unread));
    if (outcome.failed) {
      ended_ = outcome.failed != asio::error::operation_aborted;
      break;
    }
    seen += outcome.bytes;
  }
  both.cancel();
}

awaitable<void> server_connection::close() {
  error_code ignored;  // whatever state it is in, it is over
  if (stuck_) {
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    co_return;
  }
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  const auto until = steady::now() + close_time;
  std::size_t unread = 0;
  for (auto last = ended_ ? input::ended : input::came;
       last == input::came && unread < unread_bytes_max;) {
    input_.clear();
    last = co_await fill(until);
    unread += input_.size();
  }
}

}  // namespace ddm::serve
