#include "simulation/service_troubles.h"

#include <algorithm>
#include <utility>

namespace ddm::simulation {

using support::fault;

void service_troubles::begin(const planned_incident& incident, wall_time now) {
  trouble added{.from = now, .until = now + incident.lasting};
  switch (incident.what) {
    case incident::listing_outage:
    case incident::reading_outage:
      added.side = 0;
      added.operation = incident.what == incident::listing_outage ? "DescribeStream" : "GetRecords";
      added.what = incident.detail % 2 == 0
                       ? fault{.type = fault::kind::throttle, .code = "LimitExceededException"}
                       : fault{.type = fault::kind::server_error};
      break;
    case incident::outage: {
      static constexpr fault::kind kinds[] = {fault::kind::server_error,
                                              fault::kind::connection_reset, fault::kind::throttle,
                                              fault::kind::timeout};
      added.side = incident.detail % 4;
      added.what = fault{.type = kinds[incident.detail / 4 % 4]};
      break;
    }
    default:
      break;
  }
  troubles_.push_back(std::move(added));
}

bool service_troubles::under_way(wall_time from, wall_time until) const {
  return std::ranges::any_of(
      troubles_, [=](const trouble& each) { return each.from <= until && from < each.until; });
}

fault service_troubles::fault_of(const support::fault_context& context, std::uint64_t side) {
  const bool of_stream = context.access_key == "AKIDSTREAM";
  for (const auto& each : troubles_) {
    if (context.now < each.from || context.now >= each.until ||
        (!each.operation.empty() && each.operation != context.operation)) {
      continue;
    }
    if (!each.what) {
      return shower_(context);
    }
    if (each.side == 3 || (each.side == 0 ? of_stream : !of_stream && each.side == side)) {
      return *each.what;
    }
  }
  return {};
}

}  // namespace ddm::simulation
