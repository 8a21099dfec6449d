#include "serve/login_sessions.h"

#include <fmt/format.h>

namespace ddm::serve {

std::string login_sessions::open(const session_key& key, wall_time now) {
  std::string value;
  for (const auto byte : key) {
    value += fmt::format("{:02x}", byte);
  }
  if (sessions_.size() == login_sessions_max) {
    sessions_.pop_front();
  }
  sessions_.push_back({.value = token_digest(value), .until = now + login_session_age_max});
  return value;
}

bool login_sessions::knows(std::string_view cookie_value, wall_time now) const {
  const token_digest given(cookie_value);
  bool known = false;
  for (const auto& each : sessions_) {
    // All of them: how long it takes does not tell which one was like it.
    known |= each.value.matches(given) && now < each.until;
  }
  return known;
}

}  // namespace ddm::serve
