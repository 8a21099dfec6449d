// What other commands on the same state have found while this one runs: `compare` confirms and
// heals mismatches, cures gaps, and its end is evidence for the verdict.
//
// Its findings are heard before its end is: a verdict must not stand on a comparison of which not
// every mismatch is known yet.
#include "base/log.h"
#include "monitor/monitor_session.h"
#include "monitor/unlisted_findings.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

constexpr seconds news_interval{10};

}  // namespace

awaitable<result<void>> monitor_session::hear_of_other_commands() {
  const auto now = parts_.time.now();
  result<state::news> news;
  const bool is_due = now >= news_due_;
  if (is_due) {
    news = co_await parts_.store.news_of(compare::comparison_progress::prefix_of(other_command));
    if (!news) {
      co_return fail(std::move(news.error()));
    }
  }
  const auto heard_all = co_await finding_news_.hear(commits_begun_);
  if (!heard_all) {
    co_return fail(heard_all.error());
  }
  statistics_.set_failed(failed_changes());
  if (is_due && *heard_all) {
    news_due_ = now + news_interval;
    hear_of_comparison(*news);
  }
  co_return result<void>{};
}

void monitor_session::hear_of_comparison(const state::news& news) {
  const auto heard = compare::comparison_progress::load(other_command, news.numbers, news.values);
  if (baseline_.hear_of(heard)) {
    log::event(log::level::info, "comparison_heard_of",
               "`compare` on the same state has ended: it counts for the verdict",
               {{"keys", heard.scanned.equal + heard.candidates_closed},
                {"unequal", heard.candidates_unequal}});
  }
  for (auto& gap : gaps_) {
    gap.cured = gap.cured || std::ranges::any_of(news.gaps, [&](const state::gap_row& row) {
                  return row.cured && row.shard_id == gap.shard_id &&
                         row.stream_arn == gap.stream_arn && row.noticed == gap.noticed &&
                         row.after_sequence == gap.after_sequence;
                });
  }
  if (hear_of_unlisted(news.gaps, gaps_)) {
    log::event(
        log::level::error, "findings_unlisted",
        "another command on the same state only counts mismatches: a comparison of the whole "
        "tables tells which, once there is room for them");
  }
  if (heard.finished() && forget_cured(findings_, gaps_, heard.started())) {
    statistics_.set_failed(failed_changes());
  }
}

}  // namespace ddm::monitor
