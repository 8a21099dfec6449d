// The way of a finding, which monitor and compare share: from the state into the book, and with a
// commit into the findings file.
#pragma once

#include "state/state_store.h"
#include "verify/finding_book.h"
#include "verify/findings_file.h"

#include <chrono>
#include <optional>
#include <vector>

namespace ddm::monitor {

/// So often one command asks the state what others have committed.
inline constexpr std::chrono::seconds news_interval{10};

/// What rows of the state tell. An error: one cannot be read.
[[nodiscard]] result<std::vector<verify::mismatch>> decode_all(
    const std::vector<state::mismatch_row>& rows);

/// A key's finding as the state has it, open or healed; nothing: there never was one.
[[nodiscard]] awaitable<result<std::optional<verify::mismatch>>> stored_finding(
    state::state_store& store, const verify::digest128& key_hash);

/// Of these keys, those that there are, as they are at one moment. `commits_begun` counts the
/// commits of the owner, which may go on meanwhile.
[[nodiscard]] awaitable<result<std::vector<verify::mismatch>>> stored_findings(
    state::state_store& store, std::vector<verify::digest128> keys,
    const std::uint64_t& commits_begun);

/// How many open mismatches a state holds.
[[nodiscard]] verify::kind_counts open_counts(const state::snapshot& stored);

/// Puts the open mismatches of a state into the book; the result is what they are.
[[nodiscard]] result<std::vector<verify::mismatch>> restore_findings(const state::snapshot& resumed,
                                                                     verify::finding_book& book);

/// Gives the book the open mismatches of these keys that only the state has. `commits_begun` as
/// above.
[[nodiscard]] awaitable<result<void>> recall_open(state::state_store& store,
                                                  verify::finding_book& book,
                                                  std::vector<verify::digest128> keys,
                                                  const std::uint64_t& commits_begun);

/// The findings file, if there is one, gets its lines only once they are committed; what an earlier
/// commit owed it when it was cancelled, too.
[[nodiscard]] awaitable<result<void>> commit_with_findings(state::state_store& store,
                                                           verify::findings_file* findings,
                                                           state::commit_batch batch);

}  // namespace ddm::monitor
