#include "remote/state_keeper.h"

#include "base/log.h"
#include "runtime/outage_pause.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace ddm::remote {
namespace {

constexpr milliseconds first_pause{500};
/// Of a write of the head that may have come through: the lease runs meanwhile.
constexpr milliseconds look_again{1'000};
/// Deleted beside each copy, at least.
constexpr std::size_t collected_min = 8 * blocks_per_call_max;

/// Whoever waits for a task hears of its end, however it ends.
class at_the_end {
 public:
  explicit at_the_end(std::function<void()> what) : what_(std::move(what)) {}
  at_the_end(const at_the_end&) = delete;
  at_the_end& operator=(const at_the_end&) = delete;
  ~at_the_end() { what_(); }

 private:
  std::function<void()> what_;
};

/// Nothing that time or an operator could mend while the process lives.
bool is_hopeless(const error& failure) {
  return !mends_by_waiting(failure.kind) && failure.kind != error_class::access_denied &&
         failure.kind != error_class::cancelled;
}

error lost_to(const std::optional<head>& other) {
  if (!other) {
    return error{.kind = error_class::fatal,
                 .code = std::string(lease_lost),
                 .message = "the state was deleted from its table while this process held it"};
  }
  return error{
      .kind = error_class::fatal,
      .code = std::string(lease_lost),
      .message = fmt::format(
          "another process has taken the state ({}): this one was not heard of for too long, and "
          "ends; what it did since its last copy is done again there",
          other->told.empty() ? "it has not said who it is" : other->told)};
}

}  // namespace

state_keeper::state_keeper(keeper_settings settings, keeper_surroundings around)
    : settings_(std::move(settings)),
      table_(around.table),
      time_(around.time),
      new_id_(std::move(around.new_id)),
      owner_(new_id_()),
      ledger_(settings_.bounds),
      tasks_(std::move(around.executor)) {}

state_keeper::~state_keeper() = default;

awaitable<result<void>> state_keeper::acquire(on_waiting waiting) {
  lease_watch watch(settings_.lease);
  int failures = 0;
  while (!giving_up_.is_set()) {
    const auto asked = time_.now();
    auto seen = co_await table_.read_head();
    if (!seen && !mends_by_waiting(seen.error().kind)) {
      co_return fail(std::move(seen.error()));
    }
    auto next_look = asked + settings_.lease.look_each;
    if (!seen) {
      log::event(log::level::warning, "state_not_read", seen.error().describe());
      next_look = time_.now() + outage_pause(first_pause, ++failures);
    } else {
      failures = 0;
      if (was_taken(*seen)) {
        hold(**std::move(seen));
        co_return result<void>{};
      }
      watch.note(*seen, {.asked = asked, .answered = time_.now()});
      if (watch.may_take()) {
        auto taken = co_await try_to_take(watch);
        if (!taken || *taken) {
          co_return taken ? result<void>() : fail(std::move(taken.error()));
        }
      } else if (waiting) {
        waiting(watch);
      }
    }
    co_await giving_up_.sleep_until(time_, next_look);
  }
  if (taking_since_) {  // what was sent may have come through: so that nobody waits for us
    if (auto seen = co_await table_.read_head(); seen && was_taken(*seen)) {
      hold(**std::move(seen));
    }
  }
  co_return fail(error_class::cancelled, "ended while it waited for the state");
}

awaitable<result<bool>> state_keeper::try_to_take(const lease_watch& watch) {
  // Its seconds: a state that is begun after another one of its name was deleted has other epochs.
  const auto first_epoch = static_cast<std::uint64_t>(to_ms(time_.now()) / 1000);
  auto taking = watch.taking(new_id_(), owner_, settings_.told, first_epoch);
  // Of several attempts whose answers were lost any may have come through.
  taking_since_ = taking_since_.value_or(time_.now());
  const auto written = co_await table_.write_head(taking);
  if (written && *written) {
    hold(std::move(taking.next));
    co_return true;
  }
  if (!written && !mends_by_waiting(written.error().kind)) {
    co_return fail(written.error());
  }
  co_return false;  // the next look tells whether it has come through
}

bool state_keeper::was_taken(const std::optional<head>& seen) const {
  return seen && seen->owner == owner_;
}

void state_keeper::hold(head taken) {
  found_ = taken.copy;
  copy_number_ = found_ ? found_->number : 0;
  ledger_.begin_epoch(taken.epoch);
  hold_.emplace(std::move(taken), *taking_since_, settings_.lease);
  keeping_head_ = true;
  tasks_.spawn(keep_head());
}

void state_keeper::begin_copying(copy_source& source) {
  source_ = &source;
  copying_ = true;
  tasks_.spawn(copy_regularly());
}

awaitable<void> state_keeper::keep_head() {
  const at_the_end leaves([this] {
    keeping_head_ = false;
    wanted_.reset();
    change_made_.notify();
  });
  auto next_renewal = time_.now();
  while (!lost_ && !hold_->known().owner.empty() && !end_is_overdue()) {
    if (!hold_->pending() && !wanted_ && time_.now() < next_renewal) {
      co_await change_wanted_.wait_until(time_, next_renewal);
      continue;
    }
    // What is wanted while a renewal is on its way has its turn after it.
    const bool as_wanted = wanted_.has_value();
    const auto begun = time_.now();
    hold_->begin(wanted_.value_or(head_change{}), new_id_(), begun);
    if (co_await write_pending() && as_wanted) {
      wanted_.reset();
      change_came_through_ = true;
      change_made_.notify();
    }
    next_renewal = begun + settings_.lease.renew_each;
  }
}

awaitable<bool> state_keeper::write_pending() {
  for (int failures = 0; !end_is_overdue();) {
    auto written = co_await table_.write_head(*hold_->pending());
    if (written && *written) {
      hold_->on_written();
      co_return true;
    }
    if (!written && is_hopeless(written.error())) {
      lose(std::move(written.error()));
      co_return false;
    }
    auto seen = co_await table_.read_head();
    if (!seen && is_hopeless(seen.error())) {
      lose(std::move(seen.error()));
      co_return false;
    }
    if (seen) {
      hold_->on_read(*seen);
      if (hold_->is_lost()) {
        lose(lost_to(*seen));
        co_return false;
      }
      if (!hold_->pending()) {
        co_return true;
      }
    }
    const auto& why =
        written ? seen ? "it was refused" : seen.error().message : written.error().message;
    log::event(log::level::warning, "lease_not_renewed",
               fmt::format("the state's head could not be written: {}; trying again", why));
    ++failures;
    co_await time_.sleep_for(seen ? look_again : outage_pause(first_pause, failures));
  }
  co_return false;
}

void state_keeper::lose(error why) {
  lost_ = std::move(why);
  wanted_.reset();
  change_made_.notify();
  copy_asked_.notify();
  copy_made_.notify();
  if (on_lost) {
    on_lost(*lost_);
  }
}

awaitable<result<void>> state_keeper::change_head(head_change change) {
  if (keeping_head_) {
    wanted_ = std::move(change);
    change_wanted_.notify();
  }
  while (wanted_) {
    co_await change_made_.wait();
  }
  const bool is_made = std::exchange(change_came_through_, false);
  if (lost_) {
    co_return fail(*lost_);
  }
  if (!is_made) {
    co_return fail(error_class::retry, "the table did not take the last copy in time");
  }
  co_return result<void>{};
}

awaitable<void> state_keeper::copy_regularly() {
  const at_the_end leaves([this] {
    copying_ = false;
    copying_ended_.notify();
    copy_made_.notify();
  });
  for (int failures = 0; !lost_ && !end_is_overdue();) {
    const bool is_last = ending_.is_set();
    const auto asked = copies_asked_;
    const auto begun = time_.now();
    const auto blocks_before = figures_.blocks_written;
    auto copied = co_await copy_caught();
    copy_failure_ = copied ? std::nullopt : std::optional(copied.error());
    if (copied) {
      copies_answered_ = asked;
      copy_made_.notify();
    }
    if (copied && !ending_.is_set()) {
      co_await collect(
          std::max<std::size_t>(collected_min, 2 * (figures_.blocks_written - blocks_before)));
    }
    last_copied_ = is_last && copied;
    if (is_last && (copied || is_hopeless(copied.error()))) {
      break;
    }
    auto next = begun + settings_.copy_each;
    failures = copied ? 0 : failures + 1;
    if (!copied && !lost_) {
      log::event(log::level::warning, "state_not_copied",
                 fmt::format("the state could not be copied to its table: {}; trying again",
                             copied.error().describe()));
      next = time_.now() + outage_pause(first_pause, failures);
    }
    if (is_last) {
      co_await time_.sleep_until(next);
    } else {
      co_await sleep_until_copy(next, copied.has_value());
    }
  }
}

/// A copy that failed is not tried at once, whoever waits for it.
awaitable<void> state_keeper::sleep_until_copy(wall_time next, bool may_be_woken) {
  while (!lost_ && !ending_.is_set() && time_.now() < next && !(may_be_woken && is_awaited())) {
    co_await copy_asked_.wait_until(time_, next);
  }
}

awaitable<result<void>> state_keeper::copied() {
  const auto own = ++copies_asked_;
  copy_asked_.notify();
  while (copies_answered_ < own && copying_ && !lost_) {
    co_await copy_made_.wait();
  }
  if (lost_) {
    co_return fail(*lost_);
  }
  co_return copies_answered_ >= own
      ? result<void>()
      : fail(error_class::retry, "the table did not take what was to be copied");
}

/// What memory or a file system throws is tried again, as any other failure.
awaitable<result<void>> state_keeper::copy_caught() {
  try {
    co_return co_await copy_now();
  } catch (const boost::system::system_error&) {
    throw;  // cancelled
  } catch (const std::exception& failure) {
    co_return fail(error_class::retry, failure.what());
  }
}

awaitable<result<void>> state_keeper::copy_now() {
  if (ledger_.worth_a_new_epoch()) {
    if (auto begun = co_await change_head({.copy = {}, .new_epoch = true}); !begun) {
      co_return begun;
    }
    ledger_.begin_epoch(hold_->known().epoch);
  }
  const auto taken_at = time_.now();
  const auto files = co_await source_->take();
  if (!files) {
    co_return fail(files.error());
  }
  std::vector<block_name> needed;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < files->size(); ++i) {
    const auto& file = (*files)[i];
    if (auto put = co_await put_missing(i, file); !put) {
      co_return put;
    }
    needed.insert(needed.end(), file.blocks.begin(), file.blocks.end());
    bytes += file.bytes;
  }
  auto tree = cut(encode_manifest(*files));
  if (auto put = co_await put_tree(tree); !put) {
    co_return put;
  }
  std::ranges::transform(tree.blocks, std::back_inserter(needed), &block::name);
  auto moved = co_await change_head({.copy = copy_root{.epoch = ledger_.epoch(),
                                                       .number = copy_number_ + 1,
                                                       .taken_at = taken_at,
                                                       .bytes = bytes,
                                                       .manifest = std::move(tree.root)}});
  if (!moved) {
    co_return moved;
  }
  ++copy_number_;
  ++figures_.copies;
  ledger_.note_copy(needed);
  co_return result<void>{};
}

awaitable<result<void>> state_keeper::put_missing(std::size_t file_number,
                                                  const copied_file& file) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i <= file.blocks.size(); ++i) {
    if (i < file.blocks.size() && !ledger_.has(file.blocks[i])) {
      missing.push_back(i);
    }
    if (missing.size() < blocks_per_call_max && (missing.empty() || i < file.blocks.size())) {
      continue;
    }
    auto blocks = co_await source_->sealed(file_number, std::exchange(missing, {}));
    if (!blocks) {
      co_return fail(std::move(blocks.error()));
    }
    if (auto put = co_await put_blocks(*std::move(blocks)); !put) {
      co_return put;
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> state_keeper::put_tree(const cut_tree& tree) {
  std::vector<sealed_block> missing;
  for (std::size_t i = 0; i < tree.blocks.size(); ++i) {
    const auto& each = tree.blocks[i];
    if (!ledger_.has(each.name)) {
      missing.push_back({.name = each.name, .bytes = seal(each.bytes)});
    }
    if (missing.size() == blocks_per_call_max ||
        (i + 1 == tree.blocks.size() && !missing.empty())) {
      if (auto put = co_await put_blocks(std::exchange(missing, {})); !put) {
        co_return put;
      }
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> state_keeper::put_blocks(std::vector<sealed_block> blocks) {
  // Two of one name in one call are refused by the service.
  std::ranges::sort(blocks, {}, &sealed_block::name);
  const auto twice = std::ranges::unique(blocks, {}, &sealed_block::name);
  blocks.erase(twice.begin(), twice.end());
  if (lost_) {
    co_return fail(*lost_);
  }
  if (auto put = co_await table_.put_blocks(ledger_.epoch(), blocks); !put) {
    co_return put;
  }
  for (const auto& each : blocks) {
    ledger_.note_put(each.name, each.bytes.size());
    ++figures_.blocks_written;
    figures_.bytes_written += each.bytes.size();
  }
  end_until_ = time_.now() + settings_.end_within;  // an end has its time from here
  co_return result<void>{};
}

awaitable<void> state_keeper::collect(std::size_t blocks_max) {
  for (std::size_t deleted = 0; ledger_.may_collect() && deleted < blocks_max &&
                                !ending_.is_set() && !lost_ && !is_awaited();) {
    auto old = co_await table_.blocks_before(ledger_.epoch());
    if (old && old->empty()) {
      ledger_.note_collected();
    }
    if (!old || old->empty() || ending_.is_set() || lost_) {
      co_return;
    }
    const auto some = old->size();
    if (const auto gone = co_await table_.delete_blocks(*std::move(old)); !gone) {
      co_return;  // what is left costs a little, until the next copy
    }
    deleted += some;
    figures_.blocks_deleted += some;
  }
}

bool state_keeper::end_is_overdue() const { return ending_.is_set() && time_.now() >= end_until_; }

awaitable<result<void>> state_keeper::end() {
  result<void> ended;
  if (hold_ && !lost_ && !hold_->known().owner.empty()) {
    end_until_ = time_.now() + settings_.end_within;
    ending_.set();
    copy_asked_.notify();
    while (copying_) {
      co_await copying_ended_.wait();
    }
    if (source_ != nullptr && !last_copied_ && !lost_) {
      ended = copy_failure_ ? fail(*copy_failure_)
                            : fail(error_class::retry, "the table did not take it in time");
    }
    if (!lost_ && !end_is_overdue()) {
      (void)co_await change_head({.copy = {}, .release = true});  // else it lapses by itself
    }
  }
  tasks_.cancel();
  co_await tasks_.join();
  if (lost_) {
    co_return fail(*lost_);
  }
  co_return ended;
}

awaitable<void> state_keeper::abandon() {
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace ddm::remote
