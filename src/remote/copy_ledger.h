// Which blocks lie in the table, and which of them a copy still needs.
//
// Problem: blocks that no copy needs are to go, but a deletion may come late: after a time-out, a
// repetition below us, or a minute in which the process slept. By then the same bytes may have been
// written again under the same name, and the head needs them.
// Idea: a block lies under its epoch. It is used again within its epoch only, and deleted in a
// later one only, after a copy of that later epoch stands in the head. When what is not needed has
// grown, the holder begins an epoch of its own accord, writes the copy anew and deletes the old
// ones. Reason: whatever is late then meets an epoch that nobody reads any more. What is paid for
// is one writing of all for each `garbage_factor` times as much that was written anyway.
//
// Pure. A restart knows nothing of blocks: it has taken the head, and with it an epoch of its own.
#pragma once

#include "remote/block_tree.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace ddm::remote {

/// Before all is written anew: what is not needed is so many times what is, and this much.
struct ledger_bounds {
  std::uint64_t garbage_factor = 4;
  std::uint64_t garbage_bytes_min = std::uint64_t{4} << 20;
};

class copy_ledger {
 public:
  explicit copy_ledger(ledger_bounds bounds) : bounds_(bounds) {}

  /// Forgets the blocks: none of another epoch is used again.
  void begin_epoch(std::uint64_t epoch);
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

  /// Whether it is known to lie there under this epoch.
  [[nodiscard]] bool has(const block_name& name) const { return known_.contains(name); }
  /// It was written, as so many bytes.
  void note_put(const block_name& name, std::size_t sealed_bytes);
  /// The head names the copy that is made of these.
  void note_copy(const std::vector<block_name>& needed);

  [[nodiscard]] bool worth_a_new_epoch() const;
  /// Whether blocks of earlier epochs may be there that nobody needs: a copy of this one stands in
  /// the head, and they have not been deleted since.
  [[nodiscard]] bool may_collect() const { return copied_ && !collected_; }
  void note_collected() { collected_ = true; }

 private:
  struct name_hash {
    std::size_t operator()(const block_name& name) const;
  };

  ledger_bounds bounds_;
  std::uint64_t epoch_ = 0;
  std::unordered_map<block_name, std::size_t, name_hash> known_;
  std::uint64_t known_bytes_ = 0;
  std::uint64_t needed_bytes_ = 0;
  bool copied_ = false;
  bool collected_ = false;
};

}  // namespace ddm::remote
