#include "runtime/worker_pool.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <future>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

namespace ddm {

/// Threads that work for one loop, whose number can change.
class worker_pool::thread_group {
 public:
  explicit thread_group(std::size_t threads) {
    try {
      for (std::size_t i = 0; i < threads; ++i) {
        add();
      }
    } catch (...) {
      join();
      throw;
    }
  }
  thread_group(const thread_group&) = delete;
  thread_group& operator=(const thread_group&) = delete;
  ~thread_group() { join(); }

  [[nodiscard]] asio::io_context& loop() { return loop_; }

  void add() {
    const std::lock_guard lock(guard_);
    threads_.remove_if([](one& each) {
      if (each.has_left) {
        each.handle.join();
      }
      return each.has_left;
    });
    auto& made = threads_.emplace_back();
    try {
      made.handle = std::thread([this, &made] { work(made); });
    } catch (...) {
      threads_.pop_back();
      throw;
    }
  }
  /// One of them leaves when it has nothing to do.
  void dismiss_one() {
    {
      const std::lock_guard lock(guard_);
      ++too_many_;
    }
    asio::post(loop_, [] {});  // wakes one that waits
  }

 private:
  struct one {
    std::thread handle;
    bool has_left = false;
  };

  void join() {
    to_come_.reset();
    for (auto& each : threads_) {
      each.handle.join();
    }
  }

  void work(one& self) {
    while (loop_.run_one() > 0) {
      const std::lock_guard lock(guard_);
      if (too_many_ > 0) {
        --too_many_;
        self.has_left = true;
        return;
      }
    }
  }

  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> to_come_{loop_.get_executor()};
  std::mutex guard_;
  std::list<one> threads_;
  std::size_t too_many_ = 0;
};

worker_pool::worker_pool(std::size_t threads) {
  if (threads > 0) {
    threads_ = std::make_unique<thread_group>(threads);
    executor_ = threads_->loop().get_executor();
  }
}

worker_pool::worker_pool(lane_of shared) {
  if (shared.threads.executor_) {
    executor_ = asio::make_strand(shared.threads.executor_);
  }
}

worker_pool::~worker_pool() {
  if (!threads_ && executor_) {
    std::promise<void> done;  // behind all that the lane still does
    asio::post(executor_, [&done] { done.set_value(); });
    done.get_future().wait();
  }
}

worker_pool::stand_in::stand_in(worker_pool& threads) : added_to_(threads.threads_.get()) {
  try {
    if (added_to_ != nullptr) {
      added_to_->add();
    }
  } catch (const std::system_error&) {
    added_to_ = nullptr;
  }
}

worker_pool::stand_in::~stand_in() {
  if (added_to_ != nullptr) {
    added_to_->dismiss_one();
  }
}

}  // namespace ddm
