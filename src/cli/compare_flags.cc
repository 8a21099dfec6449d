// `compare`: its usage, and its flags in the order of their help.
#include "cli/shared_flags.h"

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
  aws s3 sync s3://my-exports/AWSDynamoDB/01693685827463-2d8752fd export
  {0} compare --source-profile old --target-profile new \
      --target-table orders --source-export export

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
        .not_from_fleet = true},
       {.name = "source-export",
        .value = "PLACE",
        .target = text_into(o.source_export),
        .help = "take the source's items from this export to S3 instead of scanning it: a folder "
                "that is a copy of AWSDynamoDB/ID; only what differs is read from the source",
        .fallback = "none: it is scanned",
        .of_migration = true,
        .more = "A full export in DynamoDB JSON, of this table. [What it proves]"
                "(migration.md#compare-with-the-export)",
        .possible = "a folder"}}};
  append(group, equality_flags(o));
  return group;
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

}  // namespace

const command_description& describe(const compare_options&) { return compare_description; }

flag_table flags_of(compare_options& o) {
  return {
      tables_and_access(o), what_is_compared(o), pace_and_memory(o), files_of_compare(o),
      web_server(o),        alerts(o),           output(o),          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(compare_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_in_table(o, contradictions);
  return contradictions;
}

}  // namespace ddm::cli
