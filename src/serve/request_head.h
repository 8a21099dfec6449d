// What of a request's head the server looks at, as it came.
#pragma once

#include "base/secret.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::serve {

struct request_head {
  std::string method;
  std::string target;
  std::string host;  ///< empty: there was none
  std::optional<std::string> origin;
  secret authorization;
  secret cookie;  ///< all of them, "a=1; b=2"
  std::string accept;
  std::string content_type;
  std::string last_event_id;
  std::uint64_t body_bytes = 0;  ///< as announced
};

}  // namespace ddm::serve
