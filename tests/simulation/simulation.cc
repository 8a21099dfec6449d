#include "simulation/simulation.h"

#include "simulation/ledger.h"
#include "simulation/referee.h"

#include <fmt/format.h>

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
using support::fault;
using support::fault_context;

constexpr milliseconds examine_interval{5'000};
/// A finding that is older than ten minutes is looked at each ten minutes.
constexpr minutes heals_within{25};
constexpr hours drains_within{4};

/// A time in which a side does not answer as it should.
struct trouble {
  wall_time from;
  wall_time until;
  std::uint64_t side = 0;     ///< 0: the stream's account, 1: the source, 2: the target, 3: all
  std::optional<fault> what;  ///< nothing: a shower
  std::string operation;      ///< of this one only; empty: of all
};

/// What the source holds of a key.
struct held_value {
  std::int64_t value = 0;
  std::int64_t other = 0;  ///< the attribute w
  std::optional<std::int64_t> expires;
};

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
        random_(chosen.seed) {
    shape(world_.source.settings());
    shape(world_.target.settings());
    auto& table = world_.source.table(monitor_world::table);
    table.on_change([this](const support::table_change& change) {
      if (change.by_ttl) {
        std::erase_if(values_, [&](const auto& each) {
          return monitor_world::key(each.first) == change.old_image->key_json;
        });
      }
    });
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
            .writes = writes_,
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
  void live();
  void settle();
  void wait_for_lies();
  void start();
  void happen(const planned_incident& incident);
  void change_shards(const planned_incident& incident);
  void crash(const planned_incident& incident, std::uint64_t handlers);
  void be_absent(milliseconds lasting);
  void renew_stream(const planned_incident& incident);
  void recreate_target(const planned_incident& incident);
  void import_target(std::uint64_t how);
  void begin_trouble(const planned_incident& incident);
  [[nodiscard]] fault fault_of(const fault_context& context, std::uint64_t side);
  void examine();
  void write_one();
  void write(const std::string& key, std::optional<held_value> value);
  [[nodiscard]] std::optional<std::int64_t> draw_expiry();
  void expire();
  void sweep(support::fake_dynamodb& account, milliseconds interval, wall_time& next);
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
  support::replicator* replication_ = nullptr;
  std::multimap<milliseconds, std::function<void()>> agenda_;  // times of the scenario
  wall_time begin_;                                            ///< its zero; moved by an absence
  std::optional<wall_time> absent_since_;
  std::map<std::string, held_value> values_;  // what the source holds
  wall_time next_source_sweep_;
  wall_time next_target_sweep_;
  std::vector<trouble> troubles_;
  support::fault_plan shower_;
  bool writing_ = true;
  bool must_run_ = false;
  std::uint64_t writes_ = 0;
  std::size_t starts_ = 0;
  bool living_ = false;
  bool go_while_alive_ = false;
};

// The source's life

void simulation::write(const std::string& key, std::optional<held_value> value) {
  ++writes_;
  if (value) {
    const auto ttl = value->expires ? fmt::format(R"(,"ttl":{{"N":"{}"}})", *value->expires) : "";
    world_.source.put(monitor_world::table,
                      fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"N":"{}"}},"w":{{"N":"{}"}}{}}})",
                                  key, value->value, value->other, ttl));
    values_[key] = *value;
  } else {
    world_.remove(key);
    values_.erase(key);
  }
}

void simulation::write_one() {
  const auto& how = scenario_.writes;
  const auto share = [this] { return static_cast<double>(random_() % 10'000) / 10'000; };
  const bool hot = how.hot_keys > 0 && share() < 0.5;
  const auto name = "key" + std::to_string(random_() % (hot ? how.hot_keys : how.keys));
  const auto held = values_.find(name);
  const auto before = held == values_.end() ? std::nullopt : std::optional(held->second);
  const auto drawn = share();
  const bool removes = before && drawn < how.deletes;
  if (removes) {
    write(name, std::nullopt);
  } else if (before && share() < how.other_only) {
    auto value = *before;
    ++value.other;
    write(name, value);
  } else {
    const auto value = static_cast<std::int64_t>(random_() % how.values);
    write(name, held_value{
                    .value = value, .other = before ? before->other : 0, .expires = draw_expiry()});
  }
  if (share() < how.there_and_back) {
    const milliseconds later{random_() % static_cast<std::uint64_t>(how.back_within.count())};
    at(present() + later, [this, name, before] {
      if (writing_) {
        write(name, before);
      }
    });
  }
}

std::optional<std::int64_t> simulation::draw_expiry() {
  const auto& ttl = scenario_.ttl;
  if (ttl.share == 0 || static_cast<double>(random_() % 10'000) / 10'000 >= ttl.share) {
    return std::nullopt;
  }
  const milliseconds later{random_() % static_cast<std::uint64_t>(ttl.within_max.count())};
  const bool ancient = static_cast<double>(random_() % 10'000) / 10'000 < ttl.ancient;
  return to_ms(world_.time.now() + later - (ancient ? std::chrono::years{6} : seconds{0})) / 1000;
}

/// What the TTL service does. It rests while the stream is off, as the writers do.
void simulation::expire() {
  const auto& ttl = scenario_.ttl;
  if (ttl.share == 0 || !stream().enabled()) {
    return;
  }
  sweep(world_.source, ttl.source_sweep, next_source_sweep_);
  if (ttl.target_sweep > milliseconds{0} && world_.target.find_table(monitor_world::table)) {
    sweep(world_.target, ttl.target_sweep, next_target_sweep_);
  }
}

void simulation::sweep(support::fake_dynamodb& account, milliseconds interval, wall_time& next) {
  const auto now = world_.time.now();
  if (now < next) {
    return;
  }
  next = now + interval;
  auto& table = account.table(monitor_world::table);
  table.ttl_attribute = "ttl";
  table.expire_items(now);
}

void simulation::live_before() {
  const auto& before = scenario_.before;
  for (std::uint64_t generation = 0; generation <= before.generations; ++generation) {
    for (std::uint64_t i = 0; i < before.writes; ++i) {
      write_one();
      world_.time.run_for(milliseconds{100});
      expire();
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
  const auto pause = milliseconds{static_cast<std::int64_t>(1000 / writes.writes_per_second)};
  for (milliseconds time{0}; time < writes.lasting; time += pause) {
    at(time, [this] {
      if (writing_) {
        write_one();
      }
    });
  }
  for (const auto& each : scenario_.incidents) {
    if (each.at == milliseconds{0} && each.what == incident::listing_outage) {
      begin_trouble(each);  // before the first call
    } else {
      at(each.at, [this, each] { happen(each); });
    }
  }
  replication_->fail_only_within(begin_ + scenario_.fails_from,
                                 scenario_.fails_until == milliseconds::max()
                                     ? wall_time::max()
                                     : begin_ + scenario_.fails_until);
  for (milliseconds time{0}; time < writes.lasting; time += examine_interval) {
    at(time, [this] { examine(); });
  }
  for (milliseconds time{0}; time < writes.lasting; time += seconds{1}) {
    at(time, [this] { expire(); });
  }
  for (const auto& [from, until] : scenario_.stalls) {
    replication_->stall(begin_ + from, begin_ + until);
  }
  if (!scenario_.world.create_target) {
    at(scenario_.target_created_after, [this] {
      world_.target.create_table(monitor_world::table, scenario_.world.schema);
      truth_.listen_to_target();
    });
  }
  const auto plan_of = [this](std::uint64_t side) {
    return [this, side](const fault_context& context) { return fault_of(context, side); };
  };
  world_.source.plan_faults(plan_of(1));
  world_.target.plan_faults(plan_of(2));
  shower_ = support::seeded_faults(scenario_.faults, scenario_.seed);
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
  referee_.on_start(how);
}

void simulation::examine() {
  if (!must_run_) {
    return;
  }
  if (world_.ended()) {
    referee_.accuse("the session ended by itself: " + (world_.end()
                                                           ? std::string("without error")
                                                           : world_.end().error().describe()));
    must_run_ = false;
    return;
  }
  const auto status = world_.status();
  referee_.examine(status);
  go_while_alive_ = go_while_alive_ || (living_ && referee_.shows_go());
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
  examine();
  must_run_ = false;
  if (incident.what == incident::stop) {
    if (const auto ended = world_.stop(); !ended) {
      referee_.accuse("a signal ended in an error: " + ended.error().describe());
    }
    referee_.examine(world_.status());
  }
  world_.crash();
  at(present() + incident.lasting, [this] { start(); });
}

void simulation::be_absent(milliseconds lasting) {
  if (!must_run_ || !stream().enabled()) {
    return;
  }
  must_run_ = false;
  world_.crash();
  const auto left_at = world_.time.now();
  absent_since_ = left_at;
  const auto live_for = [this](milliseconds duration) {
    for (milliseconds time{0}; time < duration; time += seconds{1}) {
      write_one();
      expire();
      world_.time.run_for(seconds{1});
    }
  };
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

void simulation::renew_stream(const planned_incident& incident) {
  if (!must_run_) {
    return;
  }
  writing_ = false;
  const auto resume = [this] {
    referee_.on_stream_renewed(must_run_);
    origin().enable_stream(monitor_world::table, scenario_.world.view_type);
    truth_.note_lineage();
    writing_ = true;
    start();
  };
  origin().disable_stream(monitor_world::table);
  if (incident.detail % 2 == 0) {
    must_run_ = false;
    world_.crash();
  }
  at(present() + incident.lasting, resume);
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

/// Another table of the same name, beside the running monitor or between two of its runs.
void simulation::recreate_target(const planned_incident& incident) {
  if (incident.detail % 2 == 0 && must_run_) {
    must_run_ = false;
    world_.crash();
    at(present() + incident.lasting, [this] { start(); });
  }
  truth_.note_table_gone(false);
  referee_.on_table_recreated(false);
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

void simulation::begin_trouble(const planned_incident& incident) {
  const auto now = world_.time.now();
  trouble added{.from = now, .until = now + incident.lasting, .side = 3, .what = std::nullopt};
  if (incident.what == incident::listing_outage || incident.what == incident::reading_outage) {
    added.side = 0;
    added.operation = incident.what == incident::listing_outage ? "DescribeStream" : "GetRecords";
    added.what = incident.detail % 2 == 0
                     ? fault{.type = fault::kind::throttle, .code = "LimitExceededException"}
                     : fault{.type = fault::kind::server_error};
  }
  if (incident.what == incident::outage) {
    added.side = incident.detail % 4;
    switch (incident.detail / 4 % 4) {
      case 0:
        added.what = fault{.type = fault::kind::server_error};
        break;
      case 1:
        added.what = fault{.type = fault::kind::connection_reset};
        break;
      case 2:
        added.what = fault{.type = fault::kind::throttle};
        break;
      default:
        added.what = fault{.type = fault::kind::timeout};
        break;
    }
  }
  troubles_.push_back(std::move(added));
}

fault simulation::fault_of(const fault_context& context, std::uint64_t side) {
  const bool of_stream = context.access_key == "AKIDSTREAM";
  for (const auto& each : troubles_) {
    if (context.now < each.from || context.now >= each.until ||
        (!each.operation.empty() && each.operation != context.operation)) {
      continue;
    }
    if (!each.what) {
      return shower_(context);
    }
    if (each.side == 3 || (each.side == 0 ? of_stream : !of_stream && each.side == side)) {
      return *each.what;
    }
  }
  return {};
}

void simulation::happen(const planned_incident& incident) {
  switch (incident.what) {
    case incident::split:
    case incident::roll_over:
      change_shards(incident);
      break;
    case incident::expire_iterators:
      stream().expire_iterators();
      break;
    case incident::expire_credentials: {
      const char* keys[] = {"AKIDSTREAM", "AKIDSOURCE", "AKIDTARGET"};
      for (auto* account : {&world_.source, &world_.target}) {
        account->expire_credentials(keys[incident.detail % 3]);
      }
      break;
    }
    case incident::crash:
    case incident::stop:
      crash(incident, 0);
      break;
    case incident::crash_mid_step:
      crash(incident, incident.detail % 2'000);
      break;
    case incident::long_absence:
      be_absent(incident.lasting);
      break;
    case incident::renew_stream:
      renew_stream(incident);
      break;
    case incident::recreate_target:
      recreate_target(incident);
      break;
    case incident::outage:
    case incident::listing_outage:
    case incident::reading_outage:
    case incident::fault_shower:
      begin_trouble(incident);
      break;
  }
}

// The end: nobody writes any more, and nothing is in trouble.

void simulation::settle() {
  writing_ = false;
  troubles_.clear();
  auto& time = world_.time;
  const auto drained_by = time.now() + drains_within;
  while (replication_->in_flight() > 0 && time.now() < drained_by) {
    time.run_for(seconds{2});
    expire();
    examine();
  }
  const auto settled_by =
      time.now() + heals_within + scenario_.world.max_lag * 6 + scenario_.world.stall_after;
  const auto quiet_from = time.now() + seconds{20};
  while ((time.now() < quiet_from || replication_->in_flight() > 0 || !referee_.is_settled()) &&
         time.now() < settled_by) {
    time.run_for(seconds{5});
    expire();
    examine();
  }
  wait_for_lies();
  if (must_run_) {
    if (const auto ended = world_.stop(); !ended) {
      referee_.accuse("the last signal ended in an error: " + ended.error().describe());
    }
    referee_.examine(world_.status());
  }
  referee_.examine_end();
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
    expire();
    examine();
  }
}

}  // namespace

run_report run(const scenario& chosen) { return simulation(chosen).run(); }

}  // namespace ddm::simulation
