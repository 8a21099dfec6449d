#include "simulation/copies/copies.h"

#include "simulation/copies/commands.h"
#include "simulation/copies/process.h"
#include "simulation/copies/referee.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <memory>
#include <random>
#include <utility>

namespace ddm::simulation::copies {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds tick{100};
constexpr milliseconds most_late{150'000};  ///< a late call of the last trouble has come by then

/// What a seed says.
struct plan {
  call_faults faults;
  milliseconds trouble;       ///< how long
  milliseconds between_acts;  ///< at most
  remote::keeper_settings keeper;
  std::size_t processes = 2;
};

plan plan_for(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  const auto some = [&](unsigned most) { return below(3) == 0 ? 0 : below(most); };
  plan made{.faults = {.throttled = some(100),
                       .lost = some(80),
                       .unheard = some(80),
                       .late = some(60),
                       .repeated = some(150),
                       .partial = some(200)},
            .trouble = std::chrono::minutes(3 + below(8)),
            .between_acts = std::chrono::seconds(5 + below(60)),
            .keeper = {},
            .processes = 2 + below(2)};
  made.keeper.copy_each = std::chrono::seconds(2 + below(20));
  made.keeper.bounds = {.garbage_factor = 1 + below(3), .garbage_bytes_min = 1};
  return made;
}

class world {
 public:
  world(std::uint64_t seed, plan chosen)
      : plan_(std::move(chosen)),
        net_(time_, seed),
        referee_(states_, time_),
        tasks_(time_.executor()) {}

  [[nodiscard]] std::vector<std::string> run() {
    time_.run(play());
    return referee_.violations();
  }

 private:
  struct running {
    std::unique_ptr<process> what;
    std::unique_ptr<task_group> tasks;
  };

  awaitable<void> play();
  awaitable<void> trouble();
  awaitable<void> calm();
  awaitable<void> one_act();
  [[nodiscard]] clock_error clock_error_of_a_host();
  process& start();
  awaitable<void> kill(process& which);
  /// Passes time, and asks at each tick whether two may act.
  awaitable<void> pass(milliseconds duration);
  /// The same until `done`; how long that was.
  awaitable<milliseconds> pass_until(std::function<bool()> done, milliseconds most);
  void look_at_processes();
  void look_at_age();
  [[nodiscard]] process* at_work();
  awaitable<void> bury();

  plan plan_;
  support::simulated_clock time_;
  stored_states states_;
  network net_;
  referee referee_;
  task_group tasks_;
  std::list<running> processes_;
  std::size_t started_ = 0;
};

/// Minutes off, and drifting by up to 5 in 100: the lease allows for 25.
clock_error world::clock_error_of_a_host() {
  return {.offset = net_.between(0min, 20min) - 10min,
          .per_mille = static_cast<int>(net_.below(101)) - 50};
}

process& world::start() {
  const auto name = fmt::format("process {}", ++started_);
  auto made = std::make_unique<process>(
      name, states_, net_, clock_error_of_a_host(), plan_.keeper,
      process_events{
          .violation = [this,
                        name](const std::string& what) { referee_.violation(name + " " + what); },
          .resumed = [this, name](std::int64_t position) { referee_.on_resumed(name, position); },
          .left = [this, name](std::int64_t position) { referee_.on_left(name, position); },
          .acts = [this, name](std::int64_t position) { referee_.on_effect(name, position); }});
  processes_.push_back(
      {.what = std::move(made), .tasks = std::make_unique<task_group>(time_.executor())});
  processes_.back().tasks->spawn(processes_.back().what->live());
  return *processes_.back().what;
}

awaitable<void> world::kill(process& which) {
  const auto found = std::ranges::find_if(
      processes_, [&](const running& each) { return each.what.get() == &which; });
  co_await found->what->kill();
  found->tasks->cancel();
  co_await found->tasks->join();
  processes_.erase(found);
}

awaitable<void> world::bury() {
  for (auto each = processes_.begin(); each != processes_.end();) {
    if (!each->what->is_over()) {
      ++each;
      continue;
    }
    co_await each->tasks->join();
    each = processes_.erase(each);
  }
}

process* world::at_work() {
  for (auto& each : processes_) {
    if (each.what->is_at_work() && !each.what->has_lost() && states_.head &&
        states_.head->told == each.what->name() && !states_.head->owner.empty()) {
      return each.what.get();
    }
  }
  return nullptr;
}

void world::look_at_processes() {
  const auto acting =
      std::ranges::count_if(processes_, [](const running& each) { return each.what->may_act(); });
  if (acting > 1) {
    referee_.violation("two processes may act");
  }
}

awaitable<void> world::pass(milliseconds duration) {
  for (const auto until = time_.now() + duration; time_.now() < until;) {
    co_await time_.sleep_for(tick);
    look_at_processes();
  }
}

awaitable<milliseconds> world::pass_until(std::function<bool()> done, milliseconds most) {
  const auto begun = time_.now();
  while (!done() && time_.now() - begun < most) {
    co_await pass(tick);
  }
  co_return time_.now() - begun;
}

awaitable<void> world::one_act() {
  co_await bury();
  auto* holder = at_work();
  switch (net_.below(6)) {
    case 0:
    case 1:
      if (holder != nullptr) {
        co_await kill(*holder);
      }
      break;
    case 2:
      if (holder != nullptr) {
        holder->stop_for(net_.between(5s, 90s));
      }
      break;
    case 3:
      if (holder != nullptr) {
        holder->end_cleanly();
      }
      break;
    case 4:  // anyone, also one who waits or ends
      if (!processes_.empty()) {
        auto any = processes_.begin();
        std::advance(any, static_cast<std::ptrdiff_t>(net_.below(processes_.size())));
        if (net_.below(2) == 0) {
          co_await kill(*any->what);
        } else {
          any->what->stop_for(net_.between(5s, 90s));
        }
      }
      break;
    default:
      break;
  }
  while (processes_.size() < plan_.processes) {
    start();
  }
}

awaitable<void> world::trouble() {
  net_.faults = plan_.faults;
  for (const auto until = time_.now() + plan_.trouble; time_.now() < until;) {
    co_await one_act();
    co_await pass(net_.between(0ms, plan_.between_acts));
  }
  net_.faults = {};
}

awaitable<void> world::calm() {
  co_await pass(most_late);
  co_await bury();
  while (processes_.size() < 2) {
    start();
  }
  co_await pass_until([this] { return at_work() != nullptr; }, 60s);
  if (at_work() == nullptr) {
    referee_.violation("nobody holds the state after a minute of calm");
    co_return;
  }
  co_await pass(plan_.keeper.copy_each + 5s);
  look_at_age();

  co_await kill(*at_work());
  if (co_await pass_until([this] { return at_work() != nullptr; }, 31s) > 30s) {
    referee_.violation("no takeover within 30 s of a death");
    co_return;
  }
  start();
  co_await pass(plan_.keeper.copy_each + 5s);

  auto& leaves = *at_work();
  leaves.end_cleanly();
  co_await pass_until([&] { return leaves.is_over(); }, 30s);
  if (!leaves.is_over() || !leaves.ended()) {
    referee_.violation("a clean end has failed in a calm");
  }
  const auto left_at = leaves.position();
  if (referee_.position() != left_at) {
    referee_.violation(
        fmt::format("a clean end at {} has left a copy of {}", left_at, referee_.position()));
  }
  if (co_await pass_until([this] { return at_work() != nullptr; }, 6s) > 5s) {
    referee_.violation("no takeover within 5 s of a clean end");
    co_return;
  }
  const auto blocks_are_needed = [this] {
    const auto epoch = states_.head->copy->epoch;
    return std::ranges::none_of(states_.blocks,
                                [&](const auto& each) { return each.first.first < epoch; });
  };
  co_await pass(plan_.keeper.copy_each + 10s);
  co_await pass_until(blocks_are_needed, 3 * plan_.keeper.copy_each);
  if (!blocks_are_needed()) {
    referee_.violation("blocks that nobody needs are left");
  }
  co_await pass(20 * plan_.keeper.copy_each);
  look_at_age();
  // While all is written anew, both are there.
  const auto most = (plan_.keeper.bounds.garbage_factor + 3) * referee_.needed_bytes();
  if (referee_.bytes() > most) {
    referee_.violation(fmt::format("{} bytes lie there, and {} are needed", referee_.bytes(),
                                   referee_.needed_bytes()));
  }
}

/// In a calm a copy is as old as its interval and a few calls.
void world::look_at_age() {
  const auto steps = (plan_.keeper.copy_each + 10s) / 400ms;
  if (at_work()->position() - referee_.position() > 3 * steps) {
    referee_.violation(fmt::format("the state is at {}, and its copy of {}", at_work()->position(),
                                   referee_.position()));
  }
}

awaitable<void> world::play() {
  start();
  co_await trouble();
  co_await calm();
  while (!processes_.empty()) {
    co_await kill(*processes_.front().what);
  }
  co_await net_.end();
}

}  // namespace

std::string describe(std::uint64_t seed) {
  const auto chosen = plan_for(seed);
  return fmt::format(
      "  of 1,000 calls {} throttled, {} lost, {} unheard, {} late, {} repeated\n"
      "  {} of trouble, an act each {} at most, {} processes, a copy each {}\n",
      chosen.faults.throttled, chosen.faults.lost, chosen.faults.unheard, chosen.faults.late,
      chosen.faults.repeated, chosen.trouble.count(), chosen.between_acts.count(), chosen.processes,
      chosen.keeper.copy_each.count());
}

std::vector<std::string> run_seed(std::uint64_t seed) {
  auto violations = world(seed, plan_for(seed)).run();
  std::ranges::move(run_commands(seed), std::back_inserter(violations));
  return violations;
}

}  // namespace ddm::simulation::copies
