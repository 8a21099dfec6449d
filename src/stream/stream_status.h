// How reading stands, as plain values.
#pragma once

#include "base/time.h"
#include "stream/caught_up.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ddm::stream {

/// How reading stands, for the status block.
struct stream_status {
  std::size_t open = 0;     ///< being read
  std::size_t waiting = 0;  ///< for their parents
  std::size_t done = 0;
  /// Shards being read of which this process does not know yet up to when it has read them.
  std::size_t unread = 0;
  /// The age of the moment up to which every record has been read, also in shards that listings may
  /// hide so far. Nothing: not known, or not for a minute although something is hidden or waits.
  /// Then a change of any age may be unread.
  std::optional<milliseconds> unread_for;
  /// Those of them that do not answer, or have not yet: nothing may have been read of them.
  std::size_t unanswered = 0;
  bool listed = true;            ///< completely, by this process
  std::string unlisted_because;  ///< listing fails, the first one or since long; else empty
  /// 0 when every shard being read is caught up, else the age of the oldest unread record. It tells
  /// of what is known only: without unread_for a 0 is no proof. Nothing: a shard was never read,
  /// and its oldest record may be of any age.
  std::optional<milliseconds> behind = milliseconds{0};
  /// Retention less that age.
  milliseconds retention_left{stream_retention};
  /// Shards whose last read failed, and with what; empty when all is well.
  std::size_t failing = 0;
  std::string failure;
  std::uint64_t pauses = 0;  ///< times from a failed read until all shards answered again
  /// Why changes made now are in no stream that is read; empty when nothing says so.
  std::string off;
  [[nodiscard]] bool known() const { return unread_for.has_value(); }
  /// Every shard that is open is read.
  [[nodiscard]] bool all_answer() const { return listed && unanswered == 0 && failing == 0; }
};

}  // namespace ddm::stream
