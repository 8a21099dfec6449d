// A bound on what goes on at once; who comes when all slots are taken waits, first come, first
// served.
#pragma once

#include "runtime/asio.h"
#include "runtime/signal.h"

#include <cstddef>
#include <deque>
#include <memory>

namespace ddm::net {

class slot_queue {
 public:
  struct release {
    void operator()(slot_queue* queue) const { queue->give_back(); }
  };
  /// Holds one slot until it is destroyed; must not outlive the queue.
  using slot = std::unique_ptr<slot_queue, release>;

  explicit slot_queue(std::size_t slots) : free_(slots) {}
  slot_queue(const slot_queue&) = delete;
  slot_queue& operator=(const slot_queue&) = delete;
  ~slot_queue() = default;

  [[nodiscard]] awaitable<slot> acquire();
  [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }

 private:
  /// Lives in the frame of acquire(); leaves the queue with it, however that ends.
  struct waiter {
    slot_queue& queue;
    signal wake;
    bool granted = false;
    explicit waiter(slot_queue& in);
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter();
  };

  void give_back();

  std::size_t free_;
  std::deque<waiter*> waiters_;
};

}  // namespace ddm::net
