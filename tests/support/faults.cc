#include "support/faults.h"

#include <array>
#include <memory>
#include <random>
#include <utility>

namespace ddm::support {
namespace {

std::string throttle_code(std::string_view operation, std::uint64_t draw) {
  if (operation == "GetRecords" || operation == "DescribeStream") {
    return draw % 2 == 0 ? "LimitExceededException" : "ProvisionedThroughputExceededException";
  }
  constexpr std::array codes{"ProvisionedThroughputExceededException", "ThrottlingException",
                             "RequestLimitExceeded"};
  return codes[draw % codes.size()];
}

}  // namespace

fault_plan seeded_faults(fault_rates rates, std::uint64_t seed) {
  const std::array<std::pair<fault::kind, double>, 8> shares{{
      {fault::kind::throttle, rates.throttle},
      {fault::kind::server_error, rates.server_error},
      {fault::kind::connection_reset, rates.connection_reset},
      {fault::kind::lost_answer, rates.lost_answer},
      {fault::kind::timeout, rates.timeout},
      {fault::kind::truncated_body, rates.truncated_body},
      {fault::kind::wrong_crc, rates.wrong_crc},
      {fault::kind::partial_batch, rates.partial_batch},
  }};
  auto random = std::make_shared<std::mt19937_64>(seed);
  return [=](const fault_context& context) {
    const auto share = [&random] { return std::uniform_real_distribution<double>(0, 1)(*random); };
    fault planned;
    double drawn = share();
    for (const auto& [kind, rate] : shares) {
      if (drawn < rate) {
        planned.type = kind;
        break;
      }
      drawn -= rate;
    }
    const auto detail = (*random)();
    planned.code = throttle_code(context.operation, detail);
    planned.status = detail % 2 == 0 ? 500 : 503;
    planned.batch_answered_max = detail % 20;
    if (share() < rates.slow) {
      planned.delay = milliseconds{detail % static_cast<std::uint64_t>(rates.slow_max.count() + 1)};
    }
    return planned;
  };
}

fault_plan fault_on(std::string operation, fault what, std::uint64_t times) {
  return [operation = std::move(operation), what = std::move(what),
          left = times](const fault_context& context) mutable {
    if (left == 0 || (!operation.empty() && context.operation != operation)) {
      return fault{};
    }
    --left;
    return what;
  };
}

fault_plan fault_between(wall_time from, wall_time until, fault what) {
  return [=](const fault_context& context) {
    return from <= context.now && context.now < until ? what : fault{};
  };
}

fault_plan first_of(fault_plan a, fault_plan b) {
  return [a = std::move(a), b = std::move(b)](const fault_context& context) {
    auto planned = a(context);
    const bool silent = planned.type == fault::kind::none && planned.delay == milliseconds{0};
    return silent ? b(context) : planned;
  };
}

}  // namespace ddm::support
