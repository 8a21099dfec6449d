// How the referee holds what is shown, GO and how far was read, against the ledger.
#include "simulation/referee.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::simulation {
namespace {

/// Of what another command does, with the slack of two commits.
constexpr std::chrono::seconds heard_of_within{12};
/// The two clocks are known to the second.
constexpr milliseconds claim_slack{3000};

}  // namespace

bool referee::shows_go() const {
  return last_.verdict.kind == report::verdict_kind::go ||
         last_.verdict.kind == report::verdict_kind::go_sampled;
}

std::optional<wall_time> referee::go_will_lie_at() const {
  return shows_go() ? go_referee_.will_lie_at({.at = last_.at, .sampled = sampled_go()})
                    : std::nullopt;
}

bool referee::sampled_go() const {
  return last_.verdict.kind == report::verdict_kind::go_sampled || last_.accept_sampled;
}

/// Of a `compare` that has just ended the monitor has not heard: its GO stands on what came before.
bool referee::go_before_the_news_is_true() const {
  auto before = go_;
  const auto erased = std::erase_if(before.comparisons, [&](const comparison& each) {
    return each.by_other && each.finished && last_.at - *each.finished < heard_of_within;
  });
  return erased > 0 && go_referee(before, truth_.keys(), truth_.shards())
                           .lies({.at = last_.at, .sampled = sampled_go()})
                           .empty();
}

void referee::examine_go() {
  if (!shows_go()) {
    go_lied_ = false;
    return;
  }
  auto lies = go_referee_.lies({.at = last_.at, .sampled = sampled_go()});
  if (!lies.empty() && go_before_the_news_is_true()) {
    lies.clear();
  }
  if (!go_lied_) {
    for (auto& lie : lies) {
      accuse(fmt::format("{} is shown at {}, all read up to {} ms ago, but {}",
                         report::to_string(last_.verdict.kind), format_rfc3339(last_.at),
                         last_.unread_for.value_or(milliseconds{-1}).count(), std::move(lie)));
    }
  }
  go_lied_ = !lies.empty();
}

/// Up to when all has been read is known, or is said not to be. Where empty pages come from the
/// middle of a shard, three of them may deceive; a frozen run says what it was when it ended to
/// read. What is left in an older stream may be in a gap that is still to be told.
void referee::examine_reading() {
  const bool may_have_ended = world_.ended() || (freeze_at_ && last_.at > *freeze_at_);
  const bool exact = scenario_.world.stream.empty_page_rate == 0;
  std::vector<std::string> lies;
  if (last_.unread_for && exact && !may_have_ended) {
    auto& account = forward_ ? world_.source : world_.target;
    const auto& newest = account.stream(monitor::monitor_world::table).names().arn;
    lies = go_referee_.unread(last_.at - *last_.unread_for - claim_slack,
                              [&](const shard_story& shard, const written_record& record) {
                                return !record.lost && shard.stream_arn == newest;
                              });
  }
  if (!lies.empty() && !reading_lied_) {
    accuse(fmt::format("all is said to be read up to {} ms ago, but {}", last_.unread_for->count(),
                       lies.front()));
  }
  reading_lied_ = !lies.empty();
}

}  // namespace ddm::simulation
