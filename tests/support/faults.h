// What may go wrong with one request, and plans that say with which request it does.
#pragma once

#include "aws/transport.h"
#include "base/time.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ddm::support {

struct fault {
  enum class kind {
    none,
    throttle,          ///< refused with `code`
    server_error,      ///< HTTP `status`
    connection_reset,  ///< lost before the service saw the request
    lost_answer,       ///< processed, then the connection was lost
    timeout,           ///< processed, but the answer comes too late
    truncated_body,    ///< processed; half of the body arrives, the CRC is that of the whole
    wrong_crc,         ///< processed; one byte of the body is not what it was
    expired_token,
    access_denied,
    partial_batch,  ///< BatchGetItem, BatchWriteItem: only `batch_answered_max` keys are served
    other_keys,     ///< GetItem, BatchGetItem: each item has another key than was asked for
  };
  kind type = kind::none;
  std::string code = "ProvisionedThroughputExceededException";
  int status = 500;
  std::size_t batch_answered_max = 1;
  milliseconds delay{0};  ///< on top of the latency; goes with every kind
};

/// The service answers such a request, and the answer comes whole.
[[nodiscard]] inline bool arrives(const fault& planned) {
  return planned.type == fault::kind::none || planned.type == fault::kind::partial_batch;
}

struct fault_context {
  std::string_view operation;  ///< "GetRecords"
  std::string_view access_key;
  const aws::api_request& request;
  wall_time now;
  std::uint64_t number;  ///< of the request in this account, from 1
};

/// Asked once per request.
using fault_plan = std::function<fault(const fault_context&)>;

/// Shares of all requests, each in [0, 1].
struct fault_rates {
  double throttle = 0;
  double server_error = 0;
  double connection_reset = 0;
  double lost_answer = 0;
  double timeout = 0;
  double truncated_body = 0;
  double wrong_crc = 0;
  double partial_batch = 0;
  double slow = 0;  ///< delayed by up to `slow_max`
  milliseconds slow_max{2000};
};

/// Faults at random, the same for the same seed and order of requests. Operations that are
/// throttled get the code that the service would use.
[[nodiscard]] fault_plan seeded_faults(fault_rates rates, std::uint64_t seed);
/// Every request of `operation` ("" for any) gets `what`, `times` times.
[[nodiscard]] fault_plan fault_on(std::string operation, fault what,
                                  std::uint64_t times = UINT64_MAX);
/// Every request between two times gets `what`: an outage.
[[nodiscard]] fault_plan fault_between(wall_time from, wall_time until, fault what);
/// The first plan that has something to say.
[[nodiscard]] fault_plan first_of(fault_plan a, fault_plan b);

}  // namespace ddm::support
