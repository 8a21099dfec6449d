// Finished pairs on their way into the state, and what they left over on its way to the disk.
//
// Problem: a pair is committed with what it has found, and no pair may be committed before what it
// left over is on the disk. Idea: leftovers gather in a block; one write at a time appends it to
// the log, and the pairs that had finished by then are durable with it. Reason: pairs that finish
// while the disk is busy share the next write.
#pragma once

#include "compare/comparison_progress.h"
#include "compare/leftover_file.h"
#include "runtime/asio.h"
#include "runtime/worker_pool.h"
#include "state/rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::compare {

struct finished_pair {
  std::uint32_t segment = 0;
  scan_counters counters;
  std::vector<state::candidate_row> disputed;
};

class pair_log {
 public:
  /// It outlives the log.
  explicit pair_log(worker_pool& pool) : pool_(pool) {}

  /// As leftover_file::open has it.
  [[nodiscard]] result<void> open(std::string path, std::uint64_t committed_bytes,
                                  std::uint64_t mark);
  void close() { file_.reset(); }
  [[nodiscard]] const leftover_file& file() const { return *file_; }

  /// What a pair leaves over, before or when it has finished.
  void buffer(const leftover& entry, leftover_origin from) { append_leftover(entry, from, block_); }
  [[nodiscard]] std::size_t buffered_bytes() const { return block_.size(); }
  void add(finished_pair done) { finished_.push_back(std::move(done)); }

  /// Writes what there is; returns at once while it writes already.
  [[nodiscard]] awaitable<result<void>> make_durable();
  [[nodiscard]] bool is_writing() const { return writing_; }
  /// For a commit.
  [[nodiscard]] std::vector<finished_pair> take_durable() { return std::exchange(durable_, {}); }
  /// Of the log, what is on the disk.
  [[nodiscard]] std::uint64_t durable_bytes() const { return synced_bytes_; }
  /// All pairs were taken.
  [[nodiscard]] bool is_empty() const { return !writing_ && finished_.empty() && durable_.empty(); }
  /// Of pairs that were not taken yet.
  [[nodiscard]] scan_counters counted() const;

 private:
  worker_pool& pool_;
  std::optional<leftover_file> file_;
  std::uint64_t synced_bytes_ = 0;
  bool writing_ = false;
  std::string block_;                    ///< leftovers that are not written yet
  std::vector<finished_pair> finished_;  ///< whose leftovers may still be in block_
  std::vector<finished_pair> being_written_;
  std::vector<finished_pair> durable_;
};

}  // namespace ddm::compare
