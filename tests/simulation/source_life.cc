#include "simulation/source_life.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::simulation {
namespace {

using monitor::monitor_world;
using std::chrono::seconds;

}  // namespace

source_life::source_life(const scenario& chosen, monitor_world& world, later plan)
    : scenario_(chosen), world_(world), later_(std::move(plan)), random_(chosen.seed) {
  listen();
}

void source_life::listen() {
  world_.source.table(monitor_world::table).on_change([this](const support::table_change& change) {
    if (change.by_ttl) {
      std::erase_if(values_, [&](const auto& each) {
        return monitor_world::key(each.first) == change.old_image->key_json;
      });
    }
  });
}

void source_life::on_recreated() {
  listen();
  std::erase_if(values_, [this](const auto& each) {
    return !world_.source.get(monitor_world::table, monitor_world::key(each.first));
  });
}

void source_life::write(const std::string& key, std::optional<held_value> value) {
  ++writes_;
  if (!value) {
    world_.remove(key);
    values_.erase(key);
    return;
  }
  const auto ttl = value->expires ? fmt::format(R"(,"ttl":{{"N":"{}"}})", *value->expires) : "";
  world_.source.put(monitor_world::table,
                    fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"N":"{}"}},"w":{{"N":"{}"}}{}}})", key,
                                value->value, value->other, ttl));
  values_[key] = *value;
}

void source_life::write_one() {
  if (resting_) {
    return;
  }
  const auto& how = scenario_.writes;
  const bool hot = how.hot_keys > 0 && share() < 0.5;
  const auto name = "key" + std::to_string(random_() % (hot ? how.hot_keys : how.keys));
  const auto held = values_.find(name);
  const auto before = held == values_.end() ? std::nullopt : std::optional(held->second);
  if (before && share() < how.deletes) {
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
    const milliseconds after{random_() % static_cast<std::uint64_t>(how.back_within.count())};
    later_(after, [this, name, before] {
      if (!resting_) {
        write(name, before);
      }
    });
  }
}

void source_life::write_restless() {
  if (!resting_) {
    write(restless_key, held_value{.value = static_cast<std::int64_t>(writes_), .expires = {}});
  }
}

void source_life::write_forgotten() {
  write("key" + std::to_string(random_() % scenario_.writes.keys),
        held_value{.value = static_cast<std::int64_t>(1'000'000 + writes_), .expires = {}});
}

std::optional<std::int64_t> source_life::draw_expiry() {
  const auto& ttl = scenario_.ttl;
  if (ttl.share == 0 || share() >= ttl.share) {
    return std::nullopt;
  }
  const milliseconds after{random_() % static_cast<std::uint64_t>(ttl.within_max.count())};
  const bool ancient = share() < ttl.ancient;
  return to_ms(world_.time.now() + after - (ancient ? std::chrono::years{6} : seconds{0})) / 1000;
}

void source_life::expire() {
  const auto& ttl = scenario_.ttl;
  auto& origin =
      scenario_.world.way == verify::direction::source_to_target ? world_.source : world_.target;
  if (ttl.share == 0 || !origin.stream(monitor_world::table).enabled()) {
    return;
  }
  sweep(world_.source, ttl.source_sweep, next_source_sweep_);
  if (ttl.target_sweep > milliseconds{0} && world_.target.find_table(monitor_world::table)) {
    sweep(world_.target, ttl.target_sweep, next_target_sweep_);
  }
}

void source_life::sweep(support::fake_dynamodb& account, milliseconds interval, wall_time& next) {
  const auto now = world_.time.now();
  if (now < next) {
    return;
  }
  next = now + interval;
  auto& table = account.table(monitor_world::table);
  table.ttl_attribute = "ttl";
  table.expire_items(now);
}

}  // namespace ddm::simulation
