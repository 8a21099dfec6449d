// Leftovers that workers pass to each other, in a folder that all of them share.
//
// Problem: where two stores order differently, or one side is an export, the two halves of a key
// lie in the pairs of different workers, and no worker can hold all keys.
// Idea: each worker deals what its pairs leave over into one file for each worker, by key hash, and
// then joins what it was sent. Reason: both halves of a key go to the same worker; each of them
// holds, and joins, its part of the keys only.
//
//   DIR/comparison-1700000000000/0003-to-0005.leftovers
//
// A file is there, whole and ending with a mark of its own, or it is not: it is written as a draft.
// Who deals out again, after a kill or as a second process that does not know yet that it was
// replaced, writes the same in other words: the last one counts.
//
// Blocking: run it on a worker thread.
#pragma once

#include "base/error.h"
#include "compare/last_join.h"
#include "compare/leftover_file.h"
#include "compare/worker_share.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace ddm::compare {

/// Each has a file open at once.
inline constexpr std::int64_t exchanging_workers_max = 500;

class exchange {
 public:
  /// `mark`: of the comparison, as leftover_file has it.
  exchange(std::string folder, worker_share share, std::uint64_t mark)
      : folder_(std::move(folder)), share_(share), mark_(mark) {}

  /// Where this worker keeps its own log until it is dealt out: whichever host goes on finds it.
  [[nodiscard]] std::string log_path() const;
  /// Makes the folder of this comparison. Errors: wrong_usage where the place is wrong.
  [[nodiscard]] result<void> prepare() const;
  /// What `counts` of the log, to all workers. Bytes that were written.
  [[nodiscard]] result<std::uint64_t> deal_out(const leftover_file& log,
                                               const last_join::filter& counts,
                                               const std::atomic<bool>& stopping) const;
  /// What all workers have sent to this one. An error of class `retry` names who has not yet.
  [[nodiscard]] result<std::vector<leftover_file>> received() const;
  /// Removes what this one was sent: it is joined, and that is committed.
  void forget_received() const;

 private:
  [[nodiscard]] std::string path_of(std::int64_t from, std::int64_t to) const;

  std::string folder_;
  worker_share share_;
  std::uint64_t mark_;
};

}  // namespace ddm::compare
