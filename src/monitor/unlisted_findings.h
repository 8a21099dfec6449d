// What has no room of its own on the disk, as a coverage gap that lasts.
//
// Problem: what is confirmed beyond --findings-max, and what waits for a check beyond
// --deferred-max, is known by number only: of which keys it was, nobody can tell afterwards. And
// `monitor` and `compare` count beside each other on one state.
// Idea: that is a coverage gap, which a comparison of the whole tables makes up for. It goes on
// while more is counted, so it is one gap that is noticed anew with each commit, not thousands.
// Each command has numbers and a gap of its own ("findings.unlisted.<command>.…", a reason each),
// and writes no other's. What is left of them, every reader derives from what is in the state: a
// count whose gap is cured is made up for; what has expired is no gap, and is made up for once a
// comparison that cures began after the last of it (state::gaps_cured_before_name). The command
// that counted begins again at 0 when it counts the first after that.
// A comparison that has no room finds and counts the same keys once more, and its gap goes on. So
// numbers are kept apart: "….before_…" is what was counted before the comparison began that this
// command knows of, and is made up for when that ends, whatever was counted meanwhile.
// Reason: no command can undo what another counts meanwhile, and all of them tell the same sums.
// Verdict, evidence and baseline know gaps already.
#pragma once

#include "compare/comparison_progress.h"
#include "state/rows.h"
#include "verify/finding_book.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::monitor {

inline constexpr std::string_view left_reason =
    "more keys waited for a check than --deferred-max keeps: changes of the others were not "
    "checked";

/// Of the gap of what `command` has only counted.
[[nodiscard]] std::string_view unlisted_reason(std::string_view command);
/// What the names of the numbers begin with that `command` keeps of it.
[[nodiscard]] std::string unlisted_prefix(std::string_view command);
/// Mismatches were only counted: a comparison lists no more of them than there is room for.
[[nodiscard]] bool is_of_unlisted(const state::gap_row& gap);
/// Of either reason: what it was about has no row.
[[nodiscard]] bool is_counted_only(const state::gap_row& gap);

/// The open gap of this reason goes on until `noticed`, in `gaps` and in the commit; else it
/// begins. True when it begins.
bool extend_gap(std::string_view reason, wall_time noticed, std::vector<state::gap_row>& gaps,
                state::commit_batch& batch);

/// What is left of what `command` has only counted, as a state has it.
[[nodiscard]] verify::unlisted_history load_unlisted(std::string_view command,
                                                     const state::snapshot& resumed);

/// What all commands on one state have only counted and no comparison has made up for, as one of
/// them knows it. Its own is in its finding_book.
class unlisted_book {
 public:
  /// `command`: "monitor" or "compare".
  unlisted_book(std::string command, verify::finding_book& own, const state::snapshot& resumed);

  /// Names of numbers that hear() wants to know begin so.
  [[nodiscard]] static std::vector<std::string> heard_prefixes();
  /// What was only counted since the last commit goes into this one with its gap.
  /// `comparison_began`: that of the unfinished one, if there is any; nothing may be dated before.
  void collect(wall_time comparison_began, std::vector<state::gap_row>& gaps,
               state::commit_batch& batch);
  /// After a comparison of this command has cured gaps with this commit, if it has.
  void note_cure(const std::vector<state::gap_row>& gaps, const state::commit_batch& batch);
  /// All commands' gaps and numbers, as the state has them; `uncommitted` are gaps of this one that
  /// it does not have yet. Each other commit of this command is in it. True: another command has
  /// begun to count.
  bool hear(const state::news& news, const std::vector<state::gap_row>& uncommitted,
            std::vector<state::gap_row>& gaps);

  /// Of all commands.
  [[nodiscard]] verify::kind_counts by_kind() const;
  /// When the last one was counted that has expired; nothing: none is left.
  [[nodiscard]] std::optional<wall_time> last_expired() const;
  /// Of those that a comparison has only counted: that are left.
  struct of_comparison {
    std::int64_t all = 0;
    std::int64_t wrong = 0;  ///< kind_counts::mismatches() of them
  };
  [[nodiscard]] of_comparison left_of(const compare::comparison_progress& progress) const;
  /// Another command has counted some: any key may be among them.
  [[nodiscard]] bool others_any() const { return theirs_.all().any(); }

 private:
  [[nodiscard]] std::string_view other() const;
  [[nodiscard]] verify::unlisted_findings all() const;
  void forget_cured(const std::vector<state::gap_row>& gaps);

  std::string command_;
  verify::finding_book& own_;
  verify::unlisted_history theirs_;
  wall_time cured_before_;      ///< the newest comparison that cured gaps began then
  wall_time comparison_began_;  ///< up to then is `before` of our own
};

}  // namespace ddm::monitor
