#include "cli/datagen_command.h"

#include "cli/item_command.h"
#include "cli/key_file.h"
#include "runtime/clock.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::cli {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::key_type;
using dynamodb::number_text;

constexpr std::uint64_t first_number_key = 7'357'000'000'000;

attribute_value key_value(key_type type, std::string_view prefix, std::uint64_t number) {
  if (type == key_type::number) {
    return {number_text{fmt::format("{}", first_number_key + number)}};
  }
  auto text = fmt::format("{}{}", prefix, number);
  return type == key_type::string ? attribute_value{std::move(text)}
                                  : attribute_value{dynamodb::binary{std::move(text)}};
}

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
  if (auto agreed = check_key_names(options, schema); !agreed) {
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
      [&](std::uint64_t index) { return make_test_item(schema, index + 1, time.now(), random()); },
      [&](item_writer::items items) { return keys ? keys->append(items) : result<void>(); });
  co_return report(summary, options.count, "test items written to " + options.table,
                   hint_for_removal(options));
}

}  // namespace

attribute_map make_test_item(const dynamodb::key_schema& schema, std::uint64_t number,
                             wall_time now, std::uint64_t random) {
  attribute_map item;
  item.emplace(schema.partition.name, key_value(schema.partition.type, "TEST_PK_", number));
  if (schema.sort) {
    item.emplace(schema.sort->name, key_value(schema.sort->type, "TEST_SK_", number));
  }
  // emplace() leaves a key alone that happens to have one of these names.
  item.emplace("test_number", attribute_value{number_text{fmt::format("{}", number)}});
  item.emplace("test_time", attribute_value{format_rfc3339(now)});
  item.emplace("test_random", attribute_value{number_text{fmt::format("{}", random % 1'000'000)}});
  item.emplace("test_text", attribute_value{fmt::format("test item {} of datagen", number)});
  return item;
}

result<void> check_key_names(const datagen_options& options, const dynamodb::key_schema& schema) {
  const auto wrong = [&](std::string_view flag, const std::string& name) {
    return wrong_usage(
        fmt::format("--{} \"{}\" is not what table {} has: its key is {}. Correct the flag, or "
                    "leave it out",
                    flag, name, options.table, schema.describe()));
  };
  if (options.partition_key && *options.partition_key != schema.partition.name) {
    return wrong("partition-key", *options.partition_key);
  }
  if (options.sort_key && (!schema.sort || *options.sort_key != schema.sort->name)) {
    return wrong("sort-key", *options.sort_key);
  }
  return {};
}

int run_datagen(const datagen_options& options, const aws::environment& variables) {
  return run_command([&](asio::any_io_executor executor) {
    return generate(std::move(executor), options, variables);
  });
}

}  // namespace ddm::cli
