// How a monitor_session keeps an eye on the two tables themselves: table_watch decides, here the
// tables are asked.
#include "base/log.h"
#include "monitor/monitor_session.h"

#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::seconds;

constexpr seconds table_look_interval{30};
/// How soon a target is looked at that has just become ready.
constexpr seconds table_wake_interval{1};

}  // namespace

void monitor_session::note_tables_at_start() {
  if (settings_.source_table) {
    note_table(source_watch_, *settings_.source_table);
  }
  if (settings_.target_table && target_ready_) {
    note_table(target_watch_, *settings_.target_table);
  }
}

/// Another table than before: its identity and the gap go into the same commit.
void monitor_session::note_table(table_watch& watch, const dynamodb::table_description& table) {
  auto change = watch.on_seen(table, parts_.time.now());
  if (!change) {
    return;
  }
  log::event(log::level::error, "table_replaced", *change);
  // Of no stream: else it would stand for the time that the stream was off.
  note_gap({.stream_arn = {},
            .shard_id = {},
            .after_sequence = {},
            .noticed = parts_.time.now(),
            .reason = std::move(*change)});
}

awaitable<void> monitor_session::look_at(dynamodb::metered_table& table, table_watch& watch) {
  auto described = co_await table.client.describe_table(table.name);
  if (described) {
    note_table(watch, *described);
  } else if (described.error().kind == error_class::not_found) {
    watch.on_absent(parts_.time.now());
  } else {
    watch.on_failed(described.error().describe());
  }
}

awaitable<void> monitor_session::watch_tables() {
  // What the start has described need not be asked for again at once.
  auto due = started_at_;
  if (settings_.source_table && (settings_.target_table || !target_ready_)) {
    due += table_look_interval;
  }
  for (;;) {
    const auto now = parts_.time.now();
    if (!target_ready_) {
      target_watch_.on_awaited(now);
    }
    const bool is_due = now >= due;
    if (is_due) {
      due = now + table_look_interval;
      co_await look_at(parts_.source, source_watch_);
    }
    if (target_ready_ && (is_due || !target_watch_.known())) {
      co_await look_at(parts_.target, target_watch_);
    }
    co_await parts_.time.sleep_for(table_wake_interval);
  }
}

std::vector<std::string> monitor_session::tables_troubles(wall_time now) const {
  std::vector<std::string> all{source_watch_.trouble(now)};
  if (target_ready_) {
    all.push_back(target_watch_.trouble(now));
  }
  std::erase(all, "");
  return all;
}

}  // namespace ddm::monitor
