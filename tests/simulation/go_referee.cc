#include "simulation/go_referee.h"

#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <ranges>
#include <utility>

namespace ddm::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds unread_max{60};
/// What has been read is known with the next commit, a second later; a slow one takes another.
constexpr seconds commit_slack{2};
constexpr minutes wrong_min{3};
/// Later than that DynamoDB deletes no item.
constexpr std::int64_t expires_within_s = std::int64_t{5} * 365 * 86'400;
constexpr milliseconds instant{1};

/// When an item is to be deleted, in seconds since 1970.
std::optional<std::int64_t> end_of_life(const item_ptr& item) {
  if (!item) {
    return std::nullopt;
  }
  const auto found = item->attributes().find("ttl");
  const auto* number = found == item->attributes().end()
                           ? nullptr
                           : std::get_if<dynamodb::number_text>(&found->second.value);
  std::int64_t ends = 0;
  if (number == nullptr ||
      std::from_chars(number->text.data(), number->text.data() + number->text.size(), ends).ec !=
          std::errc{}) {
    return std::nullopt;
  }
  return ends;
}

const version* last_before(const std::vector<version>& versions, wall_time moment) {
  const auto later = std::ranges::upper_bound(versions, moment, {}, &version::at);
  return later == versions.begin() ? nullptr : &*std::prev(later);
}

bool some_expire(const key_story& story) {
  const auto expires = [](const version& each) { return end_of_life(each.item).has_value(); };
  return std::ranges::any_of(story.source, expires) || std::ranges::any_of(story.target, expires);
}

/// Walks forward through what one key held. Values of the source have numbers: 0 is the absence
/// before the first version.
class key_walk {
 public:
  key_walk(const key_story& story, const go_coverage& coverage)
      : story_(story), coverage_(coverage), some_expire_(some_expire(story)) {}

  /// The target is as good as something that the source held within max-lag. `at` ascends.
  bool is_right(wall_time at) {
    for (; present_ < story_.source.size() && story_.source[present_].at <= at; ++present_) {
      if (is_good(present_ + 1, at)) {
        good_ = present_ + 1;
      }
    }
    const auto* held = last_before(story_.target, at);
    if (std::exchange(held_, held) != held || some_expire_) {
      find_good(at);
    }
    return good_ && held_until(*good_, at) >= at - coverage_.max_lag;
  }

 private:
  [[nodiscard]] bool is_good(std::size_t value, wall_time at) const {
    return as_good(value == 0 ? nullptr : story_.source[value - 1].item,
                   held_ == nullptr ? nullptr : held_->item, coverage_.ignored, at);
  }
  [[nodiscard]] wall_time held_until(std::size_t value, wall_time at) const {
    return value == present_ ? at : story_.source[value].at - instant;
  }
  void find_good(wall_time at) {
    good_.reset();
    for (auto value = present_; held_until(value, at) >= at - coverage_.max_lag; --value) {
      if (is_good(value, at)) {
        good_ = value;
        return;
      }
      if (value == 0) {
        return;
      }
    }
  }

  const key_story& story_;
  const go_coverage& coverage_;
  bool some_expire_;
  const version* held_ = nullptr;        ///< by the target
  std::size_t present_ = 0;              ///< value of the source
  std::optional<std::size_t> good_ = 0;  ///< the newest value that the target is as good as
};

}  // namespace

bool has_expired(const item_ptr& item, wall_time at) {
  const auto ends = end_of_life(item);
  return ends && *ends * 1000 < to_ms(at) && to_ms(at) / 1000 - *ends < expires_within_s;
}

milliseconds go_coverage::bound() const { return std::max<milliseconds>(3 * max_lag, wrong_min); }

bool as_good(const item_ptr& source, const item_ptr& target, const std::set<std::string>& ignored,
             wall_time at) {
  return same_but_for(ignored, source, target) || (!source && has_expired(target, at)) ||
         (!target && has_expired(source, at));
}

std::optional<go_coverage> coverage_of(const go_evidence& known, wall_time at) {
  const comparison* basis = nullptr;
  for (const auto& each : known.comparisons) {
    if (each.finished && each.began <= at) {
      basis = &each;
    }
  }
  if (basis == nullptr) {
    return std::nullopt;
  }
  go_coverage weakest{.sample_rate = basis->sample_rate, .ignored = basis->ignored};
  for (std::size_t i = 0; i < known.checkings.size(); ++i) {
    const auto& each = known.checkings[i];
    const bool over_before =
        i + 1 < known.checkings.size() && known.checkings[i + 1].since <= basis->began;
    if (over_before || each.since > at) {
      continue;
    }
    weakest.sample_rate = std::max(weakest.sample_rate, each.sample_rate);
    weakest.ignored.insert(each.ignored.begin(), each.ignored.end());
    weakest.max_lag = std::max(weakest.max_lag, each.max_lag);
  }
  return weakest;
}

std::optional<wall_time> wrong_since(const key_story& story, const go_coverage& coverage,
                                     wall_time at) {
  // Between two of these moments nothing changes: a side did, or a value grew too old.
  std::vector<wall_time> moments{at};
  const auto add = [&](wall_time moment) {
    if (moment < at) {
      moments.push_back(moment);
    }
  };
  const auto add_version = [&](const version& each) {
    add(each.at);
    if (const auto ends = end_of_life(each.item)) {
      add(from_ms((*ends + 1) * 1000));
      add(from_ms((*ends + expires_within_s) * 1000));
    }
  };
  std::ranges::for_each(story.target, add_version);
  for (const auto& each : story.source) {
    add_version(each);
    add(each.at + coverage.max_lag);
  }
  std::ranges::sort(moments);
  std::optional<wall_time> wrong;  // before the first of them both sides were empty
  key_walk walk(story, coverage);
  for (const auto& moment : moments) {
    wrong = walk.is_right(moment) ? std::nullopt : std::optional(wrong.value_or(moment));
  }
  return wrong;
}

bool go_referee::speaks_for(const go_claim& claim, const go_coverage& coverage,
                            const item_position& key) const {
  return !claim.sampled || coverage.sample_rate <= 1 || known_.chooses(key, coverage.sample_rate);
}

std::vector<std::string> go_referee::unread(wall_time before, const record_filter& asked) const {
  std::vector<std::string> found;
  for (const auto& [id, shard] : shards_) {
    for (std::size_t i = known_.read_of(shard); i < shard.records.size(); ++i) {
      const auto& record = shard.records[i];
      if (record.created >= before) {
        break;
      }
      // What the stream has forgotten is made up for by a comparison.
      const bool made_up_for = record.lost && compared_after(record.created);
      if (!made_up_for && asked(shard, record) && known_.counts(shard, record)) {
        found.push_back(fmt::format("record {} of shard {}, created {}, has not been read{}",
                                    support::to_decimal(record.sequence), id,
                                    format_rfc3339(record.created),
                                    record.lost ? " and is lost" : ""));
        break;
      }
    }
  }
  return found;
}

bool go_referee::compared_after(wall_time moment, const item_position* key) const {
  return std::ranges::any_of(known_.comparisons, [&](const comparison& each) {
    return each.finished && each.began > moment &&
           (key == nullptr || each.sample_rate <= 1 || known_.chooses(*key, each.sample_rate));
  });
}

std::vector<std::string> go_referee::unlooked(const go_claim& claim,
                                              const go_coverage& coverage) const {
  std::vector<std::string> found;
  for (const auto& moment : known_.replaced) {
    if (claim.at - moment > coverage.bound() && !compared_after(moment)) {
      found.push_back(fmt::format("a table was created anew at {}, and no comparison began since",
                                  format_rfc3339(moment)));
    }
  }
  for (const auto& [position, story] : keys_) {
    const auto changed = known_.unchecked(position);
    if (changed && speaks_for(claim, coverage, position) && !compared_after(*changed, &position)) {
      found.push_back(fmt::format("{}, changed at {}, was neither checked nor compared since",
                                  story.key_json, format_rfc3339(*changed)));
      break;
    }
  }
  return found;
}

bool go_referee::is_excused(const item_position& key, const key_story& story,
                            const go_coverage& coverage, wall_time wrong_from, wall_time at) const {
  const auto* spoilt = last_before(story.target, wrong_from);
  const bool too_late = spoilt != nullptr && spoilt->made_by == cause::replicator;
  if (spoilt == nullptr || (spoilt->made_by != cause::itself && !too_late)) {
    return false;
  }
  // A newer change may still be on its way: for a max-lag it says nothing of what was spoilt
  // before.
  const auto* due = last_before(story.source, at - coverage.max_lag);
  const auto newest = due == nullptr ? wall_time::min() : due->at;
  // What the replicator brings later than a max-lag, over a value that looked right then.
  const auto seen_from = too_late ? newest + coverage.max_lag : newest;
  const auto saw_it_right = [&](const version& look) {
    return look.at >= seen_from && look.at - known_.reads_late <= spoilt->at &&
           as_good(due == nullptr ? nullptr : due->item, look.item, coverage.ignored, look.at);
  };
  const auto repaired = [&](const version& each) {
    return each.made_by == cause::repair && each.at < spoilt->at && saw_it_right(each);
  };
  const bool seen = std::ranges::any_of(story.target, repaired) ||
                    std::ranges::any_of(story.looks, saw_it_right) ||
                    std::ranges::any_of(story.scans, saw_it_right);
  return seen && std::ranges::none_of(known_.comparisons, [&](const comparison& each) {
           // What was written a moment before it began, its scan may not have seen.
           return each.finished && *each.finished <= at &&
                  each.began - known_.reads_late > spoilt->at &&
                  (each.sample_rate <= 1 || known_.chooses(key, each.sample_rate));
         });
}

std::vector<std::string> go_referee::lies(const go_claim& claim) const {
  if (!known_.of_source) {
    return {"the target's stream alone never makes GO"};
  }
  const auto coverage = coverage_of(known_, claim.at);
  if (!coverage) {
    return {"no comparison has ended"};
  }
  auto found =
      unread(claim.at - unread_max - commit_slack, [](const auto&, const auto&) { return true; });
  std::ranges::move(unlooked(claim, *coverage), std::back_inserter(found));
  const auto until = claim.at - coverage->bound();
  for (const auto& [position, story] : keys_) {
    if (support::same_item(story.source_now(), story.target_now()) ||
        !speaks_for(claim, *coverage, position)) {
      continue;
    }
    const auto since = wrong_since(story, *coverage, claim.at);
    if (since && *since < until && !is_excused(position, story, *coverage, *since, claim.at)) {
      found.push_back(fmt::format("{} has been wrong since {}, for {} s{}", story.key_json,
                                  format_rfc3339(*since), (claim.at - *since).count() / 1000,
                                  history_of(story)));
    }
  }
  return found;
}

std::optional<wall_time> go_referee::will_lie_at(const go_claim& claim) const {
  const auto coverage = coverage_of(known_, claim.at);
  std::optional<wall_time> soonest;
  if (!coverage) {
    return soonest;
  }
  const auto lies_from = [&](wall_time moment) {
    const auto then = moment + coverage->bound();
    soonest = std::min(soonest.value_or(then), then);
  };
  for (const auto& moment : known_.replaced) {
    if (!compared_after(moment)) {
      lies_from(moment);
    }
  }
  for (const auto& [position, story] : keys_) {
    if (support::same_item(story.source_now(), story.target_now()) ||
        !speaks_for(claim, *coverage, position)) {
      continue;
    }
    // A value that is still young enough will not stay so.
    const auto at = claim.at + coverage->max_lag + instant;
    const auto since = wrong_since(story, *coverage, at);
    if (since && !is_excused(position, story, *coverage, *since, at)) {
      lies_from(*since);
    }
  }
  return soonest;
}

}  // namespace ddm::simulation
