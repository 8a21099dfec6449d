// What datagen and datadel share: reach the table, write with progress, stop on Ctrl-C.
#pragma once

#include "cli/connection.h"
#include "cli/options.h"
#include "dynamodb/dynamodb_client.h"
#include "testdata/item_writer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

/// Stopped by a signal.
inline constexpr int exit_code_of_interrupted_writes = 1;

struct opened_table {
  std::unique_ptr<connection> access;
  dynamodb::table_description description;
};

/// Connects and describes the table, which must be there and active.
[[nodiscard]] awaitable<result<opened_table>> open_table(asio::any_io_executor executor,
                                                         clock& time, aws::environment variables,
                                                         connection_options from,
                                                         std::string table);

struct write_summary {
  std::uint64_t written = 0;
  bool interrupted = false;
  std::optional<error> failure;
};

/// Writes items 0 … count - 1 under a progress bar; the first SIGINT or SIGTERM stops after the
/// write under way, a second one ends the process. `what` is for people: "items".
[[nodiscard]] awaitable<write_summary> write_with_progress(
    asio::any_io_executor executor, clock& time, aws::service_client& calls,
    testdata::item_writer::options settings, std::uint64_t count, std::string what,
    testdata::item_writer::item_source source, testdata::item_writer::written_sink sink);

/// Of a command that has done all it was to do: 3 where standard output could not be written.
[[nodiscard]] int code_of_told(bool told);
/// Prints how it ended; the exit code.
[[nodiscard]] int report(const write_summary& summary, std::uint64_t count, std::string_view done,
                         std::string_view rest);

/// Runs `command` to its end. An error is printed and means that nothing was written.
[[nodiscard]] int run_command(
    const std::function<awaitable<result<int>>(asio::any_io_executor)>& command);

}  // namespace ddm::cli
