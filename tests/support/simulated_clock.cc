#include "support/simulated_clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace ddm::support {

/// Lives in the frame of the sleeping coroutine. Its timer never expires: it is cancelled, either
/// by the clock (which sets `woken` first), by who holds it, or by the cancellation of the task.
struct simulated_clock::sleeper {
  sleeper(simulated_clock& owner_clock, asio::steady_timer& wakes, wall_time time)
      : owner(owner_clock), timer(wakes), place(owner_clock.sleepers_.emplace(time, this)) {}
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;
  ~sleeper() {
    if (!woken) {
      owner.sleepers_.erase(place);
    }
  }

  simulated_clock& owner;
  asio::steady_timer& timer;
  std::multimap<wall_time, sleeper*>::iterator place;
  bool woken = false;
};

simulated_clock::simulated_clock() : simulated_clock(from_ms(1'767'225'600'000)) {}  // 2026-01-01

simulated_clock::simulated_clock(wall_time start) : simulated_clock(start, limits{}) {}

simulated_clock::simulated_clock(wall_time start, limits bounds)
    : limits_(bounds), start_(start), now_(start), context_(1) {}

awaitable<void> simulated_clock::sleep_until(wall_time time) {
  if (time <= now_) {
    co_await asio::post(context_, asio::use_awaitable);
    co_return;
  }
  asio::steady_timer timer(context_);
  if (!co_await doze(timer, time)) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

awaitable<bool> simulated_clock::doze(asio::steady_timer& timer, wall_time until) {
  timer.expires_at(asio::steady_timer::time_point::max());
  sleeper self(*this, timer, until);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return self.woken;
}

void simulated_clock::run_until(const std::function<bool()>& done) {
  while (!done()) {
    if (!step() && !wake_earliest(wall_time::max())) {
      throw std::runtime_error("the simulation is stuck: nothing is ready and nobody sleeps");
    }
  }
}

void simulated_clock::run_until(wall_time time) {
  while (step() || wake_earliest(time)) {
  }
  now_ = std::max(now_, time);
}

void simulated_clock::jump(milliseconds duration) {
  now_ += duration;
  // In line before whatever is begun later.
  while (wake_earliest(now_)) {
  }
}

bool simulated_clock::step() {
  context_.restart();
  if (context_.poll_one() == 0) {
    return false;
  }
  if (++steps_ > limits_.steps_max) {
    throw std::runtime_error(
        fmt::format("the simulation ran {} steps up to {}: does something poll without sleeping?",
                    limits_.steps_max, format_rfc3339(now_)));
  }
  return true;
}

bool simulated_clock::wake_earliest(wall_time latest) {
  if (sleepers_.empty() || sleepers_.begin()->first > latest) {
    return false;
  }
  const auto due = sleepers_.begin()->first;
  now_ = std::max(now_, due);  // later after a jump
  if (now_ - start_ > limits_.virtual_time_max) {
    throw std::runtime_error(
        fmt::format("the simulation passed its bound of virtual time at {}", format_rfc3339(now_)));
  }
  while (!sleepers_.empty() && sleepers_.begin()->first == due) {
    sleeper& woken = *sleepers_.begin()->second;
    sleepers_.erase(sleepers_.begin());
    woken.woken = true;
    woken.timer.cancel();
  }
  return true;
}

}  // namespace ddm::support
