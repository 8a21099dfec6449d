#include "state/room_wait.h"

#include <chrono>
#include <utility>

namespace ddm::state {
namespace {

constexpr std::chrono::seconds pause{2};

}  // namespace

bool room_wait::wait(const error& why) {
  std::unique_lock lock(guard_);
  if (may_wait_) {
    why_ = why.message;
    changed_.wait_for(lock, pause, [this] { return !may_wait_; });
  }
  return may_wait_;
}

void room_wait::end() {
  const std::lock_guard lock(guard_);
  why_.clear();
}

void room_wait::let_wait(bool wait) {
  {
    const std::lock_guard lock(guard_);
    may_wait_ = wait;
  }
  changed_.notify_all();
}

std::string room_wait::why() const {
  const std::lock_guard lock(guard_);
  return why_;
}

}  // namespace ddm::state
