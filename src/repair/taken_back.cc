#include "repair/taken_back.h"

#include "verify/item_diff.h"

namespace ddm::repair {
namespace {

/// Nothing for an item that cannot be digested.
result<verify::image> image_of(const held_item& item, const judging& with) {
  if (!item) {
    return verify::image();
  }
  auto digest = dynamodb::digest_item(dynamodb::to_json(*item), with.by.secret, with.by.ignored);
  if (!digest) {
    return fail(std::move(digest.error()));
  }
  return verify::image(*digest);
}

}  // namespace

std::optional<verify::mismatch> mismatch_of(const dynamodb::item_key& key, const both_sides& held,
                                            const judging& with, wall_time now) {
  const auto source = image_of(held.source, with);
  const auto target = image_of(held.target, with);
  const bool unreadable = held.unreadable || !source || !target;
  if (!unreadable && verify::same(*source, *target)) {
    return std::nullopt;
  }
  verify::judged_state state{.unreadable = unreadable, .delete_seen = with.source_held_it};
  state.source = source.value_or(verify::image());
  state.target = target.value_or(verify::image());
  state.source_ttl_past = is_past_ttl(held.source, with.by.source_ttl_attribute, now);
  state.target_ttl_past = is_past_ttl(held.target, with.by.source_ttl_attribute, now) ||
                          is_past_ttl(held.target, with.by.target_ttl_attribute, now);
  verify::mismatch wrong{.key = key,
                         .kind = verify::classify(state),
                         .shard_id = {},
                         .sequence_number = {},
                         .first_seen = now,
                         .confirmed_at = now,
                         .changes = 0};
  if (state.source) {
    wrong.source_digest = state.source->compared;
  }
  if (state.target) {
    wrong.target_digest = state.target->compared;
  }
  if (held.source && held.target) {
    wrong.paths = verify::diff_items(*held.source, *held.target, with.by.ignored);
  }
  return wrong;
}

}  // namespace ddm::repair
