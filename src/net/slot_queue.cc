#include "net/slot_queue.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace ddm::net {

slot_queue::slot_queue(asio::any_io_executor executor, std::size_t slots)
    : executor_(std::move(executor)), free_(slots) {}

slot_queue::waiter::waiter(slot_queue& in)
    : queue(in), wake(in.executor_, asio::steady_timer::time_point::max()) {
  queue.waiters_.push_back(this);
}

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
  co_await self.wake.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!self.granted) {
    throw boost::system::system_error(asio::error::operation_aborted);
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
  next->wake.cancel();
}

}  // namespace ddm::net
