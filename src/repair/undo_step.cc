#include "repair/undo_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ddm::repair {
namespace {

using kind = dynamodb::conditional_write::kind;

constexpr std::string_view as_repaired = "undo it with the --ignore-attribute that the repair had";

step leave(std::string why) { return {.what = action::leave, .why = std::move(why), .write = {}}; }

action action_of(kind what) {
  return what == kind::put ? action::put : what == kind::update ? action::change : action::remove;
}

}  // namespace

step plan_undo(const journal_entry& entry, const held_item& present, const rules& by, bool apply) {
  auto write = write_between(present, entry.before, by);
  const bool wrote_ignored = reaches_ignored(entry.before, entry.after, by);
  if (!write && wrote_ignored && !same_in_full(present, entry.before)) {
    return leave(fmt::format("it differs only in ignored attributes from what it was before; {}",
                             as_repaired));
  }
  if (!write) {
    return {.what = action::nothing, .why = "it is as it was before", .write = {}};
  }
  if (write_between(present, entry.after, by)) {
    return leave("it has been changed since it was repaired");
  }
  if (wrote_ignored) {
    return leave(fmt::format("the repair wrote attributes that are ignored now; {}", as_repaired));
  }
  if (write->what == kind::remove && !by.allow_deletes) {
    return leave("it was not there before; only --allow-deletes deletes it again");
  }
  const auto what = action_of(write->what);
  return {.what = what,
          .why = fmt::format("entry {} of the journal {} taken back", entry.id,
                             apply ? "is" : "would be"),
          .write = std::move(write)};
}

std::set<std::uint64_t> repeated_keys(const std::vector<journal_place>& places) {
  std::vector<std::uint64_t> hashes;
  for (const auto& place : places) {
    if (may_stand(place.ended)) {
      hashes.push_back(place.key_hash);
    }
  }
  std::ranges::sort(hashes);
  std::set<std::uint64_t> repeated;
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i] == hashes[i - 1]) {
      repeated.insert(hashes[i]);
    }
  }
  return repeated;
}

}  // namespace ddm::repair
