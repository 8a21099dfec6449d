// What happens to the world and to the monitor at the moments that the scenario names.
#include "simulation/driver.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ddm::simulation {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

void simulation::crash(const planned_incident& incident, std::uint64_t handlers) {
  if (!must_run_) {
    return;
  }
  const auto step = world_.time.steps() + handlers;
  world_.time.run_until([&] { return world_.time.steps() >= step || world_.ended(); });
  end_process(incident.what == incident::stop);
  start_after(incident.lasting);
}

void simulation::crash_in_comparison(const planned_incident& incident) {
  if (!must_run_) {
    return;
  }
  const auto is_scanning = [&] {
    const auto status = world_.status();
    const auto* progress = status.compared ? &status.compared->progress : nullptr;
    return status.comparing && progress != nullptr && progress->segments_done > 0 &&
           !progress->all_scanned();
  };
  // Its moment is known within a few handlers only: a status is not taken after each.
  constexpr std::uint64_t handlers_between = 16;
  const auto until = world_.time.now() + seconds{15};
  world_.time.run_until([&] {
    return world_.ended() || world_.time.now() >= until ||
           (world_.time.steps() % handlers_between == 0 && is_scanning());
  });
  crash(incident, incident.detail % 200);
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
    referee_.on_forgotten(world_.time.now() - hours{24});
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
  const auto off_for = incident.detail / 2 % 2 == 0 ? incident.lasting : 10 * incident.lasting;
  at(present() + off_for, [this] {
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

/// Comes when there is something to repair, or when nobody writes any more.
void simulation::repair_between(const planned_incident& incident) {
  examine();  // a frozen run may just have ended by itself: then it is over
  if (!must_run_ || !forward() || !world_.target.find_table(monitor_world::table)) {
    return;
  }
  const auto latest = scenario_.writes.lasting + 3 * scenario_.world.max_lag;
  if (!referee_.has_open_finding() && present() < latest) {
    at(present() + seconds{5}, [this, incident] { repair_between(incident); });
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
  // What is told last may have been asked for when the trouble had not ended.
  constexpr seconds answer_timeout{10};
  const auto now = world_.time.now();
  if (!ended && !troubles_.under_way(now - answer_timeout - seconds{5}, now)) {
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
    case incident::crash_in_comparison:
      return crash_in_comparison(incident);
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

}  // namespace ddm::simulation
