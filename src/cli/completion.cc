#include "cli/completion.h"

#include "cli/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ddm::cli {
namespace {

constexpr std::string_view files_value = "FILE";

std::vector<const flag*> flags_in(const flag_table& table) {
  std::vector<const flag*> all;
  for (const auto& group : table) {
    for (const auto& row : group.flags) {
      all.push_back(&row);
    }
  }
  return all;
}

/// Words without a flag are files, as `report` takes them.
bool takes_files(const flag_table& table) {
  return std::ranges::any_of(flags_in(table), [](const flag* row) {
    return row->takes_words && row->value == files_value;
  });
}

/// Between single quotes; all three shells take it there, a quote in it apart.
std::string quoted(std::string_view text, std::string_view quote_inside) {
  std::string safe = "'";
  for (const char c : text) {
    safe += c == '\'' ? std::string(quote_inside) : std::string(1, c);
  }
  return safe + "'";
}

std::string names_of(std::span<const completed_command> commands) {
  std::vector<std::string_view> names;
  for (const auto& each : commands) {
    names.push_back(each.name);
  }
  return fmt::format("{} completion help", fmt::join(names, " "));
}

// bash

std::string bash_value_case(std::string_view command, const flag& row) {
  if (row.target.is_switch) {
    return {};
  }
  const auto reply = !row.target.choices.empty()
                         ? fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\")); ",
                                       fmt::join(row.target.choices, " "))
                     : row.value == files_value
                         ? std::string("mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); ")
                         : std::string();
  return fmt::format("    {}--{}) {}return ;;\n", command, row.name, reply);
}

std::string bash_script(std::span<const completed_command> commands) {
  std::string values;
  std::string flags;
  for (const auto& each : commands) {
    std::string names;
    for (const auto* row : flags_in(each.flags)) {
      values += bash_value_case(each.name, *row);
      names += fmt::format("--{} ", row->name);
    }
    flags += fmt::format("    {}) all='{}--help --version'{} ;;\n", each.name, names,
                         takes_files(each.flags) ? " files=yes" : "");
  }
  return fmt::format(R"(# bash completion of {0}
_dynamodb_migration_monitor() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command=monitor all= files=
  if ((COMP_CWORD > 1)) && [[ ${{COMP_WORDS[1]}} != -* ]]; then
    command=${{COMP_WORDS[1]}}
  fi
  compopt -o filenames 2>/dev/null
  case $command$before in
    completion*) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
{1}  esac
  case $command in
{2}  esac
  if [[ $files && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  if ((COMP_CWORD == 1)); then
    all="{3} $all"
  fi
  COMPREPLY=($(compgen -W "$all" -- "$word"))
}}
complete -F _dynamodb_migration_monitor {0}
)",
                     program_name, values, flags, names_of(commands));
}

// zsh

/// In a specification of _arguments these characters mean something.
std::string zsh_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    safe += std::string_view("[]:\\").contains(c) ? std::string{'\\', c} : std::string(1, c);
  }
  return safe;
}

std::string zsh_flag(const flag& row) {
  const auto repeat = row.target.repeatable ? "*" : "";
  auto value = std::string();
  if (!row.target.is_switch) {
    const auto action = !row.target.choices.empty()
                            ? fmt::format("({})", fmt::join(row.target.choices, " "))
                        : row.value == files_value ? std::string("_files")
                                                   : std::string(" ");
    value = fmt::format(":{}:{}", zsh_text(row.value), action);
  }
  return quoted(fmt::format("{}--{}[{}]{}", repeat, row.name, zsh_text(row.help), value), "'\\''");
}

std::string zsh_script(std::span<const completed_command> commands) {
  std::string cases;
  for (const auto& each : commands) {
    cases += fmt::format("    {})\n      _arguments", each.name);
    for (const auto* row : flags_in(each.flags)) {
      cases += " \\\n        " + zsh_flag(*row);
    }
    cases += fmt::format(" \\\n        '--help[flags, defaults and examples]'{} ;;\n",
                         takes_files(each.flags) ? " '*:file:_files'" : "");
  }
  return fmt::format(R"(#compdef {0}
# zsh completion of {0}
_dynamodb_migration_monitor() {{
  local command=monitor
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    compadd -- {1}
    return
  fi
  if [[ $words[2] != -* ]]; then
    command=$words[2]
    shift words
    ((CURRENT--))
  fi
  case $command in
    completion) compadd -- bash zsh fish ;;
{2}  esac
}}
if [[ $funcstack[1] == _dynamodb-migration-monitor ]]; then
  _dynamodb_migration_monitor "$@"
else
  compdef _dynamodb_migration_monitor {0}
fi
)",
                     program_name, names_of(commands), cases);
}

// fish

std::string fish_flag(std::string_view when, const flag& row) {
  auto line = fmt::format("complete -c {} -n {} -l {} -d {}", program_name, when, row.name,
                          quoted(row.help, "\\'"));
  if (!row.target.is_switch) {
    line += !row.target.choices.empty()
                ? fmt::format(" -x -a {}",
                              quoted(fmt::format("{}", fmt::join(row.target.choices, " ")), "\\'"))
                : std::string(row.value == files_value ? " -r -F" : " -x");
  }
  return line + "\n";
}

std::string fish_script(std::span<const completed_command> commands) {
  const auto names = names_of(commands);
  auto script = fmt::format(
      "# fish completion of {0}\ncomplete -c {0} -f\n"
      "complete -c {0} -n __fish_use_subcommand -a '{1}'\n"
      "complete -c {0} -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n",
      program_name, names);
  for (const auto& each : commands) {
    // Without a command it is monitor.
    const auto when =
        each.name == "monitor"
            ? fmt::format("'__fish_seen_subcommand_from monitor; or __fish_use_subcommand'")
            : fmt::format("'__fish_seen_subcommand_from {}'", each.name);
    if (takes_files(each.flags)) {
      script += fmt::format("complete -c {} -n {} -F\n", program_name, when);
    }
    for (const auto* row : flags_in(each.flags)) {
      script += fish_flag(when, *row);
    }
  }
  return script;
}

}  // namespace

result<std::string> completion_script(std::string_view shell,
                                      std::span<const completed_command> commands) {
  if (shell == "bash") {
    return bash_script(commands);
  }
  if (shell == "zsh") {
    return zsh_script(commands);
  }
  if (shell == "fish") {
    return fish_script(commands);
  }
  return wrong_usage(shell.empty() ? "completion needs a shell: write bash, zsh or fish"
                                   : fmt::format("completion \"{}\" is not known: write bash, zsh "
                                                 "or fish",
                                                 shell));
}

}  // namespace ddm::cli
