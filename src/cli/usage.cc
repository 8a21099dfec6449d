#include "cli/usage.h"

#include "state/state_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::cli {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t text_column = 34;

/// Breaks `text` between words; the first line begins at `column`, further ones at text_column.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string lines;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column + 1 + word.size() > columns && column > text_column) {
      lines += '\n' + std::string(text_column, ' ');
      column = text_column;
    } else if (column > text_column) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines;
}

std::string flag_help(const flag& row) {
  auto left = fmt::format("  --{}{}{}", row.name, row.value.empty() ? "" : " ", row.value);
  left.append(left.size() < text_column ? text_column - left.size() : 0, ' ');
  std::string text(row.help);
  const auto fallback = row.fallback.empty() ? row.target.fallback : std::string(row.fallback);
  if (row.required) {
    text += " (required)";
  } else if (!fallback.empty()) {
    text += fmt::format(" (default: {})", fallback);
  }
  if (!row.variable.empty()) {
    text += fmt::format(" [{}]", row.variable);
  }
  return left + wrapped(text, text_column) + '\n';
}

std::string variables_help(const flag_table& flags) {
  std::string rows;
  for (const auto& group : flags) {
    for (const auto& row : group.flags) {
      if (!row.variable.empty()) {
        rows += fmt::format("  {:<32}as --{}, which wins\n", row.variable, row.name);
      }
    }
  }
  return rows +
         "  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,\n"
         "  AWS_ENDPOINT_URL, AWS_CA_BUNDLE, HTTPS_PROXY, NO_PROXY    as in every AWS tool\n";
}

}  // namespace

std::string command_help(const command_description& command, const flag_table& flags) {
  auto text = fmt::format("{}\n\nUsage: {} {}\n", command.purpose, program_name, command.usage);
  for (const auto& group : flags) {
    text += fmt::format("\n{}:\n", group.title);
    for (const auto& row : group.flags) {
      text += flag_help(row);
    }
  }
  if (command.asks_services) {
    text += fmt::format(
        "\nDurations are written as 500ms, 30s, 1m30s; sizes as 512MiB.\n"
        "\nEnvironment:\n{}",
        variables_help(flags));
  }
  text += "\nExamples:\n";
  text += fmt::format(fmt::runtime(command.examples), program_name);
  return text + fmt::format("\nExit codes:\n{}", command.exit_codes);
}

std::string general_help() {
  auto text = fmt::format(
      "Tells whether a live DynamoDB table arrives in another account, region or compatible "
      "store:\n"
      "whether every change gets there, how late, what is wrong, and when it is safe to cut over.\n"
      "\nUsage: {0} [command] [flags]\n"
      "\nCommands:\n"
      "  monitor   check the changes of a table against its copy; the default, so that a command\n"
      "            line of flags alone works\n"
      "  compare   compare all items of both tables\n"
      "  plan      permissions, settings, cost and policies, before anything is read\n"
      "  repair    make the copy equal where mismatches are open, by conditional writes\n"
      "  report    how a migration stands, from its state alone: also while a command works on it\n"
      "  state     keep progress in a DynamoDB table that outlives a host\n"
      "  datagen   write test items to a table\n"
      "  datadel   delete them again\n"
      "  completion bash|zsh|fish   a script that completes commands, flags and values there\n"
      "\n  {0} COMMAND --help    flags, defaults and more examples\n"
      "  {0} --version\n"
      "\nExamples:\n",
      program_name);
  text += fmt::format(
      "  {0} --source-profile old --target-profile new \\\n"
      "      --target-table orders --region eu-west-1\n"
      "  {0} compare --source-profile old --target-profile new \\\n"
      "      --target-table orders --region eu-west-1\n"
      "  {0} datagen --profile old --table orders --output keys.csv\n"
      "  {0} datadel --profile old --table orders --input keys.csv\n",
      program_name);
  return text + fmt::format("\nExit codes:\n{}", describe(monitor_options{}).exit_codes);
}

std::string version_line() {
  return fmt::format("{} {}, state format {}\n", program_name, DDM_VERSION, state::format_version);
}

}  // namespace ddm::cli
