#include "runtime/retry.h"

#include <algorithm>
#include <cmath>

namespace ddm {
namespace {

int price(error_class kind) {
  return kind == error_class::throttled ? retry_bucket::throttled_cost
                                        : retry_bucket::transient_cost;
}

}  // namespace

bool retry_bucket::take(error_class kind) {
  if (tokens_ < price(kind)) {
    return false;
  }
  tokens_ -= price(kind);
  return true;
}

void retry_bucket::refund_first_try() { tokens_ = std::min(capacity, tokens_ + 1); }

void retry_bucket::refund_retry(error_class kind) {
  tokens_ = std::min(capacity, tokens_ + price(kind));
}

std::optional<milliseconds> next_delay(const retry_limits& limits, const error& failure,
                                       int attempt, retry_bucket& bucket, double random) {
  if (!is_retryable(failure.kind) || attempt >= limits.attempts_max || !bucket.take(failure.kind)) {
    return std::nullopt;
  }
  const auto base =
      failure.kind == error_class::throttled ? limits.throttled_base : limits.transient_base;
  const double ceiling = std::min(static_cast<double>(limits.delay_max.count()),
                                  static_cast<double>(base.count()) * std::pow(2, attempt - 1));
  const milliseconds drawn{static_cast<std::int64_t>(random * ceiling)};
  // The server's wish counts, but not beyond what a call may take.
  return std::max(drawn, std::min(failure.retry_after.value_or(drawn), limits.delay_max));
}

}  // namespace ddm
