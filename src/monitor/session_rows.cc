// What a monitor_session has on the disk only: what it fetches from there, and what it can only
// count.
#include "base/log.h"
#include "monitor/findings_flow.h"
#include "monitor/monitor_session.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

/// Deferred keys brought back at a time.
constexpr std::size_t deferred_rows_max = 500;
/// Open mismatches that are read in a second until enough are held again.
constexpr std::size_t recalled_rows_max = 1000;
/// Counting them reads an entry of an index for each.
constexpr seconds deferred_count_interval{10};

}  // namespace

void monitor_session::collect_what_has_no_room(state::commit_batch& batch) {
  // Before the baseline ends with this commit: it began earlier than what is counted now.
  unlisted_.collect(baseline_.unfinished_since(), gaps_, batch);
  const auto left_at = std::exchange(left_at_, std::nullopt);
  if (!left_at) {
    return;
  }
  const auto noticed = std::max(*left_at, baseline_.unfinished_since());
  findings_.on_gap(noticed);
  if (extend_gap(left_reason, noticed, gaps_, batch)) {
    log::event(log::level::error, "changes_left",
               "no more keys can wait for a check: changes of others are not checked; only a "
               "comparison of the whole tables can make up for it",
               {{"deferred", statistics_.checks().deferred}});
  }
}

/// Keys that the baseline found unequal become checks, but not while replication is late.
awaitable<result<void>> monitor_session::ask_about_candidates() {
  verify::outcomes out;
  auto fed = checks_.behind().behind() ? result<void>{} : co_await baseline_.feed(checks_, out);
  apply(out);
  co_return fed;
}

/// A key that is deferred again has one row only: the checks' own count of rows is too high.
awaitable<result<void>> monitor_session::count_deferred() {
  const auto now = parts_.time.now();
  if (checks_.unchecked().deferred_rows() * 2 < settings_.checks.deferred_max ||
      now < deferred_counted_next_) {
    co_return result<void>{};
  }
  deferred_counted_next_ = now + deferred_count_interval;
  const auto commits_before = commits_begun_;
  const auto rows = co_await parts_.store.count_deferred();
  if (!rows) {
    co_return fail(rows.error());
  }
  if (commits_begun_ == commits_before) {
    checks_.unchecked().set_deferred_rows(*rows + static_cast<std::int64_t>(new_deferred_.size()));
  }
  co_return result<void>{};
}

/// As those that are held heal, older ones come from the state: nobody else would look at them.
awaitable<result<void>> monitor_session::recall_some() {
  if (findings_.holds_all() || findings_.held() * 2 >= settings_.findings.open_max) {
    walked_to_.reset();
    co_return result<void>{};
  }
  const auto commits_before = commits_begun_;
  const auto rows = co_await parts_.store.open_mismatches(walked_to_, recalled_rows_max);
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
  findings_.recall(std::move(*entries));
  walked_to_ = rows->empty() ? std::nullopt : std::optional(rows->back());
  co_return result<void>{};
}

awaitable<result<void>> monitor_session::bring_back_deferred() {
  if (statistics_.checks().deferred == 0 || !checks_.has_room_to_spare() || !target_ready_ ||
      checks_.behind().behind()) {
    co_return result<void>{};
  }
  const auto commits_before = commits_begun_;
  auto rows = co_await parts_.store.oldest_deferred(deferred_rows_max);
  if (!rows) {
    co_return fail(std::move(rows.error()));
  }
  if (commits_begun_ != commits_before) {
    // A commit came between: a row may have grown since it was read. The next second reads it
    // again.
    co_return result<void>{};
  }
  verify::outcomes out;
  for (const auto& row : *rows) {
    if (!checks_.has_room()) {
      break;
    }
    checks_.on_undeferred(row, parts_.time.now(), out);
    deferred_taken_.push_back(row.key_hash);
  }
  apply(out);
  co_return result<void>{};
}

}  // namespace ddm::monitor
