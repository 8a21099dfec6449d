#include "stream/stream_consumer.h"

#include "base/log.h"
#include "stream/read_pace.h"

#include <algorithm>
#include <utility>

namespace ddm::stream {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes complete_listing_interval{15};
/// The children of a shard whose end its reader has not found yet are found by this alone.
constexpr seconds newest_listing_interval{10};
/// Where no listing hides anything this is the age of what is known; and it costs nothing there.
constexpr seconds local_listing_interval{2};
/// A closed shard's children may become visible only later: ask again at this pace.
constexpr seconds missing_children_interval{2};
constexpr seconds failed_listing_interval{10};
/// Nobody who has not listed for so long knows which shards are still open: one that was closed
/// since may go on with empty pages, and what follows it is unknown. Less than the minute that a
/// verdict allows for what is unread, by the time in which a listing may hide children.
constexpr seconds listing_is_fresh_for{45};
/// All children of a shard are visible this long after its end, if one of them was at once.
constexpr seconds late_sibling_within = shards_hidden_for;
/// As a rule they are found this long after it, and what was read of it holds for them.
constexpr seconds children_found_within{5};
/// When more look-ups for children wait for their turn, one listing for all of them is sooner.
constexpr int child_look_ups_max = 10;
/// A stream that is not found for this long is gone for good; sooner if its table has another one.
constexpr minutes missing_stream_grace{5};
constexpr seconds replaced_stream_grace{30};
/// What is hidden, or waits, may be this old and still be of no account.
constexpr seconds hidden_at_most{60};
constexpr std::chrono::hours far_ahead{1};

}  // namespace

stream_consumer::stream_consumer(options settings, asio::any_io_executor executor, clock& time,
                                 worker_pool& pool, dynamodb::streams_client& client,
                                 const dynamodb::page_decoder& decoder, record_sink& sink)
    : options_(std::move(settings)),
      clock_(time),
      service_(options_.service),
      client_(client),
      sink_(sink),
      lineage_(options_.stream_arn, options_.first, options_.told_until,
               dynamodb::is_local_arn(options_.stream_arn) ? milliseconds{0} : shards_hidden_for,
               options_.of_interest_from),
      random_(options_.random_seed),
      pace_(options_.pace ? options_.pace : std::make_shared<listing_pace>(time)),
      context_{.time = time,
               .pool = pool,
               .client = client,
               .decoder = decoder,
               .lineage = lineage_,
               .sink = sink,
               .records_limit = options_.records_limit,
               .is_local = dynamodb::is_local_arn(options_.stream_arn),
               .end = options_.end,
               .service = service_,
               .on_date = [this](wall_time asked,
                                 std::optional<wall_time> date) { note_date(asked, date); },
               .creation_unit = [this] { return creation_unit(); },
               .open_shards = [this] { return pace_->open_shards(); },
               .is_gone = [this](const shard_id& id) { return is_gone(id); },
               .on_first_iterator = [this](const shard_id& id) { note_iterator(id); },
               .on_health = [this](const shard_id& id, const error* e) { note_health(id, e); },
               .random = random_},
      readers_(std::move(executor)),
      place_(*pace_, [this] { return readers_.running(); }),
      complete_listing_due_(time.now()),
      newest_listing_due_(time.now()) {}

awaitable<result<void>> stream_consumer::run() {
  readers_.spawn(discover());
  co_await readers_.join();
  if (failure_) {
    co_return fail(std::move(*failure_));
  }
  co_return result<void>{};
}

/// A task like the readers that it starts: whoever is cancelled while he waits for it could wait
/// for none of them.
awaitable<bool> stream_consumer::list_at_first() {
  for (int failures = 0;;) {
    auto listed = co_await list_completely();
    if (listed) {
      listing_failure_.clear();
      co_return true;
    }
    if (is_hopeless(listed.error()) || listed.error().kind == error_class::cancelled) {
      give_up(std::move(listed.error()));
      co_return false;
    }
    log_failed_listing(listed.error());
    listing_failure_ = listed.error().describe();
    co_await clock_.sleep_for(failure_pause(++failures, 0.5));
  }
}

awaitable<result<dynamodb::stream_page>> stream_consumer::describe(
    std::optional<shard_id> start_after) {
  auto page = co_await client_.describe_stream(dynamodb::stream_arn(options_.stream_arn),
                                               std::move(start_after), &pace_->calls());
  if (page) {
    note_listing(*page);
  }
  co_return page;
}

void stream_consumer::note_listing(const dynamodb::stream_page& page) {
  using enum dynamodb::stream_status;
  const auto asked = page.asked_at;
  missing_since_.reset();
  over_since_ = page.status == disabled ? std::optional(over_since_.value_or(asked)) : std::nullopt;
  turned_off_ = page.status == disabled || page.status == disabling;
  if (page.status == enabled) {
    last_seen_enabled_ = service_.later(asked);
  }
  note_date(asked, page.server_time);
}

/// After a jump of one of the clocks, what was read up to then has to be earned anew.
void stream_consumer::note_date(wall_time asked, std::optional<wall_time> date) {
  if (!date) {
    return;
  }
  const auto jumps = service_.jumps();
  service_.on_answer(asked, clock_.now(), *date);
  if (service_.jumps() != jumps) {
    lineage_.forget_reading();
    last_seen_enabled_.reset();
  }
  if (service_.ahead() > far_ahead && !std::exchange(warned_of_clock_, true)) {
    log::event(log::level::warning, "clock_behind",
               "the service's clock is far ahead of ours: ages are counted by its clock",
               {{"ahead_ms", service_.ahead().count()}});
  }
}

void stream_consumer::note_complete_listing(bool was_fresh, wall_time asked) {
  listed_here_ = true;
  if (was_fresh && options_.first == first_position::trim_horizon) {
    began_ = service_.later(asked);
  }
}

void stream_consumer::note_iterator(const shard_id& id) {
  without_iterator_.erase(id);
  if (!began_ && without_iterator_.empty()) {
    began_ = later_now();
  }
}

awaitable<result<void>> stream_consumer::list_completely() {
  std::vector<shard_description> shards;
  std::optional<shard_id> start_after;
  // The time is that of the first page: what is written after it belongs to the run.
  std::optional<wall_time> asked;
  std::optional<wall_time> server_time;
  const bool is_fresh = !lineage_.has_listed();
  do {
    auto page = co_await describe(start_after);
    if (!page) {
      co_return fail(std::move(page.error()));
    }
    asked = asked.value_or(page->asked_at);
    server_time = server_time ? server_time : page->server_time;
    shards.insert(shards.end(), page->shards.begin(), page->shards.end());
    start_after = page->last_evaluated;
    if (start_after && listed_here_ && clock_.now() >= newest_listing_due_) {
      co_await list_newest_meanwhile(shards);
    }
  } while (start_after);
  const auto now = *asked;
  for (auto& gap : lineage_.on_complete_listing(shards, now, server_time, clock_.now())) {
    sink_.on_gap(std::move(gap));
  }
  note_complete_listing(is_fresh, now);
  // What ended since the listing began may have children that it did not show.
  if (complete_listing_wanted_ && *complete_listing_wanted_ < now) {
    complete_listing_wanted_.reset();
  }
  wanted_since_ = complete_listing_wanted_;
  complete_listing_due_ = complete_listing_wanted_.value_or(now + complete_listing_interval);
  plan_next_listing();
  if (auto committed = co_await sink_.commit_now(); !committed) {
    co_return committed;
  }
  auto startable = lineage_.take_startable();
  if (!std::exchange(begun_here_, true)) {
    look_for_late_siblings(now);
    without_iterator_ = {startable.begin(), startable.end()};
    if (!began_ && startable.empty()) {
      began_ = service_.later(now);
    }
  }
  start_readers(std::move(startable));
  co_return result<void>{};
}

/// From where nothing was hidden before; from an older one whose children are awaited, if there is
/// one: newer shards may be known before those.
awaitable<result<void>> stream_consumer::list_newest() {
  const auto parents = lineage_.heirless();
  std::vector<shard_description> seen;
  auto start_after = lineage_.newest_of_old();
  if (start_after && !parents.empty()) {
    start_after = std::min(*start_after, parents.front());
  }
  auto listed = co_await list_from(std::move(start_after), seen);
  if (!listed) {
    co_return fail(std::move(listed.error()));
  }
  lineage_.on_newest_listed(*listed);
  lineage_.on_heirs_listed(parents, *listed);
  plan_next_listing();
  start_readers();
  co_return result<void>{};
}

/// A complete listing of thousands of shards takes a minute, and which of them are open must be
/// known to less. What it finds belongs to the complete one, too: there it may have been passed.
awaitable<void> stream_consumer::list_newest_meanwhile(std::vector<shard_description>& all) {
  const auto listed = co_await list_from(lineage_.newest_of_old(), all);
  if (!listed) {
    newest_listing_due_ = clock_.now() + failed_listing_interval;
    co_return;
  }
  lineage_.on_newest_listed(*listed);
  plan_next_listing();
  start_readers();
}

/// What it found is added to `seen`. When its first page was asked for.
awaitable<result<wall_time>> stream_consumer::list_from(std::optional<shard_id> start_after,
                                                        std::vector<shard_description>& seen) {
  std::optional<wall_time> asked;
  for (;;) {
    const auto page = co_await describe(start_after);
    if (!page) {
      co_return fail(page.error());
    }
    asked = asked.value_or(page->asked_at);
    lineage_.on_partial_listing(page->shards, clock_.now());
    seen.insert(seen.end(), page->shards.begin(), page->shards.end());
    start_after = page->last_evaluated;
    if (!start_after) {
      co_return *asked;
    }
  }
}

/// While nothing is old enough for one of the newest, each listing is a complete one: it is made
/// when it shows what the first may have hidden.
void stream_consumer::plan_next_listing() {
  const auto usual =
      pace_->interval(context_.is_local ? local_listing_interval : newest_listing_interval);
  const auto interval = heirs_may_be_hidden()      ? milliseconds{missing_children_interval}
                        : lineage_.newest_of_old() ? usual
                                                   : std::max(usual, lineage_.hidden_for());
  newest_listing_due_ = clock_.now() + interval;
}

void stream_consumer::want_complete_listing(wall_time from) {
  complete_listing_wanted_ = from;
  wanted_since_ = wanted_since_.value_or(from);
  complete_listing_due_ = std::min(complete_listing_due_, from);
}

/// Of what ended just before this process began, or before its first listing, nobody will look for
/// them any more.
void stream_consumer::look_for_late_siblings(wall_time now) {
  const bool ended_just_now = std::ranges::any_of(lineage_.shards(), [now](const auto& each) {
    const auto& ended_at = each.second.ended_at;
    return ended_at && now - *ended_at < late_sibling_within;
  });
  if (ended_just_now) {
    want_complete_listing(now + late_sibling_within);
  }
}

awaitable<void> stream_consumer::list_children(shard_id parent, bool for_the_last_time) {
  const auto asked = clock_.now();
  if (child_look_ups_ >= child_look_ups_max) {
    want_complete_listing(asked);
    co_return;
  }
  ++child_look_ups_;
  auto page = co_await client_.describe_children(dynamodb::stream_arn(options_.stream_arn), parent,
                                                 &pace_->calls());
  --child_look_ups_;
  if (page) {
    note_listing(*page);
    lineage_.on_partial_listing(page->shards, clock_.now());
  } else if (for_the_last_time) {
    want_complete_listing(asked);  // the next listing would show the newest only
  }
  if (!lineage_.has_children(parent)) {
    newest_listing_due_ = std::min(newest_listing_due_, clock_.now() + missing_children_interval);
  }
}

awaitable<void> stream_consumer::discover() {
  if (!co_await list_at_first()) {
    co_return;
  }
  while (!has_shown_all() || readers_.running() > 1 || heirs_may_be_hidden() ||
         complete_listing_wanted_) {
    co_await clock_.sleep_for(seconds{1});
    const auto now = clock_.now();
    const bool complete = now >= complete_listing_due_ || lineage_.needs_complete_listing(now);
    if (!complete && now < newest_listing_due_) {
      continue;
    }
    auto listed = complete ? co_await list_completely() : co_await list_newest();
    if (listed) {
      listing_failure_.clear();
      continue;
    }
    listing_failure_ = listed.error().describe();
    if (is_hopeless(listed.error())) {
      give_up(std::move(listed.error()));
      co_return;
    }
    log_failed_listing(listed.error());
    newest_listing_due_ = clock_.now() + failed_listing_interval;
    complete_listing_due_ = std::max(complete_listing_due_, newest_listing_due_);
  }
}

void stream_consumer::log_failed_listing(const error& failure) const {
  log::event(log::level::warning, "listing_failed", failure.describe(),
             {{"stream_arn", options_.stream_arn}});
}

bool stream_consumer::is_hopeless(const error& failure) {
  if (failure.kind == error_class::not_found) {
    missing_since_ = missing_since_.value_or(clock_.now());
    return clock_.now() - *missing_since_ >=
           (replaced_ ? replaced_stream_grace : missing_stream_grace);
  }
  return failure.kind == error_class::access_denied || failure.kind == error_class::wrong_usage ||
         failure.kind == error_class::fatal;
}

/// "Not found" may mean the shard, or the stream, and that only for a moment.
bool stream_consumer::is_gone(const shard_id& id) {
  if (!lineage_.at(id).listed) {
    return true;
  }
  complete_listing_due_ = std::min(complete_listing_due_, clock_.now());
  return false;
}

void stream_consumer::note_replaced() {
  if (!std::exchange(replaced_, true)) {
    list_soon();
  }
}

void stream_consumer::list_soon() {
  newest_listing_due_ = std::min(newest_listing_due_, clock_.now());
}

void stream_consumer::give_up(error failure) {
  if (!failure_) {
    failure_ = std::move(failure);
  }
  readers_.cancel();
}

/// A child goes on from where its parent was read up to. When that was closed is not known: its
/// last empty pages speak for no later time than until when it had no child.
void stream_consumer::cap_what_was_read_before(const shard_id& id) {
  auto& shard = lineage_.at(id);
  if (shard.parent && lineage_.shards().contains(*shard.parent)) {
    shard.read_to =
        std::min(shard.read_to, service_.later(lineage_.at(*shard.parent).last_known_open));
  }
}

void stream_consumer::start_readers() { start_readers(lineage_.take_startable()); }

void stream_consumer::start_readers(std::vector<shard_id> startable) {
  for (auto& id : startable) {
    cap_what_was_read_before(id);
    unanswered_.insert(id);
    readers_.spawn(read_shard(std::move(id)));
  }
}

awaitable<void> stream_consumer::read_shard(shard_id id) {
  const auto& shard = lineage_.at(id);
  log::event(log::level::info, "shard_started", {},
             {{"shard_id", id.str()},
              {"parent", shard.parent ? shard.parent->str() : "none"},
              {"after", shard.last_sequence.empty()
                            ? std::string(shard.from_latest ? "LATEST" : "TRIM_HORIZON")
                            : std::string(shard.last_sequence.str())}});
  shard_reader reader(context_, id);
  auto read = co_await reader.read_to_end();
  if (!read) {
    give_up(std::move(read.error()));
    co_return;
  }
  log::event(log::level::info, "shard_finished", {},
             {{"shard_id", id.str()}, {"sequence_number", lineage_.at(id).last_sequence.str()}});
  failing_.erase(id);
  unanswered_.erase(id);
  note_iterator(id);  // it needs none any more
  lineage_.on_done(id, clock_.now());
  start_readers();
  co_await list_children(id, false);
  start_readers();
  // A child that was hidden beside a visible one is older than the newest shard known, maybe: the
  // next listing from the newest on would not show it.
  co_await clock_.sleep_for(late_sibling_within);
  co_await list_children(std::move(id), true);
  start_readers();
}

void stream_consumer::note_health(const shard_id& id, const error* failure) {
  if (failure == nullptr) {
    unanswered_.erase(id);
    if (failing_.erase(id) > 0 && failing_.empty()) {
      log::event(log::level::info, "stream_reading_resumed");
    }
    return;
  }
  if (failing_.empty()) {
    ++pauses_;
    const auto hint = failure->kind == error_class::throttled
                          ? "another reader uses the stream's quota; yielding to it: "
                          : "reading pauses and goes on by itself: ";
    log::event(log::level::warning, "stream_reading_paused", hint + failure->describe(),
               {{"shard_id", id.str()}});
  }
  failing_[id] = failure->describe();
}

milliseconds stream_consumer::creation_unit() const {
  return context_.is_local ? milliseconds{60'000} : milliseconds{1000};
}

stream_status stream_consumer::status() const {
  stream_status status;
  const auto now = later_now();
  // A creation time says only in which unit (second, or minute) the record was made.
  const auto unit = creation_unit();
  const auto current = current_within(pace_->open_shards()) + unit;
  milliseconds behind{0};
  bool is_known = listed_here_ || !lineage_.shards().empty();
  for (const auto& [id, shard] : lineage_.shards()) {
    switch (shard.life) {
      case shard_life::reading:
        ++status.open;
        break;
      case shard_life::waiting:
        ++status.waiting;
        break;
      case shard_life::done:
        ++status.done;
        break;
      case shard_life::skipped:
        break;
    }
    if (shard.life == shard_life::reading) {
      const bool silent = failing_.contains(id) || unanswered_.contains(id);
      status.unread += shard.read_to ? 0 : 1;
      status.unanswered += silent && !shard.read_to ? 1 : 0;
      // What came before has been read, by an earlier process maybe, or does not count.
      const auto reached =
          std::max(shard.read_to ? shard.read_to : shard.caught_up_to, shard.counts_from);
      if (reached && now - *reached >= current) {
        behind = std::max(behind, now - *reached - unit);
      } else if (reached && silent) {
        behind = std::max(behind, now - *reached);
      }
      is_known = is_known && (reached || !silent);
    }
  }
  status.behind = is_known ? std::optional(behind) : std::nullopt;
  if (const auto moment = moment_read()) {
    status.unread_for = now - *moment;
  }
  status.listed = listed_here_;
  if (!listed_here_ || !listing_is_fresh()) {
    status.unlisted_because = listing_failure_;
  }
  status.retention_left = std::max(milliseconds{0}, stream_retention - behind);
  status.failing = failing_.size();
  status.pauses = pauses_;
  status.failure = failing_.empty() ? std::string() : failing_.begin()->second;
  return status;
}

/// A stream that is over has no new shards.
bool stream_consumer::listing_is_fresh() const {
  const auto listed = lineage_.newest_listed_at();
  return over_since_ || (listed && clock_.now() - *listed <= listing_is_fresh_for);
}

/// Also when the stream has been turned off since.
bool stream_consumer::heirs_may_be_hidden() const { return !lineage_.heirless().empty(); }

/// By the later clock. A shard that waits holds nothing older than the end of the one that it waits
/// for, and so do hidden children: what was read of the parent holds for them. But whoever cannot
/// list for a minute knows nothing.
std::optional<wall_time> stream_consumer::moment_read_of_known() const {
  const bool may_miss_siblings =
      wanted_since_ && clock_.now() - *wanted_since_ > hidden_at_most - late_sibling_within;
  if (!listed_here_ || may_miss_siblings || !listing_is_fresh()) {
    return std::nullopt;
  }
  const auto now = later_now();
  const auto hidden = lineage_.heirless();
  bool is_read = over_since_.has_value();  // over no shard of a stream that is on, nothing is known
  bool something_waits = !hidden.empty();
  auto earliest = now;
  for (const auto& id : hidden) {
    const auto& parent = lineage_.shards().at(id);
    auto reached = parent.read_to;
    if (clock_.now() - *parent.ended_at > children_found_within) {
      // When it was closed is not known: its empty pages may have been the last of many.
      reached = std::min(reached, service_.later(parent.last_known_open));
    }
    if (!reached) {
      return std::nullopt;
    }
    earliest = std::min(earliest, *reached);
  }
  for (const auto& [id, shard] : lineage_.shards()) {
    something_waits = something_waits || shard.life == shard_life::waiting;
    if (shard.life != shard_life::reading) {
      continue;
    }
    const auto reached = shard.closed_since_page
                             ? std::min(shard.read_to, service_.later(shard.last_known_open))
                             : shard.read_to;
    if (!reached || *reached > now) {
      return std::nullopt;
    }
    is_read = true;
    earliest = std::min(earliest, *reached);
  }
  // A shard that rests is known up to the begin of its run of empty pages.
  const auto hidden_max = hidden_at_most + options_.end.lasts - empty_run_min;
  const bool hides_much = something_waits && now - earliest > hidden_max;
  // The dearest question comes last: a backlog has thousands of shards that wait.
  const bool known = (is_read || !hidden.empty()) && !hides_much &&
                     (!something_waits || lineage_.waits_for_readers_only());
  return known ? std::optional(earliest) : std::nullopt;
}

/// After a stream has been turned off no shard is made any more.
bool stream_consumer::has_shown_all() const {
  const auto known = lineage_.knows_all_until();
  return over_since_ && known && *known >= *over_since_;
}

/// By the later clock, of all shards: one that no listing shows yet is younger than what listings
/// show for certain.
std::optional<wall_time> stream_consumer::moment_read() const {
  const auto of_known = moment_read_of_known();
  return has_shown_all() ? of_known
                         : std::min(of_known, service_.later(lineage_.knows_all_until()));
}

std::optional<wall_time> stream_consumer::read_up_to() const {
  const auto moment = moment_read_of_known();
  return moment ? std::optional(*moment - service_.ahead()) : std::nullopt;
}

std::optional<wall_time> stream_consumer::all_read_up_to() const {
  const auto moment = moment_read();
  return moment ? std::optional(*moment - service_.ahead()) : std::nullopt;
}

/// Where a run is to end it is not enough that shards give empty pages: one that was closed before
/// may go on with them. A listing that was asked for later shows what follows it.
bool stream_consumer::caught_up_to(wall_time moment) const {
  const auto reached = all_read_up_to();
  return reached && *reached >= moment;
}

}  // namespace ddm::stream
