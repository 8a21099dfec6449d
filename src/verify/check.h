// One open check: has what the origin held since some change arrived in the other table?
//
// Problem: what is asked, what would answer it, what was seen so far and what comes next change at
// different moments: a newer change takes the place of the question, and what was seen of the old
// one still counts.
// Idea: four parts. The *question*: which key, since when, who asks. The *expectation*: what the
// origin held. The *evidence*: what looks have seen. The *stage*: what the check does next, one of
// six, each with what only it needs (stage_*.cc).
// Reason: a rule about one stage touches one file, and nothing of a stage outlives it unseen.
#pragma once

#include "base/time.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/names.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>
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
/// What equality goes by.
[[nodiscard]] inline std::optional<digest128> compared(const image& value) {
  return value ? std::optional(value->compared) : std::nullopt;
}

/// An image that the origin held until `until`.
struct past_image {
  std::optional<digest128> digest;  ///< nothing: the item was absent
  wall_time until;                  ///< when the change that took its place was read
  wall_time until_created{};        ///< when that change was made, by the service's clock
};

using check_id = std::int64_t;

/// What a check has read.
enum class check_step {
  look,            ///< the counterpart
  expect_look,     ///< the record carried no image: the origin strongly, then the counterpart
  first_origin,    ///< after the first unequal look: the origin strongly
  judge,           ///< strongly: the counterpart, then the origin
  judge_restless,  ///< the same, of a key that never rests: held against its recent images
};

/// Up to so late a change may be read without its check being late.
constexpr milliseconds reading_late_max{60'000};

struct question {
  item_key key;
  /// Raised by every new change of the key: tells an answer to an older question.
  std::uint32_t version = 0;
  std::uint32_t shard = 0;   ///< of the newest change: index given by the caller
  sequence_number sequence;  ///< of the newest change
  wall_time created;         ///< of the newest change
  wall_time read_at;         ///< when the newest change was read
  wall_time first_unmet_at;  ///< when the first change without outcome was read
  /// When that one was made, by the service's clock; or an earlier one, while the target has not
  /// been seen with a value of the last max-lag since.
  wall_time unmet_created;
  /// The comparison's row that asks; 0: changes of the stream do. Such a check stands for no
  /// change, and is not persisted: its row stays until there is an outcome.
  std::int64_t candidate = 0;
  /// Since when the check of a change answers the question of a comparison as well, which is open
  /// until the other table is seen with what the origin held after that.
  std::optional<wall_time> comparison_asks_since;
  /// Something before the newest change has no outcome: an equal look may be the state before it.
  bool unproven_before = false;
  bool source_held = false;  ///< candidates: a scan saw the item in the source

  [[nodiscard]] bool is_of_change() const { return candidate == 0; }
  /// What its lateness counts from.
  [[nodiscard]] wall_time unmet_since() const {
    return std::min(first_unmet_at, unmet_created + reading_late_max);
  }
};

struct expectation {
  /// The image of the newest change; where the origin `is_read`, what it was last read to hold.
  image value;
  bool is_read = false;      ///< KEYS_ONLY, OLD_IMAGE, unknown events: no record tells the image
  bool history_cut = false;  ///< not all images are known that the origin held since
  bool ttl_delete_seen = false;
  std::optional<past_image> before;  ///< the old image of the first unmet change
  std::vector<past_image> history;   ///< images superseded since, oldest first

  /// Until when the origin held this value, as far as records tell; nothing: it never did.
  [[nodiscard]] std::optional<past_image> held_until(const image& seen, wall_time now) const;
  /// Of digests that cannot be compared any more. Absence is absence under any settings.
  void forget_images();
};

/// The origin, read strongly.
struct origin_read {
  image value;
  wall_time at;
  bool operator==(const origin_read&) const = default;
};

struct evidence {
  /// At the first unequal look since the newest change, or at the first since it moved.
  std::optional<origin_read> origin;
  // From here on nothing is persisted.
  /// Where no record tells of the origin's changes: what the counterpart held when it was last seen
  /// to differ, and since when it has.
  struct difference {
    std::optional<digest128> counterpart;
    wall_time since;
  };
  std::optional<difference> differing;
  std::optional<wall_time> unequal_at;  ///< the last look that was
  std::optional<wall_time> lag_from;    ///< from when the lag counts, where it is measured
  std::uint32_t retries = 0;
  std::uint32_t judgements = 0;   ///< that found a side changed; since the newest change
  bool looked = false;            ///< at least one look was answered
  bool may_have_expired = false;  ///< the last look saw nothing, where items expire
};

/// What a judgement saw: whether the counterpart agreed with the origin.
enum class agreement : std::uint8_t {
  differing,
  agreeing,
};

/// What the counterpart held at a judgement that found it wrong, or unexpectedly right: it is, once
/// the stream has been read past that time and no record has explained it.
struct unexplained {
  image counterpart;
  wall_time at;
  agreement seen_as = agreement::differing;
};

/// Looks at the ages of `probe_ages` that measure how late replication is.
struct probing {
  wall_time first_look_at;  ///< when looks begin that count
  std::uint8_t left = 0;
};
/// Looks at growing distances.
struct looking {};
/// A look was unequal: the origin is read strongly, and has to rest from then on.
struct resting {};
/// The origin has rested: strong reads of both decide.
struct judging {
  std::optional<unexplained> seen;
};
/// Without an image: both tables were seen alike. It proves the change once the stream was read
/// past that, or it would be the doing of a later one.
struct awaiting_stream {
  wall_time agreed_at;
  bool by_ignoring = false;
};
/// The key changes all the time: strong reads are held against its recent images.
struct restless {
  std::optional<unexplained> seen;
};
using stage = std::variant<looking, probing, resting, judging, awaiting_stream, restless>;

struct check {
  check_id id = 0;
  question asked;
  expectation expected;
  evidence seen;
  stage at;

  /// What it has read next.
  [[nodiscard]] check_step next_read() const;
  template <class Stage>
  [[nodiscard]] bool is_at() const {
    return std::holds_alternative<Stage>(at);
  }
};

}  // namespace ddm::verify
