// What one item needs, decided from two strong reads.
//
// Problem: a finding may be days old. After a cutover the target is what counts, and a value of the
// source must not go over what the application has written there since.
// Idea: what is written is decided by the reads; whether anything is, by the finding too: only
// where the target still holds what the finding saw there. Limit: what was changed and changed back
// in between is the same value, and is taken for untouched.
//
// Pure: both sides' items go in, a conditional write or the reason for leaving the item alone comes
// out.
#pragma once

#include "base/time.h"
#include "dynamodb/conditional_write.h"
#include "dynamodb/item_digest.h"
#include "verify/mismatch.h"

#include <optional>
#include <string>

namespace ddm::repair {

/// What a table holds for a key; nothing: absent.
using held_item = std::optional<dynamodb::attribute_map>;

enum class action {
  nothing,  ///< both sides are equal by now
  put,      ///< the target lacks the item
  change,   ///< attributes differ: they are set or removed one by one
  remove,   ///< the target holds what the source does not
  leave,    ///< see `why`
};
[[nodiscard]] std::string_view to_string(action value);

struct rules {
  dynamodb::key_schema schema;
  dynamodb::ignore_list ignored;
  dynamodb::digest_secret secret{};  ///< of the state: findings have digests made with it
  bool allow_deletes = false;
  std::optional<std::string> source_ttl_attribute;
  std::optional<std::string> target_ttl_attribute;
};

struct step {
  action what = action::nothing;
  std::string why;  ///< "the target lacks it", "3 attributes differ: a, b, c"
  std::optional<dynamodb::conditional_write> write;
};

/// What a finding saw in the target.
struct seen_in_target {
  std::optional<dynamodb::digest128> digest;  ///< nothing: there was no item
  dynamodb::ignore_list without;              ///< what the digest leaves out
  bool known = true;                          ///< false: a side could not be read
};
[[nodiscard]] seen_in_target seen_by(const verify::mismatch& finding);

/// As plan_step, but nothing is written where the target does not hold what was seen.
[[nodiscard]] step plan_repair(const held_item& source, const held_item& target,
                               const seen_in_target& seen, const rules& by, wall_time now);
[[nodiscard]] step plan_step(const held_item& source, const held_item& target, const rules& by,
                             wall_time now);

/// The write that turns `present` into `wanted`, provided it is still `present`; nothing when they
/// are equal. Ignored attributes, nested ones too, are neither compared nor touched: what the
/// target lacks of them it goes on lacking, unless the whole item is made anew.
[[nodiscard]] std::optional<dynamodb::conditional_write> write_between(const held_item& present,
                                                                       const held_item& wanted,
                                                                       const rules& by);

/// With not one attribute ignored.
[[nodiscard]] bool same_in_full(const held_item& a, const held_item& b);
/// A write made `after` of `before` that these rules would not make: it wrote what they ignore.
[[nodiscard]] bool reaches_ignored(const held_item& before, const held_item& after,
                                   const rules& by);

/// The TTL service has still to delete it, or has deleted it on the other side.
[[nodiscard]] bool is_past_ttl(const held_item& item, const std::optional<std::string>& attribute,
                               wall_time now);

/// What `present` is after the write.
[[nodiscard]] held_item after(held_item present, const dynamodb::conditional_write& write);

}  // namespace ddm::repair
