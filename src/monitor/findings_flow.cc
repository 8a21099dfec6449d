#include "monitor/findings_flow.h"

#include "compare/comparison_progress.h"
#include "monitor/session_state.h"
#include "verify/coverage.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ddm::monitor {

namespace {

/// Older versions did not keep with a finding what it was confirmed under: it is what the runs on
/// this state were told.
std::vector<std::string> ignored_before(const state::snapshot& resumed) {
  auto period = load_period(resumed);
  if (period.sample_rate == 0) {
    period.ignored =
        compare::comparison_progress::load("compare", resumed.numbers, resumed.values).ignored;
  }
  return verify::split_patterns(period.ignored);
}

}  // namespace

result<std::vector<verify::mismatch>> decode_all(const std::vector<state::mismatch_row>& rows) {
  std::vector<verify::mismatch> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) {
    auto entry = verify::decode_mismatch(row);
    if (!entry) {
      return fail(std::move(entry.error()));
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

awaitable<result<std::optional<verify::mismatch>>> stored_finding(
    state::state_store& store, const verify::digest128& key_hash) {
  const auto row = co_await store.find_mismatch(key_hash.bytes());
  if (!row) {
    co_return fail(row.error());
  }
  if (!*row) {
    co_return std::optional<verify::mismatch>();
  }
  auto entry = verify::decode_mismatch(**row);
  if (!entry) {
    co_return fail(std::move(entry.error()));
  }
  co_return std::optional(std::move(*entry));
}

verify::kind_counts open_counts(const state::snapshot& stored) {
  verify::kind_counts counts;
  for (const auto& row : stored.open_mismatches_by_kind) {
    if (const auto kind = verify::mismatch_kind_of(row.kind)) {
      counts.add({.kind = *kind,
                  .period = row.period,
                  .comparison_ms = row.comparison_ms,
                  .entries = row.rows,
                  .at_rest = row.without_changes,
                  .changes = row.changes});
    }
  }
  return counts;
}

result<std::vector<verify::mismatch>> restore_findings(const state::snapshot& resumed,
                                                       verify::finding_book& book) {
  auto open = decode_all(resumed.open_mismatches);
  if (!open) {
    return open;
  }
  book.set_counts(open_counts(resumed));
  book.set_lines(resumed.finding_lines);
  book.restore(*open, ignored_before(resumed));
  return open;
}

awaitable<result<std::vector<verify::mismatch>>> stored_findings(
    state::state_store& store, std::vector<verify::digest128> keys,
    const std::uint64_t& commits_begun) {
  for (;;) {
    // What a commit changes between two look-ups would be taken as it was before.
    const auto commits_before = commits_begun;
    std::vector<verify::mismatch> found;
    for (const auto& key : keys) {
      auto entry = co_await stored_finding(store, key);
      if (!entry) {
        co_return fail(std::move(entry.error()));
      }
      if (*entry) {
        found.push_back(std::move(**entry));
      }
    }
    if (commits_begun == commits_before || found.empty()) {
      co_return found;
    }
  }
}

awaitable<result<void>> recall_open(state::state_store& store, verify::finding_book& book,
                                    std::vector<verify::digest128> keys,
                                    const std::uint64_t& commits_begun) {
  auto entries = co_await stored_findings(store, std::move(keys), commits_begun);
  if (!entries) {
    co_return fail(std::move(entries.error()));
  }
  std::erase_if(*entries, [](const verify::mismatch& entry) { return !entry.open; });
  book.recall(std::move(*entries));
  co_return result<void>{};
}

awaitable<result<void>> commit_with_findings(state::state_store& store,
                                             verify::findings_file* findings,
                                             state::commit_batch batch) {
  if (findings != nullptr && !batch.finding_lines.empty()) {
    findings->expect_lines();
  }
  auto committed = co_await store.commit(std::move(batch));
  if (committed && findings != nullptr && findings->owes_lines()) {
    committed = co_await findings->follow(store);
  }
  co_return committed;
}

}  // namespace ddm::monitor
