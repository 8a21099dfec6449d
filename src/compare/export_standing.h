// Whether an export, and the keys that the source's stream tells of since, stand for the source.
//
// Problem: an export holds the source as of one moment, and what changed afterwards is not in it.
// Idea: the keys of all changes since are read from the stream and judged by the live tables; of
// every other key the export holds what the source holds. That is true only if no change since can
// be missing: the stream was on before the export was made, it forgets nothing that young, and it
// was read without a gap up to a moment at which it was still on.
// Reason: where one of these cannot be told the export proves nothing, and whoever waits for a GO
// has to hear why, and what helps.
//
// Pure. Times are the service's, or the later of its clock and ours, where they age.
#pragma once

#include "base/time.h"
#include "stream/shard_lineage.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::compare {

/// Changes made so long before the export count as made after it: creation times are no exact
/// times, and a stream takes a while to be on once it was made.
constexpr std::chrono::minutes export_allowance{1};

/// Why an export proves nothing, and what helps who compares with it.
struct no_proof {
  std::string why;
  std::string remedy;
  bool passes = false;  ///< asked again later, the stream may tell
  bool operator==(const no_proof&) const = default;
};

/// Of which moment the export is, with the keys that are judged beside it.
struct export_standing {
  std::optional<wall_time> began;    ///< the comparison's begin; nothing: the export's own
  std::optional<no_proof> withheld;  ///< why it is of no later one

  /// That in words; empty: it is.
  [[nodiscard]] std::string doubt() const {
    return withheld ? withheld->why + ": " + withheld->remedy : std::string();
  }
};

/// How reading the stream went.
struct stream_told {
  wall_time ended;                        ///< by the later clock
  bool caught_up = false;                 ///< all that was made before the reading began was read
  bool still_on = false;                  ///< afterwards it was the table's stream, and on
  std::optional<std::string> gap;         ///< something was lost
  std::optional<std::string> failed;      ///< why it cannot be read
  bool may_mend = false;                  ///< by waiting: that
  std::optional<std::uint64_t> too_many;  ///< more keys than that, which is what memory allows
};

struct export_age {
  wall_time as_of;
  /// When the stream was made that the table has now; nothing: it has none, or it is off.
  std::optional<wall_time> stream_since;
  wall_time now;
};

/// Something of this shard was lost, as was noticed at `noticed`; nothing younger than the export
/// was, if age alone explains it: no record is older than its shard, and an export that counts is
/// less than 23 hours old.
[[nodiscard]] bool is_lost_by_age(const stream::shard_id& shard, wall_time noticed);

/// How long the rest of the stream takes at the pace so far: it was `behind_at_first`, and `took`
/// later it is `behind`. Nothing: that does not tell yet.
[[nodiscard]] std::optional<milliseconds> time_left(milliseconds behind_at_first,
                                                    milliseconds behind, milliseconds took);

/// Of a stream that failed so; `passes`: for now.
[[nodiscard]] no_proof unreadable_stream(const std::string& failed, bool passes);
/// Why reading the stream would be of no use; nothing: it may be.
[[nodiscard]] std::optional<no_proof> why_not_read(const export_age& of);
/// Why the export does not stand for the source after all; nothing: it does.
[[nodiscard]] std::optional<no_proof> why_withheld(export_age of, const stream_told& told);

}  // namespace ddm::compare
