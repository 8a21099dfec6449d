#include "cli/options.h"

#include "aws/text_file.h"
#include "cli/completion.h"
#include "cli/options_flag.h"
#include "cli/options_sources.h"
#include "cli/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

namespace ddm::cli {
namespace {

using outcome = std::expected<command_line, usage_faults>;

/// The file that --config names among the arguments, as settings.
raw_settings read_config_file(const flag_table& table, const raw_settings& arguments,
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
  auto config = read_config_file(table, given.settings, read_file, wrong.faults);
  // merge() keeps what is there already: the stronger source comes first.
  auto settings = std::move(given.settings);
  settings.merge(read_variables(table, variables));
  settings.merge(std::move(config));
  apply_settings(table, settings, wrong.faults);
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
