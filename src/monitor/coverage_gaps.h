// The gaps of a state, as a session knows them: those that it has noticed itself go into the next
// commit.
#pragma once

#include "monitor/session_part.h"
#include "state/rows.h"

#include <utility>
#include <vector>

namespace ddm::monitor {

class coverage_gaps final : public session_part {
 public:
  explicit coverage_gaps(const state::snapshot& resumed) : all_(resumed.gaps) {}

  [[nodiscard]] const std::vector<state::gap_row>& all() const { return all_; }
  /// For those who cure gaps, or hear of others' (gap_cure, unlisted_findings).
  [[nodiscard]] std::vector<state::gap_row>& all() { return all_; }
  /// Of this process, and in no commit yet.
  [[nodiscard]] const std::vector<state::gap_row>& uncommitted() const { return new_; }
  void note(state::gap_row gap) {
    all_.push_back(gap);
    new_.push_back(std::move(gap));
  }

  void collect(state::commit_batch& batch) override { batch.gaps = std::exchange(new_, {}); }
  void tell(report::status& now) const override { now.gaps = all_; }

 private:
  std::vector<state::gap_row> all_;
  std::vector<state::gap_row> new_;
};

}  // namespace ddm::monitor
