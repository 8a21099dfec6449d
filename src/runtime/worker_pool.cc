#include "runtime/worker_pool.h"

namespace ddm {

worker_pool::worker_pool(std::size_t threads) {
  if (threads > 0) {
    pool_.emplace(threads);
  }
}

worker_pool::~worker_pool() {
  if (pool_) {
    pool_->join();
  }
}

}  // namespace ddm
