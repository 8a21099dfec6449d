#include "cli/datadel_command.h"

#include "aws/text_file.h"
#include "base/displayable.h"
#include "base/units.h"
#include "cli/item_command.h"
#include "cli/standard_output.h"
#include "runtime/clock.h"
#include "testdata/key_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::cli {
namespace {

using testdata::item_writer;
using testdata::key_table;

/// Of datagen's file: some ten million keys, which are held at once.
constexpr std::size_t key_file_bytes_max = std::size_t{1} << 30;

result<key_table> read_keys(const std::string& path) {
  const auto text = aws::read_text_file(path, {.bytes_max = key_file_bytes_max});
  if (!text) {
    return wrong_usage(fmt::format("--input {} {}", path, text.error().message));
  }
  auto keys = testdata::parse_key_file(*text);
  return keys ? std::move(keys)
              : wrong_usage(fmt::format("--input {}: {}", path, keys.error().message));
}

result<void> check_schema(const datadel_options& options, const dynamodb::key_schema& of_file,
                          const dynamodb::key_schema& of_table) {
  if (of_file != of_table) {
    return wrong_usage(
        fmt::format("--input {} holds keys of {}, but the key of table {} is {}: name the "
                    "table that the file was made from",
                    options.input_file, of_file.describe(), options.table, of_table.describe()));
  }
  return {};
}

/// So many are printed at a time.
constexpr std::size_t keys_at_a_time = 1000;

/// False once a line could not be written.
[[nodiscard]] bool print_keys(std::string_view what, item_writer::items keys) {
  while (!keys.empty()) {
    const auto part = keys.first(std::min(keys.size(), keys_at_a_time));
    keys = keys.subspan(part.size());
    std::string lines;
    for (const auto& key : part) {
      lines += fmt::format("{} {}\n", what, displayable(dynamodb::to_json(key)));
    }
    if (!print_text(lines, "the list of keys")) {
      return false;
    }
  }
  return true;
}

awaitable<result<int>> remove_items(asio::any_io_executor executor, datadel_options options,
                                    aws::environment variables) {
  const auto input = read_keys(options.input_file);
  if (!input) {
    co_return fail(input.error());
  }
  system_clock time;
  auto table =
      co_await open_table(executor, time, std::move(variables), options.connection, options.table);
  if (!table) {
    co_return fail(std::move(table.error()));
  }
  if (auto same = check_schema(options, input->schema, table->description.schema); !same) {
    co_return fail(std::move(same.error()));
  }
  if (options.dry_run) {
    const bool told =
        print_keys("would delete", input->keys) &&
        print_report(fmt::format("{} keys; nothing was deleted", grouped(input->keys.size())));
    co_return code_of_told(told);
  }
  bool told = true;
  const auto summary = co_await write_with_progress(
      executor, time, table->access->calls(),
      {.table = dynamodb::table_name(options.table),
       .schema = input->schema,
       .what = item_writer::action::remove,
       .batch = options.batch,
       .wait = options.wait},
      input->keys.size(), "keys", [&](std::uint64_t index) { return input->keys[index]; },
      [&](item_writer::items keys) {
        // What is lost to a full disk keeps nothing from being deleted.
        told = told && (!options.verbose || print_keys("deleted", keys));
        return result<void>();
      });
  const int code =
      report(summary, input->keys.size(), "keys deleted from " + options.table,
             summary.failure || summary.interrupted ? "; the same command deletes the rest" : "");
  co_return code == 0 ? code_of_told(told) : code;
}

}  // namespace

int run_datadel(const datadel_options& options, const aws::environment& variables) {
  return run_command([&](asio::any_io_executor executor) {
    return remove_items(std::move(executor), options, variables);
  });
}

}  // namespace ddm::cli
