#include "state/merged_finding.h"

#include "base/foreign_json.h"

#include <algorithm>
#include <utility>

namespace ddm::state {
namespace {

using nlohmann::json;

constexpr auto ignored_name = "ignored";
constexpr auto digested_without_name = "digested_without";

bool holds(const json& list, const json& value) {
  return std::ranges::find(list, value) != list.end();
}

/// Older versions did not keep what was ignored.
bool tells_ignored(const json& body) { return member(body, ignored_name).is_array(); }

/// All that `fewer` leaves out is left out by `body` too.
bool ignores_all_of(const json& body, const json& fewer) {
  return std::ranges::all_of(member(fewer, ignored_name), [&](const json& pattern) {
    return holds(member(body, ignored_name), pattern);
  });
}

json merged_open(const json& stored, json update) {
  for (const auto* name : {"changes", "period", "comparison_ms"}) {
    update[name] = std::max(integer_member(stored, name), integer_member(update, name));
  }
  if (tells_ignored(stored) && tells_ignored(update) && !ignores_all_of(stored, update)) {
    json common = json::array();
    for (const auto& pattern : update[ignored_name]) {
      if (holds(stored[ignored_name], pattern)) {
        common.push_back(pattern);
      }
    }
    // The digests are those of the newer look.
    if (!update.contains(digested_without_name)) {
      update[digested_without_name] = update[ignored_name];
    }
    update[ignored_name] = std::move(common);
  }
  return update;
}

}  // namespace

std::optional<mismatch_row> merged_finding(const mismatch_row& stored, mismatch_row update) {
  const auto before = parse_json(stored.body);
  auto body = parse_json(update.body);
  if (!stored.open || !before.is_object() || !body.is_object()) {
    return update;
  }
  if (update.open) {
    update.body = json_text(merged_open(before, std::move(body)));
    return update;
  }
  const bool looked_at_all = !tells_ignored(before) || ignores_all_of(before, body);
  return looked_at_all && stored.confirmed_ms <= update.confirmed_ms
             ? std::optional(std::move(update))
             : std::nullopt;
}

}  // namespace ddm::state
