// AWS's "standard" retry mode, as of 2026, as a pure decision; the loop itself is in
// aws/service_client. Constants: ../docs of the SDK reference guide, summarised in
// docs/architecture.md ("Errors").
#pragma once

#include "base/error.h"
#include "runtime/clock.h"

#include <optional>

namespace ddm {

struct retry_limits {
  int attempts_max = 4;
  milliseconds transient_base{25};
  milliseconds throttled_base{1000};
  milliseconds delay_max{20'000};
};

/// Tokens shared by all calls of one client: an outage must not multiply the load.
/// An empty bucket means "pause this work", never "fail it": the caller sees the last error.
class retry_bucket {
 public:
  static constexpr int capacity = 500;
  static constexpr int transient_cost = 14;
  static constexpr int throttled_cost = 5;

  /// Takes the price of one retry; false, and nothing taken, when there is not enough.
  [[nodiscard]] bool take(error_class kind);
  /// A call that succeeded at once earns 1; one that was retried gets its last price back.
  void refund_first_try();
  void refund_retry(error_class kind);
  [[nodiscard]] int tokens() const { return tokens_; }

 private:
  int tokens_ = capacity;
};

/// How long to wait before attempt `attempt` + 1 (attempts count from 1), or nothing when the call
/// is over. `random` is in [0, 1). Takes from the bucket.
[[nodiscard]] std::optional<milliseconds> next_delay(const retry_limits& limits,
                                                     const error& failure, int attempt,
                                                     retry_bucket& bucket, double random);

}  // namespace ddm
