#include "net/slot_queue.h"

namespace ddm::net {

slot_queue::waiter::waiter(slot_queue& in) : queue(in) { queue.waiters_.push_back(this); }

slot_queue::waiter::~waiter() {
  if (!granted) {
    std::erase(queue.waiters_, this);
  }
}

awaitable<slot_queue::slot> slot_queue::acquire() {
  if (free_ > 0) {
    --free_;
    co_return slot(this);
  }
  waiter self(*this);
  while (!self.granted) {
    co_await self.wake.wait();
  }
  co_return slot(this);
}

void slot_queue::give_back() {
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  auto* const next = waiters_.front();
  waiters_.pop_front();
  next->granted = true;
  next->wake.notify();
}

}  // namespace ddm::net
