// The addresses behind a host name.
//
// Problem: getaddrinfo cannot be cancelled and may take half a minute, a hundred connections may
// want the same name at once, and a name server that fails for a moment should not stop a run of
// days.
// Idea: one lookup at a time, whose state it shares with those who wait, so that a waiter may
// leave; its result serves for half a minute, and beyond that when a later lookup fails.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ddm::net {

class host_lookup {
 public:
  host_lookup(const asio::any_io_executor& executor, std::string host, std::uint16_t port);

  /// Those that worked last come first.
  [[nodiscard]] awaitable<result<std::vector<asio::ip::tcp::endpoint>>> addresses();
  /// Lookups that the resolver has not answered yet, of all names of the process.
  [[nodiscard]] static int running();
  /// No connection could be made: others are tried before it from now on.
  void move_to_back(const asio::ip::tcp::endpoint& dead);

 private:
  struct shared_state;
  static void start(const std::shared_ptr<shared_state>& state);
  std::shared_ptr<shared_state> state_;
};

}  // namespace ddm::net
