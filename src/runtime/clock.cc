#include "runtime/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <ctime>

namespace ddm {
namespace {

constexpr milliseconds longest_step{60'000};

milliseconds since_boot() {
  timespec spec{};
  ::clock_gettime(CLOCK_BOOTTIME, &spec);
  return std::chrono::duration_cast<milliseconds>(std::chrono::seconds{spec.tv_sec} +
                                                  std::chrono::nanoseconds{spec.tv_nsec});
}

}  // namespace

awaitable<void> clock::sleep_for(milliseconds duration) { return sleep_until(now() + duration); }

system_clock::system_clock()
    : boot_to_wall_(
          std::chrono::floor<milliseconds>(std::chrono::system_clock::now()).time_since_epoch() -
          since_boot()) {}

wall_time system_clock::now() const { return wall_time{since_boot() + boot_to_wall_}; }

awaitable<void> system_clock::sleep_until(wall_time time) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  do {
    if (!co_await doze(timer, time)) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  } while (now() < time);
}

awaitable<bool> system_clock::doze(asio::steady_timer& timer, wall_time until) {
  // In steps: the timer stands still while the machine is suspended, our time does not.
  timer.expires_after(std::clamp<milliseconds>(until - now(), milliseconds{0}, longest_step));
  const auto [failed] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !failed;
}

}  // namespace ddm
