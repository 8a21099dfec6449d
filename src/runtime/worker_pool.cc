#include "runtime/worker_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <future>

namespace ddm {

worker_pool::worker_pool(std::size_t threads) {
  if (threads > 0) {
    pool_.emplace(threads);
    executor_ = pool_->get_executor();
  }
}

worker_pool::worker_pool(lane_of shared) {
  if (shared.threads.executor_) {
    executor_ = asio::make_strand(shared.threads.executor_);
  }
}

worker_pool::~worker_pool() {
  if (pool_) {
    pool_->join();
  } else if (executor_) {
    std::promise<void> done;  // behind all that the lane still does
    asio::post(executor_, [&done] { done.set_value(); });
    done.get_future().wait();
  }
}

}  // namespace ddm
