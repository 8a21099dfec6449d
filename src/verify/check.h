// One open question: has the newest change of this key arrived in the other table?
#pragma once

#include "base/time.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/names.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ddm::verify {

using dynamodb::digest128;
using dynamodb::item_digest;
using dynamodb::item_key;
using dynamodb::sequence_number;

/// What a table held for a key: nothing, or an item with these digests.
using image = std::optional<item_digest>;

/// Equality as the operator asked for it: without the ignored attributes.
[[nodiscard]] inline bool same(const image& a, const image& b) {
  return a.has_value() == b.has_value() && (!a || a->compared == b->compared);
}
/// Equal, but only thanks to --ignore-attribute.
[[nodiscard]] inline bool same_only_by_ignoring(const image& a, const image& b) {
  return a && b && a->compared == b->compared && a->everything != b->everything;
}

/// The table whose stream is read is the origin, the other one the counterpart.
enum class direction {
  source_to_target,  ///< the source's stream is read, the target is looked up
  target_to_source,  ///< the target's stream is read, the source is looked up
};

/// An image that the origin held until `until`.
struct past_image {
  std::optional<digest128> digest;  ///< nothing: the item was absent
  wall_time until;                  ///< when the change that took its place was read
  wall_time until_created{};        ///< when that change was made, by the service's clock
};

using check_id = std::int64_t;

/// What a check does next.
enum class check_step {
  look,            ///< read the counterpart
  expect_look,     ///< the record carried no image: read the origin strongly, then the counterpart
  first_origin,    ///< the first unequal look: read the origin strongly (s1)
  judge,           ///< strong reads of the counterpart, then of the origin (s2)
  judge_restless,  ///< a key that never rests: strong reads, held against its recent images
};

/// What a judgement saw: whether the counterpart agreed with the origin.
enum class sighting : std::uint8_t {
  differing,
  agreeing,
};

struct check {
  check_id id = 0;
  item_key key;
  check_step step = check_step::look;
  /// Raised by every new change of the key: tells an answer to an older question.
  std::uint32_t version = 0;
  std::uint32_t shard = 0;   ///< index given by the caller
  sequence_number sequence;  ///< of the newest change

  bool expects_origin_read = false;  ///< KEYS_ONLY, OLD_IMAGE, unknown events: `expected` is read
  image expected;
  std::optional<past_image> before;  ///< the old image of the first unmet change
  std::vector<past_image> history;   ///< images superseded since, oldest first
  bool history_cut = false;          ///< the bound cut its oldest entries off
  bool superseded_unverified = false;
  bool ttl_delete_seen = false;
  /// The comparison's row that asked for this check; 0: a change of the stream did. Such a check
  /// stands for no change, and is not persisted: its row stays until there is an outcome.
  std::int64_t candidate = 0;
  /// Since when the check of a change answers the question of a comparison as well, which is open
  /// until the other table is seen with what the origin held after that.
  std::optional<wall_time> comparison_asks_since;
  bool source_held = false;      ///< candidates: a scan saw the item in the source
  std::uint32_t judgements = 0;  ///< that found a side changed; since the newest change

  wall_time created;         ///< of the newest change
  wall_time read_at;         ///< when the newest change was read
  wall_time first_unmet_at;  ///< when the first change without outcome was read
  /// When that one was made, by the service's clock; or an earlier one, while the target has not
  /// been seen with a value of the last max-lag since.
  wall_time unmet_created;
  std::optional<image> s1;  ///< the origin at the first unequal look since the newest change
  wall_time s1_at;

  // From here on nothing is persisted.
  /// What the counterpart held at a judgement that found it wrong, or unexpectedly right: it is,
  /// once the stream has been read past that time and no record has explained it.
  std::optional<image> stray;
  sighting stray_seen_as = sighting::differing;
  wall_time stray_at;
  /// Strategy B and candidates: what the counterpart held when it was last seen to differ, and
  /// since when it has.
  std::optional<std::optional<digest128>> differing;
  wall_time differing_since;
  /// Without an image: when both tables were seen alike. It proves the change once the stream was
  /// read past that time, or it would be the doing of a later one.
  std::optional<wall_time> agreed_at;
  bool agreed_by_ignoring = false;
  wall_time due;
  wall_time first_look_at;  ///< of the newest change; lag probes come before it
  wall_time lag_base;       ///< from when the lag of the newest change is counted
  std::uint32_t retries = 0;
  std::uint8_t probes_left = 0;  ///< looks at 0.5, 1, 2, 4 s that measure the lag
  bool measures_lag = false;
  bool looked = false;  ///< at least one look was answered
  bool looked_unequal = false;
  wall_time unequal_at;           ///< the last look that was
  bool may_have_expired = false;  ///< it saw nothing, where items expire
  bool in_flight = false;
  bool dirty = false;
  bool persisted = false;
  std::uint32_t bytes = 0;  ///< booked against the memory bound
};

}  // namespace ddm::verify
