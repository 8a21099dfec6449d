#include "summary/stored_facts.h"

#include "report/history.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"
#include "summary/signs_of_life.h"
#include "verify/check_codec.h"
#include "verify/finding_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ddm::summary {
namespace {

constexpr std::size_t rows_at_once = 1000;
constexpr std::int64_t looked_at_max = 200'000;
constexpr std::size_t newest_max = 200;
constexpr std::size_t groups_max = 50;
constexpr std::chrono::days history_days{14};

awaitable<result<open_findings>> read_findings(state::state_store& store) {
  open_findings found;
  verify::path_groups groups;
  std::optional<state::mismatch_row> last;
  while (found.looked_at < looked_at_max) {
    auto rows = co_await store.open_mismatches(last, rows_at_once);
    if (!rows) {
      co_return fail(std::move(rows.error()));
    }
    for (const auto& row : *rows) {
      auto entry = verify::decode_mismatch(row);
      if (!entry) {
        co_return fail(std::move(entry.error()));
      }
      groups.add(*entry);
      if (found.newest.size() < newest_max) {
        found.newest.push_back(*std::move(entry));
      }
    }
    if (rows->empty()) {
      break;
    }
    found.looked_at += static_cast<std::int64_t>(rows->size());
    last = std::move(rows->back());
  }
  found.groups = groups.largest(groups_max);
  co_return found;
}

shard_counts count_shards(const std::vector<state::shard_row>& rows) {
  shard_counts counts;
  for (const auto& row : rows) {
    ++counts.listed;
    counts.read += row.life == "reading" || row.life == "done" ? 1 : 0;
    counts.skipped += row.life == "skipped" ? 1 : 0;
  }
  return counts;
}

/// The checks of a state are in the order in which they began. A row that cannot be read tells
/// nothing here: the run that takes it up says so.
std::optional<wall_time> oldest_of(const std::vector<state::check_row>& checks) {
  if (checks.empty()) {
    return std::nullopt;
  }
  const auto oldest = verify::decode_check(checks.front().id, checks.front().body);
  return oldest ? std::optional(oldest->value.asked.first_unmet_at) : std::nullopt;
}

bool hashes_keys(const monitor::stored_migration& stored) {
  return std::ranges::any_of(stored.runs, [](const monitor::stored_run& run) {
    return std::ranges::any_of(run.status.about.settings, [](const report::setting& each) {
      return each.name == "hash-keys" && each.value == "true";
    });
  });
}

void take_stream(facts& found, const state::snapshot& state) {
  if (const auto began = state.numbers.find("stream.began_ms"); began != state.numbers.end()) {
    found.stream_began = from_ms(began->second);
  }
  for (const auto& row : state.shards) {
    found.last_write = std::max(found.last_write, row.last_created);
  }
  if (const auto& told = found.stored.runs.front().status.last_write) {
    found.last_write = told;  // its shard may be forgotten, and the TTL's deletes are none
  }
  found.shards = count_shards(state.shards);
  found.oldest_pending = oldest_of(state.checks);
}

}  // namespace

void let_pass(facts& of, wall_time now) {
  for (auto& run : of.stored.runs) {
    monitor::let_pass(run, now - of.made,
                      is_at_work(of.state_file, run.command, run.status.about.started));
  }
  of.made = now;
}

awaitable<result<facts>> read_facts(std::string path, const std::function<wall_time()>& clock) {
  state::read_ahead(path);
  auto store = state::open_sqlite_store({.path = path, .command = {}});
  if (!store) {
    co_return fail(std::move(store.error()));
  }
  auto state = co_await (*store)->load(0);
  if (!state) {
    co_return fail(std::move(state.error()));
  }
  const auto now = clock();
  auto stored = monitor::stored_migration_of(
      *state, now, [&path](const std::string& command, wall_time started) {
        return is_at_work(path, command, started);
      });
  if (!stored) {
    co_return fail(std::move(stored.error()));
  }
  facts found{.state_file = path, .stored = *std::move(stored), .made = now};
  if (!found.stored.runs.empty()) {
    auto findings = co_await read_findings(**store);
    if (!findings) {
      co_return fail(std::move(findings.error()));
    }
    found.findings = *std::move(findings);
    for (auto& run : found.stored.runs) {
      run.status.mismatch_groups = found.findings.groups;
      run.figures.mismatch_groups = found.findings.groups;
    }
    take_stream(found, *state);
    found.hash_keys = hashes_keys(found.stored);
    found.points = report::history(found.stored.runs.front().command, state->values)
                       .points(now, now - history_days);
  }
  co_return found;
}

}  // namespace ddm::summary
