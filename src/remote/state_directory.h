// A table of states as a whole: making it, and what lies in it.
#pragma once

#include "aws/service_client.h"
#include "runtime/clock.h"

#include <optional>
#include <string>
#include <vector>

namespace ddm::remote {

/// Makes the table, on demand, and waits until it is active. `kms_key` as dynamodb_client has it.
/// Errors: it exists (wrong_usage); it is not active after two minutes (retry); what the service
/// has.
[[nodiscard]] awaitable<result<void>> create_state_table(aws::service_client& calls, clock& time,
                                                         std::string table,
                                                         std::optional<std::string> kms_key);

struct listed_state {
  std::string name;
  std::string command;
};
/// In the order of their names. That one is listed does not mean that it has a head.
[[nodiscard]] awaitable<result<std::vector<listed_state>>> list_states(aws::service_client& calls,
                                                                       std::string table);

}  // namespace ddm::remote
