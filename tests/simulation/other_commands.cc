#include "simulation/other_commands.h"

#include "monitor/compare_session.h"
#include "monitor/connected_side.h"
#include "monitor/findings_flow.h"
#include "repair/finding_notes.h"
#include "repair/repair_session.h"
#include "report/statistics.h"
#include "verify/finding_book.h"

#include <algorithm>
#include <utility>

namespace ddm::simulation {
namespace {

using monitor::monitor_world;

constexpr std::size_t open_mismatches_max = 100'000;

}  // namespace

/// What one process holds. The session is destroyed before what it works with.
struct other_commands::process {
  process(monitor_world& world, const std::string& command)
      : store(world.open_state(command)),
        source(world.source, world.time, side::source, monitor_world::table),
        target(world.target, world.time, side::target, monitor_world::table) {}

  std::unique_ptr<state::state_store> store;
  monitor::connected_side source;
  monitor::connected_side target;
  worker_pool pool{0};
  std::optional<dynamodb::page_decoder> decoder;
  std::unique_ptr<monitor::compare_session> session;
};

other_commands::other_commands(monitor_world& world) : world_(world) {}

other_commands::~other_commands() {
  if (!compare_ended_) {
    comparing_->session->abandon();
    world_.time.run_until([this] { return compare_ended_; });
  }
}

report::status other_commands::compare_status() const { return comparing_->session->status(); }

bool other_commands::comparing() const { return !compare_ended_; }

void other_commands::start_compare(const monitor::process_options& how, milliseconds max_lag) {
  comparing_ = std::make_unique<process>(world_, "compare");
  const auto resumed = world_.time.run(comparing_->store->load(open_mismatches_max));
  const auto rate = how.sample_rate.value_or(1);
  comparing_->decoder.emplace(world_.decoding_of(*resumed, rate, how.ignored));
  comparing_->session = std::make_unique<monitor::compare_session>(
      monitor::compare_settings{
          .comparer = {.command = "compare",
                       .leftover_path = world_.state_path() + ".compare.leftovers",
                       .segments = 4,
                       .sample_rate = rate,
                       .ignored = how.ignored},
          .checks = {.max_lag = max_lag},
          .verifier = {},
          .findings = {.listed_max = listed_max,
                       .ignored = comparing_->decoder->settings().ignored.patterns()}},
      monitor::compare_parts{.executor = world_.time.executor(),
                             .time = world_.time,
                             .pool = comparing_->pool,
                             .decoder = *comparing_->decoder,
                             .source = comparing_->source.table,
                             .target = comparing_->target.table,
                             .store = *comparing_->store},
      *resumed);
  compare_ended_ = false;
  has_compared_ = true;
  asio::co_spawn(world_.time.context(), run_compare(), [](const std::exception_ptr& failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

awaitable<void> other_commands::run_compare() {
  compare_end_ = co_await comparing_->session->run();
  compare_ended_ = true;
}

result<void> other_commands::end_compare() {
  if (!compare_ended_) {
    comparing_->session->request_stop();
    world_.time.run_until([this] { return compare_ended_; });
  }
  comparing_.reset();
  return compare_end_;
}

result<void> other_commands::repair(const repair_choice& how) {
  process with(world_, "monitor");
  return world_.time.run(run_repair(with, how));
}

awaitable<result<void>> other_commands::run_repair(process& with, const repair_choice& how) {
  const auto resumed = co_await with.store->load(open_mismatches_max);
  const auto decoding = world_.decoding_of(*resumed, 1, how.ignored);
  verify::finding_book findings(verify::finding_options{.open_max = open_mismatches_max,
                                                        .ignored = decoding.ignored.patterns()});
  auto open = monitor::restore_findings(*resumed, findings);
  auto journal = repair::repair_journal::open(world_.state_path() + ".repair.jsonl");
  if (!open || !journal) {
    co_return fail(open ? journal.error() : open.error());
  }
  report::statistics statistics;
  statistics.restore(resumed->numbers, resumed->values);
  const repair::rules by{.schema = decoding.schema,
                         .ignored = decoding.ignored,
                         .secret = decoding.secret,
                         .allow_deletes = how.allow_deletes,
                         .source_ttl_attribute = "ttl",
                         .target_ttl_attribute = "ttl"};
  repair::finding_notes notes(
      {.by = by},
      {.time = world_.time, .store = *with.store, .findings = findings, .statistics = statistics});
  repair::repair_session session({.by = by, .apply = how.apply, .target_identity = "target"},
                                 {.executor = world_.time.executor(),
                                  .time = world_.time,
                                  .source = with.source.table,
                                  .target = with.target.table,
                                  .write_budget = with.target.budget,
                                  .journal = &*journal});
  const auto no_report = [](const repair::step_report&) {};
  if (how.undo) {
    const auto on_sides = [&](std::string key_json, repair::both_sides held,
                              repair::repair_session::moment when) {
      return notes.on_sides(std::move(key_json), std::move(held), when);
    };
    if (auto undone = co_await session.undo(no_report, on_sides); !undone) {
      co_return fail(undone.error());
    }
  } else {
    const auto on_equal = [&](const dynamodb::item_key& key) {
      if (how.apply) {  // a plan changes nothing
        notes.on_equal(key.hash);
      }
    };
    if (auto done = co_await session.run(repair::to_repair(findings.newest(open_mismatches_max)),
                                         no_report, on_equal);
        !done) {
      co_return fail(done.error());
    }
  }
  co_return co_await notes.commit();
}

}  // namespace ddm::simulation
