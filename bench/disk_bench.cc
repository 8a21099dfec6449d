// What a migration takes on the disk in a week: state, write-ahead log, findings, log.
//
// The whole monitor_session runs under virtual time on prepared pages of ever new keys, 5,000
// changes a second over 1,000 shards. Replication stalls for some hours, which is longer than
// --stall-after, and catches up. `--scale N` divides rate, shards, memory and the bounds by N: what
// grows with load is then 1/N of the truth, what does not (SQLite's pages, the 64 MiB of its log,
// the 16 MiB that it keeps free, the 100,000 lines that a findings file may have in any case) is
// not.
//
//   disk_bench [--scale N] [--hours N] [--stall-at HOUR] [--stall-minutes N] [--every HOURS]
//              [--check]
#include "base/log.h"
#include "base/units.h"
#include "bench/prepared_world.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "monitor/monitor_session.h"
#include "state/sqlite_store.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <unistd.h>

namespace {

using namespace ddm;
using bench::flag;
using std::chrono::hours;
using std::chrono::minutes;

struct plan {
  std::uint64_t scale = 1000;
  std::uint64_t hours = 168;
  std::uint64_t stall_at = 48;
  std::uint64_t stall_minutes = 180;
  std::uint64_t every = 6;
  bool check = false;

  [[nodiscard]] double rate() const { return 5000.0 / static_cast<double>(scale); }
  [[nodiscard]] std::int64_t findings_max() const { return scaled(1'000'000); }
  [[nodiscard]] std::int64_t deferred_max() const { return scaled(10'000'000); }
  [[nodiscard]] std::int64_t scaled(std::uint64_t what) const {
    return static_cast<std::int64_t>(what / scale);
  }
};

struct sizes {
  std::uintmax_t state = 0;
  std::uintmax_t wal = 0;
  std::uintmax_t findings = 0;
  std::uintmax_t log = 0;
};

std::uintmax_t size_of(const std::string& path) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(path, absent);
  return absent ? 0 : size;
}

double megabytes(std::uintmax_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

class disk_week {
 public:
  disk_week(plan chosen, std::string folder)
      : plan_(chosen), folder_(std::move(folder)), world_(options(), time_) {}

  /// False: a bound does not hold.
  bool run() {
    auto opened =
        state::open_sqlite_store({.path = state_path(), .command = "monitor", .own_thread = false});
    if (!opened) {
      fmt::print("{}\n", opened.error().message);
      return false;
    }
    store_ = *std::move(opened);
    bool done = false;
    asio::co_spawn(time_.context(), follow(), [&](const std::exception_ptr&) { done = true; });
    time_.run_until([&] { return done; });
    return within_;
  }

 private:
  [[nodiscard]] std::string state_path() const { return folder_ + "/week.monitor.db"; }
  [[nodiscard]] std::string findings_path() const { return folder_ + "/week.findings.jsonl"; }

  [[nodiscard]] bench::prepared_options options() const {
    const auto shards = static_cast<std::uint32_t>(std::max<std::int64_t>(1, plan_.scaled(1000)));
    const auto begin = time_.now();
    const auto stalls = begin + hours{plan_.stall_at};
    // About a page each ten seconds.
    const auto page = std::max(1.0, std::min(1000.0, plan_.rate() * 10 / shards));
    return {.changes = std::numeric_limits<std::uint64_t>::max() / 2,
            .shards = shards,
            .changes_per_second = plan_.rate(),
            .records_per_page = static_cast<std::size_t>(page),
            .stalls_from = stalls,
            .arrives_from = stalls + minutes{plan_.stall_minutes}};
  }

  [[nodiscard]] monitor::session_settings settings() const {
    auto settings = bench::usual_settings();
    settings.checks.memory_bytes_max /= plan_.scale;
    settings.checks.deferred_max = plan_.deferred_max();
    settings.findings = {
        .open_max = static_cast<std::size_t>(plan_.scaled(200'000)),
        .listed_max = plan_.findings_max(),
        .watch_reads_per_second = std::max(1.0, 50.0 / static_cast<double>(plan_.scale))};
    return settings;
  }

  awaitable<void> follow() {
    auto findings = co_await verify::findings_file::open(findings_path(), *store_);
    auto parts = world_.parts(time_.executor(), *store_);
    parts.findings = &*findings;
    monitor::monitor_session session(settings(), std::move(parts), {});
    task_group running(time_.executor());
    running.spawn(run_session(session));
    fmt::print("scale 1:{}: {} changes/s, --findings-max {}, --deferred-max {}, memory {}\n",
               plan_.scale, plan_.rate(), plan_.findings_max(), plan_.deferred_max(),
               format_size((384ULL << 20) / plan_.scale));
    fmt::print("{:>5} {:>9} {:>8} {:>11} {:>7} {:>9} {:>10} {:>9} {:>9} {:>9} {:>12}\n", "hour",
               "state MB", "WAL MB", "findings MB", "log MB", "open", "unlisted", "deferred",
               "pending", "left", "changes");
    for (std::uint64_t hour = 1; hour <= plan_.hours; ++hour) {
      // Each five minutes: what is largest in between counts too.
      for (int part = 0; part < 12; ++part) {
        co_await time_.sleep_for(minutes{5});
        note_largest();
      }
      co_await show(hour, session.status());
    }
    session.request_stop();
    co_await running.join();
    fmt::print("largest: state {:.1f} MB, WAL {:.1f} MB; {:.0f} CPU s\n", megabytes(largest_.state),
               megabytes(largest_.wal), bench::cpu_seconds());
  }

  static awaitable<void> run_session(monitor::monitor_session& session) {
    if (auto ended = co_await session.run(); !ended) {
      fmt::print("{}\n", ended.error().message);
    }
  }

  [[nodiscard]] sizes measure() const {
    std::fflush(stderr);
    return {.state = size_of(state_path()),
            .wal = size_of(state_path() + "-wal"),
            .findings = size_of(findings_path()),
            .log = size_of(folder_ + "/log")};
  }

  void note_largest() {
    const auto now = measure();
    largest_.state = std::max(largest_.state, now.state);
    largest_.wal = std::max(largest_.wal, now.wal);
  }

  awaitable<void> show(std::uint64_t hour, const report::status& status) {
    const auto now = measure();
    const auto stall_ends = plan_.stall_at + (plan_.stall_minutes + 59) / 60;
    const bool near_stall = hour >= plan_.stall_at && hour <= stall_ends + 3;
    if (hour % plan_.every == 0 || near_stall) {
      fmt::print(
          "{:>5} {:>9.1f} {:>8.1f} {:>11.1f} {:>7.1f} {:>9} {:>10} {:>9} {:>9} {:>9} {:>12}\n",
          hour, megabytes(now.state), megabytes(now.wal), megabytes(now.findings),
          megabytes(now.log), status.mismatches.all(), status.unlisted.all(),
          status.checks.deferred, status.pending, status.checks.left_to_baseline,
          status.events.unique);
      std::fflush(stdout);
    }
    const auto rows = co_await store_->load(0);
    expect(rows->open_mismatches_total <= plan_.findings_max(), "open mismatches");
    expect(rows->deferred_rows <= plan_.deferred_max(), "deferred keys");
    expect(rows->finding_lines <= verify::lines_max(plan_.findings_max()), "lines of findings");
    expect(rows->gaps.size() <= 2, "gaps");
    expect(now.wal <= (64U << 20) + (1U << 20), "write-ahead log");
    // 40 MiB that do not scale; 1 KiB for each key that is listed, held or waits.
    const auto keys = 3 * plan_.findings_max() + plan_.deferred_max() / 4 + plan_.scaled(1'000'000);
    expect(now.state <= (40ULL << 20) + static_cast<std::uint64_t>(keys) * 1024, "state");
    expect(now.log <= now.findings + (4U << 20), "log");
    if (hour == plan_.hours && plan_.check) {
      expect(status.unlisted.all() > 0, "the stall reaches the bound");
    }
  }

  void expect(bool holds, std::string_view what) {
    if (!holds) {
      within_ = false;
      fmt::print("OUT OF BOUNDS: {}\n", what);
    }
  }

  plan plan_;
  std::string folder_;
  support::simulated_clock time_{wall_time{std::chrono::seconds{1767225602}}};
  bench::prepared_world world_;
  std::unique_ptr<state::state_store> store_;
  sizes largest_;
  bool within_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  const plan chosen{.scale = flag(argc, argv, "--scale", 1000),
                    .hours = flag(argc, argv, "--hours", 168),
                    .stall_at = flag(argc, argv, "--stall-at", 48),
                    .stall_minutes = flag(argc, argv, "--stall-minutes", 180),
                    .every = flag(argc, argv, "--every", 6),
                    .check = std::any_of(argv, argv + argc, [](const char* argument) {
                      return std::strcmp(argument, "--check") == 0;
                    })};
  // A commit waits for the disk: in memory a week of them need not.
  const std::filesystem::path memory = "/dev/shm";
  const bench::temporary_folder folder("disk-bench", ::access(memory.c_str(), W_OK) == 0
                                                         ? memory
                                                         : std::filesystem::temp_directory_path());
  if (std::freopen((folder.path() + "/log").c_str(), "w", stderr) == nullptr) {
    return 1;
  }
  log::configure(log::format::text, log::level::info);
  const bool within = disk_week(chosen, folder.path()).run();
  return within || !chosen.check ? 0 : 1;
}
