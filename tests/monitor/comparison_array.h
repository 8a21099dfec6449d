// One comparison by several workers, under virtual time: they work one after the other.
#pragma once

#include "compare/worker_share.h"
#include "compare/worker_step.h"
#include "monitor/compare_world.h"
#include "monitor/comparison_parts.h"
#include "monitor/handover.h"
#include "state/picture.h"
#include "state/sqlite_store.h"
#include "state/store_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ddm::monitor {

inline constexpr auto prepared = "prepared.db";

/// One comparison and its workers, one after the other, between the same two tables.
class array {
 public:
  explicit array(compare_world_options options = {}, std::int64_t how_many = 3)
      : world(options), workers(how_many) {}

  void fill(int items) {
    for (int i = 0; i < items; ++i) {
      world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
    }
  }
  /// Every 100th is wrong in one way or the other; what the findings must be.
  std::vector<std::string> plant(int items) {
    std::vector<std::string> expected;
    for (int i = 0; i < items; i += 100) {
      const auto name = fmt::format("k{:06}", i);
      if (i % 300 == 0) {
        world.target.remove(world.table, compare_world::key(name));
      } else if (i % 300 == 100) {
        world.target.put(world.table, compare_world::item(name, -1));
      } else {
        world.source.remove(world.table, compare_world::key(name));
      }
      expected.push_back(name + (i % 300 == 0     ? " missing"
                                 : i % 300 == 100 ? " different"
                                                  : " unexpected"));
    }
    return expected;
  }
  void prepare(bool exchanges = false) {
    world.use_state(prepared);
    exchanges_ = exchanges;
    world.prepare([this](compare_settings& settings) {
      settings.comparer.share.workers = workers;
      settings.comparer.array_id = ++array_id_;
      settings.comparer.exchange_folder = exchange_folder();
      settings.fresh = true;
    });
    world.use_state("");
  }
  /// A state that has been there, "whole.db", from which prepare() then begins.
  void copy_whole() {
    world.use_state("whole.db");
    world.prepare();
    world.use_state("");
    ASSERT_TRUE(state::take_picture(world.path_of("whole.db"), world.path_of(prepared)));
    ASSERT_TRUE(state::complete(begin_of_copy(*open(prepared), "run", world.time.now())));
  }
  void prepare_for_whole(milliseconds later) {
    copy_whole();
    world.time.run_for(later);
    prepare();
  }
  /// What was merged goes into "whole.db".
  taken_in take_into_whole() {
    world.use_state("");
    const auto whole = open("whole.db");
    const auto merged = open("merged.db");
    const auto taken = state::complete(take_in(
        *whole, *merged,
        {.command = "compare", .schema = compare_world_options().schema, .now = world.time.now()}));
    if (!taken) {
      throw std::runtime_error(taken.error().message);
    }
    return *taken;
  }
  static std::string name_of(std::int64_t worker) { return fmt::format("part-{}.db", worker); }
  void begin(std::int64_t worker) {
    const auto path = world.path_of(name_of(worker));
    ASSERT_TRUE(state::take_picture(world.path_of(prepared), path));
    const auto part = open(name_of(worker));
    ASSERT_TRUE(state::complete(begin_part(*part, {.worker = worker, .workers = workers},
                                           fmt::format("run{}", worker), ++part_id_)));
  }
  void start(std::int64_t worker, compare::worker_step step = compare::worker_step::all) {
    world.use_state(name_of(worker));
    world.start([&](compare_settings& settings) {
      settings.comparer.share = {.worker = worker, .workers = workers};
      settings.comparer.pairs_in_flight = 1;
      settings.comparer.keeps_each_pair = true;
      settings.comparer.step = step;
      settings.comparer.exchange_folder = exchange_folder();
      settings.comparer.exchange_name = "array";
      settings.comparer.log_id = ++log_id_;
    });
  }
  /// As the command line has it: who is complete is not begun again.
  result<void> work(std::int64_t worker, compare::worker_step step = compare::worker_step::all) {
    if (is_complete(worker, step)) {
      return {};
    }
    start(worker, step);
    return world.wait_for_end();
  }
  bool is_complete(std::int64_t worker, compare::worker_step step) {
    world.use_state("");
    const auto progress = comparison_in(*state::complete(all_of(*open(name_of(worker)))));
    return progress.finished() || (step == compare::worker_step::scan &&
                                   progress.leftovers_go() == compare::passing_on::done);
  }
  [[nodiscard]] std::unique_ptr<state::state_store> open(const std::string& name) const {
    auto opened = state::open_sqlite_store({.path = world.path_of(name), .command = "test"});
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
  }
  [[nodiscard]] std::string exchange_folder() const {
    if (!exchanges_) {
      return {};
    }
    const auto folder = world.path_of("exchange");
    std::filesystem::create_directories(folder);
    return folder;
  }
  struct merged {
    result<void> added;
    result<void> finished;
    std::vector<std::int64_t> missing;
    std::vector<std::int64_t> incomplete;
  };
  /// Into "merged.db", which the world works on afterwards.
  merged merge(std::optional<std::int64_t> parts = {}) {
    world.use_state("");
    EXPECT_TRUE(state::take_picture(world.path_of(prepared), world.path_of("merged.db")));
    merged done;
    {
      const auto into = open("merged.db");
      part_merger merger(*into, {.schema = compare_world_options().schema,
                                 .workers = workers,
                                 .now = world.time.now(),
                                 .run = "merged"});
      EXPECT_TRUE(state::complete(merger.begin()));
      for (std::int64_t worker = 0; worker < workers; ++worker) {
        if (worker >= parts.value_or(workers)) {
          merger.note_missing(worker);
          continue;
        }
        const auto part = open(name_of(worker));
        done.added = state::complete(merger.add(*part, worker));
        if (!done.added) {
          return done;
        }
      }
      done.finished = state::complete(merger.finish());
      done.missing = merger.missing();
      done.incomplete = merger.incomplete();
    }
    world.use_state("merged.db");
    world.prepare([](compare_settings& settings) { settings.comparer.as_it_is = true; });
    return done;
  }
  void run_all(compare::worker_step step = compare::worker_step::all) {
    for (std::int64_t worker = 0; worker < workers; ++worker) {
      ASSERT_TRUE(work(worker, step));
    }
  }
  void begin_all() {
    for (std::int64_t worker = 0; worker < workers; ++worker) {
      begin(worker);
    }
  }

  compare_world world;
  const std::int64_t workers;

 private:
  bool exchanges_ = false;
  std::int64_t array_id_ = 1000;
  std::int64_t part_id_ = 0;
  std::int64_t log_id_ = 5000;
};

}  // namespace ddm::monitor
