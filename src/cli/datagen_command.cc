#include "cli/datagen_command.h"

#include "cli/item_command.h"
#include "runtime/clock.h"
#include "testdata/key_file.h"
#include "testdata/test_item.h"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace ddm::cli {
namespace {

using testdata::item_writer;
using testdata::key_file_writer;

std::string hint_for_removal(const datagen_options& options) {
  return options.output_file
             ? fmt::format("; their keys are in {}, datadel --input takes them away again",
                           *options.output_file)
             : "; without --output their keys were not noted";
}

awaitable<result<int>> generate(asio::any_io_executor executor, datagen_options options,
                                aws::environment variables) {
  system_clock time;
  auto table =
      co_await open_table(executor, time, std::move(variables), options.connection, options.table);
  if (!table) {
    co_return fail(std::move(table.error()));
  }
  const auto& schema = table->description.schema;
  if (auto agreed =
          testdata::check_key_names(options.table, options.partition_key, options.sort_key, schema);
      !agreed) {
    co_return fail(std::move(agreed.error()));
  }
  std::optional<key_file_writer> keys;
  if (options.output_file) {
    auto file = key_file_writer::create(*options.output_file, schema);
    if (!file) {
      co_return fail(std::move(file.error()));
    }
    keys.emplace(*std::move(file));
  }
  std::mt19937_64 random(std::random_device{}());
  const auto summary = co_await write_with_progress(
      executor, time, table->access->calls(),
      {.table = dynamodb::table_name(options.table),
       .schema = schema,
       .what = item_writer::action::put,
       .batch = options.batch,
       .wait = options.wait},
      options.count, "items",
      [&](std::uint64_t index) {
        return testdata::make_test_item(schema, index + 1, time.now(), random());
      },
      [&](item_writer::items items) { return keys ? keys->append(items) : result<void>(); });
  co_return report(summary, options.count, "test items written to " + options.table,
                   hint_for_removal(options));
}

}  // namespace

int run_datagen(const datagen_options& options, const aws::environment& variables) {
  return run_command([&](asio::any_io_executor executor) {
    return generate(std::move(executor), options, variables);
  });
}

}  // namespace ddm::cli
