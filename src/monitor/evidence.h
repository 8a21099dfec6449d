// Which finished comparison a verdict stands on, with what coverage, and whether it needs another.
//
// Problem: comparisons are made by `monitor` and by `compare`, with settings that may have been
// others than today's, some before the stream was read. Idea: the log of coverages is asked what
// changes were checked with since each of them began; the one on which most can be said counts.
// Reason: the verdict then holds two values, and the baseline knows in words why it begins anew.
//
// Pure: what was committed and the settings go in.
#pragma once

#include "compare/comparison_progress.h"
#include "report/status.h"
#include "state/rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace ddm::monitor {

/// Whose comparisons count beside those of `monitor`.
inline constexpr auto other_command = "compare";

/// What is known of --freeze-at, by the service's clock.
struct freeze_facts {
  std::optional<wall_time> at;
  wall_time now;
  milliseconds max_lag{0};
  std::int64_t writes_after = 0;
  bool plain_go_wanted = false;  ///< --require-go without --accept-sampled
  /// --require-go, and --settle was not earned: it is not any more after the freeze.
  bool settling_missed = false;
  /// So many mismatches are open that another comparison would only count what it finds.
  bool findings_full = false;
  /// Nobody deletes what has expired, and some of it was only counted, the last then.
  std::optional<wall_time> expired_stay;
  std::optional<wall_time> last_gap;  ///< when the newest gap was noticed, cured or not

  /// All that was written before the freeze must have arrived by then.
  [[nodiscard]] std::optional<wall_time> arrived_by() const {
    return at ? std::optional(*at + max_lag) : std::nullopt;
  }
};

/// Of a comparison that began while the monitor was in epoch `before`, as the state told then;
/// `now`: what it tells when that is committed. 0: the monitor has begun anew since.
[[nodiscard]] std::int64_t epoch_at_begin(std::int64_t before, const state::snapshot& now);

class evidence_book {
 public:
  /// `changes`: what changes are checked with from now on; `next`: what the next comparison of this
  /// command would be made with.
  evidence_book(verify::coverage changes, verify::coverage next, const state::snapshot& resumed);

  /// All first iterators are held, and the target is there: from now on changes are checked. Until
  /// then no comparison that begins counts.
  void on_stream_begun();
  /// A comparison that began in this epoch says as much as one that begins now.
  [[nodiscard]] bool is_current(std::int64_t epoch) const {
    return epoch > 0 && log_.weakest_since(epoch).covers(changes_);
  }
  /// What a comparison that begins now takes with it.
  [[nodiscard]] std::int64_t epoch() const { return log_.epoch(); }
  /// When the newest comparison began that an earlier process, or `compare`, left unfinished.
  [[nodiscard]] wall_time unfinished_since() const { return unfinished_since_; }
  void on_finished(const compare::comparison_progress& finished);
  /// What another command has committed of its comparison while this one runs; true: it has ended,
  /// and was not known to have.
  bool hear_of(const compare::comparison_progress& other);

  /// The comparison that counts, if there is one.
  [[nodiscard]] const compare::comparison_progress* counting(const freeze_facts& freeze) const;
  [[nodiscard]] std::optional<report::evidence> stands_on(const freeze_facts& freeze) const;
  /// Why another comparison is needed, in words; nothing: none is, or it would not help.
  [[nodiscard]] std::optional<std::string> needs_another(const std::vector<state::gap_row>& gaps,
                                                         const freeze_facts& freeze) const;

  /// For a commit, if it has changed.
  void save(state::commit_batch& batch);
  /// The epoch that a state's monitor is in, for a comparison by another command.
  [[nodiscard]] static std::int64_t epoch_of(const state::snapshot& state);

 private:
  /// What keeps a verdict from saying more, the worst first; the least is the best.
  using rank = std::tuple<bool, bool, std::uint64_t, std::size_t>;
  [[nodiscard]] rank rank_of(const compare::comparison_progress& finished,
                             const freeze_facts& freeze) const;
  [[nodiscard]] report::evidence evidence_of(const compare::comparison_progress& finished,
                                             const freeze_facts& freeze) const;

  verify::coverage changes_;
  verify::coverage next_;
  verify::coverage_log log_;
  wall_time unfinished_since_;
  bool begun_ = false;
  bool changed_ = false;
  std::int64_t other_finished_ms_ = 0;  ///< of the last comparison by `compare` that is known
  std::vector<compare::comparison_progress> finished_;  ///< a few, oldest first
};

}  // namespace ddm::monitor
