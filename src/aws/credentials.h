// Who we are to AWS, and where that comes from.
//
// Problem: credentials come from a dozen places, many of them short-lived, and a run of days needs
// them all the time; three profiles may be in use at once.
// Idea: a provider is asked before each request and answers with a shared snapshot, at once while
// that is good. When the service refuses it, renew() makes the next get() fetch anew.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"
#include "runtime/asio.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::aws {

struct credentials {
  std::string access_key_id;
  secret secret_access_key;
  secret session_token;              ///< empty for long-lived keys
  std::optional<wall_time> expires;  ///< nothing: not known to end
};

using shared_credentials = std::shared_ptr<const credentials>;

class credentials_provider {
 public:
  credentials_provider() = default;
  credentials_provider(const credentials_provider&) = delete;
  credentials_provider& operator=(const credentials_provider&) = delete;
  virtual ~credentials_provider() = default;

  /// Never null. Errors: `retry` (a source did not answer), `refresh_credentials` (a source
  /// refused: someone must log in again), `fatal` (wrong configuration). Cancellation throws.
  [[nodiscard]] virtual awaitable<result<shared_credentials>> get() = 0;
  /// The service refused what get() gave: the next get() asks the source again.
  virtual void renew() {}
  /// For people, without secrets: "profile source (~/.aws/credentials)".
  [[nodiscard]] virtual std::string describe() const = 0;
};

/// Given once, the same for ever: the environment, tests.
class static_credentials final : public credentials_provider {
 public:
  static_credentials(credentials always, std::string origin);
  [[nodiscard]] awaitable<result<shared_credentials>> get() override;
  [[nodiscard]] std::string describe() const override { return origin_; }

 private:
  shared_credentials always_;
  std::string origin_;
};

}  // namespace ddm::aws
