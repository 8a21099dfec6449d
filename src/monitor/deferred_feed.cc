#include "monitor/deferred_feed.h"

#include "base/log.h"
#include "monitor/unlisted_findings.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

/// Deferred keys brought back at a time.
constexpr std::size_t rows_max = 500;
/// Counting them reads an entry of an index for each.
constexpr seconds count_interval{10};

}  // namespace

deferred_feed::deferred_feed(parts with, questions ask, std::int64_t deferred_max)
    : parts_(with), ask_(std::move(ask)), deferred_max_(deferred_max) {}

void deferred_feed::on_outcomes(const verify::outcomes& out) {
  new_.insert(new_.end(), out.deferred_rows.begin(), out.deferred_rows.end());
  if (out.left > 0) {
    left_at_ = parts_.time.now();
  }
}

void deferred_feed::collect(state::commit_batch& batch) {
  batch.deferred = std::exchange(new_, {});
  batch.deferred_taken = std::exchange(taken_, {});
  const auto left_at = std::exchange(left_at_, std::nullopt);
  if (!left_at) {
    return;
  }
  const auto noticed = std::max(*left_at, ask_.comparison_began());
  parts_.findings.on_gap(noticed);
  if (extend_gap(left_reason, noticed, parts_.gaps.all(), batch)) {
    log::event(log::level::error, "changes_left",
               "no more keys can wait for a check: changes of others are not checked; only a "
               "comparison of the whole tables can make up for it",
               {{"deferred", ask_.deferred()}});
  }
}

awaitable<result<void>> deferred_feed::refill() {
  if (auto brought = co_await bring_back(); !brought) {
    co_return brought;
  }
  co_return co_await count();
}

awaitable<result<void>> deferred_feed::bring_back() {
  auto& checks = parts_.checks;
  if (ask_.deferred() == 0 || !checks.has_room_to_spare() || !ask_.target_is_ready() ||
      checks.behind().behind()) {
    co_return result<void>{};
  }
  const auto commits_before = parts_.commits_begun;
  auto rows = co_await parts_.store.oldest_deferred(rows_max);
  if (!rows) {
    co_return fail(std::move(rows.error()));
  }
  if (parts_.commits_begun != commits_before) {
    // A commit came between: a row may have grown since it was read. The next second reads it
    // again.
    co_return result<void>{};
  }
  verify::outcomes out;
  for (const auto& row : *rows) {
    if (!checks.has_room()) {
      break;
    }
    checks.on_undeferred(row, parts_.time.now(), out);
    taken_.push_back(row.key_hash);
  }
  ask_.on_outcomes(out);
  co_return result<void>{};
}

/// A key that is deferred again has one row only: the checks' own count of rows is too high.
awaitable<result<void>> deferred_feed::count() {
  const auto now = parts_.time.now();
  auto& unchecked = parts_.checks.unchecked();
  if (unchecked.deferred_rows() * 2 < deferred_max_ || now < counted_next_) {
    co_return result<void>{};
  }
  counted_next_ = now + count_interval;
  const auto commits_before = parts_.commits_begun;
  const auto rows = co_await parts_.store.count_deferred();
  if (!rows) {
    co_return fail(rows.error());
  }
  if (parts_.commits_begun == commits_before) {
    unchecked.set_deferred_rows(*rows + static_cast<std::int64_t>(new_.size()));
  }
  co_return result<void>{};
}

}  // namespace ddm::monitor
