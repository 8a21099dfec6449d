#include "cli/options.h"

#include "aws/text_file.h"
#include "cli/completion.h"
#include "cli/config_file.h"
#include "cli/options_flag.h"
#include "cli/options_sources.h"
#include "cli/shared_flags.h"
#include "cli/usage.h"
#include "remote/state_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace ddm::cli {
namespace {

using outcome = std::expected<command_line, usage_faults>;

/// The file that --config names among the arguments.
config_file read_config_file(const flag_table& table, const raw_settings& arguments,
                             const file_reader& read_file, std::vector<std::string>& faults) {
  const auto named = arguments.find("config");
  if (named == arguments.end()) {
    return {};
  }
  const auto& path = named->second.back().text;
  const auto text = read_file(path);
  if (!text) {
    faults.push_back("--config: " + text.error().message);
    return {};
  }
  return read_config(table, path, *text, faults);
}

/// The stronger source comes first: merge() keeps what is there already.
raw_settings layered(raw_settings strongest, raw_settings weaker) {
  strongest.merge(std::move(weaker));
  return strongest;
}

/// Faults of several migrations: each once, with whom it is of.
class faults_of_members {
 public:
  void add(const std::string& member, std::vector<std::string> faults) {
    for (auto& fault : faults) {
      auto found = std::ranges::find(faults_, fault, &entry::text);
      found = found == faults_.end() ? faults_.insert(found, {std::move(fault), {}}) : found;
      found->members.push_back(member);
    }
  }
  void tell(std::vector<std::string>& faults) const {
    for (const auto& [text, members] : faults_) {
      const auto others = members.size() - 1;
      faults.push_back(
          others == 0 ? fmt::format("migration {}: {}", members.front(), text)
                      : fmt::format("migration {} and {} more: {}", members.front(), others, text));
    }
  }

 private:
  struct entry {
    std::string text;
    std::vector<std::string> members;
  };
  std::vector<entry> faults_;
};

/// What the command line and the variables say, and the file that it names.
struct said {
  raw_settings here;
  config_file file;
};

/// Flags beside a fleet that belong to one of its migrations.
void refuse_what_is_of_one(const flag_table& table, const raw_settings& here,
                           std::vector<std::string>& faults) {
  for (const auto& [name, values] : here) {
    if (find_flag(table, name)->of_migration) {
      faults.push_back(fmt::format(
          "{} is not the same for all migrations of the fleet in --config: it belongs into each "
          "[[migration]]",
          values.back().origin));
    }
  }
}

/// Of a place that can be written in several ways.
std::string one_spelling(const std::string& place) {
  std::error_code failed;
  if (remote::is_state_address(place)) {
    return place;
  }
  const auto canonical =
      std::filesystem::weakly_canonical(std::filesystem::absolute(place, failed), failed);
  return failed ? place : canonical.string();
}

/// Beside the state, by its whole name: "app.a" and "app.b" are two.
std::string findings_beside(std::string_view state) {
  constexpr std::string_view suffix = ".db";
  const auto name = state.ends_with(suffix) ? state.substr(0, state.size() - suffix.size()) : state;
  return std::string(name) + ".findings.jsonl";
}

/// Two migrations that would write one file, or hold one state.
void refuse_shared_places(const auto& members, faults_of_members& faults) {
  std::map<std::string, std::string> taken;
  for (const auto& each : members) {
    for (const auto& place : {each.options.state_file, each.options.findings_file}) {
      const auto [first, is_free] =
          place ? taken.try_emplace(one_spelling(*place), each.name) : std::pair(taken.end(), true);
      if (!is_free) {
        faults.add(each.name,
                   {fmt::format("{} is a file, or a state, of {} already: \"{{name}}\" in it "
                                "stands for the migration's name",
                                *place, first->second)});
        break;  // its other files are beside it
      }
    }
  }
}

/// The names in --migration, all of which there must be.
bool is_chosen(const migration_options& common, const std::string& name) {
  return common.only.empty() || std::ranges::find(common.only, name) != common.only.end();
}

void refuse_unknown_names(const migration_options& common, const config_file& file,
                          std::vector<std::string>& faults) {
  std::vector<std::string_view> names;
  names.reserve(file.migrations.size());
  for (const auto& each : file.migrations) {
    names.push_back(each.name);
  }
  for (const auto& name : common.only) {
    if (std::ranges::find(names, name) == names.end()) {
      faults.push_back(fmt::format("--migration \"{}\" is not in the file{}", name,
                                   suggestion(name, names, "")));
    }
  }
}

void name_files(migration_options& options, const std::string& migration) {
  if (!options.state_file) {
    options.state_file = fmt::format("./{}.monitor.db", migration);
  }
  if (!options.findings_file && !remote::is_state_address(*options.state_file)) {
    options.findings_file = findings_beside(*options.state_file);
  }
}

/// It makes no file: what is said of one is meant for the other commands.
void name_files(plan_options& options, const std::string&) {
  if (options.state_file && !remote::is_state_address(*options.state_file)) {
    options.state_file.reset();
  }
}

template <class Options>
std::expected<fleet_of<Options>, usage_faults> parse_fleet(const said& all, usage_faults wrong) {
  fleet_of<Options> fleet;
  const auto table = flags_of(fleet.common);
  refuse_what_is_of_one(table, all.here, wrong.faults);
  apply_settings(table, layered(all.here, all.file.settings), wrong.faults, missing::is_no_fault);
  apply_quiet(fleet.common);
  refuse_unknown_names(fleet.common, all.file, wrong.faults);
  if (!wrong.faults.empty()) {
    return std::unexpected(std::move(wrong));
  }
  faults_of_members faults;
  for (const auto& each : all.file.migrations) {
    if (!is_chosen(fleet.common, each.name)) {
      continue;
    }
    auto& options = fleet.members.emplace_back(each.name, Options{}).options;
    std::vector<std::string> of_it;
    apply_settings(flags_of(options),
                   layered(said_of(all.here, each.name),
                           layered(each.settings, said_of(all.file.settings, each.name))),
                   of_it);
    name_files(options, each.name);
    std::ranges::move(complete(options), std::back_inserter(of_it));
    faults.add(each.name, std::move(of_it));
  }
  refuse_shared_places(fleet.members, faults);
  faults.tell(wrong.faults);
  if (!wrong.faults.empty()) {
    return std::unexpected(std::move(wrong));
  }
  return fleet;
}

template <class Options>
concept has_fleets = std::is_constructible_v<command_line, fleet_of<Options>>;

/// A fleet of one monitor is begun again when it fails; what ends by itself tells more alone.
template <class Options>
constexpr bool one_is_a_fleet = std::is_same_v<Options, monitor_options>;

/// A command that works for one migration takes it out of the fleet.
template <class Options>
outcome one_of_fleet(const said& all, usage_faults wrong) {
  const auto command = wrong.command;
  auto fleet = parse_fleet<Options>(all, std::move(wrong));
  if (!fleet) {
    return std::unexpected(std::move(fleet.error()));
  }
  if (fleet->members.size() != 1) {
    return std::unexpected(usage_faults{
        .faults = {fmt::format("--config lists {} migrations, and {} works for one: name it with "
                               "--migration",
                               fleet->members.size(), command)},
        .command = command});
  }
  return std::move(fleet->members.front().options);
}

/// The states of a fleet's migrations, of which `monitor` is what makes them.
outcome report_of_fleet(const said& all, report_options options, usage_faults wrong) {
  said of_monitor{.here = {}, .file = all.file};
  for (const auto* name : {"config", "migration"}) {
    if (const auto found = all.here.find(name); found != all.here.end()) {
      of_monitor.here.insert(*found);
    }
  }
  auto fleet = parse_fleet<monitor_options>(of_monitor, std::move(wrong));
  if (!fleet) {
    return std::unexpected(std::move(fleet.error()));
  }
  for (const auto& each : fleet->members) {
    options.state_files.push_back(*each.options.state_file);
  }
  if (auto faults = complete(options); !faults.empty()) {
    return std::unexpected(usage_faults{.faults = std::move(faults), .command = "report"});
  }
  return options;
}

/// Workers are of one comparison.
bool wants_workers(const fleet_of<compare_options>& fleet) {
  return std::ranges::any_of(fleet.members,
                             [](const auto& each) { return each.options.workers.has_value(); });
}
bool wants_workers(const auto& /*fleet*/) { return false; }

template <class Options>
outcome parse_fleet_for(const said& all, usage_faults wrong) {
  if constexpr (std::is_same_v<Options, report_options>) {
    report_options options;
    apply_settings(flags_of(options), all.here, wrong.faults);
    return report_of_fleet(all, std::move(options), std::move(wrong));
  } else if constexpr (has_fleets<Options>) {
    auto fleet = parse_fleet<Options>(all, std::move(wrong));
    if (!fleet) {
      return std::unexpected(std::move(fleet.error()));
    }
    if (!one_is_a_fleet<Options> && fleet->members.size() == 1) {
      return std::move(fleet->members.front().options);
    }
    if (wants_workers(*fleet)) {
      return std::unexpected(usage_faults{
          .faults = {"--workers is for one comparison: name its migration with --migration"},
          .command = "compare"});
    }
    return *std::move(fleet);
  } else if constexpr (std::is_base_of_v<migration_options, Options>) {
    return one_of_fleet<Options>(all, std::move(wrong));
  } else {
    return std::unexpected(std::move(wrong));
  }
}

template <class Options>
outcome parse_command(std::span<const std::string> arguments, const aws::environment& variables,
                      const file_reader& read_file) {
  Options options;
  const auto table = flags_of(options);
  usage_faults wrong{.command = std::string(describe(options).name)};
  auto given = read_arguments(table, arguments, wrong.faults);
  if (given.help) {
    return text_to_print{command_help(describe(options), table)};
  }
  if (given.version) {
    return text_to_print{version_line()};
  }
  monitor_options of_monitor;  // `report` has no setting of its own in a file
  auto file =
      read_config_file(std::is_same_v<Options, report_options> ? flags_of(of_monitor) : table,
                       given.settings, read_file, wrong.faults);
  if (std::is_same_v<Options, report_options> && given.settings.contains("config") &&
      !file.is_fleet && wrong.faults.empty()) {
    wrong.faults.emplace_back("--config: report reads the file of a fleet, with a [[migration]]");
  }
  auto here = layered(std::move(given.settings), read_variables(table, variables));
  if (file.is_fleet) {
    return parse_fleet_for<Options>({std::move(here), std::move(file)}, std::move(wrong));
  }
  const bool names_some = here.contains("migration");
  apply_settings(table, layered(std::move(here), std::move(file.settings)), wrong.faults);
  if (names_some) {
    wrong.faults.emplace_back("--migration says nothing unless --config names a fleet");
  }
  std::ranges::move(complete(options), std::back_inserter(wrong.faults));
  if (!wrong.faults.empty()) {
    return std::unexpected(std::move(wrong));
  }
  return options;
}

using parser = outcome (*)(std::span<const std::string>, const aws::environment&,
                           const file_reader&);

constexpr std::array<std::pair<std::string_view, parser>, 8> commands{
    {{"monitor", parse_command<monitor_options>},
     {"compare", parse_command<compare_options>},
     {"plan", parse_command<plan_options>},
     {"repair", parse_command<repair_options>},
     {"report", parse_command<report_options>},
     {"state", parse_command<state_options>},
     {"datagen", parse_command<datagen_options>},
     {"datadel", parse_command<datadel_options>}}};

/// What `use` makes of the commands and their flags; the rows refer to options that live meanwhile.
template <class Use>
auto with_all_commands(const Use& use) {
  const auto with = [&](auto... options) {
    const std::array all{completed_command{describe(options).name, flags_of(options)}...};
    return use(std::span<const completed_command>(all));
  };
  return with(monitor_options{}, compare_options{}, plan_options{}, repair_options{},
              report_options{}, state_options{}, datagen_options{}, datadel_options{});
}

constexpr std::string_view completion_help =
    "usage: dynamodb-migration-monitor completion bash|zsh|fish\n\n"
    "Prints a script that completes commands, flags and values in that shell:\n"
    "  source <(dynamodb-migration-monitor completion bash)\n";

outcome complete_for(std::span<const std::string> arguments) {
  const auto shell = arguments.size() == 1 ? std::string_view(arguments[0]) : std::string_view();
  if (shell == "--help" || shell == "-h") {
    return text_to_print{std::string(completion_help)};
  }
  auto script = with_all_commands([&](const auto& all) { return completion_script(shell, all); });
  if (!script) {
    return std::unexpected(
        usage_faults{.faults = {std::move(script.error().message)}, .command = {}});
  }
  return text_to_print{*std::move(script)};
}

usage_faults unknown_command(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(commands.size());
  for (const auto& [known, parse] : commands) {
    names.push_back(known);
  }
  names.emplace_back("completion");
  return {.faults = {fmt::format("there is no command \"{}\", only {}{}", name, enumeration(names),
                                 suggestion(name, names, ""))},
          .command = ""};
}

/// What a fault quotes may hold line breaks, or what a terminal would obey.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

std::vector<std::string_view> commands_with(std::string_view name) {
  return with_all_commands([&](const auto& all) {
    std::vector<std::string_view> found;
    for (const auto& command : all) {
      const auto has = [&](const flag_group& group) {
        return std::ranges::find(group.flags, name, &flag::name) != group.flags.end();
      };
      if (std::ranges::any_of(command.flags, has)) {
        found.push_back(command.name);
      }
    }
    return found;
  });
}

std::string usage_faults::text() const {
  std::string lines;
  for (const auto& fault : faults) {
    lines += fmt::format("error: {}\n", on_one_line(fault));
  }
  return lines + fmt::format("Nothing was started. Try: {}{}{} --help\n", program_name,
                             command.empty() ? "" : " ", command);
}

result<std::string> read_text_file(const std::string& path) {
  auto text = aws::read_text_file(path);
  if (!text) {
    return wrong_usage(std::move(text.error().message));
  }
  return text;
}

std::expected<command_line, usage_faults> parse_command_line(std::span<const std::string> arguments,
                                                             const aws::environment& variables,
                                                             const file_reader& read_file) {
  if (arguments.empty()) {
    return text_to_print{general_help(), exit_code_of_wrong_usage};
  }
  const std::string_view first = arguments[0];
  if (arguments.size() == 1 && (first == "--help" || first == "-help" || first == "-h")) {
    return text_to_print{general_help()};
  }
  if (first.starts_with('-')) {
    return parse_command<monitor_options>(arguments, variables, read_file);
  }
  const auto rest = arguments.subspan(1);
  if (first == "help") {
    return rest.empty() ? outcome(text_to_print{general_help()})
                        : parse_command_line(std::array{rest[0], std::string("--help")}, variables,
                                             read_file);
  }
  if (first == "completion") {
    return complete_for(rest);
  }
  for (const auto& [name, parse] : commands) {
    if (first == name) {
      return parse(rest, variables, read_file);
    }
  }
  return std::unexpected(unknown_command(first));
}

}  // namespace ddm::cli
