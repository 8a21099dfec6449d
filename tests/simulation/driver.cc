#include "simulation/driver.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace ddm::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr milliseconds examine_interval{5'000};
/// A finding that is older than ten minutes is looked at each ten minutes.
constexpr minutes heals_within{25};
constexpr hours drains_within{4};
constexpr seconds quiet_for{20};
/// After the freeze everything that can be judged has been by then.
constexpr minutes ends_within{30};

}  // namespace

simulation::simulation(const scenario& chosen)
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

run_report simulation::run() {
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

void simulation::shape(support::fake_options& service) const {
  service.latency_max = scenario_.latency_max;
  service.read_lag_max = scenario_.read_lag_max;
  service.clock_skew = scenario_.clock_skew;
  service.get_records_per_second = scenario_.get_records_per_second;
  service.describe_stream_per_second = scenario_.describe_stream_per_second;
}

// The source's life

/// As the source is now; of which nothing is known that its stream had forgotten, or never had.
void simulation::make_export() {
  export_ = monitor::export_of(world_.source, world_.time.now());
  world_.baseline_export = &*export_;
}

void simulation::live_before() {
  const auto& before = scenario_.before;
  const bool with_export = scenario_.at_rest && scenario_.at_rest->with_export;
  if (with_export) {
    world_.time.run_for(minutes{2});  // the stream was on before
  }
  for (std::uint64_t generation = 0; generation <= before.generations; ++generation) {
    for (std::uint64_t i = 0; i < before.writes; ++i) {
      life_.write_one();
      world_.time.run_for(milliseconds{100});
      life_.expire();
    }
    truth_.note_lineage();
    if (generation == 0 && with_export) {
      make_export();
    }
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
  const auto& restless = scenario_.restless;
  const auto alive =
      std::max(writes.lasting, restless ? restless->from + restless->lasting : milliseconds{0});
  for (milliseconds time{0}; time < alive; time += examine_interval) {
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
  // Settled, and it stays so: a newer stream may have just begun to be read.
  auto restless_at = time.now();
  while (time.now() - restless_at < quiet_for && time.now() < settled_by) {
    time.run_for(seconds{5});
    life_.expire();
    examine();
    if (replication_->in_flight() > 0 || (must_run_ && !referee_.is_settled())) {
      restless_at = time.now();
    }
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

/// What it has found, and that it has ended, a running monitor hears of.
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

run_report run(const scenario& chosen) { return simulation(chosen).run(); }

}  // namespace ddm::simulation
