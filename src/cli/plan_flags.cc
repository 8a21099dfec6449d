// `plan`: its usage, and its flags in the order of their help.
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
    .usage = "plan --target-table NAME [flags]",
    .examples =
        R"(  # Before the first run
  {0} plan --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # Differences that are meant
  {0} plan --source-profile old --target-profile new \
      --target-table orders --accept billing --accept "index:*"
)",
    .exit_codes = R"(  0  nothing is in the way
  1  something is: a permission, a table or a stream that is not there, a key schema, a
     setting that differs and was not accepted
  2  only editing the command, its files or its variables mends it
  3  nothing that is known, but something could not be learned, or the output not be written
  4  a service failed or was not reached; the report tells what was learned without it
)"};

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

}  // namespace

const command_description& describe(const plan_options&) { return plan_description; }

flag_table flags_of(plan_options& o) {
  return {tables_and_access(o),
          {"Stream", stream_flags(o.stream, o.stream_arn)},
          what_is_planned(o),
          state(o),
          output(o),
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(plan_options& o) {
  std::vector<std::string> contradictions;
  complete_shared(o, contradictions);
  complete_state_in_table(o, contradictions);
  if (o.state_file && !remote::is_state_address(*o.state_file)) {
    contradictions.emplace_back(
        "--state is for a state in a table here, dynamodb://TABLE/NAME: a file needs no policy");
  }
  return contradictions;
}

}  // namespace ddm::cli
