// Virtual time: days of waiting pass in milliseconds, and the same way each run.
//
// Problem: a monitor waits most of its life; its schedule decides which races happen.
// Idea: everything runs on one io_context; when nothing is ready, time jumps to the earliest
// sleeper. Sleepers that are due at the same time wake in the order in which they lay down.
// Reason: no real time enters, so a run depends on its seed alone and may be replayed.
//
// Nothing may wait for a socket or another thread here: the clock would jump ahead of it.
#pragma once

#include "runtime/clock.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ddm::support {

class simulated_clock final : public clock {
 public:
  /// A run that passes a bound throws std::runtime_error: it would never have ended.
  struct limits {
    milliseconds virtual_time_max = std::chrono::days{60};
    std::uint64_t steps_max = 500'000'000;  ///< handlers run
  };

  simulated_clock();
  explicit simulated_clock(wall_time start);
  simulated_clock(wall_time start, limits bounds);

  [[nodiscard]] wall_time now() const override { return now_; }
  [[nodiscard]] awaitable<void> sleep_until(wall_time time) override;
  [[nodiscard]] awaitable<bool> doze(asio::steady_timer& timer, wall_time until) override;

  /// What coroutines under this clock are spawned on. Coroutines left over are destroyed with it.
  [[nodiscard]] asio::io_context& context() { return context_; }
  [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

  /// Runs `task` to its end, and everything else meanwhile. Its exception comes out. Throws
  /// std::runtime_error when nothing is ready and nobody sleeps: the task would wait for ever.
  template <class T>
  T run(awaitable<T> task) {
    auto end = std::make_shared<outcome<T>>();
    asio::co_spawn(context_, std::move(task), [end](std::exception_ptr failure, auto... value) {
      end->failure = std::move(failure);
      if constexpr (!std::is_void_v<T>) {
        (end->value.emplace(std::move(value)), ...);
      }
      end->reached = true;
    });
    run_until([&end] { return end->reached; });
    if (end->failure) {
      std::rethrow_exception(end->failure);
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*end->value);
    }
  }

  /// Runs until `done()`, which is asked after each handler; throws as run() does.
  void run_until(const std::function<bool()>& done);
  /// Runs everything that happens up to and including `time`; it is `time` then.
  void run_until(wall_time time);
  void run_for(milliseconds duration) { run_until(now_ + duration); }
  /// Time passes and nothing runs: the machine sleeps. Who was to wake meanwhile wakes late.
  void jump(milliseconds duration);
  /// Runs what is ready, without passing time.
  void settle() { run_until(now_); }

  [[nodiscard]] std::size_t sleepers() const { return sleepers_.size(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  struct sleeper;
  template <class T>
  struct outcome {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    std::exception_ptr failure;
    bool reached = false;
  };

  bool step();
  bool wake_earliest(wall_time latest);

  limits limits_;
  wall_time start_;
  wall_time now_;
  std::uint64_t steps_ = 0;
  std::multimap<wall_time, sleeper*> sleepers_;  // equal times keep the order of arrival
  asio::io_context context_;                     // last: its coroutines unregister as sleepers
};

}  // namespace ddm::support
