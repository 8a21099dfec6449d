// A world with a monitor whose source was exported.
#pragma once

#include "monitor/export_of.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ddm::monitor {

class exported_world : public testing::Test {
 protected:
  exported_world(world_options options, int items_at_rest) : world_(std::move(options)) {
    world_.import_items(items_at_rest);
    world_.time.run_for(std::chrono::minutes{5});
  }
  ~exported_world() override { world_.crash(); }

  static constexpr auto* table = monitor_world::table;
  /// Of what was imported.
  static std::string name(int item) { return fmt::format("rest{:05}", item); }
  /// As monitor_world::open_findings has it.
  static std::string found(const std::string& key, std::string_view kind) {
    return fmt::format("{} {}", monitor_world::key(key), kind);
  }
  void make_export() { export_ = export_of(world_.source, world_.time.now()); }
  void put_both(const std::string& key, int value) {
    world_.put(key, value);
    world_.target.put(table, monitor_world::item(key, value));
  }

  monitor_world world_;
  std::optional<exports::table_export> export_;
};

}  // namespace ddm::monitor
