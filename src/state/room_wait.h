// Waiting for room on a full disk.
//
// Problem: a log that fills the disk for an hour must not end a run of weeks, and what could not be
// saved must neither be lost nor come after what is newer. Idea: the store's own thread tries again
// until there is room, so that a full disk is nothing but a slow one: all that is asked for later
// comes later. Reason: kept elsewhere, what is not saved yet would be missing to whoever reads the
// state meanwhile.
#pragma once

#include "base/error.h"

#include <condition_variable>
#include <mutex>
#include <string>

namespace ddm::state {

/// All but wait() and end() may be called on any thread.
class room_wait {
 public:
  /// Returns after a while: true, it is to be tried again; false, it may not wait.
  [[nodiscard]] bool wait(const error& why);
  /// Nothing waits any more.
  void end();
  void let_wait(bool wait);
  [[nodiscard]] std::string why() const;

 private:
  mutable std::mutex guard_;
  std::condition_variable changed_;
  bool may_wait_ = false;
  std::string why_;
};

}  // namespace ddm::state
