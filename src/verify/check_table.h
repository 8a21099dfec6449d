// The open checks: found by key and by id, counted against the memory bound, written when changed.
//
// At most one for each key. References to an entry stay valid until it is closed.
#pragma once

#include "state/rows.h"
#include "verify/check.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::verify {

class check_table {
 public:
  struct entry {
    check open;     ///< id 0: the entry is free
    wall_time due;  ///< of the next read
    bool in_flight = false;
    bool dirty = false;
    bool persisted = false;
    std::uint32_t bytes = 0;  ///< booked against the memory bound
  };

  /// `fresh` has no id yet.
  entry& open(check fresh);
  /// With the id that it has in the state.
  entry& restore(check kept);
  void close(entry& closed);
  /// Counts anew what it takes in memory; after each change of its size.
  void book(entry& changed);
  /// Is part of the next commit. Candidates are not: their rows stay. Called after each change of
  /// what is persisted.
  void mark_dirty(entry& changed);
  void take_dirty(std::vector<state::check_row>& rows, std::vector<std::int64_t>& closed);
  /// The check of a candidate stands for a change from now on.
  void become_change(entry& candidate);

  [[nodiscard]] entry* find(const digest128& key_hash) const;
  [[nodiscard]] entry* find(check_id id) const;
  /// The last one given.
  [[nodiscard]] check_id highest_id() const { return next_id_ - 1; }
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }
  [[nodiscard]] std::size_t candidates() const { return candidates_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Calls `visit` with each entry, in no order; it opens and closes none.
  template <class Visit>
  void each(Visit visit) {
    for (const auto& [hash, held] : by_key_) {
      visit(*held);
    }
  }
  template <class Visit>
  void each_open(Visit visit) const {
    for (const auto& held : entries_) {
      if (held.open.id != 0) {
        visit(held.open);
      }
    }
  }
  [[nodiscard]] std::size_t count_if(const auto& holds) const {
    std::size_t count = 0;
    each_open([&](const check& open) { count += holds(open) ? 1 : 0; });
    return count;
  }
  /// What no open check can be beyond, so that most walks through all of them need not be made. A
  /// walk that found less says so.
  struct bounds {
    wall_time unmet_since = wall_time::max();  ///< the earliest, of checks of changes
    bool answer_comparison = false;            ///< some do
  };
  [[nodiscard]] bounds& known_bounds() const { return bounds_; }
  /// The lowest sequence number with an open check, of each shard that has one. Walks all.
  [[nodiscard]] std::map<std::string, sequence_number> lowest_open() const;

  /// The same for the same name.
  [[nodiscard]] std::uint32_t shard_index(std::string_view shard_id);
  [[nodiscard]] const std::string& shard_id(const check& open) const {
    return shard_names_.at(open.asked.shard);
  }

 private:
  entry& place(check fresh);
  void note_bounds(const check& changed);

  std::deque<entry> entries_;  ///< a deque: references stay valid while it grows
  std::vector<entry*> free_;
  boost::unordered_flat_map<digest128, entry*, std::hash<digest128>> by_key_;
  boost::unordered_flat_map<check_id, entry*> by_id_;
  std::vector<entry*> dirty_;  ///< one that was closed and opened anew stands there twice
  std::vector<std::int64_t> closed_;
  std::vector<std::string> shard_names_;
  std::map<std::string, std::uint32_t, std::less<>> shard_indices_;
  std::uint64_t bytes_ = 0;
  std::size_t candidates_ = 0;
  check_id next_id_ = 1;
  mutable bounds bounds_;
};

}  // namespace ddm::verify
