// Reads a state for a report, also while a run works on it.
#pragma once

#include "runtime/asio.h"
#include "summary/facts.h"

#include <functional>
#include <string>

namespace ddm::summary {

/// Asks no service and changes nothing. Errors: those of state::open_sqlite_store, and of what is
/// damaged in the state; one of class `wrong_usage` where no run has recorded how it stands.
/// `clock` is asked once the state is read. Groups speak of the newest 200,000 open mismatches.
[[nodiscard]] awaitable<result<facts>> read_facts(std::string path,
                                                  const std::function<wall_time()>& clock);

/// The same at a later moment: whose run goes on is looked at again, and nothing is read anew.
void let_pass(facts& of, wall_time now);

}  // namespace ddm::summary
