#include "cli/fleet_command.h"

#include "base/foreign_json.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/absence_alerts.h"
#include "cli/compare_command.h"
#include "cli/monitor_command.h"
#include "cli/process.h"
#include "cli/run_teller.h"
#include "cli/standard_output.h"
#include "report/overview.h"
#include "report/render.h"
#include "report/verdict.h"
#include "runtime/file_limit.h"
#include "runtime/task_group.h"
#include "runtime/then_always.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <utility>

namespace ddm::cli {
namespace {

using report::exit_code;
using report::member_state;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<milliseconds, 5> pauses{seconds(10), seconds(30), minutes(1), minutes(2),
                                             minutes(5)};
/// Who has run for so long has not failed at once.
constexpr minutes well_after{10};
/// A script that waits for an end does not wait for what cannot begin.
constexpr int failures_of_bounded_run_max = static_cast<int>(pauses.size());
/// Two hundred that start together do not ask everything at one moment.
constexpr milliseconds start_apart{50};
/// Comparisons of a fleet that read at one time. One alone leaves budgets idle while it judges;
/// what each holds in memory makes many of them too many.
constexpr std::size_t comparisons_at_once = 4;

/// The state with its log, its index and its lock; the findings; one to spare.
constexpr std::size_t files_of_migration = 6;
/// Connections, for the most part.
constexpr std::size_t files_of_process = 300;

bool is_failure(int code) {
  return code == static_cast<int>(exit_code::failed) || code == static_cast<int>(exit_code::usage);
}

/// How a run differs from the first one.
struct attempt {
  bool fresh = false;
  std::optional<milliseconds> duration;  ///< what is left of it
};

/// What is to be done for one migration, as often as it takes.
struct member_work {
  absence_alerts::of absence;
  std::string name;
  bool fresh = false;
  std::optional<milliseconds> duration;  ///< of all its runs together
  bool ends_by_itself = false;           ///< somebody waits for its end: it is not tried for ever
  bool require_go = false;
  std::function<awaitable<int>(process&, run_teller&, const attempt&)> run;
};

struct fleet_work {
  const migration_options& common;
  std::vector<member_work> members;
  std::size_t at_once = 0;
};

/// Which of them run: so many at a time, who came first before who came later.
class turns {
 public:
  explicit turns(std::size_t at_once) : free_(at_once) {}

  /// False: the end was asked for first.
  [[nodiscard]] awaitable<bool> take(ending& end);
  void give_back() {
    ++free_;
    given_back_.notify();
  }

 private:
  std::size_t free_;
  std::size_t next_ = 0;     ///< number for who comes
  std::size_t serving_ = 0;  ///< number whose turn comes next
  signal given_back_;
};

awaitable<bool> turns::take(ending& end) {
  const drains_on_signal wakes(end, [this] { given_back_.notify(); });
  const auto number = next_++;
  while (!end.asked() && (free_ == 0 || serving_ != number)) {
    co_await given_back_.wait();
  }
  if (end.asked()) {
    co_return false;
  }
  ++serving_;
  --free_;
  given_back_.notify();
  co_return true;
}

/// What a run says goes to its place on the board.
class board_teller final : public run_teller {
 public:
  /// Both outlive it.
  board_teller(shown_member& place, bool require_go) : place_(place), require_go_(require_go) {}

  void begun(const std::string& first_screen) override {
    log::event(log::level::debug, "first_screen", first_screen);
    has_begun_ = true;
    place_.state = member_state::running;
    place_.why.clear();
  }
  void block(const report::status&) override {}
  [[nodiscard]] int refused(const fault_list& faults) override {
    std::string text;
    for (const auto& fault : faults) {
      text += (text.empty() ? "" : "; ") + fault.describe();
    }
    place_.why = std::move(text);
    return static_cast<int>(report::code_of(faults));
  }
  [[nodiscard]] int ended(const result<void>& how, const report::status& last) override {
    place_.last = last;
    return how ? static_cast<int>(report::decide_exit(last, require_go_)) : refused({how.error()});
  }

  [[nodiscard]] bool has_begun() const { return has_begun_; }

 private:
  shown_member& place_;
  bool require_go_;
  bool has_begun_ = false;
};

/// One migration: its runs, one after the other.
class fleet_member {
 public:
  /// `on_refused` is called when only editing mends why its first run did not begin. The others
  /// outlive it.
  fleet_member(process& host, shown_member& place, turns& turns, const member_work& work,
               std::function<void()> on_refused)
      : host_(host),
        place_(place),
        turns_(turns),
        work_(work),
        next_{.fresh = work.fresh, .duration = work.duration},
        on_refused_(std::move(on_refused)) {}

  /// `start_after`: its place in the file, in time. Until it ends as it was asked to; the exit
  /// code.
  [[nodiscard]] awaitable<int> run(milliseconds start_after);

 private:
  [[nodiscard]] awaitable<int> run_until_over(milliseconds start_after, absence_alerts& absence);
  [[nodiscard]] awaitable<int> run_once();
  [[nodiscard]] bool is_to_go_on(int code) const;
  [[nodiscard]] awaitable<void> pause_for(milliseconds pause);
  void keep_to_the_end_asked_for(wall_time now);

  process& host_;
  shown_member& place_;
  turns& turns_;
  const member_work& work_;
  attempt next_;
  std::function<void()> on_refused_;
  restart_pauses pauses_;
  bool is_first_run_ = true;
  bool has_begun_ = false;            ///< one of its runs
  bool has_begun_now_ = false;        ///< the latest of them
  std::optional<wall_time> over_at_;  ///< --duration
};

awaitable<void> fleet_member::pause_for(milliseconds pause) {
  auto until = host_.time.now() + pause;
  if (over_at_) {
    until = std::min(until, *over_at_);
  }
  while (!host_.end.asked() && host_.time.now() < until) {
    co_await host_.end.news().wait_until(host_.time, until);
  }
}

/// A run that is begun again ends when the first one would have.
void fleet_member::keep_to_the_end_asked_for(wall_time now) {
  if (next_.duration && !over_at_) {
    over_at_ = now + *next_.duration;
  }
  if (over_at_) {
    next_.duration = std::max(milliseconds{1}, *over_at_ - now);
  }
}

awaitable<int> fleet_member::run_once() {
  keep_to_the_end_asked_for(host_.time.now());
  place_.state = member_state::starting;
  place_.again_at.reset();
  board_teller teller(place_, work_.require_go);
  int code = static_cast<int>(exit_code::failed);
  try {
    code = co_await work_.run(host_, teller, next_);
  } catch (const std::exception& failure) {
    place_.why = failure.what();
  }
  has_begun_now_ = teller.has_begun();
  if (teller.has_begun()) {
    has_begun_ = true;
    next_.fresh = false;  // what it forgot is forgotten
  }
  if (is_failure(code) && place_.last && place_.last->failure.empty()) {
    // It ended well, and what came after that did not: what it said then holds no more.
    place_.last.reset();
    if (place_.why.empty()) {
      place_.why = "the run ended, and what came after it failed: the log tells";
    }
  }
  co_return code;
}

bool fleet_member::is_to_go_on(int code) const {
  const bool is_time_over = over_at_ && host_.time.now() >= *over_at_;
  const bool gives_up = work_.ends_by_itself && pauses_.failures() >= failures_of_bounded_run_max;
  return is_failure(code) && !host_.end.asked() && !is_time_over && !gives_up;
}

awaitable<int> fleet_member::run(milliseconds start_after) {
  absence_alerts absence(work_.absence, co_await asio::this_coro::executor, host_.time,
                         host_.variables);
  co_return co_await then_always(run_until_over(start_after, absence),
                                 [&absence] { return absence.end(); });
}

awaitable<int> fleet_member::run_until_over(milliseconds start_after, absence_alerts& absence) {
  const drains_on_signal drains(host_.end, [] {});
  co_await pause_for(start_after);
  auto code = static_cast<int>(exit_code::incomplete);
  while (co_await turns_.take(host_.end)) {
    const auto began = host_.time.now();
    code = co_await run_once();
    turns_.give_back();
    const auto pause = pauses_.next(host_.time.now() - began);
    const bool is_first = std::exchange(is_first_run_, false);
    if (is_first && !has_begun_ && code == static_cast<int>(exit_code::usage)) {
      on_refused_();
    }
    if (has_begun_now_) {
      co_await absence.end();
    }
    if (!is_to_go_on(code)) {
      break;
    }
    if (!has_begun_now_) {
      absence.tell(place_.why);
    }
    place_.state = member_state::paused;
    place_.again_at = host_.time.now() + pause;
    log::event(log::level::error, "migration_paused",
               fmt::format("{}; tried again in {}", place_.why, spoken_duration(pause)),
               {{"failures", pauses_.failures()}});
    co_await pause_for(pause);
  }
  if (is_first_run_) {
    place_.why = "not begun: the end was asked for before its turn came";
  }
  place_.state = member_state::ended;
  log::event(is_failure(code) ? log::level::error : log::level::info, "migration_ended", place_.why,
             {{"exit_code", code}});
  co_return code;
}

/// What is told of all together.
class fleet_run {
 public:
  /// Both outlive it.
  fleet_run(process& host, const fleet_work& fleet)
      : host_(host), fleet_(fleet), turns_(fleet.at_once) {}

  [[nodiscard]] awaitable<int> run();

 private:
  [[nodiscard]] awaitable<void> tell_regularly();
  [[nodiscard]] awaitable<void> divide_memory();
  [[nodiscard]] std::string overview(bool well_too) const {
    return report::render_overview(host_.shown.rows(), host_.time.now(), well_too);
  }
  [[nodiscard]] bool print_json() const;
  [[nodiscard]] awaitable<int> run_member(process& host, std::size_t number);
  void note_refused();

  process& host_;
  const fleet_work& fleet_;
  turns turns_;
  std::size_t refused_ = 0;  ///< at their first run
};

/// What is wrong with every one of them is wrong with the command: nobody waits for that to mend.
void fleet_run::note_refused() {
  if (++refused_ == fleet_.members.size()) {
    host_.end.ask();
  }
}

awaitable<void> fleet_run::tell_regularly() {
  while (!fleet_.common.quiet) {
    co_await host_.time.sleep_for(fleet_.common.stats_interval);
    host_.printer.print(overview(false));
  }
}

awaitable<void> fleet_run::divide_memory() {
  for (;;) {
    co_await host_.time.sleep_for(seconds(1));
    host_.memory.divide();
  }
}

/// A line for each, as `report` has one for each state.
bool fleet_run::print_json() const {
  std::string lines;
  for (const auto& each : host_.shown.members) {
    lines += lines.empty() ? "" : "\n";
    lines += each.last ? report::render_json(*each.last)
                       : json_text(nlohmann::ordered_json{
                             {"migration", each.name},
                             {"verdict", "WAIT"},
                             {"reasons", nlohmann::ordered_json::array({each.why})}});
  }
  return print_report(lines);
}

awaitable<int> fleet_run::run_member(process& host, std::size_t number) {
  fleet_member member(host, host.shown.members[number], turns_, fleet_.members[number],
                      [this] { note_refused(); });
  co_return co_await member.run(start_apart * number);
}

awaitable<int> fleet_run::run() {
  std::vector<migration_command> commands;
  commands.reserve(fleet_.members.size());
  host_.shown.members.reserve(fleet_.members.size());
  for (const auto& each : fleet_.members) {
    host_.shown.members.push_back({.name = each.name});
  }
  for (std::size_t i = 0; i < fleet_.members.size(); ++i) {
    commands.push_back({.migration = fleet_.members[i].name,
                        .run = [this, i](process& host) { return run_member(host, i); }});
  }
  if (host_.web) {
    if (auto begun = host_.web->begin(); !begun) {
      co_return refuse(begun.error());
    }
  }
  task_group telling(co_await asio::this_coro::executor);
  telling.spawn(tell_regularly());
  telling.spawn(divide_memory());
  const int code =
      co_await then_always(run_each(host_, commands), [&telling] { return telling.end(); });
  host_.printer.print(overview(true));
  const bool told = fleet_.common.output != output_format::json || print_json();
  co_return told
      ? code
      : static_cast<int>(report::worse_of(static_cast<exit_code>(code), exit_code::incomplete));
}

awaitable<int> monitor_again(process& host, monitor_options options, run_teller& teller) {
  co_return co_await monitor_migration(host, options, teller);
}

awaitable<int> compare_again(process& host, compare_options options, run_teller& teller) {
  co_return co_await compare_migration(host, options, teller);
}

absence_alerts::of absence_of(const std::string& name, const std::string& command,
                              const migration_options& options) {
  return {.migration = name,
          .command = command,
          .on_alert = options.on_alert,
          .webhook = options.alert_webhook};
}

member_work work_of(const fleet_of<monitor_options>::member& member) {
  return {.absence = absence_of(member.name, "monitor", member.options),
          .name = member.name,
          .fresh = member.options.fresh,
          .duration = member.options.duration,
          .ends_by_itself = member.options.until_caught_up,
          .require_go = member.options.require_go,
          .run = [options = member.options](process& host, run_teller& teller, const attempt& now) {
            auto changed = options;
            changed.fresh = now.fresh;
            changed.duration = now.duration;
            return monitor_again(host, std::move(changed), teller);
          }};
}

/// `memory_bytes` is of those that read at one time.
member_work work_of(const fleet_of<compare_options>::member& member, std::uint64_t memory_bytes) {
  return {.absence = absence_of(member.name, "compare", member.options),
          .name = member.name,
          .fresh = member.options.fresh,
          .duration = std::nullopt,
          .ends_by_itself = true,
          .run = [options = member.options, memory_bytes](process& host, run_teller& teller,
                                                          const attempt& now) {
            auto changed = options;
            changed.fresh = now.fresh;
            changed.memory_bytes = memory_bytes;
            return compare_again(host, std::move(changed), teller);
          }};
}

awaitable<int> run_all_of(const fleet_work& fleet, process& host) {
  fleet_run run(host, fleet);
  co_return co_await run.run();
}

int run_work(const fleet_work& fleet, const aws::environment& variables) {
  const auto files = raise_file_limit();
  if (const auto needed = files_of_process + fleet.members.size() * files_of_migration;
      files < needed) {
    return refuse(
        wrong_usage(fmt::format("{} migrations need about {} open files, and this process may "
                                "have {}: raise the limit (ulimit -Hn, LimitNOFILE of systemd)",
                                fleet.members.size(), needed, files))
            .error());
  }
  return run_migrations(
      fleet.common, variables,
      {{.migration = {}, .run = [&fleet](process& host) { return run_all_of(fleet, host); }}},
      fleet.members.size());
}

}  // namespace

milliseconds restart_pauses::next(milliseconds ran_for) {
  failures_ = ran_for >= well_after ? 1 : failures_ + 1;
  return pauses.at(std::min<std::size_t>(static_cast<std::size_t>(failures_), pauses.size()) - 1);
}

int run_fleet(const fleet_of<monitor_options>& fleet, const aws::environment& variables) {
  fleet_work all{.common = fleet.common, .members = {}, .at_once = fleet.members.size()};
  for (const auto& each : fleet.members) {
    all.members.push_back(work_of(each));
  }
  return run_work(all, variables);
}

int run_fleet(const fleet_of<compare_options>& fleet, const aws::environment& variables) {
  fleet_work all{.common = fleet.common,
                 .members = {},
                 .at_once = std::min(fleet.members.size(), comparisons_at_once)};
  for (const auto& each : fleet.members) {
    all.members.push_back(work_of(each, fleet.common.memory_bytes / all.at_once));
  }
  return run_work(all, variables);
}

}  // namespace ddm::cli
