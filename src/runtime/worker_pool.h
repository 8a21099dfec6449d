// CPU-heavy page work beside the control thread.
#pragma once

#include "runtime/asio.h"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace ddm {

class worker_pool {
 public:
  /// With 0 threads the work runs inline, where it is asked for: simulations stay deterministic.
  explicit worker_pool(std::size_t threads);
  /// A lane of another pool, which outlives it: its work is done by those threads, one piece after
  /// the other in the order in which it was asked for, beside that of other lanes.
  struct lane_of {
    worker_pool& threads;
  };
  explicit worker_pool(lane_of shared);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  /// What is being done is done to its end.
  ~worker_pool();

  class thread_group;

  /// For work that waits for long, such as for room on a disk: while it lives, one thread more does
  /// what else there is to do, and work of other lanes is not held up.
  class stand_in {
   public:
    /// On a thread of `threads`, which is no lane and outlives it. Where the system gives no thread
    /// it is none.
    explicit stand_in(worker_pool& threads);
    stand_in(const stand_in&) = delete;
    stand_in& operator=(const stand_in&) = delete;
    ~stand_in();

   private:
    thread_group* added_to_;
  };

  /// Runs `work()` on the pool and resumes the caller on its own executor. `work` may refer to the
  /// caller's locals: the caller waits even when it has been cancelled. Exceptions come through.
  template <class Work>
  [[nodiscard]] awaitable<std::invoke_result_t<Work>> run(Work work) {
    if (!executor_) {
      co_return work();
    }
    co_return co_await asio::co_spawn(
        executor_, as_coroutine(std::move(work)),
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  }

 private:
  template <class Work>
  static awaitable<std::invoke_result_t<Work>> as_coroutine(Work work) {
    co_return work();
  }

  std::unique_ptr<thread_group> threads_;  ///< null: a lane, or there is no thread
  asio::any_io_executor executor_;         ///< empty: there is no thread
};

}  // namespace ddm
