#include "compare/changed_keys.h"

#include "base/log.h"
#include "base/units.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::compare {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr milliseconds look_interval{250};
constexpr seconds told_each{10};
constexpr seconds described_again_after{5};
/// A stream that does not answer for so long is not waited for: a comparison that counts for less
/// is better than none.
constexpr minutes silence_max{10};
/// Nobody reads on afterwards who would hear of a record behind them.
constexpr stream::empty_run end_of_shard{.lasts = minutes{1}, .pages = 60};
/// What a key takes beside its JSON: its place here, then in the comparison and in its first
/// commit.
constexpr std::uint64_t key_bytes = 250;

/// Creation times are cut to whole seconds, on DynamoDB Local to whole minutes.
milliseconds creation_unit(std::string_view stream_arn) {
  return dynamodb::is_local_arn(stream_arn) ? milliseconds{minutes{1}} : milliseconds{seconds{1}};
}

/// When it was made: that is its label.
std::optional<wall_time> stream_since(const dynamodb::table_description& table) {
  if (!table.stream.enabled || !table.latest_stream_arn) {
    return std::nullopt;
  }
  const auto arn = dynamodb::table_arn::parse(table.latest_stream_arn->str());
  return arn ? parse_rfc3339(arn->stream_label + "Z") : std::nullopt;
}

std::unexpected<error> stopped() {
  return fail(error_class::cancelled, "stopped before all changes since the export were read");
}

changes_since_export without_keys(no_proof why) {
  return {.keys = {}, .standing = {.began = {}, .withheld = std::move(why)}};
}

}  // namespace

void key_collection::on_batch(stream::record_batch batch) {
  records_ += batch.records.size();
  for (auto& record : batch.records) {
    if (record.chosen && record.created >= from_) {
      add(std::move(record.key));
    }
  }
}

void key_collection::add(dynamodb::item_key key) {
  if (full_ || keys_.contains(key.hash)) {
    return;
  }
  // It is held twice while it is handed over.
  bytes_ += key_bytes + 2 * key.json.size();
  full_ = bytes_ > bytes_max_;
  if (!full_) {
    keys_.emplace(key.hash, std::move(key.json));
  }
}

void key_collection::on_gap(stream::coverage_gap gap) {
  if (is_lost_by_age(gap.shard, gap.noticed)) {
    log::event(log::level::info, "older_than_export", gap.reason, {{"shard_id", gap.shard.str()}});
    return;
  }
  if (!gap_) {
    gap_ = fmt::format("shard {}: {}", gap.shard.str(), gap.reason);
  }
}

/// The source held each of them, or it holds it: what the target has alone was deleted.
std::vector<state::candidate_row> key_collection::take(const std::string& command) {
  std::vector<state::candidate_row> rows;
  rows.reserve(keys_.size());
  for (auto& [hash, json] : keys_) {
    rows.push_back({.command = command,
                    .key_hash = hash.bytes(),
                    .key_json = std::move(json),
                    .source_held = true});
  }
  keys_.clear();
  return rows;
}

changed_keys::changed_keys(settings what, parts with)
    : settings_(std::move(what)), parts_(std::move(with)), tasks_(parts_.executor) {}

std::optional<no_proof> why_not_read(const exports::table_export& of,
                                     const dynamodb::table_description& source, wall_time now) {
  return why_not_read(
      {.as_of = of.summary.as_of, .stream_since = stream_since(source), .now = now});
}

awaitable<result<changes_since_export>> changed_keys::read() {
  tasks_.spawn(describe());
  co_await tasks_.join();
  if (stopping_ || !source_) {
    co_return stopped();
  }
  if (!*source_) {
    co_return without_keys(
        unreadable_stream(source_->error().describe(), mends_by_waiting(source_->error().kind)));
  }
  const export_age age{
      .as_of = settings_.as_of, .stream_since = stream_since(**source_), .now = parts_.time.now()};
  if (auto why = why_not_read(age)) {
    co_return without_keys(*std::move(why));
  }
  const auto stream_arn = (*source_)->latest_stream_arn->str();
  found_.emplace(from_of(stream_arn), settings_.memory_bytes_max);
  const auto told = co_await read_stream(stream_arn);
  if (stopping_) {
    co_return stopped();
  }
  if (auto why = why_withheld(age, told)) {
    co_return without_keys(*std::move(why));
  }
  co_return changes_since_export{.keys = found_->take(settings_.command),
                                 .standing = {.began = began_, .withheld = {}}};
}

/// Records made before that are older than the export for certain.
wall_time changed_keys::from_of(std::string_view stream_arn) const {
  return settings_.as_of - export_allowance - creation_unit(stream_arn);
}

void changed_keys::stop() {
  stopping_ = true;
  tasks_.cancel();
}

awaitable<stream_told> changed_keys::read_stream(std::string stream_arn) {
  began_ = parts_.time.now();
  went_on_ = began_;
  consumer_ = std::make_unique<stream::stream_consumer>(
      stream::stream_consumer::options{.stream_arn = stream_arn,
                                       .first = stream::first_position::trim_horizon,
                                       .random_seed = settings_.random_seed,
                                       .service = {},
                                       .told_until = {},
                                       .pace = settings_.pace,
                                       .end = end_of_shard,
                                       .of_interest_from = from_of(stream_arn)},
      parts_.executor, parts_.time, parts_.pool, parts_.streams, parts_.decoder, *found_);
  tasks_.spawn(consume());
  tasks_.spawn(watch());
  co_await tasks_.join();
  stream_told told{.ended = consumer_->later_now(),
                   .caught_up = caught_up_,
                   .gap = found_->gap(),
                   .failed = failure_ ? std::optional(failure_->describe()) : std::nullopt,
                   .may_mend = failure_ && mends_by_waiting(failure_->kind),
                   .too_many = {}};
  if (found_->full()) {
    told.too_many = found_->keys();
  }
  if (told.caught_up && !stopping_) {
    // Once more by the table itself: listings may be some seconds old.
    source_.reset();
    tasks_.spawn(describe());
    co_await tasks_.join();
    const bool described = source_ && *source_;
    told.still_on = described && (*source_)->stream.enabled && (*source_)->latest_stream_arn &&
                    (*source_)->latest_stream_arn->str() == stream_arn;
    if (source_ && !described) {
      told.failed = source_->error().describe();
      told.may_mend = mends_by_waiting(source_->error().kind);
    }
    told.ended = consumer_->later_now();
  }
  co_return told;
}

awaitable<void> changed_keys::consume() {
  auto read = co_await consumer_->run();
  if (!read) {
    failure_ = std::move(read.error());
  }
  ended_ = true;
}

awaitable<void> changed_keys::watch() {
  auto due = parts_.time.now();
  while (goes_on()) {
    if (parts_.time.now() >= due) {
      tell_how_far();
      due = parts_.time.now() + told_each;
    }
    co_await parts_.time.sleep_for(look_interval);
  }
  tasks_.cancel();
}

bool changed_keys::goes_on() {
  const auto now = parts_.time.now();
  const auto status = consumer_->status();
  if (std::exchange(how_far_, {found_->records(), status.done}) !=
          std::pair(found_->records(), status.done) ||
      status.all_answer()) {
    went_on_ = now;
  }
  if (!failure_ && now - went_on_ > silence_max) {
    const auto& why = status.failure.empty() ? status.unlisted_because : status.failure;
    failure_ = error{.kind = error_class::retry,
                     .message = fmt::format("it has not answered for {}: {}",
                                            spoken_duration(silence_max), why)};
  }
  caught_up_ = has_caught_up();
  const bool too_old =
      why_not_read(
          {.as_of = settings_.as_of, .stream_since = wall_time{}, .now = consumer_->later_now()})
          .has_value();
  return !ended_ && !failure_ && !found_->gap() && !found_->full() && !too_old && !is_over() &&
         !caught_up_;
}

/// What is written from then on is in no stream.
bool changed_keys::is_over() const { return consumer_->is_turned_off(); }

/// A stream that is off is never turned on again: the table gets another one. So one that was on
/// after the reading began was on all the time before.
bool changed_keys::has_caught_up() const {
  const auto on = consumer_->last_seen_enabled();
  return consumer_->caught_up_to(began_) && on && *on >= consumer_->service().later(began_) &&
         !consumer_->in_doubt() && !is_over();
}

/// A task, so that stop() ends it. What is not told at once is asked for as long as a stream is
/// waited for: hours of reading may stand on it.
awaitable<void> changed_keys::describe() {
  const auto until = parts_.time.now() + silence_max;
  for (;;) {
    auto table = co_await parts_.tables.describe_table(parts_.table);
    if (table || !mends_by_waiting(table.error().kind) || parts_.time.now() >= until) {
      source_ = std::move(table);
      co_return;
    }
    log::event(log::level::warning, "changed_keys_paused",
               "whether the source's stream is on is not told: " + table.error().describe());
    co_await parts_.time.sleep_for(described_again_after);
  }
}

void changed_keys::tell_how_far() {
  const auto status = consumer_->status();
  const auto behind = status.behind;
  const auto now = parts_.time.now();
  std::optional<milliseconds> left;
  if (behind) {
    first_told_ = first_told_.value_or(std::pair(now, *behind));
    left = time_left(first_told_->second, *behind, now - first_told_->first);
  }
  log::event(log::level::info, "changed_keys",
             "the keys of what changed since the export are read from the source's stream",
             {{"keys", found_->keys()},
              {"records", found_->records()},
              {"shards_done", status.done},
              {"shards_left", status.open + status.waiting},
              {"behind", behind ? spoken_duration(*behind) : std::string("not known yet")},
              {"time_left", left ? spoken_duration(*left) : std::string("not known yet")}});
}

}  // namespace ddm::compare
