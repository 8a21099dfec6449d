#include "compare/digest_join.h"

namespace ddm::compare {
namespace {

/// Texts up to this size lie inside std::string itself.
constexpr std::size_t inline_text_bytes = 15;

std::size_t allocated(const std::string& text) {
  return text.capacity() > inline_text_bytes ? text.capacity() + 17 : 0;
}

}  // namespace

digest_join::sighting digest_join::sighting_of(side from,
                                               const std::optional<dynamodb::item_digest>& digest) {
  sighting seen{
      .in_source = from == side::source, .in_target = from == side::target, .disputed = !digest};
  if (digest) {
    seen.compared = digest->compared;
    seen.everything = digest->everything.low;
  }
  return seen;
}

void digest_join::add(leftover entry) {
  const sighting seen{.compared = entry.compared,
                      .everything = entry.everything,
                      .in_source = entry.in_source,
                      .in_target = entry.in_target,
                      .disputed = entry.disputed};
  const auto found = held_.find(entry.key);
  if (found == held_.end()) {
    keep(entry.key, seen, std::move(entry.key_json));
  } else {
    meet(found, seen);
  }
}

void digest_join::keep(const digest128& key, const sighting& seen, std::string key_json) {
  key_bytes_ += allocated(key_json);
  count_lone(seen, true);
  held_.emplace(key, entry{seen, std::move(key_json)});
}

void digest_join::meet(map::iterator found, const sighting& seen) {
  auto& held = found->second.seen;
  const bool same = !held.disputed && !seen.disputed && held.compared == seen.compared;
  const bool other_side = held.in_source != seen.in_source;
  if (same && !other_side) {
    return;  // the same item once more
  }
  count_lone(held, false);
  if (same) {
    ++equal_;
    equal_by_ignoring_ += held.everything == seen.everything ? 0 : 1;
    key_bytes_ -= allocated(found->second.key_json);
    held_.erase(found);
    return;
  }
  held.disputed = true;
  held.in_source = held.in_source || seen.in_source;
  held.in_target = held.in_target || seen.in_target;
}

void digest_join::count_lone(const sighting& seen, bool present) {
  if (seen.lone()) {
    auto& count = lone_[seen.in_source ? side::source : side::target];
    present ? ++count : --count;
  }
}

std::vector<leftover> digest_join::take() {
  std::vector<leftover> rest;
  rest.reserve(held_.size());
  for (auto& [key, held] : held_) {
    rest.push_back({.key = key,
                    .compared = held.seen.compared,
                    .everything = held.seen.everything,
                    .in_source = held.seen.in_source,
                    .in_target = held.seen.in_target,
                    .disputed = held.seen.disputed,
                    .key_json = std::move(held.key_json)});
  }
  held_ = {};
  lone_ = {};
  key_bytes_ = 0;
  return rest;
}

std::size_t digest_join::bytes() const {
  return held_.bucket_count() * (sizeof(map::value_type) + 1) + key_bytes_;
}

}  // namespace ddm::compare
