// How late a change is read and looked at: the monitor in real time, every key checked.
//
// A change is due once it was read and has had its --replication-wait-time. How long after that it
// is asked for in the target is measured at the tables, for each change; how long after it was made
// it was read, too. Answers take a while, as over a network. The monitor's own loop is asked each
// millisecond how late it is.
//
//   latency_bench [--changes-per-second N] [--seconds N] [--batch-wait MS] [--answers-after MS]
//                 [--shards N] [--busy-shards N]
#include "base/log.h"
#include "base/units.h"
#include "bench/prepared_world.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "state/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace ddm;
using bench::flag;
using steady = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr milliseconds replication_wait{1000};
/// Until all shards are open and the first changes are through.
constexpr seconds warming_up{10};

class latencies {
 public:
  void add(steady::duration late) {
    ms_.push_back(std::chrono::duration<double, std::milli>(late).count());
  }
  void tell(std::string_view what) {
    std::ranges::sort(ms_);
    const auto at = [this](double share) {
      return ms_.empty()
                 ? 0.0
                 : ms_[static_cast<std::size_t>(share * static_cast<double>(ms_.size() - 1))];
    };
    fmt::print("{:<34} {:>9} {:>8.1f} {:>8.1f} {:>8.1f} {:>8.1f}\n", what, ms_.size(), at(0.5),
               at(0.99), at(0.999), at(1));
  }

 private:
  std::vector<double> ms_;
};

/// Sees at the tables when each change was given and asked for.
class observer {
 public:
  observer(bench::prepared_world& world, double changes_per_second, std::size_t changes)
      : rate_(changes_per_second), given_(changes) {
    world.source_answers.tell({.given = [this](std::uint64_t n) { on_given(n); }, .asked = {}});
    world.target_answers.tell({.given = {}, .asked = [this](std::uint64_t n) { on_asked(n); }});
  }
  void tell() {
    fmt::print("{:<34} {:>9} {:>8} {:>8} {:>8} {:>8}\n", "ms", "count", "p50", "p99", "p99.9",
               "most");
    read_.tell("from made to read");
    looked_.tell("from due to asked for");
  }

 private:
  void on_given(std::uint64_t number) {
    const auto now = steady::now();
    given_.at(number) = now;
    const auto made =
        begun_ + std::chrono::duration_cast<steady::duration>(
                     std::chrono::duration<double>(static_cast<double>(number) / rate_));
    if (made > begun_ + warming_up) {
      read_.add(now - made);
    }
  }
  void on_asked(std::uint64_t number) {
    const auto due = std::exchange(given_.at(number), {}) + replication_wait;
    if (due > begun_ + warming_up) {
      looked_.add(steady::now() - due);
    }
  }

  double rate_;
  steady::time_point begun_ = steady::now();
  std::vector<steady::time_point> given_;
  latencies read_;
  latencies looked_;
};

/// How late the loop wakes who sleeps for a millisecond.
awaitable<void> watch_loop(ddm::clock& time, latencies& late) {
  for (;;) {
    const auto due = steady::now() + milliseconds{1};
    co_await time.sleep_for(milliseconds{1});
    late.add(steady::now() - due);
  }
}

int run(int argc, char** argv, const std::string& folder) {
  const auto rate = static_cast<double>(flag(argc, argv, "--changes-per-second", 1000));
  const seconds lasts{flag(argc, argv, "--seconds", 60)};
  const auto changes =
      static_cast<std::uint64_t>(rate * std::chrono::duration<double>(lasts + warming_up).count());
  asio::io_context io(1);
  system_clock time;
  bench::prepared_world world(
      {.changes = changes,
       .shards = static_cast<std::uint32_t>(flag(argc, argv, "--shards", 10)),
       .changes_per_second = rate,
       .partial_pages = true,
       .busy_shards = static_cast<std::uint32_t>(flag(argc, argv, "--busy-shards", 0)),
       .answers_after = milliseconds{flag(argc, argv, "--answers-after", 2)}},
      time, {.decoding_threads = 2});
  observer seen(world, rate, changes);
  auto store =
      state::open_sqlite_store({.path = folder + "/bench.monitor.db", .command = "monitor"});
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return 1;
  }
  auto settings = bench::usual_settings();
  settings.checks.replication_wait = replication_wait;
  settings.verifier.batch_wait_max = milliseconds{flag(argc, argv, "--batch-wait", 100)};
  monitor::monitor_session session(settings, world.parts(io.get_executor(), **store), {});
  latencies loop;
  asio::co_spawn(io, session.run(),
                 [&](const std::exception_ptr&, const result<void>&) { io.stop(); });
  asio::co_spawn(io, watch_loop(time, loop), [](const std::exception_ptr&) {});
  const double before = bench::cpu_seconds();
  io.run_for(warming_up + lasts + replication_wait + seconds{1});
  const double used = bench::cpu_seconds() - before;
  const auto status = session.status();
  fmt::print("{} changes, {} verified, {} open; {:.2f} CPU s, {} at most\n", status.events.unique,
             status.checks.verified, status.pending, used, format_size(bench::peak_bytes()));
  seen.tell();
  loop.tell("how late the loop is");
  session.request_stop();
  io.run_for(seconds{20});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  log::configure(log::format::text, log::level::warning);
  const bench::temporary_folder folder("latency-bench");
  return run(argc, argv, folder.path());
}
