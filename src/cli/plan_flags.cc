// `plan`: its usage, and its flags in the order of their help.
#include "cli/config_file.h"
#include "cli/shared_flags.h"
#include "remote/state_address.h"

#include <utility>

namespace ddm::cli {
namespace {

constexpr command_description plan_description{
    .name = "plan",
    .purpose =
        "Tells what can be known before a migration is watched: who you are on each side, which\n"
        "permissions are missing, where the tables' settings differ, what it will cost. Reads "
        "only.",
    .usage = "plan --target-table NAME|--tables PATTERN [flags]",
    .examples =
        R"(  # Before the first run
  {0} plan --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # Differences that are meant
  {0} plan --source-profile old --target-profile new \
      --target-table orders --accept billing --accept "index:*"

  # Forty tables, a row each, and the file with which monitor watches them
  {0} plan --source-profile old --target-profile new \
      --tables "prod-*" --write-fleet fleet.toml
)",
    .exit_codes = R"(  0  nothing is in the way
  1  something is: a permission, a table or a stream that is not there, a key schema, a
     setting that differs and was not accepted
  2  only editing the command, its files or its variables mends it
  3  nothing that is known, but something could not be learned, or the output not be written
  4  a service failed or was not reached; the report tells what was learned without it
)"};

/// One table or several: none of the two is needed alone.
flag_group which_tables(plan_options& o) {
  auto group = tables_and_access(o);
  auto& one = group.flags.front();
  one.required = false;
  one.fallback = "those of --tables";
  const auto behind = group.flags.begin() + 2;  // --target-table, --source-table
  group.flags.insert(
      behind,
      {{.name = "tables",
        .value = "PATTERN",
        .target = list_into(o.tables),
        .help = "instead of one table all of the source whose names fit, such as \"prod-*\", a row "
                "each; repeatable",
        .fallback = "none",
        .of_process = true,
        .more = "`*` stands for any text, `?` for one character. The targets have the same names. "
                "Needs `dynamodb:ListTables`",
        .possible = "a pattern"},
       {.name = "write-fleet",
        .value = "FILE",
        .target = text_into(o.fleet_file),
        .help = "write the tables of --tables as a fleet, for --config",
        .fallback = "none",
        .of_process = true,
        .more = "[The file](fleet.md#the-file). It must not be there yet",
        .possible = "a file"}});
  return group;
}

flag_group what_is_planned(plan_options& o) {
  return {
      "What is planned",
      {accept_flag(o.accept),
       {.name = "for",
        .value = "COMMANDS",
        .target = purposes_into(o.wanted),
        .help = "what the permissions are tried and the policies made for: plan, monitor, baseline "
                "(monitor --baseline), compare, repair, with commas between them",
        .more = "[What each calls](iam.md)"},
       {"sample-rate", "N", sample_rate_into(o.sample_rate),
        "sample rate of the monitor whose cost is estimated; also all, 1%, 1/100"},
       {"max-rcu", "N", rate_into(o.max_rcu),
        "read units a second on each side that a comparison may take; or unlimited",
        "20 % of provisioned capacity, 3000 on demand"}}};
}

flag_group state(plan_options& o) {
  flag_group group{"State",
                   {{.name = "state",
                     .value = "PLACE",
                     .target = text_into(o.state_file),
                     .help = "",
                     .fallback = "none"}}};
  let_state_lie_in_table(group, o,
                         "dynamodb://TABLE/NAME, where the commands are to keep their progress: "
                         "prints the policy for that, too");
  group.flags.front().possible = "dynamodb://TABLE/NAME";
  std::erase_if(group.flags, [](const flag& each) { return each.name == "state-interval"; });
  return group;
}

flag_group output(plan_options& o) {
  flag_group group{"Output", {}};
  for (auto& each : output_flags(o)) {
    if (each.name == "output") {
      each.help = "text or json";
      each.more = "[Its members](output.md#json-of-plan-schema-1)";
    }
    if (each.name == "output" || each.name.starts_with("log-")) {
      append(group, {std::move(each)});
    }
  }
  append(group, {config_flag(o), only_flag(o.only)});
  return group;
}

/// {name} stands for the name of each table.
void complete_state_of_tables(plan_options& o, std::vector<std::string>& contradictions) {
  auto of_one = o;
  if (!o.tables.empty() && o.state_file) {
    of_one.state_file = with_name(*o.state_file, "name");
    if (of_one.state_file == o.state_file) {
      contradictions.emplace_back(
          "--state is one place for all of --tables: write it with {name}, such as "
          "dynamodb://states/{name}");
    }
  }
  complete_state_in_table(of_one, contradictions);
  o.state = of_one.state;
}

void refuse_other_tables(const plan_options& o, std::vector<std::string>& contradictions) {
  if (o.target_table.empty() && o.tables.empty()) {
    contradictions.emplace_back(
        "--target-table is missing: the table that is checked, or --tables for several");
  }
  if (o.tables.empty() && o.fleet_file) {
    contradictions.emplace_back("--write-fleet writes the tables of --tables: name them");
  }
  const bool names_one = !o.target_table.empty() || !o.source_table.empty() || o.stream_arn;
  if (!o.tables.empty() && names_one) {
    contradictions.emplace_back(
        "--tables is for several tables of the source: it goes without --target-table, "
        "--source-table, --stream-arn, and without the file of a fleet");
  }
}

}  // namespace

const command_description& describe(const plan_options&) { return plan_description; }

flag_table flags_of(plan_options& o) {
  return {which_tables(o),    {"Stream", stream_flags(o.stream, o.stream_arn)},
          what_is_planned(o), state(o),
          output(o),          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(plan_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_of_tables(o, contradictions);
  refuse_other_tables(o, contradictions);
  if (o.state_file && !remote::is_state_address(*o.state_file)) {
    contradictions.emplace_back(
        "--state is for a state in a table here, dynamodb://TABLE/NAME: a file needs no policy");
  }
  return contradictions;
}

}  // namespace ddm::cli
