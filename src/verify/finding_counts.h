// How many findings are open, and how many were only counted.
//
// Problem: the state may hold a million open mismatches, and what is confirmed beyond them has no
// row at all; a status must not walk them each second.
// Idea: numbers by kind, by the period in which a change of the key failed last, and by the
// comparison that found it last; they change with each entry. What is only counted can never be
// taken back one by one: a comparison finds, and counts, the same keys once more, and what was
// counted before it began is forgotten as a whole when it ends.
#pragma once

#include "base/time.h"
#include "verify/mismatch.h"

#include <array>
#include <cstdint>
#include <map>

namespace ddm::verify {

/// Open entries of one origin.
struct open_share {
  std::int64_t all = 0;
  std::int64_t wrong = 0;  ///< kind_counts::mismatches() of them
  std::int64_t unreadable = 0;
  open_share& operator+=(const open_share& more);
};

/// Open entries that have the same kind and origins.
struct open_group {
  mismatch_kind kind = mismatch_kind::different;
  std::int64_t period = 0;         ///< as in `mismatch`
  std::int64_t comparison_ms = 0;  ///< as in `mismatch`
  std::int64_t entries = 0;
  std::int64_t at_rest = 0;  ///< of `entries`: no change of the key has failed
  std::int64_t changes = 0;
};

struct kind_counts {
  std::array<std::int64_t, mismatch_kind_names.size()> open{};
  std::int64_t failed_changes = 0;                   ///< that all open entries stand for
  std::int64_t at_rest_alone = 0;                    ///< open entries that stand for no change
  std::map<std::int64_t, open_share> by_period;      ///< in which a change of the key failed last
  std::map<std::int64_t, open_share> by_comparison;  ///< that found the key last, by its beginning
  void add(const open_group& group);
  [[nodiscard]] std::int64_t all() const;
  [[nodiscard]] open_share of_period(std::int64_t period) const;
  /// A later comparison may have found the key again.
  [[nodiscard]] open_share of_comparisons_since(std::int64_t started_ms) const;
  [[nodiscard]] std::int64_t of(mismatch_kind kind) const {
    return open.at(static_cast<std::size_t>(kind));
  }
  /// Open mismatches that make a NO-GO: all but `expired` and `unreadable`.
  [[nodiscard]] std::int64_t mismatches() const;
};

/// Confirmations that are no findings of their own. A key may be among them more than once.
struct unlisted_counts {
  std::array<std::int64_t, mismatch_kind_names.size()> by_kind{};
  std::int64_t changes = 0;  ///< changes that failed with them
  std::int64_t deletes = 0;  ///< of these: deletes
  wall_time last = wall_time::min();
  void add(const mismatch& entry, wall_time now);
  void add(const unlisted_counts& more);
  /// False, and nothing is changed: they are no part of these.
  [[nodiscard]] bool subtract(const unlisted_counts& part);
  [[nodiscard]] std::int64_t all() const;
  [[nodiscard]] bool any() const { return all() > 0; }
};

struct unlisted_findings {
  unlisted_counts gap;      ///< of which keys they were, only a comparison can find out
  unlisted_counts expired;  ///< no mismatch, and nothing is unknown for want of them
  [[nodiscard]] unlisted_counts& of(mismatch_kind kind) {
    return kind == mismatch_kind::expired ? expired : gap;
  }
  void add(const unlisted_findings& more);
  /// False, and nothing is changed: they are no part of these.
  [[nodiscard]] bool subtract(const unlisted_findings& part);
  [[nodiscard]] kind_counts by_kind() const;
  [[nodiscard]] std::int64_t changes() const { return gap.changes + expired.changes; }
  [[nodiscard]] std::int64_t deletes() const { return gap.deletes + expired.deletes; }
  [[nodiscard]] bool any() const { return gap.any() || expired.any(); }
};

/// As a comparison runs, which finds and counts the same keys once more: it makes up for what was
/// counted `before` it began, whatever is counted meanwhile.
struct unlisted_history {
  unlisted_findings before;
  unlisted_findings since;
  [[nodiscard]] unlisted_findings all() const;
  /// From now on `before` is all that was counted until now. No cure until `cured_before` has made
  /// up for it, wherever the clock was meanwhile.
  void begin_comparison(wall_time cured_before);
  /// A comparison that began at `cured_before` has made up for what was counted until then; for the
  /// whole gap too, if `gap_cured`.
  void forget_cured(bool gap_cured, wall_time cured_before);
};

}  // namespace ddm::verify
