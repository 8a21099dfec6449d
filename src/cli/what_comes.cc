#include "cli/what_comes.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

namespace ddm::cli {
namespace {

std::string first_line(const monitor_options& options, const monitor_outlook& known) {
  const auto block = fmt::format("first block in {}", spoken_duration(options.stats_interval));
  if (!known.target_ready) {
    return fmt::format("first checks when the target table is there, {}", block);
  }
  const auto batch =
      options.batch_wait.count() == 0
          ? std::string()
          : fmt::format(" ({} at most while few changes come)",
                        spoken_duration(options.replication_wait + options.batch_wait));
  return fmt::format("first checks in {}{}, {}", spoken_duration(options.replication_wait), batch,
                     block);
}

/// "12:34:56Z"; with its day where that is another one.
std::string clock_time(wall_time at, wall_time now) {
  const auto text = format_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
  const auto today = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now));
  constexpr std::size_t day = 10;
  return text.substr(0, day) == today.substr(0, day) ? text.substr(day + 1) : text;
}

/// From the start to the first GO, if all is well all the time.
milliseconds soonest(const monitor_options& options, const monitor_outlook& known) {
  if (known.comparison_counts) {
    return milliseconds{0};  // what was earned before counts
  }
  const auto rest = options.baseline_after + known.reading_least + options.settle;
  if (!options.freeze_at) {
    return rest;
  }
  // A comparison that begins when all must have arrived speaks for itself.
  const auto frozen =
      std::max(milliseconds{0},
               std::chrono::duration_cast<milliseconds>(*options.freeze_at - known.now)) +
      options.max_lag + known.reading_least;
  return std::min(rest, frozen);
}

std::string waits(const monitor_options& options, const monitor_outlook& known) {
  auto text = known.comparison_counts
                  ? std::string("the comparison that the state holds counts")
                  : fmt::format("replication caught up for {}, then {} items compared",
                                spoken_duration(options.baseline_after), grouped(known.items));
  return text + fmt::format(", then all well for {}{}", spoken_duration(options.settle),
                            known.comparison_counts ? " (earlier runs may have earned it)" : "");
}

/// What GO is called that this run can come to.
std::string_view reachable(const monitor_options& options, const monitor_outlook& known) {
  const bool compares_all = options.baseline && options.baseline_sample_rate == 1;
  const bool at_rest = known.comparison_counts ? !known.comparison_is_sampled : compares_all;
  const bool all = options.sample_rate == 1 && at_rest;
  const bool frozen = options.freeze_at && options.require_go && compares_all;
  return all || frozen || options.accept_sampled ? "GO" : "GO (sampled)";
}

std::string go_line(const monitor_options& options, const monitor_outlook& known) {
  if (known.reads_target_stream) {
    return "no GO: the target's stream cannot show a change that never arrived";
  }
  if (!options.baseline && !known.comparison_counts) {
    return "no GO before the items at rest are compared: add --baseline, or run `compare` on the "
           "same --state";
  }
  const auto in = soonest(options, known);
  const auto when = in.count() == 0
                        ? std::string()
                        : fmt::format(" no sooner than {}, in {}",
                                      clock_time(known.now + in, known.now), spoken_duration(in));
  return fmt::format("{}{}: {}", reachable(options, known), when, waits(options, known));
}

std::string end_line(const monitor_options& options, const monitor_outlook& known) {
  if (options.freeze_at) {
    return fmt::format(
        "ends when all that was written before {} is judged, {} after that at the "
        "earliest",
        clock_time(*options.freeze_at, known.now), spoken_duration(options.max_lag));
  }
  if (options.until_caught_up) {
    return "ends when every change made until now is judged";
  }
  if (!options.duration) {
    return "goes on until Ctrl-C, which ends it with a report";
  }
  const bool too_soon =
      options.baseline && !known.reads_target_stream && *options.duration < soonest(options, known);
  return fmt::format("ends in {}{}", spoken_duration(*options.duration),
                     too_soon ? ": too soon for GO" : "");
}

}  // namespace

std::vector<std::string> what_comes(const monitor_options& options, const monitor_outlook& known) {
  std::vector<std::string> lines{first_line(options, known), go_line(options, known)};
  if (options.baseline || known.comparison_counts) {
    lines.emplace_back(
        "GO also waits for whatever is wrong, late or not known: the verdict names "
        "all of it");
  }
  lines.push_back(end_line(options, known));
  return lines;
}

std::vector<std::string> what_comes(const compare_options& options, const compare_outlook& known) {
  std::vector<std::string> lines;
  const auto reading =
      known.reading_least.count() == 0
          ? std::string()
          : fmt::format(", {} at least at its read budget", spoken_duration(known.reading_least));
  lines.push_back(fmt::format("first block in {}; about {} items to read{}{}",
                              spoken_duration(options.stats_interval), grouped(known.items),
                              reading, known.resumes ? ", less what is done" : ""));
  lines.push_back(fmt::format("what differs is judged {} after it was read; then it ends",
                              spoken_duration(options.max_lag)));
  lines.emplace_back(
      "WAIT at best: changes made since are checked by `monitor`, whose GO can stand on this "
      "comparison");
  return lines;
}

}  // namespace ddm::cli
