#include "monitor/finding_desk.h"

#include "monitor/findings_flow.h"

#include <utility>

namespace ddm::monitor {
namespace {

/// Open mismatches that are read in a second until enough are held again.
constexpr std::size_t recalled_rows_max = 1000;
constexpr std::size_t newest_shown = 5;
constexpr std::size_t groups_shown = 50;

}  // namespace

finding_desk::finding_desk(const verify::finding_options& options, std::string command,
                           state::state_store& store, coverage_gaps& gaps, clock& time,
                           const std::uint64_t& commits_begun, const state::snapshot& resumed)
    : hash_keys_(options.hash_keys),
      store_(store),
      gaps_(gaps),
      time_(time),
      commits_begun_(commits_begun),
      book_(options),
      unlisted_(std::move(command), book_, resumed),
      log_(options.hash_keys) {}

result<std::vector<verify::mismatch>> finding_desk::restore_open(const state::snapshot& resumed) {
  return restore_findings(resumed, book_);
}

void finding_desk::confirm(verify::mismatch entry) {
  const auto now = time_.now();
  if (book_.lists(entry)) {
    log_lines(log_.on_mismatch(entry, now));
  }
  book_.on_confirmed(std::move(entry), now);
}

void finding_desk::on_healed(const dynamodb::item_key& key, std::int64_t changes) {
  log_lines(log_.on_healed(key, changes, time_.now()));
}

awaitable<result<void>> finding_desk::recall(std::vector<verify::digest128> keys) {
  co_return co_await recall_open(store_, book_, std::move(keys), commits_begun_);
}

std::string finding_desk::shown(const dynamodb::item_key& key) const {
  return hash_keys_ ? key.hash.hex() : key.json;
}

void finding_desk::collect(state::commit_batch& batch) {
  log_lines(log_.on_time(time_.now()));
  book_.take_dirty(batch.mismatches, batch.finding_lines);
  // Before a comparison ends with this commit: it began earlier than what is counted now.
  unlisted_.collect(comparison_began_(), gaps_.all(), batch);
}

void finding_desk::tell(report::status& now) const {
  now.mismatches = book_.counts();
  now.unlisted = unlisted_.by_kind();
  now.unhealable = book_.unhealable();
  now.mismatch_groups = book_.largest_groups(groups_shown);
  now.finding_lines_used_up = !book_.has_lines_left();
  for (const auto& entry : book_.newest(newest_shown)) {
    now.newest.push_back(
        {.kind = entry.kind, .key = shown(entry.key), .first_seen = entry.first_seen});
  }
}

awaitable<result<void>> finding_recall::refill() {
  if (book_.holds_all() || book_.held() * 2 >= held_max_) {
    walked_to_.reset();
    co_return result<void>{};
  }
  const auto commits_before = commits_begun_;
  const auto rows = co_await store_.open_mismatches(walked_to_, recalled_rows_max);
  if (!rows) {
    co_return fail(rows.error());
  }
  if (commits_begun_ != commits_before) {
    co_return result<void>{};  // a row may have changed meanwhile
  }
  auto entries = decode_all(*rows);
  if (!entries) {
    co_return fail(std::move(entries.error()));
  }
  book_.recall(std::move(*entries));
  walked_to_ = rows->empty() ? std::nullopt : std::optional(rows->back());
  co_return result<void>{};
}

}  // namespace ddm::monitor
