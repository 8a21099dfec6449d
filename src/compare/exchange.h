// Leftovers that workers pass to each other, in a folder that all of them share.
//
// Problem: where two stores order differently, or one side is an export, the two halves of a key
// lie in the pairs of different workers, and no worker can hold all keys. Any of them may die, be
// taken for dead and go on beside its successor, or begin its part anew.
// Idea: each worker deals what its pairs leave over into one file for each worker, by key hash, and
// then joins what it was sent. Reason: both halves of a key go to the same worker; each of them
// holds, and joins, its part of the keys only.
//
//   DIR/1f0c…/of                                  whose comparison it is
//   DIR/1f0c…/0003-77ab…-9be2….log                what pairs of worker 3 left over, one process
//   DIR/1f0c…/0003-77ab…-to-0005.leftovers        of that what worker 5 joins
//
// The folder is named by the comparison (comparison_progress::array_id), a file by the part that
// wrote it (part_id): who joins notes whose files those were, and the merge holds that against the
// parts that there are. Each process has a log of its own, by an id that is never given twice: one
// that does not know yet that it was replaced may have the number of attempts that its successor
// has, and writes into a file of which the state counts no byte more. What was dealt out is there,
// whole and ending with a mark, or it is not.
//
// Blocking: run it on a worker thread.
#pragma once

#include "base/error.h"
#include "compare/comparison_progress.h"
#include "compare/last_join.h"
#include "compare/leftover_file.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ddm::compare {

/// Each has a file open at once.
inline constexpr std::int64_t exchanging_workers_max = 500;

class exchange {
 public:
  /// Of the part that `of` tells of.
  exchange(std::string folder, const comparison_progress& of)
      : folder_(std::move(folder)),
        share_(of.share()),
        mark_(static_cast<std::uint64_t>(of.array_id)),
        part_id_(of.part_id) {}

  /// What the folders of one state are known by: a secret that no other one has.
  [[nodiscard]] static std::string name_by(std::span<const unsigned char> secret);
  /// Where a process keeps its log until it is dealt out: whichever host goes on finds it.
  [[nodiscard]] std::string log_path(std::int64_t log) const;
  /// Makes the folder of this comparison, which is of `name`. Errors: wrong_usage where the place
  /// is wrong.
  [[nodiscard]] result<void> prepare(const std::string& name) const;
  /// The same before the workers begin; what other comparisons of this `name` left is removed.
  [[nodiscard]] result<void> begin(const std::string& name) const;
  /// What `counts` of the logs, to all workers, in place of what an earlier part of this worker
  /// dealt out. Bytes that were written.
  [[nodiscard]] result<std::uint64_t> deal_out(const std::vector<const leftover_file*>& logs,
                                               const last_join::filter& counts,
                                               const std::atomic<bool>& stopping) const;
  /// The same of the present log, and of those of the processes before, as `of` tells of them.
  [[nodiscard]] result<std::uint64_t> deal_out_all(const comparison_progress& of,
                                                   const leftover_file& present,
                                                   const last_join::filter& counts,
                                                   const std::atomic<bool>& stopping) const;
  struct received_files {
    std::vector<leftover_file> files;  ///< by worker
    std::string parts;                 ///< as comparison_progress::joined_of
  };
  /// What all workers have sent to this one. An error of class `retry` names who has not yet.
  [[nodiscard]] result<received_files> received() const;
  /// Removes what this one was sent: it is joined, and that is committed.
  void forget_received() const;
  /// Removes the logs of this worker: they are dealt out, and that is committed.
  void forget_logs() const;

 private:
  [[nodiscard]] std::string folder() const;
  [[nodiscard]] std::string path_to(std::int64_t worker) const;
  /// Files in the folder whose names begin and end so.
  [[nodiscard]] std::vector<std::string> named(const std::string& begin,
                                               const std::string& end) const;
  void forget_earlier_parts() const;
  void forget_drafts() const;

  std::string folder_;
  worker_share share_;
  std::uint64_t mark_;
  std::int64_t part_id_;
};

/// A process's log, and how much of it counts.
struct counted_log {
  std::int64_t id = 0;
  std::uint64_t bytes = 0;
};
/// As comparison_progress::earlier_logs has them, and what it has of the present one.
[[nodiscard]] std::vector<counted_log> logs_of(const comparison_progress& progress);
/// The present log becomes an earlier one: another process begins.
void retire_log(comparison_progress& progress);

}  // namespace ddm::compare
