// What has no room of its own on the disk, as a coverage gap that lasts.
//
// Problem: what is confirmed beyond --findings-max, and what waits for a check beyond
// --deferred-max, is known by number only: of which keys it was, nobody can tell afterwards.
// Idea: that is a coverage gap, which a comparison of the whole tables makes up for. It goes on
// while more is counted, so it is one gap that is noticed anew with each commit, not thousands.
// Reason: verdict, evidence and baseline know gaps already, and a comparison that began before the
// last of them was counted cures nothing.
#pragma once

#include "state/state_store.h"
#include "verify/finding_book.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ddm::monitor {

inline constexpr std::string_view unlisted_reason =
    "more mismatches were confirmed than --findings-max keeps: the others were only counted";
inline constexpr std::string_view left_reason =
    "more keys waited for a check than --deferred-max keeps: changes of the others were not "
    "checked";

/// Mismatches were only counted: a comparison lists no more of them than there is room for.
[[nodiscard]] bool is_of_unlisted(const state::gap_row& gap);
/// Some were, and no comparison has made up for them.
[[nodiscard]] bool has_unlisted(const std::vector<state::gap_row>& gaps);
/// Of either reason: what it was about has no row.
[[nodiscard]] bool is_counted_only(const state::gap_row& gap);

/// The open gap of this reason goes on until `noticed`, in `gaps` and in the commit; else it
/// begins. True when it begins.
bool extend_gap(std::string_view reason, wall_time noticed, std::vector<state::gap_row>& gaps,
                state::commit_batch& batch);

/// The gap of what was only counted, which other commands begin, extend and cure too, as the state
/// has it in `stored`. What is in `gaps` has been committed. True when one of theirs was not known.
bool hear_of_unlisted(const std::vector<state::gap_row>& stored, std::vector<state::gap_row>& gaps);

/// As a state has them: none are left where their gap was cured.
[[nodiscard]] verify::unlisted_findings load_unlisted(const state::snapshot& resumed);
/// What the book has only counted since the last commit goes into this one with its gap.
/// `not_before`: an unfinished comparison began then, which is too early.
void collect_unlisted(verify::finding_book& book, wall_time not_before,
                      std::vector<state::gap_row>& gaps, state::commit_batch& batch);
/// After gaps noticed before `before` were cured, by any command: if that made up for all that was
/// only counted, it is forgotten, and true.
bool forget_cured(verify::finding_book& book, const std::vector<state::gap_row>& gaps,
                  wall_time before);
/// The same of a commit that cures gaps, and in it.
bool forget_cured(verify::finding_book& book, const std::vector<state::gap_row>& gaps,
                  state::commit_batch& batch);

}  // namespace ddm::monitor
