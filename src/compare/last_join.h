// The leftovers of all segment pairs, joined with each other within a memory bound.
//
// Problem: where two stores order differently, everything is left over. Idea: the log is dealt out
// by key hash into parts that each fit into memory, then one part is joined after the other. What
// is then still unmatched differs, as far as scans can tell. Reason: both halves of a pair have the
// same hash, so no part needs another.
//
// Blocking: run it on a worker.
#pragma once

#include "compare/digest_join.h"
#include "compare/leftover_file.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ddm::compare {

struct joined_part {
  std::vector<leftover> unmatched;
  std::int64_t equal = 0;
  std::int64_t equal_by_ignoring = 0;
};

class last_join {
 public:
  /// In how many parts a log of this size is joined.
  [[nodiscard]] static std::uint64_t parts_for(std::uint64_t log_bytes, std::uint64_t memory_bytes);

  /// `counts` says whether what a scan wrote belongs to a finished pair. `path`: where the parts
  /// lie. The logs outlive it.
  using filter = std::function<bool(leftover_origin)>;
  last_join(std::vector<const leftover_file*> logs, std::string path, std::uint64_t parts,
            filter counts);

  /// Reads the logs once. Part files have no names: after a kill it is simply done again. Until
  /// they are closed they take as much of the disk as the log.
  [[nodiscard]] result<void> deal_out();
  /// From any thread: what reads now, or later, ends with an error of class `cancelled`.
  void stop() { stopping_ = true; }
  /// The parts are 0 … parts - 1.
  [[nodiscard]] result<joined_part> join(std::uint64_t part) const;

 private:
  [[nodiscard]] std::uint64_t part_of(const digest128& key) const { return key.high % parts_; }

  [[nodiscard]] result<void> read_logs(const leftover_file::reader& on_leftover) const;

  std::vector<const leftover_file*> logs_;
  std::string path_;
  std::uint64_t parts_;
  filter counts_;
  std::vector<leftover_file> files_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace ddm::compare
