#include "monitor/other_commands.h"

#include "monitor/evidence.h"
#include "monitor/findings_flow.h"

#include <utility>

namespace ddm::monitor {

other_commands::other_commands(state::state_store& store, finding_desk& findings,
                               coverage_gaps& gaps, const dynamodb::page_decoder& digests,
                               clock& time, const std::uint64_t& commits_begun,
                               const state::snapshot& resumed)
    : store_(store),
      findings_(findings),
      gaps_(gaps),
      time_(time),
      commits_begun_(commits_begun),
      finding_news_(store, findings.book(), digests, resumed) {}

void other_commands::collect(state::commit_batch& batch) {
  if (batch.gaps_cured_before) {
    news_due_ = {};  // another command's gap may have gone on since it was last heard of
  }
}

awaitable<result<void>> other_commands::refill() { co_return co_await hear(); }

awaitable<result<void>> other_commands::hear_out() {
  if (auto heard = co_await finding_news_.hear_out(commits_begun_); !heard) {
    co_return heard;
  }
  news_due_ = {};
  co_return co_await hear();
}

awaitable<result<void>> other_commands::hear() {
  const auto now = time_.now();
  result<state::news> news;
  const bool is_due = now >= news_due_;
  const auto commits_before = commits_begun_;
  if (is_due) {
    auto wanted = unlisted_book::heard_prefixes();
    if (to_.on_comparison) {
      wanted.push_back(compare::comparison_progress::prefix_of(other_command));
    }
    news = co_await store_.news_of(std::move(wanted));
    if (!news) {
      co_return fail(std::move(news.error()));
    }
  }
  const auto heard_all = co_await finding_news_.hear(commits_begun_);
  if (!heard_all) {
    co_return fail(heard_all.error());
  }
  if (to_.on_heard) {
    to_.on_heard();
  }
  // With a commit in between, the next time hears what the state has by then. Who earns a verdict
  // by a comparison hears of its end only after its findings.
  const bool may_hear = *heard_all || !to_.on_comparison;
  if (is_due && may_hear && commits_begun_ == commits_before) {
    news_due_ = now + news_interval;
    hear_of(*news);
  }
  co_return result<void>{};
}

void other_commands::hear_of(const state::news& news) {
  if (to_.on_comparison) {
    to_.on_comparison(compare::comparison_progress::load(other_command, news.numbers, news.values));
  }
  if (findings_.unlisted().hear(news, gaps_.uncommitted(), gaps_.all()) && to_.on_counting) {
    to_.on_counting();
  }
  if (to_.on_heard) {
    to_.on_heard();
  }
}

}  // namespace ddm::monitor
