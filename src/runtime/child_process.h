// Runs a program to its end and keeps what it printed.
//
// Problem: a child may hang, leave grandchildren that hold its pipes open, or print without end,
// and the control thread must not wait for it. Idea: its end is awaited through a pidfd like any
// other event; until then its output is read as it comes, and what exceeds the bound is dropped.
// Reason: no pipe can fill up, memory is bounded, and at its end, a deadline or a cancellation the
// whole group is killed, whoever still holds a pipe. It inherits no descriptor and no ignored
// signal.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "runtime/asio.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ddm {

struct child_output {
  int exit_code = 0;   ///< 128 + the signal that ended it
  std::string output;  ///< at most `bytes_max`
  std::string errors;  ///< at most `bytes_max`
};

/// `words` is the program, looked up in PATH, and its arguments; no shell is involved. It reads
/// `input`; the environment is ours. Errors: `retry` with the code Timeout, `fatal` when it
/// could not be started. Cancellation throws.
[[nodiscard]] awaitable<result<child_output>> run_child(std::vector<std::string> words,
                                                        milliseconds limit, std::size_t bytes_max,
                                                        std::string input = {});

}  // namespace ddm
