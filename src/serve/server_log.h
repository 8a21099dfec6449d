// What the server logs: at most one line a minute of each kind, as anybody may cause them.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ddm::serve {

class server_log {
 public:
  /// A warning; the line says how many of its kind were passed over since the one before. `event`
  /// is a constant.
  void warn(std::string_view event, std::string_view message, std::string_view client,
            wall_time now);

 private:
  struct kind {
    wall_time silent_until;
    std::uint64_t passed_over = 0;
  };
  std::map<std::string_view, kind> kinds_;
};

}  // namespace ddm::serve
