#include "cli/usage.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::cli {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t text_column = 34;

constexpr command_description monitor_description{
    .name = "monitor",
    .purpose =
        "Reads the stream of one table, looks each change up in the other one, and tells\n"
        "what is missing, wrong or late. It writes to no table. Ctrl-C ends it with a report.",
    .usage = "[monitor] --target-table NAME [flags]",
    .examples =
        R"(  # Watch a table move from one account to another
  {0} --source-profile old --target-profile new \
      --target-table orders --region eu-west-1

  # Start before the import: changes are counted until the target exists
  {0} --source-profile old --target-profile new \
      --target-table orders --region eu-west-1 --await-target

  # In a script: judge everything up to now, then look at the exit code
  {0} --source-profile old --target-profile new \
      --target-table orders --iterator-type TRIM_HORIZON --until-caught-up --output json

  # Cutover: the writers stop at 22:00 UTC; end when all is judged and nobody writes any more
  {0} --source-profile old --target-profile new \
      --target-table orders --freeze-at 2026-01-31T22:00:00Z

  # Try it on DynamoDB Local, every key
  {0} --target-table copy --source-table orders --sample-rate all \
      --source-endpoint-url http://localhost:8000 --target-endpoint-url http://localhost:8000
)",
    .exit_codes = R"(  0  all that was checked is equal
  1  confirmed mismatches are open
  2  only editing the command, its files or its variables mends it; nothing was started
  3  incomplete: a gap in the stream, a write after the freeze, unreadable items, checks
     pending at the end, a stream that did not answer, nothing checked at all; with
     --require-go also any verdict but GO
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

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

  # One key in a hundred: as dear as all of them, but quick to judge
  {0} compare --source-profile old --target-profile new \
      --target-table orders --sample-rate 1%
)",
    .exit_codes = R"(  0  every key compared is equal
  1  confirmed mismatches are open
  2  only editing the command, its files or its variables mends it; nothing was started
  3  incomplete: interrupted, unreadable items, keys that never rest, a table made anew
     meanwhile, nothing compared at all
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

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
  3  nothing that is known, but something could not be learned
  4  a service failed or was not reached; the report tells what was learned without it
)"};

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
  3  incomplete: interrupted, or items refused because somebody else wrote, or failed
  4  the run failed, or a service refused, failed or was not reached, at any moment
)"};

constexpr command_description report_description{
    .name = "report",
    .purpose =
        "Tells how a migration stands, from its state alone: also while monitor or compare work "
        "on\n"
        "it, and after they were killed. It asks no service and changes nothing.",
    .usage = "report FILE... [flags]",
    .examples =
        R"(  # What the monitor in another window has to say
  {0} report orders.monitor.db

  # For who decides about the cutover: one page, for a screen or paper
  {0} report orders.monitor.db --output html --output-file orders.html

  # All migrations of this folder: one table, the worst verdict and exit code
  {0} report *.monitor.db

  # For a script: one object a line, of the monitor and of the last compare
  {0} report --state orders.monitor.db --output json
)",
    .exit_codes = R"(  0  all that was checked is equal
  1  confirmed mismatches are open
  2  only editing the command mends it: no such state, or none of this program
  3  incomplete, failed, or no monitor watches any more: GO is not told of a monitor whose last
     sign is older than 60 s
  4  the state cannot be read
  Of several states the first of 2, 4, 1, 3, 0.
)",
    .asks_services = false};

constexpr command_description datagen_description{
    .name = "datagen",
    .purpose =
        "Writes test items with the keys TEST_PK_1, TEST_SK_1 and so on, to watch them arrive.\n"
        "An item that has such a key already is overwritten.",
    .usage = "datagen --table NAME [flags]",
    .examples = R"(  # Ten items, their keys kept for datadel
  {0} datagen --profile old --table orders --output keys.csv

  # A thousand, in batches
  {0} datagen --profile old --table orders \
      --count 1000 --batch --output keys.csv

  # Two a second
  {0} datagen --profile old --table orders \
      --count 600 --wait 500 --output keys.csv
)",
    .exit_codes = R"(  0  all items are written
  1  it was interrupted; the file holds what was written
  2  only editing the command, its files or its variables mends it; nothing was written
  4  a write failed, or the service was not reached; the file holds what was written
)"};

constexpr command_description datadel_description{
    .name = "datadel",
    .purpose =
        "Deletes the items whose keys are in a file that datagen wrote.\n"
        "A key that is not in the table any more is no error.",
    .usage = "datadel --table NAME --input FILE [flags]",
    .examples = R"(  # Look first
  {0} datadel --profile old --table orders --input keys.csv --dry-run

  # Delete one by one, with a line for each
  {0} datadel --profile old --table orders --input keys.csv --verbose

  # Delete in batches
  {0} datadel --profile old --table orders --input keys.csv --batch
)",
    .exit_codes = R"(  0  all keys are deleted, or shown
  1  it was interrupted; start the same command again
  2  only editing the command, its files or its variables mends it; nothing was deleted
  4  a delete failed, or the service was not reached; start the same command again
)"};

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

const command_description& describe(const monitor_options&) { return monitor_description; }
const command_description& describe(const compare_options&) { return compare_description; }
const command_description& describe(const plan_options&) { return plan_description; }
const command_description& describe(const repair_options&) { return repair_description; }
const command_description& describe(const report_options&) { return report_description; }
const command_description& describe(const datagen_options&) { return datagen_description; }
const command_description& describe(const datadel_options&) { return datadel_description; }

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
  return text + fmt::format("\nExit codes:\n{}", monitor_description.exit_codes);
}

std::string version_line() { return fmt::format("{} {}\n", program_name, DDM_VERSION); }

}  // namespace ddm::cli
