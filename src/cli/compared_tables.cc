#include "cli/compared_tables.h"

#include "base/log.h"
#include "cli/standard_output.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto last_look_pause = 5s;

monitor::table_watch watch(const open_migration& migration, const reached_table& table) {
  return {table.side, table.name, monitor::load_table(migration.resumed, table.side),
          migration.host.time.now()};
}

}  // namespace

compared_tables::compared_tables(open_migration& migration)
    : migration_(migration),
      source_(watch(migration, *migration.source)),
      target_(watch(migration, *migration.target)) {}

result<void> check_tables_as_prepared(const open_migration& migration,
                                      const state::snapshot& prepared) {
  for (const auto which : {side::source, side::target}) {
    const auto known = monitor::load_table(prepared, which);
    const auto& now = which == side::source ? migration.facts.source : *migration.facts.target;
    if (known && known->differs_from(monitor::table_identity::of(now))) {
      return wrong_usage(
          fmt::format("the {} table was made anew since the comparison was prepared: begin anew "
                      "with --prepare --fresh",
                      to_string(which)));
    }
  }
  return {};
}

awaitable<result<void>> compared_tables::settle(std::vector<state::gap_row>& gaps) {
  state::commit_batch batch;
  const auto note = [&](monitor::table_watch& watch, const dynamodb::table_description& table) {
    const auto now = migration_.host.time.now();
    if (auto change = watch.on_seen(table, now)) {
      log::event(log::level::error, "table_replaced", *change);
      batch.gaps.push_back({.stream_arn = {},
                            .shard_id = {},
                            .after_sequence = {},
                            .noticed = now,
                            .reason = *std::move(change)});
    }
    watch.collect(batch);
  };
  note(source_, migration_.facts.source);
  if (migration_.facts.target) {
    note(target_, *migration_.facts.target);
  }
  gaps.insert(gaps.end(), batch.gaps.begin(), batch.gaps.end());
  co_return co_await migration_.store->commit(std::move(batch));
}

/// What waiting mends is waited for: the comparison is complete but for this. A signal ends that.
awaitable<result<dynamodb::table_description>> compared_tables::look_at_end(reached_table& table) {
  auto& end = migration_.host.end;
  auto& time = migration_.host.time;
  const auto unknown =
      fmt::format("whether the {} table {} is still the one that was compared is not known",
                  to_string(table.side), table.name);
  for (bool told = false; !end.asked();) {
    auto description = co_await table.describe();
    if (description) {
      co_return description;
    }
    if (!mends_by_waiting(description.error().kind)) {
      co_return fail(std::move(description.error()).within(unknown));
    }
    if (!std::exchange(told, true)) {
      log::event(log::level::warning, "table_not_described",
                 unknown + "; asking goes on by itself: " + description.error().describe());
    }
    if (!end.asked()) {
      co_await end.news().wait_until(time, time.now() + last_look_pause);
    }
  }
  co_return fail(error_class::cancelled, unknown + ": a signal came before the last look");
}

awaitable<result<void>> compared_tables::settle_at_end(std::vector<state::gap_row>& gaps) {
  auto source = co_await look_at_end(*migration_.source);
  if (!source) {
    co_return fail(std::move(source.error()));
  }
  auto target = co_await look_at_end(*migration_.target);
  if (!target) {
    co_return fail(std::move(target.error()));
  }
  migration_.facts.source = *std::move(source);
  migration_.facts.target = *std::move(target);
  const auto before = gaps.size();
  if (auto committed = co_await settle(gaps); !committed) {
    co_return committed;
  }
  if (gaps.size() > before) {
    complain("a table was replaced while it was compared: compare again. " + gaps.back().reason);
  }
  co_return result<void>{};
}

}  // namespace ddm::cli
