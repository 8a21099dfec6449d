// `datagen`: its usage, and its flags in the order of their help.
#include "cli/item_flags.h"
#include "cli/shared_flags.h"

#include <limits>
#include <utility>

namespace ddm::cli {
namespace {

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
  3  all items are written, but the output could not be
  4  a write failed, or the service was not reached; the file holds what was written
)"};

}  // namespace

const command_description& describe(const datagen_options&) { return datagen_description; }

flag_table flags_of(datagen_options& o) {
  flag_group items{
      "Items",
      {{"count", "N", count_into(o.count, 1, std::numeric_limits<std::uint32_t>::max()),
        "how many items"}}};
  append(items, key_flags(o.partition_key, o.sort_key));
  append(items, {{.name = "output",
                  .value = "FILE",
                  .target = text_into(o.output_file),
                  .help = "new file for the keys that were written, as CSV, for datadel",
                  .fallback = "none",
                  .more = "A file that exists is not written over",
                  .possible = "a new file"}});
  return {table_and_access(o.connection, o.table),
          std::move(items),
          {"Pace", {batch_flag(o.batch), wait_flag(o.wait)}},
          debugging(o.allow_core_dumps)};
}

std::vector<std::string> complete(datagen_options&) { return {}; }

}  // namespace ddm::cli
