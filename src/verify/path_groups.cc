#include "verify/path_groups.h"

#include <ranges>

namespace ddm::verify {

std::string group_path(std::string_view path) {
  std::string text;
  for (std::size_t at = 0; at < path.size() && text.size() < group_path_max; ++at) {
    text += path[at];
    if (path[at] != '[') {
      continue;
    }
    const auto digits_end = path.find_first_not_of("0123456789", at + 1);
    if (digits_end != std::string_view::npos && path[digits_end] == ']') {
      at = digits_end - 1;
    }
  }
  // Not in the middle of a character: what continues one goes, and what begins it.
  if (text.size() == group_path_max && (text.back() & 0x80) != 0) {
    while ((text.back() & 0xc0) == 0x80) {
      text.pop_back();
    }
    text.pop_back();
  }
  return text;
}

void path_groups::count(const mismatch& entry, std::int64_t by) {
  if (entry.paths.empty()) {
    count(place(entry.kind, ""), by);
    return;
  }
  std::set<std::string> paths;
  for (const auto& change : entry.paths) {
    paths.insert(group_path(change.path));
  }
  for (const auto& path : paths) {
    count(place(entry.kind, path), by);
  }
}

void path_groups::count(const place& at, std::int64_t by) {
  auto found = keys_.find(at);
  if (found == keys_.end() && (by < 0 || keys_.size() >= groups_max_)) {
    const place others(at.first, other_paths);
    found = by < 0 ? keys_.find(others) : keys_.try_emplace(others).first;
  } else if (found == keys_.end()) {
    found = keys_.try_emplace(at).first;
  }
  if (found == keys_.end()) {
    return;
  }
  order_.erase(&*found);
  found->second += by;
  if (found->second > 0) {
    order_.insert(&*found);
  } else {
    keys_.erase(found);
  }
}

std::vector<path_group> path_groups::largest(std::size_t groups_max) const {
  std::vector<path_group> groups;
  for (const auto* each : order_ | std::views::take(groups_max)) {
    const auto& [kind, path] = each->first;
    groups.push_back({.kind = kind, .path = path, .keys = each->second});
  }
  return groups;
}

}  // namespace ddm::verify
