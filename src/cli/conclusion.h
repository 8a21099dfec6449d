// How a run ends: the last block, the report, and the exit code.
#pragma once

#include "base/error.h"
#include "cli/options.h"
#include "cli/status_printer.h"
#include "report/status.h"

#include <string>

namespace ddm::cli {

struct conclusion {
  report::status status;
  std::string block;        ///< the status as text
  bool require_go = false;  ///< anything else is not what was asked for
};

/// Prints how it ended; the exit code. An error of `ended` is told after what was done.
[[nodiscard]] int conclude(status_printer& printer, output_format output, const result<void>& ended,
                           const conclusion& what);

}  // namespace ddm::cli
