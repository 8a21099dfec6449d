// Whether a finding is true: strong reads saw what it says, replication was at fault, and its kind
// is what the tables show.
#include "simulation/referee.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::simulation {

using verify::mismatch_kind;

namespace {

/// A heal by a look at both tables: one is read after the other.
constexpr std::chrono::seconds healed_by_two_reads{10};

}  // namespace

bool referee::has_open_finding() const {
  return std::ranges::any_of(findings_, [](const auto& each) { return each.second.open; });
}

void referee::take_finding(const state::mismatch_row& row) {
  const auto entry = verify::decode_mismatch(row);
  if (!entry) {
    accuse("a finding cannot be read: " + entry.error().message);
    return;
  }
  const auto told = entry->ignored.value_or(std::vector<std::string>{});
  std::set<std::string> ignored(told.begin(), told.end());
  // A row that stays open keeps what another command knew of it.
  const auto earlier = findings_.find(entry->key.json);
  const bool stays_open = entry->open && earlier != findings_.end() && earlier->second.open;
  if (stays_open) {
    std::erase_if(ignored,
                  [&](const auto& each) { return !earlier->second.ignored.contains(each); });
  }
  findings_[entry->key.json] = {
      .open = entry->open,
      .confirmed = entry->confirmed_at,
      .kind = entry->kind,
      .changes = stays_open ? std::max(earlier->second.changes, entry->changes) : entry->changes,
      .ignored = std::move(ignored)};
  // An undo commits what will be wrong before it writes it.
  if (entry->open && !truth_.repairing()) {
    judge_finding(entry->key.json, *entry, from_ms(row.confirmed_ms));
  }
}

/// What was found wrong is right again once the tables have agreed, by all that was compared when
/// it was found: by what both held, or by a change of the key that is checked.
void referee::judge_healing(const state::mismatch_row& row) {
  const auto entry = verify::decode_mismatch(row);
  const auto was = entry ? findings_.find(entry->key.json) : findings_.end();
  if (was == findings_.end() || !was->second.open || entry->open) {
    return;
  }
  const auto* story = truth_.find(entry->key.json);
  // The stream of a table that is gone is read to its end; that nothing in it holds for the new one
  // is what the gap says.
  const bool is_of_another_table = std::ranges::any_of(gaps_, [](const state::gap_row& gap) {
    return !gap.cured && gap.reason.contains("another one than before");
  });
  if (story != nullptr && forward_ && !is_of_another_table &&
      !may_have_agreed(*story, was->second)) {
    accuse(fmt::format("healed although the tables have not agreed since: {} {} of {}{}",
                       entry->key.json, to_string(was->second.kind),
                       format_rfc3339(was->second.confirmed), history_of(*story)));
  }
}

/// The key's newest version that has been heard of and is not checked by itself, or that nobody
/// will hear of: what the source held before it proves nothing. Counted with the absence before the
/// first.
std::size_t referee::newest_unchecked(const key_story& story) const {
  for (auto i = story.records.size(); i > 0; --i) {
    const auto& at = story.records[i - 1];
    if (!at) {
      return i;
    }
    const auto& shard = *truth_.shard(at->first);
    const auto& record = shard.records.at(at->second);
    const bool never_heard = record.lost || standing_of(shard, record) != standing::counts;
    if (never_heard || (was_committed(shard, record) && !record.checked_in)) {
      return i;
    }
  }
  return 0;
}

bool referee::may_have_agreed(const key_story& story, const finding& was) const {
  const auto now = world_.time.now();
  const auto apart = scenario_.read_lag_max + healed_by_two_reads;
  const auto checked_from = newest_unchecked(story);
  const auto value = [](const std::vector<version>& versions, std::size_t i) {
    return i == 0 ? nullptr : versions[i - 1].item;
  };
  const auto from = [](const std::vector<version>& versions, std::size_t i) {
    return i == 0 ? wall_time::min() : versions[i - 1].at;
  };
  const auto until = [now](const std::vector<version>& versions, std::size_t i) {
    return i == versions.size() ? now : versions[i].at;
  };
  for (std::size_t t = 0; t <= story.target.size(); ++t) {
    const auto begin = std::max(from(story.target, t), was.confirmed);
    const auto end = until(story.target, t);
    if (end < was.confirmed) {
      continue;
    }
    for (std::size_t s = 0; s <= story.source.size(); ++s) {
      const bool at_once =
          until(story.source, s) + apart >= begin && from(story.source, s) <= end + apart;
      if ((at_once || s >= checked_from) &&
          as_good(value(story.source, s), value(story.target, t), was.ignored, now)) {
        return true;
      }
    }
  }
  return false;
}

bool referee::shows(const std::optional<dynamodb::digest128>& digest, const item_ptr& item) const {
  if (!item || !digest) {
    return !item && !digest;
  }
  return std::ranges::any_of(ignored_, [&](const dynamodb::ignore_list& ignored) {
    const auto made = dynamodb::digest_item(item->json, decoding_->secret, ignored);
    return made && made->compared == *digest;
  });
}

void referee::judge_finding(const std::string& key_json, const verify::mismatch& entry,
                            wall_time at) {
  const auto* story = truth_.find(key_json);
  if (story == nullptr) {
    accuse("a finding for a key that nobody wrote: " + key_json);
    return;
  }
  // The newest strong read before it that saw what the finding says.
  const auto evidence = [&](const std::vector<version>& reads,
                            const std::optional<dynamodb::digest128>& said) -> const version* {
    auto later = std::ranges::upper_bound(reads, at, {}, &version::at);
    while (later != reads.begin()) {
      if (shows(said, (--later)->item)) {
        return &*later;
      }
    }
    return nullptr;
  };
  const auto* target = evidence(story->target_reads, entry.target_digest);
  const auto* source = evidence(story->source_reads, entry.source_digest);
  if (target == nullptr || source == nullptr) {
    accuse("no strong read of both tables saw what is confirmed: " + key_json + history_of(*story));
    return;
  }
  const auto max_lag = scenario_.world.max_lag;
  const bool untold = (others_commit_ && entry.sequence_number.empty()) ||
                      !sample_has(*truth_.position_of(key_json), go_.checkings.back().sample_rate);
  const bool faulty = ledger::was_faulty(*story, target->at, max_lag) ||
                      (!forward_ && ledger::looked_faulty(*story, target->at, max_lag)) ||
                      (untold && rested_for_reads(*story, entry, source->at));
  if (!faulty) {
    accuse(
        fmt::format("invented: {} {} at {}, although up to {} the target held what the source "
                    "had held within max-lag{}",
                    key_json, to_string(entry.kind), format_rfc3339(at), format_rfc3339(target->at),
                    history_of(*story)));
    return;
  }
  judge_kind(*story, entry, source->item, target->item, at);
}

/// Of a key of which no stream tells, a comparison's or one outside the sample, no change between
/// two reads that saw the same is known.
bool referee::rested_for_reads(const key_story& story, const verify::mismatch& entry,
                               wall_time last) const {
  const auto long_before = [&](const version& read) {
    return read.at + scenario_.world.max_lag <= last && shows(entry.source_digest, read.item);
  };
  return std::ranges::any_of(story.source_reads, long_before) ||
         (!forward_ && std::ranges::any_of(story.looks, long_before));
}

void referee::judge_kind(const key_story& story, const verify::mismatch& entry,
                         const item_ptr& source, const item_ptr& target, wall_time at) {
  const auto& ignored = go_.checkings.back().ignored;
  std::vector<mismatch_kind> right;
  if (source && target) {
    right = {mismatch_kind::different};
    if (std::ranges::any_of(story.source, [&](const version& each) {
          return same_but_for(ignored, each.item, target);
        })) {
      right.push_back(mismatch_kind::stale);
    }
  } else if (source) {
    right = {has_expired(source, at) ? mismatch_kind::expired : mismatch_kind::missing};
  } else if (target) {
    right = kinds_of_leftover(story, entry, target, at);
  }
  if (std::ranges::find(right, entry.kind) == right.end()) {
    accuse(fmt::format("{} is called {}: source {}, target {}{}", story.key_json,
                       to_string(entry.kind), show(source), show(target), history_of(story)));
  }
}

/// What the target alone holds: on its way out if its TTL is past, whoever deleted it on the other
/// side; undeleted if a delete was read or the source was seen to hold it; else unexpected.
std::vector<mismatch_kind> referee::kinds_of_leftover(const key_story& story,
                                                      const verify::mismatch& entry,
                                                      const item_ptr& target, wall_time at) const {
  if (has_expired(target, at)) {
    const auto* held = ledger::at(story.target_reads, at);
    const bool by_an_earlier_look = forward_ && held != nullptr && !same_item(held->item, target);
    // Of an earlier look only the digest was kept.
    return by_an_earlier_look ? std::vector{mismatch_kind::expired, mismatch_kind::undeleted}
                              : std::vector{mismatch_kind::expired};
  }
  const bool source_held =
      std::ranges::any_of(story.source, [](const version& each) { return each.item != nullptr; });
  if (!source_held) {
    return {mismatch_kind::unexpected};
  }
  const bool has_record = truth_.record(entry.shard_id, entry.sequence_number) != nullptr;
  if (has_record) {
    return {forward_ ? mismatch_kind::undeleted : mismatch_kind::unexpected};
  }
  // A comparison, or a change that was deferred: nobody remembers every delete.
  return {mismatch_kind::undeleted, mismatch_kind::unexpected};
}

}  // namespace ddm::simulation
