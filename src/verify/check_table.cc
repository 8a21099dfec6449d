#include "verify/check_table.h"

#include "verify/check_codec.h"

#include <algorithm>
#include <utility>

namespace ddm::verify {
namespace {

/// Bookkeeping around a check that sizeof does not see: map entries, timers, allocator overhead.
constexpr std::uint32_t overhead_bytes = 160;

}  // namespace

check_table::entry& check_table::open(check fresh) {
  fresh.id = next_id_++;
  return place(std::move(fresh));
}

check_table::entry& check_table::restore(check kept) {
  next_id_ = std::max(next_id_, kept.id + 1);
  auto& placed = place(std::move(kept));
  placed.persisted = true;
  note_bounds(placed.open);
  return placed;
}

check_table::entry& check_table::place(check fresh) {
  if (free_.empty()) {
    free_.push_back(&entries_.emplace_back());
  }
  auto& placed = *free_.back();
  free_.pop_back();
  placed.open = std::move(fresh);
  by_key_.insert_or_assign(placed.open.asked.key.hash, &placed);
  by_id_.emplace(placed.open.id, &placed);
  candidates_ += placed.open.asked.is_of_change() ? 0 : 1;
  return placed;
}

void check_table::close(entry& closed) {
  candidates_ -= closed.open.asked.is_of_change() ? 0 : 1;
  if (closed.persisted) {
    closed_.push_back(closed.open.id);
  }
  by_key_.erase(closed.open.asked.key.hash);
  by_id_.erase(closed.open.id);
  bytes_ -= closed.bytes;
  closed = entry{};
  free_.push_back(&closed);
}

void check_table::book(entry& changed) {
  const auto& [id, asked, expected, seen, at] = changed.open;
  const auto bytes =
      static_cast<std::uint32_t>(sizeof(entry) + overhead_bytes + asked.key.json.size() +
                                 expected.history.capacity() * sizeof(past_image));
  bytes_ = bytes_ - changed.bytes + bytes;
  changed.bytes = bytes;
}

void check_table::mark_dirty(entry& changed) {
  note_bounds(changed.open);
  if (changed.open.asked.is_of_change() && !std::exchange(changed.dirty, true)) {
    dirty_.push_back(&changed);
  }
}

void check_table::note_bounds(const check& changed) {
  const auto& asked = changed.asked;
  bounds_.answer_comparison = bounds_.answer_comparison || asked.comparison_asks_since;
  if (asked.is_of_change()) {
    bounds_.unmet_since = std::min(bounds_.unmet_since, asked.unmet_since());
  }
}

void check_table::become_change(entry& candidate) {
  candidate.open.asked.candidate = 0;
  --candidates_;
}

void check_table::take_dirty(std::vector<state::check_row>& rows,
                             std::vector<std::int64_t>& closed) {
  rows.reserve(rows.size() + dirty_.size());
  for (auto* changed : dirty_) {
    if (std::exchange(changed->dirty, false)) {
      changed->persisted = true;
      rows.push_back({changed->open.id, encode_check(changed->open, shard_id(changed->open))});
    }
  }
  dirty_.clear();
  closed = std::exchange(closed_, {});
}

check_table::entry* check_table::find(const digest128& key_hash) const {
  const auto found = by_key_.find(key_hash);
  return found == by_key_.end() ? nullptr : found->second;
}

check_table::entry* check_table::find(check_id id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::map<std::string, sequence_number> check_table::lowest_open() const {
  std::vector<const sequence_number*> lowest(shard_names_.size());
  for (const auto& each : entries_) {
    const auto& asked = each.open.asked;
    if (each.open.id == 0 || asked.sequence.empty()) {
      continue;
    }
    auto& known = lowest.at(asked.shard);
    if (known == nullptr || asked.sequence < *known) {
      known = &asked.sequence;
    }
  }
  std::map<std::string, sequence_number> by_shard;
  for (std::size_t shard = 0; shard < lowest.size(); ++shard) {
    if (lowest[shard] != nullptr) {
      by_shard.emplace(shard_names_[shard], *lowest[shard]);
    }
  }
  return by_shard;
}

std::uint32_t check_table::shard_index(std::string_view shard_id) {
  if (const auto found = shard_indices_.find(shard_id); found != shard_indices_.end()) {
    return found->second;
  }
  const auto index = static_cast<std::uint32_t>(shard_names_.size());
  shard_names_.emplace_back(shard_id);
  shard_indices_.emplace(shard_id, index);
  return index;
}

}  // namespace ddm::verify
