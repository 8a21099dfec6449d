// `datadel`: its usage, and its flags in the order of their help.
#include "cli/item_flags.h"
#include "cli/usage.h"

namespace ddm::cli {
namespace {

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
  3  all keys are deleted, or to be shown, but the output could not be written
  4  a delete failed, or the service was not reached; start the same command again
)"};

}  // namespace

const command_description& describe(const datadel_options&) { return datadel_description; }

flag_table flags_of(datadel_options& o) {
  return {table_and_access(o.connection, o.table),
          {"Items",
           {{.name = "input",
             .value = "FILE",
             .target = text_into(o.input_file),
             .help = "keys to delete, as datagen wrote them",
             .required = true,
             .possible = "a file of `datagen`"},
            {"dry-run", "", switch_into(o.dry_run), "show the keys and delete nothing"},
            {"verbose", "", switch_into(o.verbose), "a line for each key"}}},
          {"Pace", {batch_flag(o.batch), wait_flag(o.wait)}},
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(datadel_options&) { return {}; }

}  // namespace ddm::cli
