#include "simulation/referee.h"

#include "monitor/sums.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace ddm::simulation {
namespace {

using support::same_item;
using verify::mismatch_kind;

constexpr std::size_t violations_max = 20;
/// Creation times are whole seconds, and a start at LATEST goes back by that unit.
constexpr milliseconds start_slack{2000};
/// A start at LATEST counts from the listing that showed a shard, not from its first iterator.
constexpr milliseconds listing_slack{100};
constexpr milliseconds commit_interval{1000};
/// What was not read for so long may be forgotten, whoever remembers when that was.
constexpr std::chrono::hours long_silence{22};
/// One change beyond the bound of memory, with the longest key.
constexpr std::uint64_t one_change_bytes = 1024;

std::set<std::string> attributes_of(const std::string& patterns) {
  std::set<std::string> names;
  for (std::size_t begin = 0; begin < patterns.size();) {
    const auto end = std::min(patterns.find(',', begin), patterns.size());
    names.insert(patterns.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

referee::referee(const scenario& chosen, monitor::monitor_world& world, ledger& truth)
    : scenario_(chosen),
      world_(world),
      truth_(truth),
      forward_(chosen.world.way == verify::direction::source_to_target),
      go_referee_(go_, truth.keys(), truth.shards()) {
  go_ = {.of_source = forward_,
         .checkings = {},
         .comparisons = {},
         .replaced = {},
         .reads_late = chosen.read_lag_max,
         .chooses = [this](const item_position& key,
                           std::uint64_t rate) { return sample_has(key, rate); },
         .counts =
             [this](const shard_story& shard, const written_record& record) {
               // A frozen run need not read for ever what the TTL service deletes.
               return standing_of(shard, record) == standing::counts &&
                      !was_of_another_table(shard) && !was_off_at(record.created) &&
                      !(record.by_ttl && is_after_the_end(record));
             },
         .read_of =
             [this](const shard_story& shard) {
               const auto row = shards_.find(shard.id);
               const auto committed = row == shards_.end() ? 0 : row->second.counted;
               // What this process was sent may wait for its commit.
               const auto sent = sent_in_process_.find(shard.id);
               if (sent == sent_in_process_.end()) {
                 return committed;
               }
               const auto next = std::ranges::upper_bound(shard.records, sent->second, {},
                                                          &written_record::sequence);
               return std::max(committed, static_cast<std::size_t>(next - shard.records.begin()));
             },
         .unchecked = [this](const item_position& key) { return unchecked(key); }};
  world.on_commit = [this](const state::commit_batch& batch) { on_commit(batch); };
  world.on_resume = [this](const state::snapshot& found) { on_resume(found); };
  truth.on_asked = [this](const std::string& shard) { on_asked(shard); };
  truth.on_page = [this](const std::string& shard, bool ended, std::optional<sequence_value> last) {
    on_page(shard);
    if (last) {
      sent_in_process_[shard] = std::max(sent_in_process_[shard], *last);
    }
    if (ended) {
      ended_in_process_.insert(shard);
    }
  };
  truth.how_heard = [this](const shard_story& shard, const written_record& record) {
    if (record.lost || standing_of(shard, record) != standing::counts) {
      return hearing::never;
    }
    return was_committed(shard, record) ? hearing::read : hearing::not_yet;
  };
}

void referee::accuse(std::string violation) {
  if (violations_.size() < violations_max) {
    violations_.push_back(
        fmt::format("{} {}", format_rfc3339(world_.time.now()), std::move(violation)));
  }
}

void referee::on_start(const process_settings& how, std::optional<wall_time> freeze_at,
                       bool beside) {
  freeze_at_ = freeze_at;
  baseline_sample_rate_ = how.baseline_sample_rate;
  others_commit_ = beside;
  first_start_ = first_start_.value_or(world_.time.now());
  decoding_ = world_.decoding();
  ended_in_process_.clear();
  sent_in_process_.clear();
  chosen_.clear();
  ignored_.push_back(decoding_->ignored);
  truth_.note_ignored(attributes_of(how.ignored));
  const checking now{.since = world_.time.now(),
                     .sample_rate = how.sample_rate,
                     .ignored = attributes_of(how.ignored),
                     .max_lag = scenario_.world.max_lag};
  if (stored_period_ &&
      (stored_period_->sample_rate != how.sample_rate || stored_period_->ignored != how.ignored)) {
    period_begins_ = true;  // with its first commit: until then the state is of the one before
  } else {
    period_begins_ = false;
  }
  go_.checkings.push_back(now);
}

/// Other settings: the counters begin anew with what is open.
void referee::begin_period() {
  std::int64_t open = static_cast<std::int64_t>(open_checks_.size());
  for (const auto& [key, changes] : deferred_) {
    open += changes;
  }
  for (const auto& [key, entry] : findings_) {
    open += entry.open ? entry.changes : 0;
  }
  unique_ = {};
  by_kind_.clear();
  by_ttl_ = {};
  sampled_ = {.low = open, .high = open};
}

void referee::on_table_recreated() {
  something_forgotten_ = true;
  identity_changes_.push_back(world_.time.now());
  go_.replaced.push_back(world_.time.now());
}

void referee::on_compare_start(const std::string& ignored) {
  others_commit_ = true;
  ignored_.emplace_back(ignored.empty() ? std::vector<std::string>{} : std::vector{ignored});
}

bool referee::is_idle(const std::string& shard) const {
  constexpr std::chrono::seconds good_while{40};
  const auto* story = truth_.shard(shard);
  return story != nullptr && !story->records.empty() &&
         was_committed(*story, story->records.back()) &&
         story->records.back().created + good_while < world_.time.now();
}

bool referee::sample_has(const item_position& key, std::uint64_t rate) const {
  const auto& story = truth_.keys().at(key);
  const auto parsed = dynamodb::key_of(story.key_json, decoding_->schema, decoding_->secret);
  return parsed && dynamodb::sample_choice{.seed = decoding_->sample.seed, .rate = rate}.chooses(
                       parsed->hash);
}

bool referee::chosen(const item_position& key) {
  const auto known = chosen_.find(key);
  if (known != chosen_.end()) {
    return known->second;
  }
  const auto& story = truth_.keys().at(key);
  const auto parsed = dynamodb::key_of(story.key_json, decoding_->schema, decoding_->secret);
  return chosen_[key] = parsed && decoding_->sample.chooses(parsed->hash);
}

// What counts

referee::standing referee::standing_of(const shard_story& shard,
                                       const written_record& record) const {
  const auto began = truth_.reading_began();
  if (record.before_start) {
    return standing::does_not_count;
  }
  if (!began) {
    return standing::counts;
  }
  if (scenario_.world.first == stream::first_position::trim_horizon) {
    const auto forgotten = *first_start_ - scenario_.world.stream.retention;
    return record.created < forgotten ? standing::does_not_count : standing::counts;
  }
  // Seen only after the first listing, or below a shard that still looked open: read from its
  // beginning. A listing made between the two moments may have shown either.
  const auto settled_at = std::max(shard.listed_at, shard.parent_looks_open_until);
  const bool read_from_beginning = settled_at > *began;
  const auto from = read_from_beginning ? *began : shard.first_asked.value_or(*began);
  if (record.created > from) {
    return read_from_beginning && record.created <= from + listing_slack ? standing::may_count
                                                                         : standing::counts;
  }
  return settled_at > *first_start_ || record.created >= *first_start_ - start_slack
             ? standing::may_count
             : standing::does_not_count;
}

bool referee::was_committed(const shard_story& shard, const written_record& record) const {
  const auto row = shards_.find(shard.id);
  return row != shards_.end() && record.sequence <= row->second.last;
}

/// What the TTL service deletes counts after a freeze for no write: nothing has to look at it.
bool referee::is_no_write(const written_record& record) const {
  return freeze_at_ && record.by_ttl && record.created > *freeze_at_;
}

std::optional<wall_time> referee::unchecked(const item_position& key) const {
  const shard_story* shard = nullptr;
  const auto* record = truth_.newest_record(key, &shard);
  const bool read = record != nullptr && !record->lost && was_committed(*shard, *record) &&
                    standing_of(*shard, *record) == standing::counts;
  return read && !is_no_write(*record) && !record->checked_in
             ? std::optional(truth_.keys().at(key).origin(forward_).back().at)
             : std::nullopt;
}

void referee::on_target_ready(wall_time now) {
  if (!target_ready_) {
    target_ready_ = now;
    truth_.note_target_ready(now);
  }
}

/// A start that was killed before its first commit is made anew, by what there is then.
void referee::expect_new_start(wall_time begins) {
  for (auto& [id, shard] : truth_.shards()) {
    for (auto& record : shard.records) {
      record.before_start = record.before_start || record.created < begins;
    }
  }
}

void referee::on_stream_renewed(bool monitor_runs) {
  something_forgotten_ = true;
  identity_changes_.push_back(world_.time.now());
  if (!monitor_runs && !stream_is_kept_) {
    expect_new_start(wall_time::max());
  }
}

void referee::on_forgotten(wall_time until) {
  something_forgotten_ = true;
  if (shards_.empty()) {
    expect_new_start(until);
  }
  for (auto& [id, shard] : truth_.shards()) {
    for (auto& record : shard.records) {
      record.lost = record.lost || (record.created < until && !was_committed(shard, record));
    }
  }
}

// What a commit says

void referee::on_resume(const state::snapshot& found) {
  const auto period = monitor::load_period(found);
  stored_period_ = period.sample_rate > 0 ? std::optional(period) : std::nullopt;
  const auto open =
      std::ranges::count_if(findings_, [](const auto& each) { return each.second.open; });
  std::int64_t deferred = 0;
  for (const auto& [key, changes] : deferred_) {
    deferred += changes;
  }
  if (found.checks.size() != open_checks_.size() || found.open_mismatches_total != open ||
      found.deferred_changes != deferred || found.gaps.size() != gaps_.size()) {
    accuse(
        fmt::format("the state lost something: {} checks of {}, {} findings of {}, {} deferred "
                    "of {}, {} gaps of {}",
                    found.checks.size(), open_checks_.size(), found.open_mismatches_total, open,
                    found.deferred_changes, deferred, found.gaps.size(), gaps_.size()));
  }
}

void referee::on_commit(const state::commit_batch& batch) {
  for (const auto& row : batch.mismatches) {
    judge_healing(row);  // by what had been read before it
  }
  if (period_begins_ && batch.numbers.contains("period.sample_rate")) {
    period_begins_ = false;
    begin_period();
  }
  stream_is_kept_ = stream_is_kept_ || batch.values.contains("stream.first_arn");
  for (const auto& row : batch.shards) {
    take_shard(row);
  }
  for (const auto& row : batch.checks) {
    open_checks_.insert(row.id);
  }
  for (const auto id : batch.checks_closed) {
    open_checks_.erase(id);
  }
  for (const auto& key : batch.deferred_taken) {
    deferred_.erase(key);
  }
  for (const auto& row : batch.deferred) {
    deferred_[row.key_hash] += row.changes;
  }
  for (const auto& row : batch.mismatches) {
    take_finding(row);
  }
  gaps_.insert(gaps_.end(), batch.gaps.begin(), batch.gaps.end());
  for (const auto& [name, value] : batch.numbers) {
    numbers_[name] = value;
  }
  for (const auto& [name, value] : batch.values) {
    values_[name] = value;
  }
  note_comparisons();
  if (batch.gaps_cured_before) {
    cure_gaps(*batch.gaps_cured_before);
  }
  if (numbers_.contains("events.unique")) {
    compare_counters();
  }
}

void referee::note_comparisons() {
  for (const std::string command : {"compare", "monitor"}) {
    const auto told = compare::comparison_progress::load(command, numbers_, values_);
    if (!told.begun()) {
      continue;
    }
    auto known = std::ranges::find(go_.comparisons, told.started(), &comparison::began);
    if (known == go_.comparisons.end()) {
      go_.comparisons.push_back({.began = told.started(),
                                 .finished = std::nullopt,
                                 .sample_rate = static_cast<std::uint64_t>(told.sample_rate),
                                 .ignored = attributes_of(told.ignored),
                                 .by_other = command == "compare"});
      known = std::prev(go_.comparisons.end());
      if (command == "monitor") {
        judge_new_comparison(told.started());
      }
    }
    if (told.finished() && !known->finished) {
      known->finished = from_ms(told.finished_ms);
    }
  }
  std::ranges::sort(go_.comparisons, {}, &comparison::began);
}

/// One that has ended has judged every key: beside a stream nothing but a gap, a start or another
/// table asks for another.
void referee::judge_new_comparison(wall_time began) {
  const auto before = std::exchange(own_comparison_, began);
  const auto since = [&](wall_time moment) { return before && moment >= *before; };
  const bool asked_for =
      !before || others_commit_ || since(go_.checkings.back().since) ||
      std::ranges::any_of(gaps_, [&](const state::gap_row& gap) { return since(gap.noticed); }) ||
      std::ranges::any_of(identity_changes_, since);
  if (!asked_for) {
    accuse(fmt::format("compared again, although nothing asks for it since the comparison of {}",
                       format_rfc3339(*before)));
  }
}

/// What was lost while a comparison ran may be what it had read already.
void referee::cure_gaps(wall_time before) {
  const auto last = std::ranges::max_element(go_.comparisons, {}, [](const comparison& each) {
    return each.finished.value_or(wall_time::min());
  });
  const auto began = last == go_.comparisons.end() ? wall_time::min() : last->began;
  for (auto& gap : gaps_) {
    if (!gap.cured && gap.noticed < before) {
      gap.cured = true;
      if (gap.noticed >= began) {
        accuse(fmt::format("a comparison that began at {} cures the gap noticed at {}",
                           format_rfc3339(began), format_rfc3339(gap.noticed)));
      }
    }
  }
}

void referee::take_shard(const state::shard_row& row) {
  auto& known = shards_[row.shard_id];
  known.life = row.life;
  const auto last = support::parse_sequence(row.last_sequence).value_or(0);
  if (last < known.last) {
    accuse(fmt::format("shard {} went back to {}", row.shard_id, row.last_sequence));
  }
  known.last = std::max(known.last, last);
  const auto found = truth_.shards().find(row.shard_id);
  if (found == truth_.shards().end()) {
    return;
  }
  auto* shard = &found->second;
  for (; known.counted < shard->records.size() &&
         shard->records[known.counted].sequence <= known.last;
       ++known.counted) {
    count(*shard, shard->records[known.counted]);
  }
}

void referee::count(const shard_story& shard, written_record& record) {
  const auto held = standing_of(shard, record);
  if (record.lost || held == standing::does_not_count) {
    return;
  }
  const auto add = [&](bounds& sum) {
    sum.low += held == standing::counts ? 1 : 0;
    ++sum.high;
  };
  add(unique_);
  add(by_kind_[record.kind]);
  if (record.by_ttl) {
    add(by_ttl_);
  }
  if (chosen(record.key)) {
    add(sampled_);
    record.checked_in = go_.checkings.size() - 1;
  }
}

std::int64_t referee::number(const char* name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second;
}

void referee::expect_within(const char* name, std::int64_t value, const bounds& truth) {
  if (value < truth.low || value > truth.high) {
    accuse(fmt::format("{} is {} where the committed positions make it {}{}", name, value,
                       truth.low, truth.high > truth.low ? fmt::format(" to {}", truth.high) : ""));
  }
}

void referee::compare_counters() {
  expect_within("events.unique", number("events.unique"), unique_);
  expect_within("events.insert", number("events.insert"), by_kind_[record_kind::insert]);
  expect_within("events.modify", number("events.modify"), by_kind_[record_kind::modify]);
  expect_within("events.remove", number("events.remove"), by_kind_[record_kind::remove]);
  expect_within("events.ttl_remove", number("events.ttl_remove"), by_ttl_);
  expect_within("checks.sampled", number("checks.sampled") + number("checks.left_to_baseline"),
                sampled_);
  std::int64_t failed = 0;
  for (const auto& [key, entry] : findings_) {
    failed += entry.open ? entry.changes : 0;
  }
  std::int64_t deferred = 0;
  for (const auto& [key, changes] : deferred_) {
    deferred += changes;
  }
  if (others_commit_) {
    return;  // what they healed or found, the monitor's counters know with its next start
  }
  const auto open = static_cast<std::int64_t>(open_checks_.size());
  const auto outcomes = number("checks.verified") + number("checks.superseded") + open + deferred +
                        failed + number("checks.healed");
  if (number("checks.sampled") != outcomes) {
    accuse(fmt::format(
        "{} changes are sampled, but {} verified + {} superseded + {} open + {} "
        "deferred + {} failed + {} healed = {}",
        number("checks.sampled"), number("checks.verified"), number("checks.superseded"), open,
        deferred, failed, number("checks.healed"), outcomes));
  }
  if (number("checks.failed") != failed || number("checks.deferred") != deferred) {
    accuse(fmt::format("the counters say {} failed and {} deferred, the rows {} and {}",
                       number("checks.failed"), number("checks.deferred"), failed, deferred));
  }
}

// What the running monitor says

void referee::on_asked(const std::string& shard) {
  auto& account = forward_ ? world_.source : world_.target;
  for (const auto* stream : account.streams()) {
    const auto* asked = stream->find(shard);
    if (asked == nullptr || !asked->parent) {
      continue;
    }
    const auto& parent = *asked->parent;
    const auto row = shards_.find(parent);
    const bool over =
        ended_in_process_.contains(parent) || stream->find(parent) == nullptr ||
        (row != shards_.end() && (row->second.life == "done" || row->second.life == "skipped"));
    if (!over) {
      accuse(
          fmt::format("shard {} is read before its parent {} was read to its end", shard, parent));
    }
  }
}

void referee::on_page(const std::string& shard) {
  const auto now = world_.time.now();
  auto& read =
      reading_.try_emplace(shard, reading{.last = wall_time{}, .silences = {}}).first->second;
  if (now - read.last > long_silence) {
    read.silences.emplace_back(read.last, now);
  }
  read.last = now;
}

void referee::examine(const report::status& status) {
  // What is earned is committed each second: a crash takes no more than that.
  const bool was_go = shows_go() && status.at - last_.at > commit_interval;
  last_ = status;
  // It may still be taken away until the freeze, and as long as the process does not know of one.
  if (freeze_planned_ && (!freeze_at_ || status.at <= *freeze_planned_ + commit_interval)) {
    go_before_freeze_ = shows_go() && was_go && *freeze_planned_ - status.at <= 3 * commit_interval;
  }
  const auto& events = status.events;
  const auto& checks = status.checks;
  if (events.unique != events.insert + events.modify + events.remove + events.unknown) {
    accuse("unique is not insert + modify + remove + unknown");
  }
  for (const auto& broken : monitor::broken_sums(status)) {
    accuse("numbers that do not add up: " + broken);
  }
  const auto outcomes = checks.verified + checks.superseded + status.pending + checks.deferred +
                        checks.failed + checks.healed;
  if (checks.sampled != outcomes) {
    accuse(fmt::format("{} changes are sampled, {} have an outcome or are open", checks.sampled,
                       outcomes));
  }
  const bool defects = std::ranges::any_of(findings_ | std::views::values, [](const finding& each) {
    return each.open && each.kind != mismatch_kind::expired;
  });
  if (others_commit_ || status.verdict.kind != report::verdict_kind::go ||
      !(defects || has_uncured_gap())) {
    go_over_defect_.reset();
  } else if (status.at - go_over_defect_.value_or(status.at) > commit_interval) {
    accuse("GO in spite of a known defect or gap");
  } else {
    // It may have healed just now, which the next commit tells.
    go_over_defect_ = go_over_defect_.value_or(status.at);
  }
  examine_go();
  examine_reading();
  examine_session_end();
  if (status.check_bytes > scenario_.world.memory_bytes_max + one_change_bytes) {
    accuse(fmt::format("open checks hold {} bytes, the bound is {}", status.check_bytes,
                       scenario_.world.memory_bytes_max));
  }
}

}  // namespace ddm::simulation
