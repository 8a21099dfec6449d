#include "base/error.h"

#include "base/displayable.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace ddm {

std::string_view to_string(error_class kind) {
  switch (kind) {
    case error_class::retry:
      return "retry";
    case error_class::throttled:
      return "throttled";
    case error_class::refresh_credentials:
      return "refresh_credentials";
    case error_class::new_iterator:
      return "new_iterator";
    case error_class::trimmed:
      return "trimmed";
    case error_class::not_found:
      return "not_found";
    case error_class::access_denied:
      return "access_denied";
    case error_class::unknown_answer:
      return "unknown_answer";
    case error_class::wrong_usage:
      return "wrong_usage";
    case error_class::fatal:
      return "fatal";
    case error_class::cancelled:
      return "cancelled";
  }
  return "?";
}

std::string error::describe() const {
  std::string text = code.empty() ? message : fmt::format("{}: {}", code, message);
  if (!request_id.empty()) {
    text += fmt::format(" (request id {})", request_id);
  }
  return displayable(text);
}

error error::within(std::string_view context) && {
  message = fmt::format("{}: {}", context, message);
  return std::move(*this);
}

std::unexpected<error> fail(error_class kind, std::string message) {
  return std::unexpected(error{.kind = kind, .message = std::move(message)});
}

std::unexpected<error> fatal(std::string message) {
  return fail(error_class::fatal, std::move(message));
}

std::unexpected<error> wrong_usage(std::string message) {
  return fail(error_class::wrong_usage, std::move(message));
}

void broken_invariant(std::string_view what) {
  fmt::print(stderr, "internal error: {}. Please report this; the state file is safe.\n", what);
  std::abort();
}

}  // namespace ddm
