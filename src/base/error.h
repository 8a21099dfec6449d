// What the world can do to us, as values.
//
// Problem: a vendor's error codes are many, and a caller has only a handful of reactions.
// Idea: an error carries a class, which says what the caller should do; the vendor's code and text
// travel along for the operator, never for a decision.
// Reason: retry, refresh, "new iterator" and "gap" must be decided in one place each.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ddm {

enum class error_class {
  retry,                ///< transient: 5xx, socket, TLS, time-out, damaged body
  throttled,            ///< slow down, then again
  refresh_credentials,  ///< the credentials are no longer accepted: renew them, then again
  new_iterator,         ///< the shard iterator has expired
  trimmed,              ///< the data asked for has left the stream (24 h retention)
  not_found,            ///< the table, stream or shard does not exist
  access_denied,        ///< a permission is missing; the message names action and resource
  unknown_answer,       ///< a refusal that nobody documents (a key service's, a proxy's page)
  wrong_usage,          ///< only editing the command, its files or its variables mends it
  fatal,                ///< nothing that waiting could mend: a broken request, a full disk
  cancelled,            ///< the operation was given up on our own wish
};

[[nodiscard]] std::string_view to_string(error_class kind);

/// True for the classes that a repeated attempt may cure without any other action.
[[nodiscard]] constexpr bool is_retryable(error_class kind) {
  return kind == error_class::retry || kind == error_class::throttled;
}

/// True for what may be over after a while: whoever runs on pauses, and asks again without limit.
[[nodiscard]] constexpr bool mends_by_waiting(error_class kind) {
  return is_retryable(kind) || kind == error_class::refresh_credentials ||
         kind == error_class::unknown_answer;
}

struct [[nodiscard]] error {
  error_class kind = error_class::fatal;
  /// Vendor's name without prefix ("ResourceNotFoundException"), or our own ("Timeout"); may be
  /// empty.
  std::string code;
  /// For people: what was tried, on which resource, and what to do next. Never holds item values.
  std::string message;
  std::string request_id;
  int http_status = 0;
  /// The server's own wish (x-amz-retry-after), if it gave one.
  std::optional<std::chrono::milliseconds> retry_after;

  /// "ResourceNotFoundException: message (request id …)", on one line whatever a service wrote.
  [[nodiscard]] std::string describe() const;
  /// The same error with `context: ` put before the message.
  [[nodiscard]] error within(std::string_view context) &&;
};

template <class T>
using result = std::expected<T, error>;

[[nodiscard]] inline std::unexpected<error> fail(error e) { return std::unexpected(std::move(e)); }
[[nodiscard]] std::unexpected<error> fail(error_class kind, std::string message);
[[nodiscard]] std::unexpected<error> fatal(std::string message);
[[nodiscard]] std::unexpected<error> wrong_usage(std::string message);

/// Ends the process with a message: for broken invariants only, never for input.
[[noreturn]] void broken_invariant(std::string_view what);

}  // namespace ddm
