// `repair`: its usage, and its flags in the order of their help.
#include "cli/shared_flags.h"
#include "remote/state_address.h"

#include <fmt/format.h>

namespace ddm::cli {
namespace {

constexpr command_description repair_description{
    .name = "repair",
    .purpose =
        "Makes the target equal to the source where monitor or compare have left mismatches open.\n"
        "Without --apply it writes nothing and tells what it would do, and why.",
    .usage = "repair --target-table NAME [flags]",
    .examples =
        R"(  # The plan
  {0} repair --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # Carry it out, and delete what the source does not hold
  {0} repair --source-profile old --target-profile new \
      --target-table orders --region eu-west-1 --apply --allow-deletes

  # Take it back, and delete what it had put
  {0} repair --source-profile old --target-profile new \
      --target-table orders --region eu-west-1 --undo orders.monitor.db.repair.jsonl \
      --apply --allow-deletes
)",
    .exit_codes = R"(  0  no mismatch is open any more
  1  mismatches are open: this was a plan, some were left alone, or --undo --apply opened them
  2  only editing the command, its files or its variables mends it; nothing was started
  3  incomplete: interrupted, or items refused because somebody else wrote, or failed;
     or the output could not be written
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

flag_group what_is_repaired(repair_options& o) {
  flag_group group{
      "What is repaired",
      {{"apply", "", switch_into(o.apply), "write; without it only the plan is told"},
       {"allow-deletes", "", switch_into(o.allow_deletes),
        "also delete items of the target that the source does not have; with --undo, "
        "items that the repair had added"},
       {.name = "undo",
        .value = "FILE",
        .target = text_into(o.undo),
        .help = "take back the writes in this journal, where the target still holds what was "
                "written; without --apply only show the plan",
        .more = "A file that is no journal is refused. Refused together with `--journal`. With a "
                "state in a table the journal lies there: name the same place",
        .possible = "a journal, or the dynamodb://TABLE/NAME of `--state`"}}};
  append(group, equality_flags(o));
  return group;
}

flag_group pace(repair_options& o) {
  return {"Pace",
          {{"max-wcu", "N", rate_into(o.max_wcu), "write units a second; or unlimited",
            "20 % of provisioned capacity, 100 on demand"},
           {"max-rcu", "N", rate_into(o.max_rcu), "read units a second on each side; or unlimited",
            "20 % of provisioned capacity, 3000 on demand"}}};
}

flag_group files(repair_options& o) {
  flag_group group{
      "Files",
      {{"state", "FILE", text_into(o.state_file), "what monitor or compare have found",
        "./<source>--<target>.monitor.db"},
       {"findings", "FILE", text_into(o.findings_file), "mismatches, one JSON object a line",
        "beside the state"},
       {.name = "journal",
        .value = "FILE",
        .target = text_into(o.journal_file),
        .help = "each write with the item before and after, one JSON object a line",
        .fallback = "beside the state",
        .more = "It holds item values. By default it is the state's name with `.repair.jsonl` "
                "behind it. [Format](output.md#repair-journal-schema-1)"},
       config_flag(o),
       only_flag(o.only)}};
  let_state_lie_in_table(group, o,
                         "what monitor or compare have found: a file, or the "
                         "dynamodb://TABLE/NAME that they keep it in");
  return group;
}

/// One that lies in a table lies where its state does.
void complete_journal(const repair_options& o, std::vector<std::string>& contradictions) {
  const bool in_table = o.state_file && remote::is_state_address(*o.state_file);
  if (in_table && o.journal_file) {
    contradictions.emplace_back(
        "--journal names a file, and the journal of a repair whose state is in a table lies "
        "there: leave it out; state copy --of repair brings it to a file");
  }
  if (o.undo && (in_table || remote::is_state_address(*o.undo)) && o.undo != o.state_file) {
    contradictions.push_back(
        fmt::format("--undo {}: a journal in a table lies where its state does: give --undo and "
                    "--state the same dynamodb://TABLE/NAME",
                    *o.undo));
  }
}

flag_group output(repair_options& o) {
  flag_group group{"Output", output_flags(o)};
  std::erase_if(group.flags, [](const flag& each) {
    return each.name == "stats-interval" || each.name == "show-values";
  });
  return group;
}

}  // namespace

const command_description& describe(const repair_options&) { return repair_description; }

flag_table flags_of(repair_options& o) {
  return {tables_and_access(o),         what_is_repaired(o), pace(o), files(o), output(o),
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(repair_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_in_table(o, contradictions);
  complete_journal(o, contradictions);
  if (o.undo && o.journal_file) {
    contradictions.emplace_back(
        "--undo and --journal contradict each other: what is taken back is "
        "noted in the journal that --undo names");
  }
  return contradictions;
}

}  // namespace ddm::cli
