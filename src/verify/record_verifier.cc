#include "verify/record_verifier.h"

#include "dynamodb/attribute_value.h"
#include "verify/check_rules.h"
#include "verify/item_diff.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace ddm::verify {
namespace {

/// What becomes due within this time goes together. After each answer the pump runs at once.
constexpr milliseconds pump_interval{20};
/// Reads taken from the checks ahead of the batches that can carry them.
constexpr std::size_t batches_ahead = 4;
constexpr dynamodb::reading_purpose looks{
    .paused_event = "reading_paused",
    .resumed_event = "reading_resumed",
    .meanwhile = "; nothing is judged meanwhile, reading goes on by itself",
    .refused = "table cannot be read",
    .pause_first = milliseconds{500}};
/// Keys that a batch left unprocessed come back after this pause.
constexpr milliseconds unprocessed_pause{200};
/// A table that failed is asked again by what waits for it, mostly.
constexpr milliseconds unasked_before_probe{1'000};
/// Who knows of something sooner calls wake(). One who forgets delays it by this, and no more.
constexpr milliseconds unasked_for_max{1'000};
/// For the answers that are in flight when the run ends.
constexpr milliseconds last_answers_wait{5'000};

std::vector<std::string> documents_of(const std::vector<item_key>& keys) {
  std::vector<std::string> documents;
  documents.reserve(keys.size());
  for (const auto& key : keys) {
    documents.push_back(key.json);
  }
  return documents;
}

bool json_ttl_is_past(std::string_view item_json, const std::optional<std::string>& attribute,
                      wall_time now) {
  if (item_json.empty() || !attribute) {
    return false;
  }
  const auto item = dynamodb::parse_item(item_json);
  return item && ttl_is_past(*item, *attribute, now);
}

/// A flag that is raised, also when an exception ends what it stands for.
class lowered_in_the_end {
 public:
  explicit lowered_in_the_end(bool& flag) : flag_(flag) {}
  lowered_in_the_end(const lowered_in_the_end&) = delete;
  lowered_in_the_end& operator=(const lowered_in_the_end&) = delete;
  ~lowered_in_the_end() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace

/// One BatchGetItem's answer. Absence is certain only for keys that are not unprocessed.
struct record_verifier::answer {
  wall_time asked;
  padded_buffer body;
  dynamodb::items_page page;
  boost::unordered_flat_map<digest128, const dynamodb::read_item*, std::hash<digest128>> found;
  boost::unordered_flat_set<digest128, std::hash<digest128>> unprocessed;

  [[nodiscard]] bool answers(const digest128& key) const { return !unprocessed.contains(key); }
  [[nodiscard]] seen of(const digest128& key) const {
    const auto item = found.find(key);
    if (item == found.end()) {
      return {.value = std::nullopt, .asked = asked};
    }
    return {.value = item->second->digest, .unreadable = !item->second->digest, .asked = asked};
  }
  [[nodiscard]] std::string_view json_of(const digest128& key) const {
    const auto item = found.find(key);
    return item == found.end() ? std::string_view() : item->second->json;
  }
};

record_verifier::record_verifier(verifier_options options, asio::any_io_executor executor,
                                 clock& time, worker_pool& pool,
                                 const dynamodb::page_decoder& decoder,
                                 dynamodb::metered_table& source, dynamodb::metered_table& target,
                                 pending_checks& checks, finding_book& findings,
                                 verifier_events events)
    : options_(options),
      clock_(time),
      pool_(pool),
      decoder_(decoder),
      tables_{.source = {.reader = {source, looks}}, .target = {.reader = {target, looks}}},
      checks_(checks),
      findings_(findings),
      events_(std::move(events)),
      batcher_(options.batch_full_at, options.batch_wait_max),
      batches_(std::move(executor)) {}

awaitable<void> record_verifier::run() {
  while (!stopping_) {
    const auto known = news_.count();
    const auto pumped = clock_.now();
    pump();
    co_await news_.wait_until(known, clock_, next_pump(pumped));
    co_await clock_.sleep_until(pumped + pump_interval);
  }
}

/// When something may be due of what is known now.
wall_time record_verifier::next_pump(wall_time pumped) const {
  auto next = pumped + unasked_for_max;
  const auto paused_until =
      std::max(tables_.source.reader.again_at(), tables_.target.reader.again_at());
  if (paused_until > pumped) {
    return std::min(next, paused_until);
  }
  next = std::min(next, checks_.next_due().value_or(next));
  if (in_flight_ < options_.batches_in_flight_max) {  // else an answer comes first
    next = std::min({next, batcher_.next_due().value_or(next), findings_.next_watch()});
  }
  for (const auto* table : {&tables_.source, &tables_.target}) {
    if (table->reader.failing() && table->reads == 0) {
      next = std::min(next, table->reader.again_at() + unasked_before_probe);
    }
  }
  return next;
}

awaitable<void> record_verifier::finish_in_flight() {
  stopping_ = true;
  news_.notify();
  co_await batches_.await_end(clock_, clock_.now() + last_answers_wait);
  batches_.cancel();
  co_await batches_.join();
}

/// An answer that did not have to be waited for comes back in here: whoever is pumping goes on
/// then, as thousands of them would not fit on the stack.
void record_verifier::pump() {
  pump_again_ = true;
  if (std::exchange(pumping_, true)) {
    return;
  }
  const lowered_in_the_end lowered(pumping_);
  while (std::exchange(pump_again_, false)) {
    pump_once();
  }
}

void record_verifier::pump_once() {
  if (stopping_) {
    return;
  }
  const auto now = clock_.now();
  pass_proven(now);
  const auto ahead_max = batches_ahead * options_.batches_in_flight_max * batch_get_keys_max;
  if (batcher_.size() < ahead_max) {
    for (auto& read : checks_.take_due(now, ahead_max - batcher_.size())) {
      batcher_.add(std::move(read), now);
    }
  }
  if (!tables_.source.reader.may_ask(now) || !tables_.target.reader.may_ask(now)) {
    return;
  }
  while (in_flight_ < options_.batches_in_flight_max) {
    auto batch = batcher_.take(now);
    if (!batch) {
      break;
    }
    ++in_flight_;
    batches_.spawn(run_batch(std::move(*batch)));
  }
  if (in_flight_ < options_.batches_in_flight_max) {
    auto watched = findings_.take_watch_due(now, batch_get_keys_max);
    // A newer change of the key is being checked anyway.
    std::erase_if(watched, [&](const item_key& key) { return checks_.contains(key.hash); });
    if (!watched.empty()) {
      ++in_flight_;
      batches_.spawn(run_watch(std::move(watched)));
    }
  }
  probe_failing(now);
}

void record_verifier::after_answer() {
  --in_flight_;
  pump();
  news_.notify();
}

/// Some open mismatches may have to be recalled from the state first: a look does that.
void record_verifier::pass_proven(wall_time now) {
  outcomes out;
  checks_.pass_proven(now, findings_.holds_all(), out);
  if (!out.passed.empty()) {
    report(std::move(out), nullptr, nullptr);
  }
}

/// What a failing table was asked for may have been answered without it since. Then this read finds
/// out whether it is well again.
void record_verifier::probe_failing(wall_time now) {
  for (auto* table : {&tables_.source, &tables_.target}) {
    const auto& reader = table->reader;
    if (reader.failing() && table->reads == 0 && now >= reader.again_at() + unasked_before_probe) {
      ++in_flight_;
      batches_.spawn(run_probe(*table, table->unread));
    }
  }
}

awaitable<void> record_verifier::run_batch(look_batch batch) {
  co_await serve_batch(batch);
  after_answer();
}

awaitable<void> record_verifier::run_watch(std::vector<item_key> keys) {
  co_await serve_watch(keys);
  after_answer();
}

/// Its answer makes no other read due, and when the run ends it is refused at once: whoever asked
/// again then would never come to an end. The next look at what is due comes by itself.
awaitable<void> record_verifier::run_probe(looked_at& table, item_key key) {
  (void)co_await read(table, {std::move(key)}, false);
  --in_flight_;
  news_.notify();
}

awaitable<void> record_verifier::serve_batch(look_batch& batch) {
  std::vector<item_key> keys;
  keys.reserve(batch.reads.size());
  for (const auto& request : batch.reads) {
    keys.push_back(request.key);
  }
  std::optional<answer> of_origin;
  std::optional<answer> of_counterpart;
  const auto step = batch.step;
  const bool judges = step == check_step::judge || step == check_step::judge_restless;
  if (step == check_step::first_origin || step == check_step::expect_look) {
    of_origin = co_await read(origin(), keys, true);
    if (!of_origin || step == check_step::first_origin) {
      deliver(batch, of_origin ? &*of_origin : nullptr, nullptr);
      co_return;
    }
  }
  of_counterpart = co_await read(counterpart(), keys, judges || options_.consistent_looks);
  if (of_counterpart && judges) {
    of_origin = co_await read(origin(), std::move(keys), true);
  }
  co_await recall(batch);
  deliver(batch, of_origin ? &*of_origin : nullptr, of_counterpart ? &*of_counterpart : nullptr);
}

awaitable<void> record_verifier::recall(const look_batch& batch) {
  if (findings_.holds_all()) {
    co_return;
  }
  // All of them: what is held now may have left before the answer is told.
  std::vector<digest128> keys;
  keys.reserve(batch.reads.size());
  for (const auto& request : batch.reads) {
    keys.push_back(request.key.hash);
  }
  co_await events_.recall(std::move(keys));
}

void record_verifier::unanswered(const read_request& request) {
  const auto now = clock_.now();
  const auto again = std::max({now + unprocessed_pause, tables_.source.reader.again_at(),
                               tables_.target.reader.again_at()});
  checks_.on_unanswered(request.id, again);
}

void record_verifier::deliver(const look_batch& batch, const answer* of_origin,
                              const answer* of_counterpart) {
  const bool needs_origin = batch.step != check_step::look;
  const bool needs_counterpart = batch.step != check_step::first_origin;
  const auto now = clock_.now();
  outcomes out;
  for (const auto& request : batch.reads) {
    const auto& hash = request.key.hash;
    if ((needs_origin && (of_origin == nullptr || !of_origin->answers(hash))) ||
        (needs_counterpart && (of_counterpart == nullptr || !of_counterpart->answers(hash)))) {
      unanswered(request);
      continue;
    }
    switch (batch.step) {
      case check_step::look:
        checks_.on_look(request.id, request.version, of_counterpart->of(hash), now, out);
        break;
      case check_step::expect_look:
        checks_.on_expect_look(request.id, request.version, of_origin->of(hash),
                               of_counterpart->of(hash), now, out);
        break;
      case check_step::first_origin:
        checks_.on_first_origin(request.id, request.version, of_origin->of(hash), now);
        break;
      case check_step::judge:
      case check_step::judge_restless:
        checks_.on_judged(request.id, request.version, of_origin->of(hash),
                          of_counterpart->of(hash), now, out);
        break;
    }
  }
  report(std::move(out), of_origin, of_counterpart);
}

void record_verifier::report(outcomes out, const answer* of_origin, const answer* of_counterpart) {
  const bool forward = origin_of(options_.way) == side::source;
  for (const auto& verdict : out.confirmed) {
    const auto origin_json = of_origin->json_of(verdict.key.hash);
    // A restless key is judged by what the counterpart held at an earlier look.
    const bool still_held =
        same(of_counterpart->of(verdict.key.hash).value, verdict.counterpart.value);
    const auto counterpart_json =
        still_held ? of_counterpart->json_of(verdict.key.hash) : std::string_view();
    events_.on_mismatch(describe(verdict, forward ? origin_json : counterpart_json,
                                 forward ? counterpart_json : origin_json));
  }
  const auto now = clock_.now();
  for (const auto& key : out.passed) {
    if (const auto changes = findings_.on_passed(key.hash, now)) {
      events_.on_healed(key, *changes);
    }
    events_.on_success(key);
  }
  for (const auto& key : out.agreed) {
    note_agreed(key, now);
    events_.on_success(key);
  }
  events_.on_outcomes(std::move(out));
}

void record_verifier::note_agreed(const item_key& key, wall_time now) {
  const auto since = findings_.on_agreed(key.hash, now);
  if (!since || !checks_.has_read_past(*since)) {
    return;
  }
  if (const auto changes = findings_.on_passed(key.hash, now)) {
    events_.on_healed(key, *changes);
  }
}

mismatch record_verifier::describe(const confirmation& verdict, std::string_view source_json,
                                   std::string_view target_json) const {
  const bool forward = origin_of(options_.way) == side::source;
  const auto& source = forward ? verdict.origin : verdict.counterpart;
  const auto& target = forward ? verdict.counterpart : verdict.origin;
  const auto now = clock_.now();
  const bool of_change = verdict.candidate == 0;
  const auto& source_ttl = tables_.source.reader.table().ttl_attribute;
  const auto& target_ttl = tables_.target.reader.table().ttl_attribute;
  const bool origin_absent = !verdict.origin.unreadable && !verdict.origin.value;
  const judged_state state{.source = source.value,
                           .target = target.value,
                           .unreadable = source.unreadable || target.unreadable,
                           .delete_seen = verdict.delete_seen,
                           .target_is_earlier_image = verdict.counterpart_is_earlier_image,
                           .source_ttl_past = json_ttl_is_past(source_json, source_ttl, now),
                           .target_ttl_past = json_ttl_is_past(target_json, source_ttl, now) ||
                                              json_ttl_is_past(target_json, target_ttl, now)};
  mismatch entry{.key = verdict.key,
                 .kind = classify(state),
                 .shard_id = verdict.shard_id,
                 .sequence_number = std::string(verdict.sequence.str()),
                 .first_seen = verdict.first_seen,
                 .confirmed_at = now,
                 .changes = of_change ? 1 : 0,
                 .deletes = of_change && origin_absent ? 1 : 0};
  if (source.value) {
    entry.source_digest = source.value->compared;
  }
  if (target.value) {
    entry.target_digest = target.value->compared;
  }
  if (!source_json.empty() && !target_json.empty()) {
    if (auto paths = diff_items(source_json, target_json, decoder_.settings().ignored)) {
      entry.paths = std::move(*paths);
    }
  }
  if (options_.keep_values) {
    const auto shown = [](const seen& side, std::string_view json) {
      return side.value && json.empty() ? std::nullopt
                                        : std::optional(json.empty() ? "null" : std::string(json));
    };
    entry.source_json = shown(source, source_json);
    entry.target_json = shown(target, target_json);
  }
  return entry;
}

awaitable<void> record_verifier::serve_watch(std::vector<item_key>& keys) {
  const auto page = co_await read(counterpart(), keys, false);
  if (!page) {
    co_return;
  }
  const auto now = clock_.now();
  std::vector<item_key> unclear;
  for (auto& key : keys) {
    const auto held = page->of(key.hash);
    if (!page->answers(key.hash)) {
      continue;
    }
    const watch_answer seen{
        .followed = checks_.follows_stream() && decoder_.settings().sample.chooses(key.hash),
        .unreadable = held.unreadable,
        .counterpart = compared(held.value),
        .way = options_.way};
    if (const auto changes = findings_.on_watched(key.hash, seen, now)) {
      events_.on_healed(key, *changes);
    } else if (findings_.may_agree(key.hash, seen)) {
      unclear.push_back(std::move(key));
    } else {
      findings_.on_differing(key.hash);
    }
  }
  if (!unclear.empty()) {
    findings_.note_watch_reads(2 * unclear.size());
    co_await watch_both(unclear);
  }
}

/// As a judgement reads: strongly, the counterpart first. The look before may have seen it as it
/// was.
awaitable<void> record_verifier::watch_both(const std::vector<item_key>& keys) {
  const auto of_counterpart = co_await read(counterpart(), keys, true);
  if (!of_counterpart) {
    co_return;
  }
  const auto of_origin = co_await read(origin(), keys, true);
  if (!of_origin) {
    co_return;
  }
  const auto now = clock_.now();
  for (const auto& key : keys) {
    if (!of_counterpart->answers(key.hash) || !of_origin->answers(key.hash)) {
      continue;
    }
    const auto held = of_origin->of(key.hash);
    const auto arrived = of_counterpart->of(key.hash);
    if (!held.unreadable && !arrived.unreadable && same(held.value, arrived.value)) {
      note_agreed(key, now);
    } else {
      findings_.on_differing(key.hash);
    }
  }
}

awaitable<result<padded_buffer>> record_verifier::get_batch(const looked_at& table,
                                                            std::vector<item_key>& keys,
                                                            std::vector<item_key>& left,
                                                            bool consistent) {
  const auto& asked = table.reader.table();
  for (;;) {
    auto body = co_await asked.client.batch_get_item(asked.name, documents_of(keys), consistent);
    if (body || !aws::is_too_large(body.error()) || keys.size() == 1) {
      co_return body;
    }
    const auto kept = keys.begin() + static_cast<std::ptrdiff_t>(keys.size() / 2);
    left.insert(left.end(), std::make_move_iterator(kept), std::make_move_iterator(keys.end()));
    keys.erase(kept, keys.end());
  }
}

awaitable<std::optional<record_verifier::answer>> record_verifier::read(looked_at& from,
                                                                        std::vector<item_key> keys,
                                                                        bool consistent) {
  const double estimate = static_cast<double>(keys.size()) * (consistent ? 1.0 : 0.5);
  auto& table = from.reader.table();
  if (!co_await table.admit(estimate)) {
    co_return std::nullopt;
  }
  std::vector<item_key> left;
  ++from.reads;
  const auto asked = clock_.now();
  auto body = co_await get_batch(from, keys, left, consistent);
  --from.reads;
  if (!body) {
    note_failure(from, body.error(), keys.front());
    co_return std::nullopt;
  }
  answer got{.asked = asked, .body = std::move(*body)};
  auto page = co_await pool_.run([&] { return decoder_.decode_batch_get(got.body); });
  if (!page) {
    note_failure(from, page.error(), keys.front());
    co_return std::nullopt;
  }
  got.page = std::move(*page);
  // A service that does not report what a read consumed has taken the estimate.
  const double consumed = got.page.consumed_units > 0 ? got.page.consumed_units : estimate;
  table.settle(estimate, consumed);
  if (const auto indexed = index(got, keys); !indexed) {
    note_failure(from, indexed.error(), keys.front());
    co_return std::nullopt;
  }
  for (const auto& key : left) {
    got.unprocessed.insert(key.hash);
  }
  from.reader.on_success();
  co_return got;
}

result<void> record_verifier::index(answer& got, const std::vector<item_key>& asked) const {
  boost::unordered_flat_set<digest128, std::hash<digest128>> open(asked.size());
  for (const auto& key : asked) {
    open.insert(key.hash);
  }
  // Whatever answers for a key answers once.
  bool all_asked = true;
  got.found.reserve(got.page.items.size());
  for (const auto& item : got.page.items) {
    all_asked = open.erase(item.key_hash) == 1 && all_asked;
    got.found.emplace(item.key_hash, &item);
  }
  for (const auto& key : got.page.unprocessed_keys) {
    const auto& settings = decoder_.settings();
    const auto parsed = dynamodb::key_of(key, settings.schema, settings.secret);
    all_asked = parsed && open.erase(parsed->hash) == 1 && all_asked;
    if (parsed) {
      got.unprocessed.insert(parsed->hash);
    }
  }
  return all_asked ? result<void>{}
                   : fail(error_class::retry, dynamodb::other_key_answered("BatchGetItem"));
}

void record_verifier::note_failure(looked_at& table, const error& failure, const item_key& key) {
  const auto& asked = table.reader.table();
  if (failure.kind == error_class::access_denied && events_.on_denied) {
    events_.on_denied(error(failure).within(
        fmt::format("reading the {} table {}", to_string(asked.side), asked.name.str())));
  }
  const auto now = clock_.now();
  if (!table.reader.may_ask(now)) {
    return;  // other batches of the same moment
  }
  table.reader.on_failure(failure, now);
  table.unread = key;
}

std::vector<std::string> record_verifier::troubles() const {
  std::vector<std::string> all;
  for (const auto* table : {&tables_.source, &tables_.target}) {
    if (table->reader.failing()) {
      all.push_back(table->reader.trouble());
    }
  }
  return all;
}

}  // namespace ddm::verify
