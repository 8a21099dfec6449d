#include "simulation/copies/process.h"

#include "remote/fetch_copy.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::simulation::copies {
namespace {

constexpr milliseconds work_step{500};
constexpr milliseconds fetch_again{1'000};
constexpr unsigned acts_each = 8;

std::string next_id() {
  static std::uint64_t last = 0;
  return fmt::format("id{}", ++last);
}

}  // namespace

wall_time stoppable_clock::now() const {
  const auto passed = time_.now() - start_;
  return time_.now() + wrong_.offset + passed * wrong_.per_mille / 1000;
}

wall_time stoppable_clock::true_time(wall_time shown) const {
  const auto passed = shown - start_ - wrong_.offset;
  return start_ + passed * 1000 / (1000 + wrong_.per_mille) + milliseconds(1);
}

awaitable<void> stoppable_clock::sleep_until(wall_time time) {
  co_await time_.sleep_until(true_time(time));
  while (is_stopped()) {
    co_await time_.sleep_until(stopped_until_);
  }
}

awaitable<bool> stoppable_clock::doze(asio::steady_timer& timer, wall_time until) {
  const bool undisturbed = co_await time_.doze(timer, true_time(until));
  if (undisturbed) {
    while (is_stopped()) {
      co_await time_.sleep_until(stopped_until_);
    }
  }
  co_return undisturbed;
}

process::process(std::string name, stored_states& states, network& net, clock_error wrong,
                 remote::keeper_settings settings, process_events events)
    : name_(std::move(name)),
      states_(states),
      net_(net),
      time_(net.time(), wrong),
      table_(states, net, time_),
      events_(std::move(events)),
      keeper_(
          [&] { return settings.told = name_, settings; }(),
          {.table = table_, .time = time_, .executor = net.time().executor(), .new_id = next_id}) {
  keeper_.on_lost = [this](const error&) {
    lost_ = true;
    if (states_.head && states_.head->told == name_) {
      events_.violation("ends, and nobody has taken the state from it");
    }
  };
}

awaitable<bool> process::resume() {
  const auto& found = keeper_.found();
  while (found && !lost_) {
    state_files files;
    const auto fetched =
        co_await remote::fetch_copy(table_, *found, [&](const std::string& file, auto bytes) {
          files[file] += bytes;
          return result<void>{};
        });
    if (fetched) {
      const auto position = position_of(files);
      if (!position) {
        events_.violation(fmt::format("resumed from a lie: {}", position.error().message));
        co_return false;
      }
      local_.position = *position;
      break;
    }
    if (!mends_by_waiting(fetched.error().kind)) {
      // Only a successor may have deleted what this one was to read.
      if (states_.head->told == name_) {
        events_.violation("the copy cannot be read: " + fetched.error().describe());
      }
      co_return false;
    }
    co_await time_.sleep_for(fetch_again);
  }
  co_return !lost_;
}

awaitable<void> process::live() {
  const auto acquired = co_await keeper_.acquire({});
  if (acquired && co_await resume()) {
    events_.resumed(local_.position);
    at_work_ = at_work_once_ = true;
    keeper_.begin_copying(local_);
    while (!end_wished_ && !lost_) {
      local_.position += 1 + static_cast<std::int64_t>(net_.below(3));
      if (net_.below(acts_each) == 0) {
        co_await act();
      }
      co_await time_.sleep_for(work_step);
    }
    at_work_ = false;
  }
  const bool has_worked = at_work_once_;
  ended_ = co_await keeper_.end();
  if (has_worked && ended_) {
    events_.left(local_.position);
  }
  over_ = true;
}

awaitable<void> process::act() {
  const auto told_since = local_.position;
  if (co_await keeper_.copied() && keeper_.may_act()) {
    events_.acts(told_since);
  }
}

void process::end_cleanly() {
  end_wished_ = true;
  keeper_.give_up();
}

awaitable<void> process::kill() {
  killed_ = true;
  at_work_ = false;
  co_await keeper_.abandon();
}

}  // namespace ddm::simulation::copies
