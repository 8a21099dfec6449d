#include "monitor/watched_tables.h"

#include "base/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

constexpr seconds look_interval{30};
/// How soon a target is looked at that has just become ready.
constexpr seconds wake_interval{1};
constexpr seconds target_poll_interval{10};

}  // namespace

watched_tables::watched_tables(pair tables, descriptions at_start, clock& time, listeners to,
                               const state::snapshot& resumed)
    : tables_(tables),
      at_start_(std::move(at_start)),
      time_(time),
      to_(std::move(to)),
      started_at_(time.now()),
      source_watch_(side::source, tables.source.name.str(), load_table(resumed, side::source),
                    started_at_),
      target_watch_(side::target, tables.target.name.str(), load_table(resumed, side::target),
                    started_at_),
      target_ready_(at_start_.target_ready) {}

void watched_tables::note_start() {
  if (at_start_.source) {
    note(source_watch_, *at_start_.source);
  }
  if (at_start_.target && target_ready_) {
    note(target_watch_, *at_start_.target);
  }
}

void watched_tables::start(task_group& tasks) {
  tasks.spawn(watch());
  if (!target_ready_) {
    tasks.spawn(await_target());
  }
}

void watched_tables::stop() {
  watched_until_ = time_.now();
  tables_.source.drain();
  tables_.target.drain();
}

/// Another table than before: its identity and the gap go into the same commit.
void watched_tables::note(table_watch& watch, const dynamodb::table_description& table) {
  auto change = watch.on_seen(table, time_.now());
  if (!change) {
    return;
  }
  log::event(log::level::error, "table_replaced", *change);
  // Of no stream: else it would stand for the time that the stream was off.
  to_.on_replaced({.stream_arn = {},
                   .shard_id = {},
                   .after_sequence = {},
                   .noticed = time_.now(),
                   .reason = std::move(*change)});
}

awaitable<void> watched_tables::look_at(dynamodb::metered_table& table, table_watch& watch) {
  auto described = co_await table.client.describe_table(table.name);
  if (described) {
    note(watch, *described);
  } else if (described.error().kind == error_class::not_found) {
    watch.on_absent(time_.now());
  } else {
    watch.on_failed(described.error().describe());
  }
}

awaitable<void> watched_tables::watch() {
  // What the start has described need not be asked for again at once.
  auto due = started_at_;
  if (at_start_.source && (at_start_.target || !target_ready_)) {
    due += look_interval;
  }
  for (;;) {
    const auto now = time_.now();
    if (!target_ready_) {
      target_watch_.on_awaited(now);
    }
    const bool is_due = now >= due;
    if (is_due) {
      due = now + look_interval;
      co_await look_at(tables_.source, source_watch_);
    }
    if (target_ready_ && (is_due || !target_watch_.known())) {
      co_await look_at(tables_.target, target_watch_);
    }
    co_await time_.sleep_for(wake_interval);
  }
}

awaitable<void> watched_tables::await_target() {
  while (!target_ready_) {
    auto ready = co_await to_.target_is_ready();
    if (!ready) {
      to_.on_failed(std::move(ready.error()));
      co_return;
    }
    target_ready_ = *ready;
    if (target_ready_) {
      to_.on_target_ready();
      log::event(log::level::info, "target_ready", "changes read from now on are checked");
      co_return;
    }
    co_await time_.sleep_for(target_poll_interval);
  }
}

void watched_tables::collect(state::commit_batch& batch) {
  source_watch_.collect(batch);
  target_watch_.collect(batch);
}

std::vector<std::string> watched_tables::troubles(wall_time now) const {
  const auto at = watched_until_.value_or(now);
  std::vector<std::string> all{source_watch_.trouble(at)};
  if (target_ready_) {
    all.push_back(target_watch_.trouble(at));
  }
  std::erase(all, "");
  return all;
}

void watched_tables::tell(report::status& now) const {
  std::ranges::move(troubles(now.at), std::back_inserter(now.troubles));
  now.target_ready = target_ready_;
  now.has_ttl = has_ttl();
}

}  // namespace ddm::monitor
