#include "dynamodb/table_reader.h"

#include "base/log.h"
#include "runtime/outage_pause.h"

#include <fmt/format.h>

namespace ddm::dynamodb {

void metered_table::settle(double admitted, double consumed) {
  budget.correct(admitted, consumed);
  consumed_units += consumed;
}

void metered_table::drain() {
  client.drain();
  budget.drain();
}

void table_reader::on_failure(const error& failure, wall_time now) {
  const auto why = failure.describe();
  if (failures_++ == 0) {
    ++table_.pauses;
    log::event(log::level::warning, purpose_.paused_event, why + std::string(purpose_.meanwhile),
               {{"side", to_string(table_.side)}});
  }
  again_at_ = now + pause_after(failures_);
  trouble_ = fmt::format("the {} {}: {}", to_string(table_.side), purpose_.refused, why);
}

void table_reader::on_success() {
  if (failing()) {
    log::event(log::level::info, purpose_.resumed_event, {}, {{"side", to_string(table_.side)}});
  }
  failures_ = 0;
  again_at_ = {};
  trouble_.clear();
}

milliseconds table_reader::pause_after(int failures) const {
  return outage_pause(purpose_.pause_first, failures);
}

}  // namespace ddm::dynamodb
