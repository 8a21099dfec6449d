// What other commands on the same state have found while this one runs: `compare` confirms and
// heals mismatches, cures gaps, and its end is evidence for the verdict.
//
// Its findings are heard before its end is: a verdict must not stand on a comparison of which not
// every mismatch is known yet.
#include "base/log.h"
#include "monitor/findings_flow.h"
#include "monitor/monitor_session.h"

#include <algorithm>
#include <utility>

namespace ddm::monitor {

awaitable<result<void>> monitor_session::hear_of_other_commands() {
  const auto now = parts_.time.now();
  result<state::news> news;
  const bool is_due = now >= news_due_;
  const auto commits_before = commits_begun_;
  if (is_due) {
    auto wanted = unlisted_book::heard_prefixes();
    wanted.push_back(compare::comparison_progress::prefix_of(other_command));
    news = co_await parts_.store.news_of(std::move(wanted));
    if (!news) {
      co_return fail(std::move(news.error()));
    }
  }
  const auto heard_all = co_await finding_news_.hear(commits_begun_);
  if (!heard_all) {
    co_return fail(heard_all.error());
  }
  statistics_.set_failed(failed_changes());
  // With a commit in between, the next second hears what the state has by then.
  if (is_due && *heard_all && commits_begun_ == commits_before) {
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
  hear_of_unlisted(news);
}

void monitor_session::hear_of_unlisted(const state::news& news) {
  if (unlisted_.hear(news, new_gaps_, gaps_)) {
    log::event(
        log::level::error, "findings_unlisted",
        "another command on the same state only counts mismatches: a comparison of the whole "
        "tables tells which, once there is room for them");
  }
  statistics_.set_failed(failed_changes());
}

}  // namespace ddm::monitor
