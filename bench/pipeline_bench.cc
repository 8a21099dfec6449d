// How many changes a CPU second reads, checks and commits; and what memory does meanwhile.
//
// The whole monitor_session runs on prepared pages under virtual time, with a real SQLite state:
// ten shards at 4,000 changes a second each, what the service allows one table. CPU time is that of
// the whole process, but for the making of the pages.
//
//   pipeline_bench [--changes N] [--sample-rate N] [--listeners N]
//
// With listeners the run is shown as to the HTTP server: that many take its events each second.
#include "base/log.h"
#include "base/units.h"
#include "bench/prepared_world.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "cli/shown_runs.h"
#include "monitor/monitor_session.h"
#include "state/sqlite_store.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace ddm;
using bench::cpu_seconds;
using bench::flag;
using bench::resident_bytes;

/// What the HTTP server would send, without the sending.
class listened_run {
 public:
  listened_run(state::state_store& store, std::uint64_t listeners)
      : run_(runs_, "monitor", store, {}, {}) {
    for (std::uint64_t i = 0; i < listeners; ++i) {
      listeners_.push_back(run_.events().subscribe());
    }
  }
  [[nodiscard]] monitor::run_watch watch() {
    monitor::run_watch watch;
    if (!listeners_.empty()) {
      watch.on_second = [this](const report::status& now) { show(now); };
      watch.collect = [this](state::commit_batch& batch) { run_.collect(batch); };
    }
    return watch;
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void show(const report::status& now) {
    run_.show(now);
    for (const auto& each : listeners_) {
      while (const auto text = each->take()) {
        bytes_ += text->size();
      }
    }
  }

  cli::shown_runs runs_;
  cli::shown_run run_;
  std::vector<std::unique_ptr<serve::event_subscription>> listeners_;
  std::uint64_t bytes_ = 0;
};

/// What the process had used by a moment.
struct used {
  double cpu = cpu_seconds();
  std::uint64_t written = bench::written_bytes();
};

void tell(const report::status& at_end, const used& before, double cpu_of_pages) {
  const auto unique = at_end.events.unique;
  const auto verified = at_end.checks.verified;
  const double cpu = cpu_seconds() - before.cpu - cpu_of_pages;
  fmt::print(
      "{} changes, {} verified: {:.2f} CPU s (and {:.2f} for the pages), {:.0f} changes per CPU "
      "second\n",
      unique, verified, cpu, cpu_of_pages, static_cast<double>(unique) / cpu);
  fmt::print("{:.0f} bytes written a change that is checked\n\n",
             static_cast<double>(bench::written_bytes() - before.written) /
                 static_cast<double>(std::max<std::int64_t>(verified, 1)));
}

void run(std::uint64_t changes, std::uint64_t sample_rate, std::uint64_t listeners,
         const std::string& folder) {
  support::simulated_clock time(wall_time{std::chrono::seconds{1767225602}});
  bench::prepared_world world({.changes = changes}, time, {.sample_rate = sample_rate});
  auto store = state::open_sqlite_store(
      {.path = folder + "/bench.monitor.db", .command = "monitor", .own_thread = false});
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return;
  }
  listened_run shown(**store, listeners);
  auto parts = world.parts(time.executor(), **store);
  parts.watch = shown.watch();
  monitor::monitor_session session(bench::usual_settings(sample_rate), std::move(parts), {});
  bool ended = false;
  asio::co_spawn(time.context(), session.run(),
                 [&](const std::exception_ptr&, const result<void>&) { ended = true; });
  const used used_before;
  const auto wanted = static_cast<std::int64_t>(changes);
  std::int64_t next_line = 0;
  fmt::print("sample 1/{}, {} changes, {} bytes a record\n   changes   resident  open checks\n",
             sample_rate, grouped(changes), world.source_answers.record_bytes());
  for (;;) {
    time.run_for(milliseconds{1000});
    const auto status = session.status();
    if (status.events.unique >= next_line) {
      fmt::print("{:>10} {:>10} {:>10}\n",
                 grouped(static_cast<std::uint64_t>(status.events.unique)),
                 format_size(resident_bytes()), status.pending);
      next_line += wanted / 10;
    }
    if (status.events.unique >= wanted && status.pending == 0) {
      break;
    }
  }
  session.request_stop();
  time.run_until([&] { return ended; });
  tell(session.status(), used_before, world.source_answers.cpu_seconds_of_pages());
  if (listeners > 0) {
    fmt::print("{} listeners took {}\n\n", listeners, format_size(shown.bytes()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  log::configure(log::format::text, log::level::warning);
  const auto changes = flag(argc, argv, "--changes", 1'000'000);
  const auto only = flag(argc, argv, "--sample-rate", 0);
  const auto listeners = flag(argc, argv, "--listeners", 0);
  for (const std::uint64_t rate : {1U, 100U}) {
    if (only != 0 && only != rate) {
      continue;
    }
    const bench::temporary_folder folder("pipeline-bench");
    run(changes, rate, listeners, folder.path());
  }
  return 0;
}
