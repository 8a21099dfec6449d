#include "cli/item_command.h"

#include "base/units.h"
#include "cli/event_loop.h"
#include "cli/progress_bar.h"
#include "cli/standard_output.h"
#include "report/exit_code.h"

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <csignal>
#include <utility>

namespace ddm::cli {

using testdata::item_writer;

namespace {

awaitable<int> code_of(awaitable<result<int>> command) {
  auto ended = co_await std::move(command);
  if (!ended) {
    complain(ended.error().describe());
    co_return static_cast<int>(report::code_of(ended.error().kind));
  }
  co_return *ended;
}

}  // namespace

awaitable<result<opened_table>> open_table(asio::any_io_executor executor, clock& time,
                                           aws::environment variables, connection_options from,
                                           std::string table) {
  const auto files = aws::profile_files::load(variables);
  if (!files) {
    co_return fail(files.error());
  }
  auto access = connection::open(
      {.name = "table " + table, .service = aws_service::tables, .options = std::move(from)},
      executor, time, variables, *files);
  if (!access) {
    co_return fail(std::move(access.error()));
  }
  dynamodb::dynamodb_client client((*access)->calls());
  auto description = co_await client.describe_table(dynamodb::table_name(table));
  if (!description) {
    description.error().message += "; check --table, --profile, --region and --endpoint-url";
    co_return fail(std::move(description.error()));
  }
  if (description->status != dynamodb::table_status::active &&
      description->status != dynamodb::table_status::updating) {
    co_return fatal(
        fmt::format("table {} is {}, not ACTIVE: wait for it", table, description->status_text));
  }
  co_return opened_table{*std::move(access), *std::move(description)};
}

awaitable<write_summary> write_with_progress(asio::any_io_executor executor, clock& time,
                                             aws::service_client& calls,
                                             item_writer::options settings, std::uint64_t count,
                                             std::string what, item_writer::item_source source,
                                             item_writer::written_sink sink) {
  dynamodb::dynamodb_client client(calls);
  item_writer writer(executor, client, time, std::move(settings));
  // Once it has fired, clearing it gives the signals their default back: they end the process.
  asio::signal_set signals(executor);
  add_ending_signals(signals);
  signals.async_wait([&](const boost::system::error_code& cancelled, int) {
    if (!cancelled) {
      writer.stop();
      signals.clear();
    }
  });
  write_summary summary;
  progress_bar bar(count, std::move(what), time.now());
  const auto written =
      co_await writer.write_all(count, std::move(source), [&](item_writer::items items) {
        auto taken = sink(items);
        if (taken) {
          summary.written += items.size();
          bar.show(summary.written, time.now());
        }
        return taken;
      });
  signals.cancel();
  if (!written) {
    summary.failure = written.error();
  }
  summary.interrupted = writer.stopped() && summary.written < count;
  co_return summary;
}

int code_of_told(bool told) {
  using report::exit_code;
  return static_cast<int>(told ? exit_code::equal : exit_code::incomplete);
}

int report(const write_summary& summary, std::uint64_t count, std::string_view done,
           std::string_view rest) {
  if (summary.failure) {
    complain(summary.failure->describe());
  }
  if (summary.failure || summary.interrupted) {
    complain(fmt::format("{}: {} of {} {}{}", summary.failure ? "failed" : "interrupted",
                         grouped(summary.written), grouped(count), done, rest));
    return summary.failure ? static_cast<int>(report::code_of(summary.failure->kind))
                           : exit_code_of_interrupted_writes;
  }
  return code_of_told(print_report(fmt::format("{} {}{}", grouped(count), done, rest)));
}

int run_command(const std::function<awaitable<result<int>>(asio::any_io_executor)>& command) {
  asio::io_context io(1);
  return run_to_end(io, code_of(command(io.get_executor())));
}

}  // namespace ddm::cli
