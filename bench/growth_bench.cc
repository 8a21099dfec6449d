// What a running monitor costs as one thing grows: changes a second, shards, open mismatches.
//
// The whole monitor_session under virtual time, on prepared pages, every key checked. After a time
// in which it comes to its usual course, its CPU time is measured over a minute of the monitor's
// (of open mismatches: ten). One line of JSON comes out; bench/growth.py draws many of them.
//
//   growth_bench changes|shards|mismatches N
#include "base/log.h"
#include "bench/prepared_world.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "monitor/monitor_session.h"
#include "state/sqlite_store.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

namespace {

using namespace ddm;
using std::chrono::minutes;
using std::chrono::seconds;

/// Of each side: enough for the highest rate, and a flood of mismatches takes its time, as it does
/// where a service answers.
constexpr double units_per_second = 50'000;

/// What one run is made of: its axis grows, the rest is as it usually is.
struct plan {
  double changes_per_second = 1000;
  std::uint32_t shards = 10;
  std::uint64_t changes = std::numeric_limits<std::uint64_t>::max() / 2;
  bool arrive = true;
  milliseconds until_measured = minutes{1};
  milliseconds measured = minutes{1};
};

std::optional<plan> plan_for(std::string_view axis, std::uint64_t number) {
  if (axis == "changes") {
    return plan{.changes_per_second = static_cast<double>(number)};
  }
  if (axis == "shards") {
    return plan{.shards = static_cast<std::uint32_t>(number)};
  }
  if (axis == "mismatches") {
    constexpr double seconds_of_writing = 60;
    // The last one is confirmed a max-lag after its change was read.
    return plan{.changes_per_second = static_cast<double>(number) / seconds_of_writing,
                .changes = number,
                .arrive = false,
                .until_measured = minutes{20},
                .measured = minutes{10}};
  }
  return std::nullopt;
}

bench::prepared_options stream_of(const plan& chosen, wall_time now) {
  const auto page = std::clamp(chosen.changes_per_second / chosen.shards, 1.0, 1000.0);
  bench::prepared_options options{.changes = chosen.changes,
                                  .shards = chosen.shards,
                                  .changes_per_second = chosen.changes_per_second,
                                  .records_per_page = static_cast<std::size_t>(page)};
  if (!chosen.arrive) {
    options.stalls_from = now;
    options.arrives_from = now + std::chrono::years{1};
  }
  return options;
}

void run(std::string_view axis, std::uint64_t number, const plan& chosen,
         const std::string& folder) {
  support::simulated_clock time(wall_time{seconds{1767225602}});
  bench::prepared_world world(stream_of(chosen, time.now()), time,
                              {.units_per_second = units_per_second});
  auto store = state::open_sqlite_store(
      {.path = folder + "/bench.monitor.db", .command = "monitor", .own_thread = false});
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return;
  }
  auto settings = bench::usual_settings();
  settings.checks.stall_after = minutes{2};
  monitor::monitor_session session(settings, world.parts(time.executor(), **store), {});
  bool ended = false;
  asio::co_spawn(time.context(), session.run(),
                 [&](const std::exception_ptr&, const result<void>&) { ended = true; });
  time.run_for(chosen.until_measured);
  const double before = bench::cpu_seconds();
  time.run_for(chosen.measured);
  const double used = bench::cpu_seconds() - before;
  const auto status = session.status();
  fmt::print(
      R"({{"axis":"{}","n":{},"cpu_seconds_a_minute":{:.4f},"peak_bytes":{},"read":{},"open":{}}})"
      "\n",
      axis, number, used / std::chrono::duration<double, std::ratio<60>>(chosen.measured).count(),
      bench::peak_bytes(), status.events.unique, status.mismatches.all());
  session.request_stop();
  time.run_until([&] { return ended; });
}

}  // namespace

int main(int argc, char** argv) {
  log::configure(log::format::text, log::level::error);
  const std::string_view axis = argc == 3 ? argv[1] : "";
  const std::string_view digits = argc == 3 ? argv[2] : "";
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const auto chosen = plan_for(axis, number);
  if (!chosen || number == 0) {
    fmt::print(stderr, "usage: growth_bench changes|shards|mismatches N\n");
    return 2;
  }
  const bench::temporary_folder folder("growth-bench");
  run(axis, number, *chosen, folder.path());
  return 0;
}
