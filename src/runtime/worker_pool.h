// CPU-heavy page work beside the control thread.
#pragma once

#include "runtime/asio.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <optional>
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

  std::optional<asio::thread_pool> pool_;  ///< of a lane the other one's
  asio::any_io_executor executor_;         ///< empty: there is no thread
};

}  // namespace ddm
