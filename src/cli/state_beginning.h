// What a state in a table begins with, where other commands keep states of the same name.
//
// Problem: a command on another host needs what the monitor knows: the secrets by which digests are
// compared, the coverage that a comparison may count for, the gaps, the open findings.
// Idea: it begins from the monitor's newest copy, takes in what the others have done that is not in
// there yet, and notes from where on it is its own doing (monitor/handover). Only a comparison that
// is unfinished goes on from its own copy.
// Reason: it is as if it had opened the monitor's file a moment ago, and no command has to know
// that there are others.
#pragma once

#include "aws/service_client.h"
#include "cli/copied_files.h"
#include "dynamodb/names.h"
#include "remote/state_address.h"
#include "runtime/clock.h"
#include "runtime/worker_pool.h"

#include <string>

namespace ddm::cli {

/// Which copy a state begins from.
enum class base {
  nothing,
  own,
  monitors,
  another,  ///< of the first other command that has one
};

struct beginning_facts {
  std::string command;
  bool own = false;
  bool of_one_state = false;  ///< the own one and the monitor's
  bool unfinished = false;    ///< the own one's comparison
  bool begins_anew = false;   ///< a comparison, by --fresh
  bool monitors = false;
  bool another = false;
};
/// Pure.
[[nodiscard]] base choose_base(const beginning_facts& facts);

struct state_beginning {
  remote::state_address address;
  std::string folder;  ///< of this process's own
  copied_files files;  ///< the command's own newest copy, where there is one
  dynamodb::key_schema schema;
  bool begins_anew = false;
};
/// Makes `files` what the command begins with; there is no file where it begins with nothing.
[[nodiscard]] awaitable<result<void>> begin_state(aws::service_client& calls, clock& time,
                                                  worker_pool& pool, state_beginning how);

}  // namespace ddm::cli
