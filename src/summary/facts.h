// What a state tells of a migration, collected for a report.
#pragma once

#include "monitor/stored_runs.h"
#include "verify/mismatch.h"
#include "verify/path_groups.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::summary {

struct open_findings {
  std::vector<verify::path_group> groups;  ///< the largest, 50 at most
  std::vector<verify::mismatch> newest;    ///< of all kinds, newest first, 200 at most
  std::int64_t looked_at = 0;              ///< that `groups` speak of: the newest
};

struct shard_counts {
  std::size_t listed = 0;
  std::size_t read = 0;     ///< to their end, or being read
  std::size_t skipped = 0;  ///< over before the start
};

struct facts {
  std::string state_file;
  monitor::stored_migration stored;  ///< with one run at least
  std::optional<wall_time> stream_began;
  /// When the newest change was made that was read from the stream, that of the TTL service apart.
  std::optional<wall_time> last_write;
  shard_counts shards;
  std::optional<wall_time> oldest_pending;  ///< when it was read
  std::vector<std::string> points;          ///< of the first run (report/history.h)
  open_findings findings;
  bool hash_keys = false;  ///< keys are shown as their hashes
  wall_time made;
};

}  // namespace ddm::summary
