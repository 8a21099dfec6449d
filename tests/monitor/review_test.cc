// GO is true: what a review of the mended program found. Each test names its sequence of ordinary
// events.
#include "monitor/compare_world.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::HasSubstr;

constexpr auto table = monitor_world::table;

void with_baseline(session_settings& settings) {
  settings.baseline.wanted = true;
  settings.baseline.after = 10s;
  settings.settle = 30s;
}

std::string reasons_of(const monitor_world& world) {
  return fmt::format("{}", fmt::join(world.status().verdict.reasons, "; "));
}

class go_review : public testing::Test {
 protected:
  [[nodiscard]] static world_options from_now() {
    world_options options;
    options.first = stream::first_position::latest;
    return options;
  }
  void import_items(int items) {
    for (int i = 0; i < items; ++i) {
      const auto item = monitor_world::item(fmt::format("rest{:05}", i), i);
      world_.source.put(table, item);
      world_.target.put(table, item);
    }
  }
  void reach_go() {
    import_items(200);
    world_.replicate();
    world_.start(with_baseline);
    for (int i = 0; i < 1800; ++i) {
      world_.put(fmt::format("live{}", i % 50), i);
      world_.time.run_for(100ms);
    }
    ASSERT_EQ(world_.status().verdict.kind, verdict_kind::go) << reasons_of(world_);
  }
  void start_frozen(wall_time at, const process_options& how = {}) {
    world_.start(
        [at](session_settings& settings) {
          with_baseline(settings);
          settings.freeze_at = at;
          settings.require_go = true;
        },
        how);
  }

  monitor_world world_{from_now()};
};

// `compare` on the same state, beside the monitor, confirms a mismatch: GO must not stay on.
TEST_F(go_review, what_a_comparison_beside_the_monitor_confirms_is_a_no_go_at_once) {
  reach_go();
  const auto name = std::string("rest00007");
  world_.target.put(table, monitor_world::item(name, -1));  // by somebody else
  const auto& decoding = world_.decoding();
  verify::finding_book book({});
  verify::mismatch entry{.kind = verify::mismatch_kind::different};
  entry.key = *dynamodb::key_of(monitor_world::key(name), decoding.schema, decoding.secret);
  book.on_confirmed(std::move(entry), world_.time.now());
  state::commit_batch batch;
  book.take_dirty(batch.mismatches, batch.finding_lines);
  world_.commit_beside(std::move(batch));
  world_.time.run_for(30s);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::no_go) << reasons_of(world_);
  EXPECT_EQ(world_.status().mismatches.mismatches(), 1);
  world_.target.put(table, monitor_world::item(name, 7));
  world_.time.run_for(3min);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << reasons_of(world_);
}

}  // namespace
}  // namespace ddm::monitor
