// A flag that is up for as long as somebody is at it.
#pragma once

namespace ddm {

/// Up while it lives, however the coroutine ends.
class raised {
 public:
  explicit raised(bool& which) : which_(which) { which_ = true; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;
  ~raised() { which_ = false; }

 private:
  bool& which_;
};

}  // namespace ddm
