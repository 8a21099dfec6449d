// What is wrong with a key, in the words of the target.
#pragma once

#include "dynamodb/attribute_value.h"
#include "verify/check.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::verify {

enum class mismatch_kind {
  missing,     ///< the source holds it, the target does not
  different,   ///< both hold it, with unequal values
  stale,       ///< the target holds an earlier image of the source: late for good, not corrupt
  undeleted,   ///< deleted in the source, still in the target
  unexpected,  ///< in the target, never seen in the source
  expired,     ///< on one side only and past its TTL: no corruption, not counted as a mismatch
  unreadable,  ///< a side holds something that cannot be compared
};
constexpr std::array<std::string_view, 7> mismatch_kind_names{
    "missing", "different", "stale", "undeleted", "unexpected", "expired", "unreadable"};
[[nodiscard]] std::string_view to_string(mismatch_kind kind);
/// It makes a NO-GO: what has expired is no mismatch, and what cannot be read may be one.
[[nodiscard]] constexpr bool is_wrong(mismatch_kind kind) {
  return kind != mismatch_kind::expired && kind != mismatch_kind::unreadable;
}
[[nodiscard]] std::optional<mismatch_kind> mismatch_kind_of(std::string_view name);

/// What a strong read of both sides found, and what the check knew. TTL facts come from the items.
struct judged_state {
  image source;
  image target;
  bool unreadable = false;
  bool delete_seen = false;  ///< a REMOVE was read, or the source held the item earlier
  bool target_is_earlier_image = false;
  bool source_ttl_past = false;
  bool target_ttl_past = false;
};

/// The first kind that fits (order of docs/monitoring_mechanism.md). Call for unequal states only.
[[nodiscard]] mismatch_kind classify(const judged_state& state);

/// True when the item's TTL attribute, a number of seconds since 1970, is past by less than five
/// years: DynamoDB never deletes what is older.
[[nodiscard]] bool ttl_is_past(const dynamodb::attribute_map& item, std::string_view attribute,
                               wall_time now);

/// One attribute that differs, as seen from the target.
struct path_change {
  std::string path;    ///< "address.city", "tags[2]"
  std::string change;  ///< "changed", "added", "removed", "type"
  bool operator==(const path_change&) const = default;
};

/// A confirmed mismatch and its life.
struct mismatch {
  item_key key;
  mismatch_kind kind = mismatch_kind::different;
  bool open = true;
  std::vector<path_change> paths;
  std::optional<digest128> source_digest;
  std::optional<digest128> target_digest;
  std::string shard_id;
  std::string sequence_number;
  wall_time first_seen;
  wall_time confirmed_at;
  std::optional<wall_time> healed_at;
  std::int64_t changes = 1;  ///< changes of the key that failed; 0: a comparison found it
  std::int64_t deletes = 0;  ///< of these: deletes; known of a confirmation alone
  std::int64_t period = 0;   ///< of the statistics in which one failed last; 0: none has
  /// When the comparison began that found the key last, Unix ms; 0: none has.
  std::int64_t comparison_ms = 0;
  /// Attributes that were ignored when it was confirmed: it heals only where no others are.
  /// Nothing: an older version's, which did not keep them.
  std::optional<std::vector<std::string>> ignored;
  /// What the two digests leave out, where that is not `ignored`.
  std::optional<std::vector<std::string>> digested_without;
  /// Item documents, with --show-values only.
  std::optional<std::string> source_json;
  std::optional<std::string> target_json;
};

}  // namespace ddm::verify
