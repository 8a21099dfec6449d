// `compare`: its usage, and its flags in the order of their help.
#include "cli/export_flags.h"
#include "cli/shared_flags.h"
#include "compare/exchange.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

constexpr command_description compare_description{
    .name = "compare",
    .purpose =
        "Scans both tables and tells every key that is missing, different or unexpected. Tables "
        "may\n"
        "be in use meanwhile: what looks unequal is judged by strong reads, one --max-lag later.",
    .usage = "compare --target-table NAME [flags]",
    .examples =
        R"(  # Compare two tables; the same command goes on after Ctrl-C or a crash
  {0} compare --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # No faster than 500 read units a second on each side, the result as JSON
  {0} compare --source-profile old --target-profile new \
      --target-table orders --max-rcu 500 --output json

  # The export that the target was made of, in place of a scan of the source
  {0} compare --source-profile old --target-profile new --target-table orders \
      --source-export s3://my-exports/AWSDynamoDB/01693685827463-2d8752fd

  # By eight workers of an array job, each of which takes the index that it was given
  {0} compare --workers 8 --prepare --target-table orders --state dynamodb://states/orders
  {0} compare --workers 8 --target-table orders --state dynamodb://states/orders
  {0} compare --workers 8 --merge --target-table orders --state dynamodb://states/orders

  # One key in a hundred: as dear as all of them, but quick to judge
  {0} compare --source-profile old --target-profile new \
      --target-table orders --sample-rate 1%
)",
    .exit_codes = R"(  0  every key compared is equal
  1  confirmed mismatches are open
  2  only editing the command, its files or its variables mends it; nothing was started
  3  incomplete: interrupted, unreadable items, keys that never rest, a table made anew
     meanwhile, nothing compared at all; or the output could not be written
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

flag_group what_is_compared(compare_options& o) {
  flag_group group{
      "What is compared",
      {{.name = "sample-rate",
        .value = "N",
        .target = sample_rate_into(o.sample_rate),
        .help = "compare one key in N; also all, 1%, 1/100. Saves memory and judgements, but no "
                "reading: a scan costs the same",
        .not_from_fleet = true}}};
  append(group, export_flags(
                    source_export_names, o.source_export,
                    {.help = "take the source's items from this export to S3 instead of scanning "
                             "it: s3://BUCKET/PREFIX/AWSDynamoDB/ID, or a folder that is a copy of "
                             "that; only what differs is read from the source",
                     .fallback = "none: it is scanned",
                     .more = "A full export in DynamoDB JSON, of this table. [What it proves]"
                             "(migration.md#compare-with-the-export)"}));
  append(group, equality_flags(o));
  return group;
}

const std::vector<std::pair<std::string_view, array_step>> array_steps{{"scan", array_step::scan},
                                                                       {"join", array_step::join}};
constexpr std::uint64_t workers_max = 10'000;  // children of an array job of AWS Batch

/// A whole comparison as an array job.
flag_group several_workers(compare_options& o) {
  return {
      "Several workers",
      {{.name = "workers",
        .value = "N",
        .target = count_into(o.workers, 1, workers_max),
        .help = "how many workers make this comparison, each a share of the segments, on as many "
                "hosts as there are; all take the same flags, and --state",
        .fallback = "none: one process compares all",
        .more = "[How to run them](scale-out.md)",
        .possible = "1 to 10,000"},
       {.name = "prepare",
        .value = "",
        .target = switch_into(o.prepare),
        .help = "with --workers: before them, fix what all of them must share, and end",
        .never_in_config = "all steps read the same file"},
       {.name = "worker",
        .value = "I",
        .target = count_into(o.worker, 0, workers_max - 1),
        .help = "which of the workers this is, from 0 on; exit 0 when its part is complete, "
                "whatever it found",
        .fallback = "the index that AWS Batch, Kubernetes or Slurm gives to a task",
        .not_from_fleet = true,
        .more =
            "`AWS_BATCH_JOB_ARRAY_INDEX`, `JOB_COMPLETION_INDEX`, or `SLURM_ARRAY_TASK_ID` less "
            "`SLURM_ARRAY_TASK_MIN`. Where the array tells how many tasks it has, that must be N",
        .possible = "0 to N - 1"},
       {.name = "merge",
        .value = "",
        .target = switch_into(o.merge),
        .help = "with --workers: after them, make one result of their parts",
        .never_in_config = "all steps read the same file"},
       {.name = "partial",
        .value = "",
        .target = switch_into(o.partial),
        .help = "merge what is there, as an incomplete comparison, where parts are missing",
        .never_in_config = "all steps read the same file"},
       {.name = "exchange",
        .value = "DIR",
        .target = text_into(o.exchange),
        .help = "a folder that all workers share: by it they pass on what their segments leave "
                "over, where stores order differently or an export is compared; in two steps",
        .fallback = "none: what is left over is judged by reading both tables",
        .possible = "a folder"},
       {.name = "step",
        .value = "STEP",
        .target = choice_into(o.step, array_steps),
        .help = "with --exchange: scan first, and join once all workers have scanned",
        .never_in_config = "all steps read the same file"}}};
}

flag_group pace_and_memory(compare_options& o) {
  flag_group group{"Pace and memory", pace_flags(o)};
  append(group, {segments_flag(o)});
  return group;
}

flag_group files_of_compare(compare_options& o) {
  auto group =
      files(o, "forget an unfinished comparison and begin anew; the rest of the state stays");
  let_state_lie_in_table(group, o);
  return group;
}

flag_group output(compare_options& o) {
  flag_group group{"Output", output_flags(o)};
  append(group, {quiet_flag(o), emf_flag(o)});
  return group;
}

/// What says nothing, or not all, without another flag.
void complete_workers(const compare_options& o, std::vector<std::string>& faults) {
  const std::array<std::pair<bool, std::string_view>, 6> of_workers{
      {{o.prepare, "--prepare"},
       {o.worker.has_value(), "--worker"},
       {o.merge, "--merge"},
       {o.partial, "--partial"},
       {o.exchange.has_value(), "--exchange"},
       {o.step.has_value(), "--step"}}};
  for (const auto& [given, name] : of_workers) {
    if (given && !o.workers) {
      faults.push_back(fmt::format("{} says nothing without --workers", name));
    }
  }
  if (!o.workers) {
    return;
  }
  if (!o.state_file) {
    faults.emplace_back(
        "--workers needs --state: a place that all of them reach, such as "
        "dynamodb://TABLE/NAME");
  }
  if ((o.prepare ? 1 : 0) + (o.merge ? 1 : 0) + (o.worker ? 1 : 0) > 1) {
    faults.emplace_back("--prepare, --worker and --merge are steps of their own: give one of them");
  }
  if (o.worker && *o.worker >= *o.workers) {
    faults.push_back(fmt::format("--worker {}: of {} workers the last one is {}", *o.worker,
                                 *o.workers, *o.workers - 1));
  }
  if (o.partial && !o.merge) {
    faults.emplace_back("--partial says nothing without --merge");
  }
  if (o.step && !o.exchange) {
    faults.emplace_back("--step needs --exchange, the folder between the two steps");
  }
  if (o.exchange && !o.step && !o.prepare && !o.merge) {
    faults.emplace_back("--exchange needs --step: scan first, join once all workers have scanned");
  }
  if (o.exchange && *o.workers > compare::exchanging_workers_max) {
    faults.push_back(
        fmt::format("--exchange: {} workers at most", compare::exchanging_workers_max));
  }
  if (o.fresh && !o.prepare) {
    faults.emplace_back("--fresh: workers begin anew with --prepare --fresh");
  }
  if (o.segments && *o.segments < *o.workers) {
    faults.push_back(
        fmt::format("--segments {} are fewer than --workers {}", *o.segments, *o.workers));
  }
}

}  // namespace

const command_description& describe(const compare_options&) { return compare_description; }

flag_table flags_of(compare_options& o) {
  return {tables_and_access(o),         what_is_compared(o), several_workers(o), pace_and_memory(o),
          files_of_compare(o),          web_server(o),       alerts(o),          output(o),
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(compare_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_in_table(o, contradictions);
  complete_workers(o, contradictions);
  check_export(source_export_names, o.source_export, contradictions);
  return contradictions;
}

}  // namespace ddm::cli
