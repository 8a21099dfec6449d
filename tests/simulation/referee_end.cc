// What must be true of the monitor once nobody writes any more.
#include "simulation/referee.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

namespace ddm::simulation {

using support::same_item;

namespace {

/// Creation times are cut to whole seconds.
constexpr milliseconds creation_unit{1000};
/// Written in the last second that had to be read.
constexpr milliseconds read_slack{1000};
/// See referee::on_page.
constexpr std::chrono::hours long_silence{22};
/// A gap may be told of after the shard is read again, as long as nothing stands still.
constexpr std::chrono::minutes noticed_within{5};
/// What is unequal is judged, and all is observed again.
constexpr milliseconds judged_within{6000};

}  // namespace

bool referee::is_covered(const item_position& key) {
  const shard_story* shard = nullptr;
  const auto* record = truth_.newest_record(key, &shard);
  return record != nullptr && !record->lost && record->checked_in && !is_no_write(*record) &&
         standing_of(*shard, *record) == standing::counts &&
         (scenario_.world.create_target || (target_ready_ && record->created > *target_ready_));
}

const referee::finding* referee::open_finding(const key_story& story) const {
  const auto found = findings_.find(story.key_json);
  return found != findings_.end() && found->second.open ? &found->second : nullptr;
}

/// The newest change was seen in the other table. At the end of a frozen run looks are made before
/// the replication wait is over: what a look since the freeze saw has arrived, too.
bool referee::saw_arrive(const key_story& story) const {
  if (story.seen_arrived || !frozen_end_ || !forward_ || story.changes.empty()) {
    return story.seen_arrived;
  }
  const auto& delivered = story.changes.back().delivered;
  return delivered && std::ranges::any_of(story.looks, [&](const version& look) {
           return look.at >= std::max(*delivered, *freeze_at_) &&
                  same_item(look.item, story.source_now());
         });
}

std::vector<std::string> referee::wrong_findings() {
  std::vector<std::string> wrong;
  for (const auto& [position, story] : truth_.keys()) {
    const auto* open = open_finding(story);
    if (same_item(story.source_now(), story.target_now())) {
      if (open != nullptr && !frozen_end_ && may_heal(*open)) {
        wrong.push_back(fmt::format("open although both tables agree: {} {}", story.key_json,
                                    to_string(open->kind)));
      }
    } else if (open == nullptr && !saw_arrive(story) && is_covered(position) &&
               !changed_after_the_end(story) &&
               !same_but_for(ignored_for(position), story.source_now(), story.target_now())) {
      wrong.push_back("missed: " + story.key_json + history_of(story));
    }
  }
  return wrong;
}

/// What a table became after a frozen run had ended by itself, nobody looked at; nor while it
/// drained, when each change is looked at without its wait. What came before the freeze was older.
bool referee::changed_after_the_end(const key_story& story) const {
  const auto drains = scenario_.world.max_lag + scenario_.replication_wait;
  const auto later = [&](const std::vector<version>& versions) {
    return !versions.empty() && versions.back().at > *frozen_end_ - drains;
  };
  return frozen_end_ && (later(story.source) || later(story.target));
}

/// A run that ignores more than the one that found it closes no finding.
bool referee::may_heal(const finding& open) const {
  return std::ranges::includes(open.ignored, go_.checkings.back().ignored);
}

/// What the newest change of a key was checked without, and what is ignored now.
std::set<std::string> referee::ignored_for(const item_position& key) const {
  auto ignored = go_.checkings.back().ignored;
  if (const auto* record = truth_.newest_record(key); record != nullptr && record->checked_in) {
    ignored.merge(std::set(go_.checkings.at(*record->checked_in).ignored));
  }
  return ignored;
}

bool referee::everything_is_read() const {
  return std::ranges::all_of(truth_.shards(), [&](const auto& each) {
    const auto& shard = each.second;
    return shard.records.empty() || shard.records.back().lost ||
           standing_of(shard, shard.records.back()) != standing::counts ||
           was_off_at(shard.records.back().created) || was_of_another_table(shard) ||
           was_committed(shard, shard.records.back());
  });
}

bool referee::is_settled() {
  // After a freeze nothing more is earned.
  const bool verdict_comes = scenario_.at_rest && !freeze_at_;
  return everything_is_read() && open_checks_.empty() && deferred_.empty() &&
         !(verdict_comes && verdict_is_due()) && wrong_findings().empty();
}

/// A table that was replaced takes with it what nobody had read of its stream; the gap says so.
bool referee::was_of_another_table(const shard_story& shard) const {
  return shard.table_gone && std::ranges::any_of(gaps_, [&](const state::gap_row& gap) {
           return gap.shard_id.empty() && gap.reason.contains("another one than before") &&
                  *shard.table_gone <= gap.noticed;
         });
}

/// A key that a TTL delete changed after a frozen run had read enough cannot be judged by it.
std::size_t referee::never_read_at_frozen_end() const {
  std::size_t found = 0;
  for (const auto& [id, shard] : truth_.shards()) {
    found += static_cast<std::size_t>(
        std::ranges::count_if(shard.records, [&](const written_record& record) {
          return record.by_ttl && is_after_the_end(record) && !was_committed(shard, record);
        }));
  }
  return found;
}

void referee::examine_end() {
  if (open_checks_.size() > never_read_at_frozen_end() || !deferred_.empty()) {
    accuse(fmt::format("without outcome at the end: {} checks, {} deferred keys",
                       open_checks_.size(), deferred_.size()));
  }
  for (auto& [id, shard] : truth_.shards()) {
    for (auto& record : shard.records) {
      if (!record.lost && standing_of(shard, record) == standing::counts &&
          !was_committed(shard, record) && !is_after_the_end(record) &&
          !was_off_at(record.created) && !was_of_another_table(shard)) {
        accuse(fmt::format("never read: record {} of shard {}, created {}",
                           support::to_decimal(record.sequence), id,
                           format_rfc3339(record.created)));
        break;
      }
    }
  }
  for (auto& wrong : wrong_findings()) {
    accuse(std::move(wrong));
  }
  examine_gaps();
  if (freeze_at_) {
    examine_freeze();
  } else if (scenario_.at_rest) {
    examine_baseline();
  }
}

// The end of a session

/// What is open then has no outcome before another process gives it one.
void referee::examine_session_end() {
  const auto without_outcome = open_checks_.size() + deferred_.size();
  if (world_.ended() && shows_go() && without_outcome > 0) {
    accuse(fmt::format("{} is the session's last word, but {} checks have no outcome",
                       report::to_string(last_.verdict.kind), without_outcome));
  }
}

// The freeze

/// A frozen run reads through its drain and one max-lag past the freeze at least, then it ends.
bool referee::is_after_the_end(const written_record& record) const {
  return frozen_end_ && record.created > *freeze_at_ + scenario_.world.max_lag - read_slack;
}

void referee::on_frozen_end(const report::status& status, bool in_trouble) {
  frozen_end_ = world_.ended_at();
  examine(status);
  const bool agree = std::ranges::all_of(truth_.keys() | std::views::values, [](const auto& story) {
    return same_item(story.source_now(), story.target_now());
  });
  const bool clean = agree && !has_uncured_gap() &&
                     std::ranges::none_of(findings_ | std::views::values, &finding::open);
  const bool same_settings =
      go_.checkings.size() == 1 || (scenario_.processes.size() == 1 && !others_commit_);
  // What a stall held back at the freeze arrives late: all is not well then.
  const auto stalled = std::ranges::any_of(scenario_.stalls, [&](const auto& stall) {
    return stall.first <= scenario_.freeze->at && scenario_.freeze->at < stall.second;
  });
  // A shard whose end is found late takes back what was read, by more than GO allows, maybe; and
  // whoever cannot list knows less and less.
  const auto& stream = scenario_.world.stream;
  const bool lists = std::ranges::none_of(scenario_.incidents, [&](const auto& each) {
    return each.what == incident::listing_outage && each.at <= scenario_.freeze->at &&
           scenario_.freeze->at < each.at + each.lasting;
  });
  const bool reading_holds =
      lists && stream.end_found_after + stream.children_listed_after < stream::shards_hidden_for;
  const bool in_time =
      scenario_.replication.delay_max < scenario_.world.max_lag && !stalled && reading_holds;
  if (go_before_freeze_ && clean && same_settings && in_time && !in_trouble &&
      status.verdict.kind == report::verdict_kind::wait) {
    accuse(fmt::format("GO was shown before the freeze and the tables agree, but the end says {}",
                       fmt::join(status.verdict.reasons, "; ")));
  }
}

/// Whoever writes to a frozen source is told of, whichever process read it.
void referee::examine_freeze() {
  for (const auto& [id, shard] : truth_.shards()) {
    for (const auto& record : shard.records) {
      const bool after = record.created > *freeze_at_ + creation_unit && !record.by_ttl;
      if (after && !is_after_the_end(record) && !record.lost &&
          standing_of(shard, record) == standing::counts &&
          last_.verdict.kind != report::verdict_kind::no_go) {
        accuse(fmt::format(
            "record {}, created {}, came after the freeze at {}, but the end{} says {}",
            support::to_decimal(record.sequence), format_rfc3339(record.created),
            format_rfc3339(*freeze_at_), frozen_end_ ? " at " + format_rfc3339(*frozen_end_) : "",
            to_string(last_.verdict.kind)));
        return;
      }
    }
  }
}

bool referee::has_uncured_gap() const {
  return std::ranges::any_of(gaps_, [](const state::gap_row& gap) { return !gap.cured; });
}

/// The sample had a key that was there from the begin of the last comparison to its end.
bool referee::compared_something(std::uint64_t rate) const {
  if (!last_.compared) {
    return false;
  }
  const auto& progress = last_.compared->progress;
  const auto was_there = [&](const std::vector<version>& versions) {
    const auto* first = ledger::at(versions, progress.started());
    const auto* end = ledger::at(versions, from_ms(progress.finished_ms));
    return first != nullptr && end != nullptr && first <= end &&
           std::all_of(first, end + 1, [](const version& each) { return each.item != nullptr; });
  };
  return std::ranges::any_of(truth_.keys(), [&](const auto& each) {
    return sample_has(each.first, rate) && was_there(each.second.source);
  });
}

/// A gap was cured just now, such as that of a table that was made anew and is described each 30 s:
/// settling has begun anew, and what had still to run until now may end before it is over.
bool referee::has_just_been_cured() const {
  const auto settle = scenario_.at_rest ? scenario_.at_rest->settle : milliseconds{0};
  const auto since = last_.at - (scenario_.world.max_lag + settle + judged_within);
  return std::ranges::any_of(
      gaps_, [&](const state::gap_row& gap) { return gap.cured && gap.noticed > since; });
}

/// Nothing is written any more: the tables have been compared, again where a gap asked for it,
/// every key can be judged, and WAIT has nothing to wait for.
bool referee::verdict_is_due() const {
  if (baseline_sample_rate_ > last_.sample_rate) {
    return !last_.baseline_complete;  // it cures no gap
  }
  if (last_.sample_rate > 1 && last_.events.unique > 0 && last_.checks.sampled == 0) {
    return !last_.baseline_complete || has_uncured_gap();  // no change was checked: it is WAIT
  }
  const bool some_never_heal =
      std::ranges::any_of(findings_ | std::views::values,
                          [&](const finding& each) { return each.open && !may_heal(each); });
  if (!forward_ || some_never_heal) {
    return !last_.baseline_complete || has_uncured_gap();  // it is WAIT or NO-GO for good
  }
  const auto coverage = coverage_of(go_, last_.at);
  const bool something_to_check = coverage && compared_something(coverage->sample_rate);
  return !last_.baseline_complete || has_uncured_gap() ||
         (something_to_check && last_.verdict.kind == report::verdict_kind::wait);
}

/// Stream and comparison together reach every key. Out of reach is only what the target does by
/// itself after it was seen to be right, and, without the source's stream, what the source does.
void referee::examine_baseline() {
  const auto& compared = last_.compared;
  if (compared && compared->progress.begun() && !compared->progress.finished() &&
      last_.at - compared->progress.started() < noticed_within) {
    return;  // another one has just begun
  }
  const bool is_due =
      has_just_been_cured() ? !last_.baseline_complete || has_uncured_gap() : verdict_is_due();
  if (is_due) {
    accuse(fmt::format("the verdict still waits: {}", fmt::join(last_.verdict.reasons, "; ")));
    return;
  }
  if (has_uncured_gap()) {
    return;  // and so NO-GO, which promises nothing
  }
  // Scans read with eventual consistency.
  const auto coverage = coverage_of(go_, last_.at);
  if (!coverage || !compared) {
    accuse("no comparison has ended");
    return;
  }
  const auto began = compared->progress.started() - scenario_.read_lag_max;
  const auto last_change = [](const std::vector<version>& versions) {
    return versions.empty() ? wall_time::min() : versions.back().at;
  };
  for (const auto& [position, story] : truth_.keys()) {
    const auto in_source = last_change(story.source);
    const auto in_target = last_change(story.target);
    const bool at_rest = in_source < began && in_target < began;
    const bool by_itself = in_target >= began && in_target >= in_source;
    const bool in_reach = at_rest || (forward_ && !saw_arrive(story) && !by_itself);
    if (in_reach && open_finding(story) == nullptr &&
        !same_but_for(coverage->ignored, story.source_now(), story.target_now()) &&
        sample_has(position, coverage->sample_rate)) {
      accuse("missed by stream and comparison: " + story.key_json + history_of(story));
    }
  }
}

/// A gap speaks for its shard, for the ancestors that came and went unseen, and for
/// what the children of a lost shard had lost with it; for all that followed, if it says so.
bool referee::speaks_for(const state::gap_row& gap, const shard_story& shard) const {
  const auto* at = truth_.shard(gap.shard_id);
  while (at != nullptr && at->id != shard.id) {
    at = at->parent ? truth_.shard(*at->parent) : nullptr;
  }
  if (at != nullptr || shard.parent == gap.shard_id) {
    return true;
  }
  const bool for_all_that_followed = gap.reason.contains("the stream is gone");
  const auto* ancestor = &shard;
  while (for_all_that_followed && ancestor != nullptr && ancestor->id != gap.shard_id) {
    ancestor = ancestor->parent ? truth_.shard(*ancestor->parent) : nullptr;
  }
  return for_all_that_followed && ancestor != nullptr;
}

/// A gap without a shard is the time between two streams of the table, as its reason says: by the
/// service's clock, by which the records are dated, or by ours.
bool referee::was_off_at(wall_time moment) const {
  const auto ahead = std::max(milliseconds{0}, scenario_.clock_skew);
  const auto behind = std::max(milliseconds{0}, -scenario_.clock_skew);
  return std::ranges::any_of(gaps_, [&](const state::gap_row& gap) {
    constexpr std::string_view before = "between ";
    constexpr std::string_view middle = " and ";
    const auto from = gap.reason.find(before);
    const auto until = gap.reason.find(middle, from);
    const auto end = gap.reason.find(' ', until + middle.size());
    if (!gap.shard_id.empty() || end == std::string::npos) {
      return false;
    }
    const auto first =
        parse_rfc3339(gap.reason.substr(from + before.size(), until - from - before.size()));
    const auto last =
        parse_rfc3339(gap.reason.substr(until + middle.size(), end - until - middle.size()));
    return last && (!first || *first <= moment + ahead) && moment <= *last + behind;
  });
}

/// Of what its shard had given before it, and of what came after it was noticed, it says nothing.
bool referee::speaks_for(const state::gap_row& gap, const shard_story& shard,
                         const written_record& record) const {
  const auto after = support::parse_sequence(gap.after_sequence).value_or(0);
  return record.created <= gap.noticed && speaks_for(gap, shard) &&
         (gap.shard_id != shard.id || record.sequence > after);
}

/// How long the machine, the process or the service stands still in all. Until a shard has been
/// read to its end again, a process that starts tells once more of the silence before.
milliseconds referee::standstill() const {
  milliseconds sum{0};
  for (const auto& each : scenario_.incidents) {
    const bool is_silence =
        each.what == incident::long_absence || each.what == incident::day_without_reading;
    sum += is_silence ? milliseconds{0} : each.lasting;
  }
  return sum;
}

/// Something was lost, or nobody could know that nothing was.
bool referee::is_justified(const state::gap_row& gap) const {
  if (gap.shard_id.empty()) {
    return std::ranges::any_of(identity_changes_,
                               [&](wall_time changed) { return changed <= gap.noticed; });
  }
  const auto read = reading_.find(gap.shard_id);
  const bool long_unread = read == reading_.end() ||
                           gap.noticed - read->second.last > long_silence ||
                           std::ranges::any_of(read->second.silences, [&](const auto& silence) {
                             return silence.first < gap.noticed &&
                                    gap.noticed <= silence.second + noticed_within + standstill();
                           });
  if (something_forgotten_ && long_unread) {
    return true;
  }
  return std::ranges::any_of(truth_.shards() | std::views::values, [&](const auto& shard) {
    return std::ranges::any_of(shard.records, [&](const written_record& record) {
      return record.lost && speaks_for(gap, shard, record);
    });
  });
}

void referee::examine_gaps() {
  for (const auto& gap : gaps_) {
    if (!is_justified(gap)) {
      accuse(fmt::format("a gap is invented: shard {}: {}", gap.shard_id, gap.reason));
    }
  }
  for (const auto& [id, shard] : truth_.shards()) {
    for (const auto& record : shard.records) {
      if (record.lost && standing_of(shard, record) == standing::counts &&
          !was_off_at(record.created) &&
          std::ranges::none_of(
              gaps_, [&](const state::gap_row& gap) { return speaks_for(gap, shard, record); })) {
        accuse(fmt::format("lost without a reported gap: record {} of shard {}, created {}",
                           support::to_decimal(record.sequence), id,
                           format_rfc3339(record.created)));
        break;
      }
    }
  }
}

}  // namespace ddm::simulation
