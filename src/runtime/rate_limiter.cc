#include "runtime/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <utility>

namespace ddm {
namespace {

constexpr double longest_wait_ms = 86'400'000.0;
/// Part of the burst that work in the background leaves to what is live.
constexpr double background_reserve = 0.1;
constexpr milliseconds look_above_each{100};
constexpr std::chrono::hours closed_looks_each{1};

double seconds_between(wall_time from, wall_time to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

}  // namespace

token_bucket::token_bucket(double per_second, double burst, wall_time now)
    : per_second_(per_second), burst_(burst), tokens_(burst), refilled_at_(now) {}

void token_bucket::refill(wall_time now) {
  if (now > refilled_at_) {
    tokens_ = std::min(burst_, tokens_ + per_second_ * seconds_between(refilled_at_, now));
    refilled_at_ = now;
  }
}

wall_time token_bucket::ready_at(wall_time now, double reserve) {
  refill(now);
  if (tokens_ > reserve || std::isinf(per_second_)) {
    return now;
  }
  const double wait_ms = (reserve + 1e-9 - tokens_) / per_second_ * 1000;
  return now +
         milliseconds{static_cast<std::int64_t>(std::ceil(std::min(wait_ms, longest_wait_ms)))};
}

void token_bucket::take(double amount, wall_time now) {
  refill(now);
  if (!std::isinf(per_second_)) {
    tokens_ -= amount;
  }
}

void token_bucket::set_rate(double per_second, wall_time now) {
  refill(now);
  per_second_ = per_second;
}

rate_limiter::rate_limiter(clock& time, double per_second,
                           std::vector<std::shared_ptr<rate_limiter>> above)
    : clock_(time),
      full_rate_(per_second),
      bucket_(per_second, per_second, time.now()),
      recovered_at_(time.now()),
      above_(std::move(above)) {}

void rate_limiter::set_full_rate(double per_second) {
  recover();
  const bool is_slowed = bucket_.rate() < full_rate_;
  full_rate_ = per_second;
  bucket_.set_rate(is_slowed ? std::min(bucket_.rate(), per_second) : per_second, clock_.now());
}

bool rate_limiter::live_waits_above() const {
  return std::ranges::any_of(above_, [](const auto& each) { return each->live_waiting_ > 0; });
}

wall_time rate_limiter::above_ready_at(wall_time now, double reserved_share) {
  auto ready = now;
  for (const auto& each : above_) {
    ready = std::max(ready, each->ready_at(now, reserved_share));
  }
  return ready;
}

wall_time rate_limiter::own_ready_at(wall_time now, double reserved_share) {
  recover();
  return closed_ ? now + closed_looks_each
                 : bucket_.ready_at(now, bucket_.burst() * reserved_share);
}

wall_time rate_limiter::ready_at(wall_time now, double reserved_share) {
  return std::max(own_ready_at(now, reserved_share), above_ready_at(now, reserved_share));
}

void rate_limiter::take(double amount, wall_time now) {
  bucket_.take(amount, now);
  for (const auto& each : above_) {
    each->take(amount, now);
  }
}

awaitable<bool> rate_limiter::await_idle_budget() {
  for (;;) {
    while (live_waiting_ > 0 && !drain_.is_set()) {
      co_await no_live_waits_.wait();
    }
    if (live_waiting_ > 0) {
      co_return false;
    }
    const auto now = clock_.now();
    auto ready = ready_at(now, background_reserve);
    if (live_waits_above()) {
      // Whose waits end there is not told here: the signal of a drain is this limiter's own.
      ready = std::max(ready, now + look_above_each);
    }
    if (ready <= now) {
      co_return true;
    }
    if (!co_await drain_.sleep_until(clock_, ready)) {
      co_return false;
    }
  }
}

awaitable<bool> rate_limiter::acquire(double estimate, urgency how) {
  if (how == urgency::background) {
    const bool granted = co_await await_idle_budget();
    if (granted) {
      take(estimate, clock_.now());
    }
    co_return granted;
  }
  const auto now = clock_.now();
  // Taken first and waited off afterwards: whoever comes later finds the debt and waits behind it.
  // Who is closed has no turn to wait for, and takes nothing.
  const auto own_ready = own_ready_at(now, 0);
  const auto above_ready = closed_ ? now : above_ready_at(now, 0);
  const double taken = closed_ ? 0 : estimate;
  take(taken, now);
  bool granted = true;
  try {
    granted = co_await wait_live(above_ready, std::max(own_ready, above_ready));
  } catch (...) {
    correct(taken, 0);
    throw;
  }
  if (!granted) {
    correct(taken, 0);
  }
  co_return granted;
}

/// Somebody waits: the background has to let him go first.
class rate_limiter::live_wait {
 public:
  explicit live_wait(rate_limiter& of) : of_(of) { ++of_.live_waiting_; }
  live_wait(const live_wait&) = delete;
  live_wait& operator=(const live_wait&) = delete;
  ~live_wait() {
    if (--of_.live_waiting_ == 0) {
      of_.no_live_waits_.notify();
    }
  }

 private:
  rate_limiter& of_;
};

/// Above, only who waits for what is above counts: else one with a small budget of its own would
/// hold up the background of all others.
awaitable<bool> rate_limiter::wait_live(wall_time above_ready, wall_time ready) {
  if (ready <= clock_.now()) {
    co_return true;
  }
  const live_wait here(*this);
  if (above_ready > clock_.now()) {
    std::list<live_wait> waits;
    for (const auto& each : above_) {
      waits.emplace_back(*each);
    }
    if (!co_await drain_.sleep_until(clock_, above_ready)) {
      co_return false;
    }
  }
  bool granted = co_await drain_.sleep_until(clock_, ready);
  while (granted && closed_) {
    granted = co_await drain_.sleep_until(clock_, clock_.now() + closed_looks_each);
  }
  co_return granted;
}

void rate_limiter::correct(double estimate, double actual) {
  take(actual - estimate, clock_.now());
}

void rate_limiter::slow_down() {
  recover();
  if (!std::isinf(full_rate_)) {
    bucket_.set_rate(std::max(std::min(1.0, full_rate_), bucket_.rate() / 2), clock_.now());
  }
}

void rate_limiter::recover() {
  // One sixtieth of the full rate a second brings the pace back within a minute.
  const auto now = clock_.now();
  if (bucket_.rate() < full_rate_) {
    const double gained = full_rate_ / 60 * seconds_between(recovered_at_, now);
    bucket_.set_rate(std::min(full_rate_, bucket_.rate() + gained), now);
  }
  recovered_at_ = now;
}

}  // namespace ddm
