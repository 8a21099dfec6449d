// The export that stands for the source in a monitor's own baseline, while it can.
//
// Problem: an export that is of no use should be told at once, and a monitor that is at work must
// not end for it: within a day its place in the stream is lost.
// Idea: a monitor that has not read the stream yet refuses what is of no use; one that has goes on,
// scans the source, and says so. A bucket that does not answer is waited for a little.
#pragma once

#include "cli/connection.h"
#include "cli/open_migration.h"
#include "cli/options.h"
#include "exports/table_export.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

struct baseline_export {
  /// Nothing is `of` where none is named. Errors: refused.
  [[nodiscard]] static awaitable<result<baseline_export>> open(open_migration& migration,
                                                               const monitor_options& options);

  std::optional<exports::table_export> of;
  std::unique_ptr<connection> link;  ///< to the source's stream; null: it is the one that is read
  std::string not_used;              ///< why nothing is `of` though one is named
};

}  // namespace ddm::cli
