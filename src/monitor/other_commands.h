// What other commands on the same state have found while this one runs: they confirm and heal
// mismatches, notice and cure gaps, and the end of a `compare` is evidence for a monitor's verdict.
//
// Findings are heard before the end of a comparison is: a verdict must not stand on one of which
// not every mismatch is known yet.
#pragma once

#include "compare/comparison_progress.h"
#include "monitor/coverage_gaps.h"
#include "monitor/finding_desk.h"
#include "monitor/finding_news.h"
#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "state/state_store.h"

#include <cstdint>
#include <functional>

namespace ddm::monitor {

class other_commands final : public session_part {
 public:
  /// Everything outlives it. `digests` are made as in the state.
  other_commands(state::state_store& store, finding_desk& findings, coverage_gaps& gaps,
                 const dynamodb::page_decoder& digests, clock& time,
                 const std::uint64_t& commits_begun, const state::snapshot& resumed);

  struct listeners {
    /// `compare` on the same state, as far as it has come.
    std::function<void(const compare::comparison_progress&)> on_comparison;
    /// Findings, gaps or what is only counted may be others than before.
    std::function<void()> on_heard;
    /// Another command only counts mismatches from now on.
    std::function<void()> on_counting;
  };
  /// Who listens to nothing hears of findings and gaps all the same.
  void tell_to(listeners to) { to_ = std::move(to); }

  void collect(state::commit_batch& batch) override;
  [[nodiscard]] awaitable<result<void>> refill() override;
  [[nodiscard]] awaitable<result<void>> hear_out() override;

 private:
  [[nodiscard]] awaitable<result<void>> hear();
  void hear_of(const state::news& news);

  state::state_store& store_;
  finding_desk& findings_;
  coverage_gaps& gaps_;
  clock& time_;
  const std::uint64_t& commits_begun_;
  finding_news finding_news_;
  listeners to_;
  wall_time news_due_;
};

}  // namespace ddm::monitor
