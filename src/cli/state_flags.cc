// `state`: its usage, and its flags in the order of their help.
#include "base/displayable.h"
#include "cli/item_flags.h"
#include "cli/usage.h"
#include "remote/state_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddm::cli {
namespace {

constexpr command_description state_description{
    .name = "state",
    .purpose =
        "Makes the table that `--state dynamodb://TABLE/NAME` keeps progress in, shows what lies\n"
        "there, and copies a state between a table and a file.",
    .usage = "state init|list|show|delete|copy PLACE [PLACE] [flags]",
    .examples =
        R"(  # The table, once, in the account and region that the monitor runs in
  {0} state init migration-states --region eu-west-1 --kms-key aws

  # What lies in it; one of them, and who holds it
  {0} state list migration-states --region eu-west-1
  {0} state show dynamodb://migration-states/orders --region eu-west-1

  # To a file, for report or for a monitor on a disk, and back
  {0} state copy dynamodb://migration-states/orders ./orders.monitor.db
  {0} state copy ./orders.monitor.db dynamodb://migration-states/orders

  # The journal of a repair, beside what it knew
  {0} state copy dynamodb://migration-states/orders ./repaired.db --of repair

  # Once the migration is over
  {0} state delete dynamodb://migration-states/orders
)",
    .exit_codes = R"(  0  it is done
  2  only editing the command or its variables mends it; nothing was changed
  4  the state is held by a process, damaged or not there, or the service refused, failed
     or was not reached
)"};

struct verb {
  std::string_view name;
  std::size_t places;
  std::string_view wanted;
};
constexpr std::array verbs{
    verb{"init", 1, "the name of the table"}, verb{"list", 1, "the name of the table"},
    verb{"show", 1, "dynamodb://TABLE/NAME"}, verb{"delete", 1, "dynamodb://TABLE/NAME"},
    verb{"copy", 2, "dynamodb://TABLE/NAME and a file, in either order"}};

/// That have states in a table.
constexpr std::array<std::string_view, 3> commands{"monitor", "compare", "repair"};

std::vector<std::string> faults_of_places(const state_options& o) {
  const auto& words = o.words;
  std::vector<std::string> faults;
  const auto must_be_address = [&](const std::string& place) {
    if (const auto address = remote::parse_state_address(place); !address) {
      faults.push_back(address.error().message);
    }
  };
  if (words[0] == "show" || words[0] == "delete") {
    must_be_address(words[1]);
  } else if (words[0] == "copy") {
    const auto in_table = std::ranges::count_if(
        words.begin() + 1, words.end(),
        [](const std::string& place) { return remote::is_state_address(place); });
    if (in_table != 1) {
      faults.emplace_back(
          "state copy goes between a table and a file: one of the two places is "
          "dynamodb://TABLE/NAME, the other one a file");
    }
    for (std::size_t i = 1; in_table == 1 && i < words.size(); ++i) {
      if (remote::is_state_address(words[i])) {
        must_be_address(words[i]);
      }
    }
  } else if (words[1].find('/') != std::string::npos) {
    faults.push_back(fmt::format("state {} takes the name of a table only", words[0]));
  }
  return faults;
}

}  // namespace

const command_description& describe(const state_options&) { return state_description; }

flag_table flags_of(state_options& o) {
  auto access = access_flags(o.connection);
  std::ranges::find(access, "region", &flag::name)->fallback =
      "AWS_REGION, profile, ap-northeast-1; init asks for it";
  return {{"What is to be done",
           {{.name = "do",
             .value = "WORD",
             .target = list_into(o.words),
             .help = "init, list, show, delete or copy, then the place or the two; they stand "
                     "without the flag",
             .required = true,
             .takes_words = true,
             .possible = "see the examples"},
            {.name = "kms-key",
             .value = "KEY",
             .target = text_into(o.kms_key),
             .help = "what init encrypts the table with: owned (a key of AWS), aws (the account's "
                     "key of DynamoDB), or a key's id, ARN or alias; a state holds the keys of "
                     "items, and with --show-values their values",
             .fallback = "none; init asks for it",
             .possible = "owned, aws or a key"},
            {.name = "of",
             .value = "COMMAND",
             .target = text_into(o.of),
             .help = "whose state copy brings to a file: monitor, compare or repair, which brings "
                     "its journal too",
             .possible = "monitor, compare or repair"}}},
          {"Access", std::move(access)},
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(state_options& o) {
  if (o.words.empty()) {
    return {};
  }
  const auto known = std::ranges::find(verbs, o.words.front(), &verb::name);
  if (known == verbs.end()) {
    return {
        fmt::format("state knows init, list, show, delete and copy, not \"{}\"", o.words.front())};
  }
  if (o.words.size() != known->places + 1) {
    return {fmt::format("state {} wants {}", known->name, known->wanted)};
  }
  auto faults = faults_of_places(o);
  if (known->name == "init" && !o.kms_key) {
    faults.emplace_back("state init wants --kms-key: owned, aws, or a key's id, ARN or alias");
  }
  if (known->name == "init" && !o.connection.region) {
    faults.emplace_back("state init wants --region: the table is made there");
  }
  if (std::ranges::find(commands, o.of) == commands.end()) {
    faults.push_back(
        fmt::format("--of is none of monitor, compare and repair: \"{}\"", displayable(o.of)));
  } else if (o.of != commands.front() &&
             (known->name != "copy" || !remote::is_state_address(o.words[1]))) {
    faults.emplace_back("--of is for state copy from a table to a file only");
  }
  if (known->name != "init" && o.kms_key) {
    faults.emplace_back("--kms-key is for state init only");
  }
  return faults;
}

}  // namespace ddm::cli
