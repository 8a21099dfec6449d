// Where credentials come from.
//
// Problem: credentials come from a dozen places, many of them short-lived, and a run of days needs
// them all the time; three profiles may be in use at once.
// Idea: two interfaces. A credentials_source fetches, each time anew, and knows nothing of time. A
// credentials_provider is asked before each request and answers with a shared snapshot, at once
// while that is good; refreshing_credentials makes the one out of the other.
// Reason: caching, early renewal and its failures are the same for all sources and stand once.
#pragma once

#include "aws/credentials.h"
#include "base/error.h"
#include "runtime/asio.h"

#include <string>

namespace ddm::aws {

/// A way to credentials: a profile's keys, a program, a role, a metadata service.
class credentials_source {
 public:
  credentials_source() = default;
  credentials_source(const credentials_source&) = delete;
  credentials_source& operator=(const credentials_source&) = delete;
  virtual ~credentials_source() = default;

  /// One attempt. Errors: `retry` or `throttled` (worth another at once), others are final until
  /// something changes outside. No message quotes what may be a secret. Cancellation throws.
  [[nodiscard]] virtual awaitable<result<credentials>> fetch() = 0;
  /// For people, without secrets: "role arn:… by profile target".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// What follows "ends at …, ".
  [[nodiscard]] virtual std::string renewal() const { return "renewed unattended before that"; }
  /// False: once they end somebody must give new ones.
  [[nodiscard]] virtual bool renews_itself() const { return true; }
};

class credentials_provider {
 public:
  credentials_provider() = default;
  credentials_provider(const credentials_provider&) = delete;
  credentials_provider& operator=(const credentials_provider&) = delete;
  virtual ~credentials_provider() = default;

  /// Never null. Errors: `retry` (a source did not answer), `refresh_credentials` (a source
  /// refused: someone must log in again), `fatal` (wrong configuration). Cancellation throws.
  [[nodiscard]] virtual awaitable<result<shared_credentials>> get() = 0;
  /// The service did not accept `refused`: unless others have taken its place meanwhile, the next
  /// get() asks the source again.
  virtual void renew(const shared_credentials& /*refused*/) {}
  /// For people, without secrets: "profile source (~/.aws/credentials)".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// What follows "ends at …, ".
  [[nodiscard]] virtual std::string renewal() const = 0;
  [[nodiscard]] virtual bool renews_itself() const = 0;
  /// Those that get() would give now without asking anybody; null: there are none.
  [[nodiscard]] virtual shared_credentials present() const = 0;
};

/// Given once, the same for ever: the environment, tests.
class static_credentials final : public credentials_provider {
 public:
  static_credentials(credentials always, std::string origin);
  [[nodiscard]] awaitable<result<shared_credentials>> get() override;
  [[nodiscard]] std::string describe() const override { return origin_; }
  [[nodiscard]] std::string renewal() const override { return "cannot be renewed unattended"; }
  [[nodiscard]] bool renews_itself() const override { return false; }
  [[nodiscard]] shared_credentials present() const override { return always_; }

 private:
  shared_credentials always_;
  std::string origin_;
};

/// "ends 2026-01-31T23:59:58Z, renewed unattended before that", "no known end".
[[nodiscard]] std::string describe_lifetime(const credentials& present,
                                            const credentials_provider& of);

}  // namespace ddm::aws
