#include "simulation/simulation.h"

#include "simulation/ledger.h"
#include "simulation/other_commands.h"
#include "simulation/referee.h"
#include "simulation/service_troubles.h"
#include "simulation/source_life.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <utility>

namespace ddm::simulation {
namespace {

using monitor::monitor_world;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr milliseconds examine_interval{5'000};
/// A finding that is older than ten minutes is looked at each ten minutes.
constexpr minutes heals_within{25};
constexpr hours drains_within{4};
/// After the freeze everything that can be judged has been by then.
constexpr minutes ends_within{30};

class simulation {
 public:
  explicit simulation(const scenario& chosen)
      : scenario_(chosen),
        world_(chosen.world),
        truth_(world_, {.forward = forward(),
                        .replication_wait = chosen.replication_wait,
                        .behind = std::max(milliseconds{0}, -chosen.clock_skew),
                        .max_lag = chosen.world.max_lag}),
        referee_(scenario_, world_, truth_),
        random_(chosen.seed),
        life_(scenario_, world_,
              [this](milliseconds after, std::function<void()> action) {
                at(present() + after, std::move(action));
              }),
        troubles_(scenario_),
        commands_(world_) {
    shape(world_.source.settings());
    shape(world_.target.settings());
    replication_ = &world_.replicate(chosen.replication);
    truth_.listen_to(*replication_);
  }

  run_report run() {
    try {
      live_before();
      begin_ = world_.time.now();
      plan();
      start();
      live();
      settle();
    } catch (const std::exception& failure) {
      referee_.accuse(std::string("the run does not end: ") + failure.what());
    }
    return {.violations = referee_.violations(),
            .virtual_time = world_.time.now() - begin_,
            .writes = life_.writes(),
            .findings = replication_->planted().size(),
            .go_while_alive = go_while_alive_};
  }

 private:
  [[nodiscard]] bool forward() const {
    return scenario_.world.way == verify::direction::source_to_target;
  }
  [[nodiscard]] support::fake_dynamodb& origin() {
    return forward() ? world_.source : world_.target;
  }
  [[nodiscard]] support::fake_stream& stream() { return origin().stream(monitor_world::table); }

  void shape(support::fake_options& service) const {
    service.latency_max = scenario_.latency_max;
    service.read_lag_max = scenario_.read_lag_max;
    service.clock_skew = scenario_.clock_skew;
    service.get_records_per_second = scenario_.get_records_per_second;
    service.describe_stream_per_second = scenario_.describe_stream_per_second;
  }

  void live_before();
  void plan();
  void plan_freeze();
  void plan_restless();
  void live();
  void settle();
  void wait_for_lies();
  void wait_for_compare();
  void wait_for_the_frozen_end();
  void start();
  void end_process(bool by_signal);
  void start_after(milliseconds pause);
  void happen(const planned_incident& incident);
  void change_shards(const planned_incident& incident);
  void crash(const planned_incident& incident, std::uint64_t handlers);
  void live_for(milliseconds duration);
  void be_absent(milliseconds lasting);
  void read_nothing_for_a_day(const planned_incident& incident);
  void renew_stream(const planned_incident& incident);
  void recreate_target(const planned_incident& incident);
  void import_target(std::uint64_t how);
  void recreate_source(const planned_incident& incident);
  void trim_idle_shards();
  void pause(milliseconds lasting);
  void compare_beside(const planned_incident& incident);
  void repair_between(const planned_incident& incident);
  void examine();
  /// Runs `action` at a time of the scenario.
  void at(milliseconds time, std::function<void()> action) {
    agenda_.emplace(time, std::move(action));
  }
  /// An absence does not count: what it plans happens soon after it.
  [[nodiscard]] milliseconds present() const {
    return absent_since_.value_or(world_.time.now()) - begin_;
  }

  scenario scenario_;
  monitor_world world_;
  ledger truth_;
  referee referee_;
  std::mt19937_64 random_;
  std::multimap<milliseconds, std::function<void()>> agenda_;  // times of the scenario
  source_life life_;
  service_troubles troubles_;
  other_commands commands_;
  support::replicator* replication_ = nullptr;
  wall_time begin_;  ///< the scenario's zero; moved by an absence
  std::optional<wall_time> absent_since_;
  std::optional<wall_time> freeze_at_;  ///< what the next process is told
  bool must_run_ = false;
  std::size_t starts_ = 0;
  bool living_ = false;
  bool go_while_alive_ = false;
};

// The source's life

void simulation::live_before() {
  const auto& before = scenario_.before;
  for (std::uint64_t generation = 0; generation <= before.generations; ++generation) {
    for (std::uint64_t i = 0; i < before.writes; ++i) {
      life_.write_one();
      world_.time.run_for(milliseconds{100});
      life_.expire();
    }
    truth_.note_lineage();
    if (generation < before.generations) {
      change_shards({.what = random_() % 2 == 0 ? incident::split : incident::roll_over,
                     .detail = random_()});
      world_.time.run_for(seconds{2});
    }
  }
  if (before.forgotten) {
    world_.time.run_for(hours{26});
    stream().trim(world_.time.now() - hours{24});
  }
  agenda_.clear();  // no value is changed back across the start
}

void simulation::plan() {
  const auto& writes = scenario_.writes;
  const auto gap = milliseconds{static_cast<std::int64_t>(1000 / writes.writes_per_second)};
  for (milliseconds time{0}; time < writes.lasting; time += gap) {
    at(time, [this] { life_.write_one(); });
  }
  for (const auto& each : scenario_.incidents) {
    if (each.at == milliseconds{0} && each.what == incident::listing_outage) {
      happen(each);  // before the first call
    } else {
      at(each.at, [this, each] { happen(each); });
    }
  }
  for (milliseconds time{0}; time < writes.lasting; time += examine_interval) {
    at(time, [this] { examine(); });
  }
  for (milliseconds time{0}; time < writes.lasting; time += seconds{1}) {
    at(time, [this] { life_.expire(); });
  }
  replication_->fail_only_within(begin_ + scenario_.fails_from,
                                 scenario_.fails_until == milliseconds::max()
                                     ? wall_time::max()
                                     : begin_ + scenario_.fails_until);
  for (const auto& [from, until] : scenario_.stalls) {
    replication_->stall(begin_ + from, begin_ + until);
  }
  if (!scenario_.world.create_target) {
    at(scenario_.target_created_after, [this] {
      world_.target.create_table(monitor_world::table, scenario_.world.schema);
      truth_.listen_to_target();
    });
  }
  plan_freeze();
  plan_restless();
  const auto plan_of = [this](std::uint64_t side) {
    return [this, side](const support::fault_context& context) {
      return troubles_.fault_of(context, side);
    };
  };
  world_.source.plan_faults(plan_of(1));
  world_.target.plan_faults(plan_of(2));
}

/// Creation times are whole seconds, and so is the freeze.
void simulation::plan_freeze() {
  if (!scenario_.freeze) {
    return;
  }
  const auto& freeze = *scenario_.freeze;
  const auto when = std::chrono::ceil<seconds>(begin_ + freeze.at);
  at(freeze.at, [this] { life_.rest(true); });
  for (const auto after : freeze.forgotten_writes) {
    at(when - begin_ + after, [this] { life_.write_forgotten(); });
  }
  referee_.on_freeze_planned(when);
  if (freeze.from_start) {
    freeze_at_ = when;
  } else {
    at(freeze.restart_at, [this, when] {
      freeze_at_ = when;
      if (must_run_) {
        end_process(true);
        start_after(scenario_.freeze->restart_takes);
      }
    });
  }
}

void simulation::plan_restless() {
  const auto& restless = scenario_.restless;
  if (!restless) {
    return;
  }
  at(milliseconds{0}, [this] { life_.write_restless(); });
  replication_->lose_key(monitor_world::key(source_life::restless_key), begin_ + restless->from);
  const auto gap = milliseconds{static_cast<std::int64_t>(1000 / restless->writes_per_second)};
  for (auto time = restless->from; time < restless->from + restless->lasting; time += gap) {
    at(time, [this] { life_.write_restless(); });
  }
}

void simulation::live() {
  living_ = true;
  while (!agenda_.empty()) {
    const auto next = agenda_.begin();
    const auto action = std::move(next->second);
    const auto time = begin_ + next->first;
    agenda_.erase(next);
    world_.time.run_until(std::max(time, world_.time.now()));
    action();
  }
  living_ = false;
}

// The monitor's life

void simulation::start() {
  if (must_run_) {
    return;
  }
  const auto& how = scenario_.processes[std::min(starts_++, scenario_.processes.size() - 1)];
  const auto adjust = [this, &how](monitor::session_settings& settings) {
    settings.accept_sampled = how.accept_sampled;
    settings.freeze_at = freeze_at_;
    settings.checks.replication_wait = scenario_.replication_wait;
    settings.stream.records_limit = scenario_.records_limit;
    if (const auto& baseline = scenario_.at_rest) {
      settings.settle = baseline->settle;
      settings.baseline.wanted = true;
      settings.baseline.after = baseline->after;
      settings.baseline.comparer.segments = baseline->segments;
    }
  };
  world_.start(adjust, {.sample_rate = how.sample_rate,
                        .baseline_sample_rate = how.baseline_sample_rate,
                        .ignored = how.ignored});
  must_run_ = true;
  referee_.on_start(how, freeze_at_, commands_.comparing());
}

/// The driver ends it; a last look at what it shows, if it could say something.
void simulation::end_process(bool by_signal) {
  examine();
  if (!must_run_) {
    return;
  }
  must_run_ = false;
  if (by_signal) {
    if (const auto ended = world_.stop(); !ended) {
      referee_.accuse("a signal ended in an error: " + ended.error().describe());
    }
    referee_.examine(world_.status());
  }
  world_.crash();
}

void simulation::start_after(milliseconds pause) {
  at(present() + pause, [this] { start(); });
}

void simulation::examine() {
  if (!must_run_) {
    return;
  }
  if (world_.ended()) {
    must_run_ = false;
    if (freeze_at_ && world_.time.now() > *freeze_at_ && world_.end()) {
      referee_.on_frozen_end(world_.status(), troubles_.under_way(world_.time.now()));
      return;
    }
    referee_.accuse("the session ended by itself: " + (world_.end()
                                                           ? std::string("without error")
                                                           : world_.end().error().describe()));
    return;
  }
  const auto status = world_.status();
  referee_.examine(status);
  go_while_alive_ = go_while_alive_ || (living_ && !life_.rests() && referee_.shows_go());
  if (status.phase != report::phase::importing) {
    referee_.on_target_ready(world_.time.now());
  }
}

void simulation::crash(const planned_incident& incident, std::uint64_t handlers) {
  if (!must_run_) {
    return;
  }
  const auto step = world_.time.steps() + handlers;
  world_.time.run_until([&] { return world_.time.steps() >= step || world_.ended(); });
  end_process(incident.what == incident::stop);
  start_after(incident.lasting);
}

void simulation::live_for(milliseconds duration) {
  for (milliseconds time{0}; time < duration; time += seconds{1}) {
    life_.write_one();
    life_.expire();
    world_.time.run_for(seconds{1});
  }
}

void simulation::be_absent(milliseconds lasting) {
  if (!must_run_ || !stream().enabled()) {
    return;
  }
  must_run_ = false;
  world_.crash();
  const auto left_at = world_.time.now();
  absent_since_ = left_at;
  live_for(seconds{random_() % 20});
  change_shards({.what = incident::roll_over, .detail = random_()});
  live_for(seconds{random_() % 5});
  change_shards({.what = incident::split, .detail = random_()});
  truth_.note_lineage();
  world_.time.run_for(lasting);
  stream().trim(world_.time.now() - hours{24});
  live_for(seconds{random_() % 5});
  referee_.on_forgotten(world_.time.now() - hours{24});
  begin_ += world_.time.now() - left_at;
  absent_since_.reset();
  start();
}

/// The monitor runs all the while, and no record can be read until the stream forgets it.
void simulation::read_nothing_for_a_day(const planned_incident& incident) {
  if (!must_run_ || !stream().enabled()) {
    return;
  }
  const auto left_at = world_.time.now();
  absent_since_ = left_at;
  troubles_.begin(
      {.what = incident::reading_outage, .lasting = incident.lasting, .detail = incident.detail},
      left_at);
  live_for(seconds{20 + random_() % 60});
  while (world_.time.now() < left_at + incident.lasting && must_run_) {
    world_.time.run_for(minutes{10});
    examine();
  }
  stream().trim(world_.time.now() - hours{24});
  referee_.on_forgotten(world_.time.now() - hours{24});
  begin_ += world_.time.now() - left_at;
  absent_since_.reset();
}

void simulation::renew_stream(const planned_incident& incident) {
  if (!must_run_) {
    return;
  }
  life_.rest(true);
  origin().disable_stream(monitor_world::table);
  if (incident.detail % 2 == 0) {
    must_run_ = false;
    world_.crash();
  }
  at(present() + incident.lasting, [this] {
    referee_.on_stream_renewed(must_run_);
    origin().enable_stream(monitor_world::table, scenario_.world.view_type);
    truth_.note_lineage();
    life_.rest(false);
    start();
  });
}

/// Another table of the same name, beside the running monitor or between two of its runs.
void simulation::recreate_target(const planned_incident& incident) {
  if (incident.detail % 2 == 0 && must_run_) {
    end_process(false);
    start_after(incident.lasting);
  }
  truth_.note_table_gone(false);
  referee_.on_table_recreated();
  world_.target.delete_table(monitor_world::table);
  world_.target.create_table(monitor_world::table, scenario_.world.schema);
  truth_.listen_to_target();
  at(present() + incident.lasting / 2,
     [this, how = incident.detail / 2 % 3] { import_target(how); });
}

/// Nothing, everything, or half of it.
void simulation::import_target(std::uint64_t how) {
  auto& target = world_.target.table(monitor_world::table);
  for (const auto& item : world_.source.table(monitor_world::table).items()) {
    if (how == 1 || (how == 2 && random_() % 2 == 0)) {
      target.put(item, world_.time.now());
    }
  }
}

/// The source too: what is imported into it again may be less than it held, and its stream is new.
void simulation::recreate_source(const planned_incident& incident) {
  if (!must_run_ || !stream().enabled()) {
    return;
  }
  if (incident.detail % 2 == 0) {
    end_process(false);
    start_after(incident.lasting);
  }
  const auto items = world_.source.table(monitor_world::table).items();
  truth_.note_table_gone(true);
  referee_.on_table_recreated();
  referee_.on_stream_renewed(must_run_);
  world_.source.delete_table(monitor_world::table);
  auto& source = world_.source.create_table(monitor_world::table, scenario_.world.schema);
  truth_.listen_to_source();
  for (const auto& item : items) {
    if (incident.detail / 2 % 3 == 0 || random_() % 4 != 0) {
      source.put(item, world_.time.now());
    }
  }
  replication_->listen();
  life_.on_recreated();
  world_.source.enable_stream(monitor_world::table, scenario_.world.view_type);
  truth_.note_lineage();
}

/// What has been read long since leaves the stream.
void simulation::trim_idle_shards() {
  if (!must_run_ || !stream().enabled() || troubles_.under_way(world_.time.now())) {
    return;
  }
  for (const auto& id : stream().open_shards()) {
    if (referee_.is_idle(id)) {
      stream().trim_shard(id);
    }
  }
}

/// The machine sleeps, the world does not.
void simulation::pause(milliseconds lasting) {
  const auto writes = std::min(scenario_.writes.writes_per_second, 1.0);
  for (milliseconds time{0}; time < lasting; time += seconds{1}) {
    world_.time.jump(seconds{1});
    if (static_cast<double>(random_() % 1000) / 1000 < writes) {
      life_.write_one();
    }
    life_.expire();
  }
}

void simulation::compare_beside(const planned_incident& incident) {
  if (!must_run_ || !forward() || commands_.comparing() ||
      !world_.target.find_table(monitor_world::table)) {
    return;
  }
  const std::string ignored = incident.detail % 3 == 0 ? "w" : "";
  referee_.on_compare_start(ignored);
  commands_.start_compare({.sample_rate = incident.detail / 3 % 4 == 0 ? 2U : 1U,
                           .baseline_sample_rate = {},
                           .ignored = ignored},
                          scenario_.world.max_lag);
}

void simulation::repair_between(const planned_incident& incident) {
  if (!must_run_ || !forward() || !world_.target.find_table(monitor_world::table)) {
    return;
  }
  end_process(true);
  start_after(incident.lasting);
  const auto how = incident.detail % 4;
  const std::string ignored = incident.detail / 4 % 3 == 0 ? "w" : "";
  referee_.on_compare_start(ignored);
  truth_.note_repairing(true);
  auto ended = commands_.repair({.apply = how != 0, .ignored = ignored, .allow_deletes = how != 1});
  if (ended && how == 3) {
    ended =
        commands_.repair({.apply = true, .undo = true, .ignored = ignored, .allow_deletes = true});
  }
  if (!ended && !troubles_.under_way(world_.time.now())) {
    referee_.accuse("repair ended in an error: " + ended.error().describe());
  }
  truth_.note_repairing(false);
}

void simulation::change_shards(const planned_incident& incident) {
  if (!stream().enabled()) {
    return;
  }
  const auto open = stream().open_shards();
  const auto& chosen = open[incident.detail % open.size()];
  if (incident.what == incident::split) {
    stream().split(chosen, world_.time.now());
  } else {
    stream().roll_over(chosen, world_.time.now());
  }
  truth_.note_lineage();
}

void simulation::happen(const planned_incident& incident) {
  switch (incident.what) {
    case incident::split:
    case incident::roll_over:
      return change_shards(incident);
    case incident::expire_iterators:
      return stream().expire_iterators();
    case incident::expire_credentials: {
      const char* keys[] = {"AKIDSTREAM", "AKIDSOURCE", "AKIDTARGET"};
      for (auto* account : {&world_.source, &world_.target}) {
        account->expire_credentials(keys[incident.detail % 3]);
      }
      return;
    }
    case incident::crash:
    case incident::stop:
      return crash(incident, 0);
    case incident::crash_mid_step:
      return crash(incident, incident.detail % 2'000);
    case incident::long_absence:
      return be_absent(incident.lasting);
    case incident::day_without_reading:
      return read_nothing_for_a_day(incident);
    case incident::renew_stream:
      return renew_stream(incident);
    case incident::recreate_target:
      return recreate_target(incident);
    case incident::recreate_source:
      return recreate_source(incident);
    case incident::trim_idle:
      return trim_idle_shards();
    case incident::pause:
      return pause(incident.lasting);
    case incident::compare_beside:
      return compare_beside(incident);
    case incident::repair_between:
      return repair_between(incident);
    case incident::outage:
    case incident::listing_outage:
    case incident::reading_outage:
    case incident::fault_shower:
      return troubles_.begin(incident, world_.time.now());
  }
}

// The end: nobody writes any more, and nothing is in trouble.

void simulation::settle() {
  life_.rest(true);
  troubles_.end_all();
  auto& time = world_.time;
  const auto drained_by = time.now() + drains_within;
  while (replication_->in_flight() > 0 && time.now() < drained_by) {
    time.run_for(seconds{2});
    life_.expire();
    examine();
  }
  wait_for_compare();
  const auto settled_by =
      time.now() + heals_within + scenario_.world.max_lag * 6 + scenario_.world.stall_after;
  const auto quiet_from = time.now() + seconds{20};
  while ((time.now() < quiet_from || replication_->in_flight() > 0 ||
          (must_run_ && !referee_.is_settled())) &&
         time.now() < settled_by) {
    time.run_for(seconds{5});
    life_.expire();
    examine();
  }
  wait_for_lies();
  wait_for_the_frozen_end();
  if (must_run_) {
    if (const auto ended = world_.stop(); !ended) {
      referee_.accuse("the last signal ended in an error: " + ended.error().describe());
    }
    referee_.examine(world_.status());
  }
  referee_.examine_end();
}

/// What it has found, a running monitor knows from its next start on.
void simulation::wait_for_compare() {
  if (!commands_.has_compared()) {
    return;
  }
  const auto ended_by = world_.time.now() + hours{2};
  while (commands_.comparing() && world_.time.now() < ended_by) {
    world_.time.run_for(examine_interval);
    life_.expire();
    examine();
  }
  if (const auto ended = commands_.end_compare(); !ended) {
    referee_.accuse("compare ended in an error: " + ended.error().describe());
  }
  if (must_run_) {
    end_process(true);
    start();
  }
}

/// GO may be shown for a while although a key is wrong: whether it still is after that?
void simulation::wait_for_lies() {
  const auto latest = world_.time.now() + hours{1};
  for (;;) {
    const auto lies_at = must_run_ ? referee_.go_will_lie_at() : std::nullopt;
    if (!lies_at || *lies_at + examine_interval < world_.time.now() ||
        world_.time.now() >= latest) {
      return;
    }
    world_.time.run_for(examine_interval);
    life_.expire();
    examine();
  }
}

void simulation::wait_for_the_frozen_end() {
  if (!freeze_at_) {
    return;
  }
  const auto ended_by = std::max(world_.time.now(), *freeze_at_) + ends_within;
  while (must_run_ && world_.time.now() < ended_by) {
    world_.time.run_for(examine_interval);
    life_.expire();
    examine();
  }
  if (must_run_) {
    referee_.accuse("a frozen run does not end by itself");
  }
}

}  // namespace

run_report run(const scenario& chosen) { return simulation(chosen).run(); }

}  // namespace ddm::simulation
