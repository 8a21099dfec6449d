// Who has logged in: browsers, which cannot send a token with each request.
//
// Kept in memory alone: after a restart everybody logs in anew. At most 64, the oldest gives way;
// each for 12 hours.
#pragma once

#include "base/time.h"
#include "serve/token_digest.h"

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace ddm::serve {

inline constexpr std::size_t login_sessions_max = 64;
inline constexpr std::chrono::hours login_session_age_max{12};

/// 256 random bits.
using session_key = std::array<unsigned char, 32>;

class login_sessions {
 public:
  /// The value that its cookie has: 64 hexadecimal digits.
  [[nodiscard]] std::string open(const session_key& key, wall_time now);
  [[nodiscard]] bool knows(std::string_view cookie_value, wall_time now) const;

 private:
  struct session {
    token_digest value;
    wall_time until;
  };
  std::deque<session> sessions_;  ///< the oldest first
};

}  // namespace ddm::serve
