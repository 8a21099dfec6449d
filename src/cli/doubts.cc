#include "cli/doubts.h"

#include "base/units.h"

#include <fmt/format.h>

namespace ddm::cli {

std::vector<std::string> doubts_about(const monitor_options& options, bool comparison_counts) {
  std::vector<std::string> doubts;
  if (options.replication_wait > options.max_lag) {
    doubts.push_back(fmt::format(
        "--replication-wait-time {} is longer than --max-lag {}: a change is late before it is "
        "first looked at, and the verdict WAIT as long as changes come",
        format_duration(options.replication_wait), format_duration(options.max_lag)));
  }
  if (options.batch_wait > options.max_lag) {
    doubts.push_back(fmt::format(
        "--validation-interval {} is longer than --max-lag {}: a change may be late before its "
        "batch is full",
        format_duration(options.batch_wait), format_duration(options.max_lag)));
  }
  const bool settle_given = options.settle != monitor_options{}.settle;
  if ((options.require_go || settle_given) && !options.baseline && !comparison_counts) {
    doubts.push_back(fmt::format(
        "{} without --baseline: the state holds no finished comparison that began after the "
        "stream was first read, so that this run cannot come to GO; add --baseline, or run "
        "compare and start again",
        options.require_go ? "--require-go" : "--settle"));
  }
  return doubts;
}

}  // namespace ddm::cli
