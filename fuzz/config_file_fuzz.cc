// Config files: whatever they hold, each fault is told on a line of its own, and what is accepted
// is what the same settings would be as flags. Of a fleet each migration has a name and files of
// its own, whichever command reads it.
#include "cli/config_file.h"
#include "cli/options.h"
#include "fuzz_target.h"

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace ddm::fuzz {
namespace {

template <class Options>
void judge(const Options& options) {
  if constexpr (std::is_same_v<Options, cli::plan_options>) {
    require(options.target_table.empty() != options.tables.empty(), "one table, or several");
  } else if constexpr (std::is_base_of_v<cli::migration_options, Options>) {
    require(!options.target_table.empty(), "what is required is there");
  } else if constexpr (std::is_same_v<Options, cli::report_options>) {
    require(!options.state_files.empty(), "a report is of a state");
  } else {
    require(false, "a config file chooses no other command");
  }
}

template <class Options>
void judge(const cli::fleet_of<Options>& fleet) {
  require(!fleet.members.empty(), "a fleet has migrations");
  std::set<std::string> names;
  std::set<std::string> states;
  for (const auto& each : fleet.members) {
    judge(each.options);
    require(cli::is_fit_for_a_name(each.name), "a name is fit for a file");
    require(names.insert(each.name).second, "a name is one migration's");
    const auto& state = each.options.state_file;
    require(!state || states.insert(*state).second, "a state is one migration's");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto read_file = [&](const std::string&) -> result<std::string> {
    return std::string(input);
  };
  for (const auto* command : {"monitor", "compare", "plan", "report"}) {
    const std::vector<std::string> arguments{command, "--config", "m.toml"};
    const auto parsed = cli::parse_command_line(arguments, aws::environment{}, read_file);
    if (parsed) {
      std::visit([](const auto& options) { judge(options); }, *parsed);
      continue;
    }
    require(!parsed.error().faults.empty(), "a refusal says why");
    const auto text = parsed.error().text();
    require(std::ranges::count(text, '\n') ==
                static_cast<std::ptrdiff_t>(parsed.error().faults.size()) + 1,
            "each fault is one line");
    require(std::ranges::none_of(
                text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; }),
            "no fault commands a terminal");
  }
}

}  // namespace ddm::fuzz
