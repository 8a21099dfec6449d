// Runs seeds through the simulation and says which of them show a fault of the monitor.
//
// Seeds are dealt to worker processes, so that an aborted run costs one seed and names it. What a
// seed does depends on nothing but the seed.
#include "base/log.h"
#include "simulation/copies/copies.h"
#include "simulation/simulation.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ddm::simulation {
namespace {

constexpr std::string_view usage =
    "usage: simulate [--seeds N] [--first S] [--seed S] [--jobs N] [--verbose]\n"
    "  --seeds N    how many seeds (100)\n"
    "  --first S    the first of them (1)\n"
    "  --seed S     this one only, with its scenario\n"
    "  --jobs N     worker processes (1)\n"
    "  --copies     of a state's copies in a table and its lease, not of the monitor\n"
    "  --until-failure  stop at the first seed that fails\n"
    "  --verbose    show the monitor's log lines; with --seed\n"
    "exit code: 0 no violation, 1 violations, 2 wrong usage\n";

struct options {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  std::uint64_t jobs = 1;
  bool one = false;
  bool until_failure = false;
  bool verbose = false;
  bool copies = false;
};

std::optional<options> parse(int argc, char** argv) {
  options chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--verbose") {
      chosen.verbose = true;
      continue;
    }
    if (flag == "--until-failure") {
      chosen.until_failure = true;
      continue;
    }
    if (flag == "--copies") {
      chosen.copies = true;
      continue;
    }
    std::uint64_t* value = flag == "--seeds"   ? &chosen.seeds
                           : flag == "--jobs"  ? &chosen.jobs
                           : flag == "--first" ? &chosen.first
                           : flag == "--seed"  ? &chosen.first
                                               : nullptr;
    if (value == nullptr || ++i == argc) {
      return std::nullopt;
    }
    const std::string_view text = argv[i];
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), *value);
    if (failure != std::errc{} || end != text.data() + text.size()) {
      return std::nullopt;
    }
    if (flag == "--seed") {
      chosen.one = true;
      chosen.seeds = 1;
    }
  }
  return chosen.jobs == 0 ? std::nullopt : std::optional(chosen);
}

std::string described(const options& chosen, std::uint64_t seed) {
  return chosen.copies ? copies::describe(seed) : describe(make_scenario(seed));
}

run_report run_one(const options& chosen, std::uint64_t seed) {
  run_report report;
  if (chosen.copies) {
    report.violations = copies::run_seed(seed);
    return report;
  }
  return run_seed(seed);
}

/// With --seed the scenario has been told before the run, which may not come to its end.
std::string told(const options& chosen, std::uint64_t seed, const run_report& report) {
  const bool one = chosen.one;
  if (report.violations.empty() && !one) {
    return {};
  }
  auto text = fmt::format("seed {}: {}\n", seed,
                          report.violations.empty()
                              ? "no violation"
                              : fmt::format("{} violations", report.violations.size()));
  text += one ? "" : described(chosen, seed);
  for (const auto& each : report.violations) {
    text += "  ! " + each + "\n";
  }
  return text;
}

/// One write, so that the texts of several workers do not mix.
void write_out(const std::string& text) {
  if (!text.empty() && ::write(STDOUT_FILENO, text.data(), text.size()) < 0) {
    _exit(2);
  }
}

/// One worker: its seeds in order, a line of "<seed> <what>" to `out` after each; what: 1 failed, 2
/// GO was shown while the source lived, 3 both, 0 neither.
[[noreturn]] void work(const options& chosen, std::uint64_t begin, int out) {
  for (std::uint64_t seed = begin; seed < chosen.first + chosen.seeds; seed += chosen.jobs) {
    if (chosen.one) {
      write_out(fmt::format("seed {}:\n{}", seed, described(chosen, seed)));
    }
    const auto report = run_one(chosen, seed);
    const auto text = told(chosen, seed, report);
    write_out(text);
    const auto line = fmt::format(
        "{} {}\n", seed, (report.violations.empty() ? 0 : 1) + (report.go_while_alive ? 2 : 0));
    if (::write(out, line.data(), line.size()) < 0) {
      _exit(2);
    }
  }
  _exit(0);
}

struct worker {
  pid_t process = -1;
  int in = -1;
  std::uint64_t next = 0;  ///< the seed it is working on
};

worker start_worker(const options& chosen, std::uint64_t begin) {
  int ends[2];
  if (::pipe(ends) != 0) {
    std::perror("pipe");
    std::exit(2);
  }
  const auto process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    work(chosen, begin, ends[1]);
  }
  ::close(ends[1]);
  return {.process = process, .in = ends[0], .next = begin};
}

class tally {
 public:
  explicit tally(const options& chosen) : options_(chosen) {
    for (std::uint64_t i = 0; i < std::min(chosen.jobs, chosen.seeds); ++i) {
      workers_.push_back(start_worker(chosen, chosen.first + i));
    }
  }

  void wait_for_all() {
    while (!workers_.empty() && !(options_.until_failure && !failed_.empty())) {
      std::vector<pollfd> polled;
      polled.reserve(workers_.size());
      for (const auto& each : workers_) {
        polled.push_back({.fd = each.in, .events = POLLIN, .revents = 0});
      }
      ::poll(polled.data(), polled.size(), -1);
      for (std::size_t i = polled.size(); i-- > 0;) {
        if (polled[i].revents != 0) {
          hear(i);
        }
      }
    }
    for (const auto& each : workers_) {
      ::kill(each.process, SIGTERM);
      ::waitpid(each.process, nullptr, 0);
    }
  }

  [[nodiscard]] std::uint64_t run() const { return run_; }
  [[nodiscard]] std::uint64_t go_while_alive() const { return go_while_alive_; }
  [[nodiscard]] const std::vector<std::uint64_t>& failed() const { return failed_; }

 private:
  void hear(std::size_t index) {
    auto& each = workers_[index];
    char buffer[4096];
    const auto bytes = ::read(each.in, buffer, sizeof buffer);
    if (bytes > 0) {
      for (const std::string_view text(buffer, static_cast<std::size_t>(bytes));
           const char c : text) {
        take(each, c);
      }
      return;
    }
    int status = 0;
    ::close(each.in);
    ::waitpid(each.process, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
      return;
    }
    fmt::print("seed {}: the process was aborted\n", each.next);
    ++run_;
    failed_.push_back(each.next);
    const auto begin = each.next + options_.jobs;
    if (begin < options_.first + options_.seeds) {
      each = start_worker(options_, begin);
    } else {
      workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
    }
  }

  void take(worker& from, char c) {
    if (c != '\n') {
      last_ = c;
      return;
    }
    ++run_;
    if (last_ == '1' || last_ == '3') {
      failed_.push_back(from.next);
    }
    go_while_alive_ += last_ >= '2' ? 1 : 0;
    from.next += options_.jobs;
  }

  options options_;
  std::vector<worker> workers_;
  std::uint64_t run_ = 0;
  std::uint64_t go_while_alive_ = 0;
  std::vector<std::uint64_t> failed_;
  char last_ = '0';
};

int simulate(const options& chosen) {
  if (!chosen.verbose) {
    log::divert([](std::string_view) {});
  }
  const auto begin = std::chrono::steady_clock::now();
  tally all(chosen);
  all.wait_for_all();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::string failed;
  for (const auto seed : all.failed()) {
    failed += fmt::format(" {}", seed);
  }
  fmt::print("{} seeds from {} in {:.1f} s ({:.1f} a second): {}\n", all.run(), chosen.first,
             took.count(), static_cast<double>(all.run()) / took.count(),
             failed.empty() ? "no violation" : "violations in" + failed);
  if (chosen.copies) {
    return failed.empty() ? 0 : 1;
  }
  fmt::print("GO was shown while the source lived in {} of {} seeds ({:.0f} %)\n",
             all.go_while_alive(), all.run(),
             100.0 * static_cast<double>(all.go_while_alive()) /
                 static_cast<double>(std::max<std::uint64_t>(1, all.run())));
  return failed.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ddm::simulation

int main(int argc, char** argv) {
  const auto chosen = ddm::simulation::parse(argc, argv);
  if (!chosen) {
    std::cerr << ddm::simulation::usage;
    return 2;
  }
  return ddm::simulation::simulate(*chosen);
}
