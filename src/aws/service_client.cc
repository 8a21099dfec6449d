#include "aws/service_client.h"

#include <fmt/format.h>

#include <libdeflate.h>
#include <utility>

namespace ddm::aws {
namespace {

bool is_intact(const api_response& response) {
  return !response.crc32 ||
         *response.crc32 == libdeflate_crc32(0, response.body.data(), response.body.size());
}

}  // namespace

service_client::service_client(transport& below, clock& time, options settings)
    : transport_(below),
      clock_(time),
      options_(std::move(settings)),
      random_(options_.random_seed) {}

call_statistics& service_client::statistics_of(const api_request& request) {
  const auto known = statistics_.find(request.operation());
  return known != statistics_.end() ? known->second : statistics_[std::string(request.operation())];
}

std::optional<error> service_client::fault_in(const api_request& request,
                                              const api_response& response) const {
  if (options_.fault_in) {
    return options_.fault_in(request, response);
  }
  return response.status == 200 ? std::nullopt
                                : std::optional(classify_error(request.operation(), response));
}

awaitable<result<api_response>> service_client::attempt(const api_request& request) {
  ++statistics_of(request).calls;
  auto response = co_await transport_.send(request);
  if (!response) {
    co_return response;
  }
  if (!is_intact(*response)) {
    co_return fail({.kind = error_class::retry,
                    .code = "DamagedAnswer",
                    .message = "the answer's bytes do not match its checksum",
                    .request_id = std::move(response->request_id),
                    .http_status = response->status});
  }
  if (auto fault = fault_in(request, *response)) {
    co_return fail(*std::move(fault));
  }
  co_return response;
}

awaitable<result<api_response>> service_client::call(api_request request, rate_limiter* pace) {
  bool just_renewed = false;
  std::optional<error_class> last_retried;
  for (int number = 1;; ++number) {
    if (pace != nullptr && !co_await pace->acquire(1)) {
      co_return told({.kind = error_class::cancelled, .message = "not asked: the run ends"},
                     request);
    }
    const auto asked_at = clock_.now();
    auto response = co_await attempt(request);
    if (response) {
      response->asked_at = asked_at;
      response->retried = number > 1;
      last_retried ? bucket_.refund_retry(*last_retried) : bucket_.refund_first_try();
      co_return response;
    }
    auto& failure = response.error();
    if (failure.kind == error_class::throttled) {
      ++statistics_of(request).throttled;
      if (options_.on_throttled) {
        options_.on_throttled();
      }
    }
    // Attempts may stretch over hours, and new credentials may end as well. Refused at once, they
    // are no better than the old ones.
    if (drain_.is_set()) {
      co_return told(std::move(failure), request);
    }
    just_renewed = failure.kind == error_class::refresh_credentials && !just_renewed;
    if (just_renewed) {
      transport_.renew_credentials();
      ++statistics_of(request).retries;
      continue;
    }
    const double random = std::generate_canonical<double, 53>(random_);
    const auto delay = next_delay(options_.limits, failure, number, bucket_, random);
    if (!delay) {
      co_return told(std::move(failure), request);
    }
    last_retried = failure.kind;
    ++statistics_of(request).retries;
    if (!co_await drain_.sleep_until(clock_, clock_.now() + *delay)) {
      co_return told(std::move(failure), request);
    }
  }
}

std::unexpected<error> service_client::told(error failure, const api_request& request) const {
  const auto caller = transport_.caller();
  return fail(std::move(failure).within(fmt::format(
      "{}{}{}: {}", options_.name, caller.empty() ? "" : ", ", caller, request.operation())));
}

}  // namespace ddm::aws
