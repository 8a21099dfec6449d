#include "aws/refreshing_credentials.h"

#include "base/log.h"
#include "base/raised.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::aws {
namespace {

constexpr milliseconds early_max = std::chrono::minutes{15};
/// Between fetches that fail: sources are shared with others and some cost a process.
constexpr milliseconds hold_max{30'000};
constexpr milliseconds hold_min{1'000};
constexpr milliseconds hold_without_any{5'000};

/// Sources answer within a second or two; what is throttled there is throttled for others too.
constexpr retry_limits fetch_limits{.attempts_max = 3, .transient_base = milliseconds{200}};

}  // namespace

refreshing_credentials::refreshing_credentials(clock& time,
                                               std::unique_ptr<credentials_source> source)
    : clock_(time), source_(std::move(source)), turn_(1) {}

bool refreshing_credentials::usable() const {
  return present_ && (!present_->expires || clock_.now() < *present_->expires);
}

std::optional<result<shared_credentials>> refreshing_credentials::known() const {
  const bool early = clock_.now() < next_fetch_;
  if (usable() && (early || fetching_ || !present_->expires)) {
    return present_;
  }
  if (!usable() && early && failure_) {
    return fail(*failure_);
  }
  return std::nullopt;
}

awaitable<result<shared_credentials>> refreshing_credentials::get() {
  if (auto answer = known()) {
    co_return std::move(*answer);
  }
  const auto turn = co_await turn_.acquire();
  if (auto answer = known()) {
    co_return std::move(*answer);
  }
  {
    const raised busy(fetching_);
    auto fetched = co_await fetch_with_retries();
    fetched ? accept(std::move(*fetched)) : reject(std::move(fetched).error());
  }
  if (usable()) {
    co_return present_;
  }
  co_return fail(*failure_);
}

awaitable<result<credentials>> refreshing_credentials::fetch_with_retries() {
  retry_bucket bucket;
  for (int attempt = 1;; ++attempt) {
    auto fetched = co_await source_->fetch();
    if (fetched) {
      co_return fetched;
    }
    const double random = std::generate_canonical<double, 53>(random_);
    const auto delay = next_delay(fetch_limits, fetched.error(), attempt, bucket, random);
    if (!delay) {
      co_return fetched;
    }
    co_await clock_.sleep_for(*delay);
  }
}

void refreshing_credentials::accept(credentials fetched) {
  const auto now = clock_.now();
  if (fetched.expires && *fetched.expires <= now) {
    reject({.kind = error_class::refresh_credentials,
            .message = fmt::format("{} gave credentials that ended at {}", source_->describe(),
                                   format_rfc3339(*fetched.expires))});
    return;
  }
  if (fetched.expires) {
    const auto life = *fetched.expires - now;
    next_fetch_ = *fetched.expires - std::min(early_max, life / 4);
  }
  present_ = std::make_shared<const credentials>(std::move(fetched));
  failure_.reset();
  log::event(log::level::debug, "credentials_fetched", {},
             {{"from", source_->describe()},
              {"access_key_id", present_->access_key_id},
              {"lifetime", describe_lifetime(*present_, *this)}});
  worked_once_ = true;
}

void refreshing_credentials::reject(error failure) {
  const auto now = clock_.now();
  // What worked before may work again: a run of days waits for it.
  if (worked_once_ && !is_retryable(failure.kind)) {
    failure.kind = error_class::refresh_credentials;
  }
  failure_ = std::move(failure);
  if (!usable()) {
    present_ = nullptr;
    next_fetch_ = now + hold_without_any;
    return;
  }
  const auto left = present_->expires ? *present_->expires - now : hold_max;
  next_fetch_ = now + std::clamp(left / 4, hold_min, hold_max);
  log::event(log::level::warning, "credentials_not_renewed", failure_->describe(),
             {{"from", source_->describe()}, {"lifetime", describe_lifetime(*present_, *this)}});
}

void refreshing_credentials::renew(const shared_credentials& refused) {
  if (refused != nullptr && refused == present_) {
    present_ = nullptr;
    failure_.reset();
  }
}

}  // namespace ddm::aws
