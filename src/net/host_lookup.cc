#include "net/host_lookup.h"

#include "runtime/signal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ddm::net {
namespace {

using asio::ip::tcp;
using steady_time = std::chrono::steady_clock::time_point;
constexpr std::chrono::seconds fresh_for{30};
/// All are started and ended on the one control thread.
int lookups_running = 0;

}  // namespace

struct host_lookup::shared_state {
  shared_state(const asio::any_io_executor& executor, std::string name, std::uint16_t number)
      : host(std::move(name)), port(number), resolver(executor) {}

  std::string host;
  std::uint16_t port;
  tcp::resolver resolver;
  signal ended;  ///< the running lookup has
  bool running = false;
  std::vector<tcp::endpoint> known;
  steady_time fresh_until{};
  boost::system::error_code failure;
};

host_lookup::host_lookup(const asio::any_io_executor& executor, std::string host,
                         std::uint16_t port)
    : state_(std::make_shared<shared_state>(executor, std::move(host), port)) {
  boost::system::error_code ec;
  const auto literal = asio::ip::make_address(state_->host, ec);
  if (!ec) {
    state_->known = {tcp::endpoint(literal, port)};
    state_->fresh_until = steady_time::max();
  }
}

int host_lookup::running() { return lookups_running; }

void host_lookup::start(const std::shared_ptr<shared_state>& state) {
  state->running = true;
  ++lookups_running;
  state->resolver.async_resolve(
      state->host, std::to_string(state->port), tcp::resolver::numeric_service,
      [state](const boost::system::error_code& ec, const tcp::resolver::results_type& found) {
        state->running = false;
        --lookups_running;
        state->failure = ec;
        if (!ec && !found.empty()) {
          state->known.assign(found.begin(), found.end());
          state->fresh_until = std::chrono::steady_clock::now() + fresh_for;
        }
        state->ended.notify();
      });
}

awaitable<result<std::vector<tcp::endpoint>>> host_lookup::addresses() {
  const auto state = state_;  // a lookup outlives this object if the client goes away meanwhile
  if (std::chrono::steady_clock::now() >= state->fresh_until) {
    if (!state->running) {
      start(state);
    }
    co_await state->ended.wait();
  }
  if (state->known.empty()) {
    co_return fail(
        {.kind = error_class::retry,
         .code = "UnknownHost",
         .message = fmt::format("the name {} could not be looked up: {}", state->host,
                                state->failure ? state->failure.message() : "it has no address")});
  }
  co_return state->known;
}

void host_lookup::move_to_back(const tcp::endpoint& dead) {
  auto& known = state_->known;
  const auto at = std::ranges::find(known, dead);
  if (at != known.end()) {
    std::rotate(at, at + 1, known.end());
  }
}

}  // namespace ddm::net
