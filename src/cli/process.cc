#include "cli/process.h"

#include "cli/event_loop.h"
#include "cli/faults.h"
#include "report/exit_code.h"
#include "runtime/named_executor.h"
#include "runtime/task_group.h"

#include <algorithm>
#include <array>
#include <exception>
#include <list>
#include <memory>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

/// One command, on an executor that knows its name.
struct running_command {
  running_command(const asio::any_io_executor& executor, const std::string& migration)
      : task(migration.empty() ? executor : named_executor(executor, migration)) {}
  task_group task;
  int code = 0;
};

awaitable<void> note_code(awaitable<int> command, int& code, ending& end) {
  try {
    code = co_await std::move(command);
  } catch (...) {
    end.ask();
    throw;
  }
}

int worst(const std::list<running_command>& commands) {
  using report::exit_code;
  constexpr std::array order{exit_code::usage, exit_code::failed, exit_code::mismatches,
                             exit_code::incomplete};
  for (const auto code : order) {
    if (std::ranges::find(commands, static_cast<int>(code), &running_command::code) !=
        commands.end()) {
      return static_cast<int>(code);
    }
  }
  return static_cast<int>(exit_code::equal);
}

/// What run_process runs.
class hosted_commands {
 public:
  hosted_commands(asio::io_context& io, const aws::environment& variables,
                  const migration_options& common, std::vector<migration_command> commands)
      : host_(io, variables, common), common_(common), commands_(std::move(commands)) {}
  [[nodiscard]] awaitable<int> run();

 private:
  process host_;
  const migration_options& common_;
  std::vector<migration_command> commands_;
};

awaitable<int> hosted_commands::run() {
  auto server =
      web_server::open(common_, co_await asio::this_coro::executor, host_.shown, host_.time);
  if (!server) {
    co_return refuse(server.error());
  }
  host_.web = *std::move(server);
  std::exception_ptr failure;
  int code = 0;
  try {
    code = co_await run_all(host_, std::move(commands_));
  } catch (...) {
    failure = std::current_exception();
  }
  if (host_.web) {
    co_await host_.web->close();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return code;
}

}  // namespace

process::process(asio::io_context& io, const aws::environment& environment,
                 const migration_options& common)
    : variables(environment),
      pool(std::min(4U, std::max(1U, std::thread::hardware_concurrency() - 1))),
      printer(common.output == output_format::json,
              terminal_manner_of(environment, ::isatty(STDERR_FILENO) == 1, common.quiet)),
      end(io, printer.is_live()),
      live(printer, time),
      connections(io.get_executor(), time, environment) {}

awaitable<int> run_all(process& host, std::vector<migration_command> commands) {
  const auto executor = co_await asio::this_coro::executor;
  task_group background(executor);
  background.spawn(host.end.obey());
  background.spawn(host.live.refresh());
  background.spawn(host.live.follow_terminal());
  std::list<running_command> running;
  for (const auto& each : commands) {
    auto& started = running.emplace_back(executor, each.migration);
    started.task.spawn(note_code(each.run(host), started.code, host.end));
  }
  std::exception_ptr failure;
  for (auto& each : running) {
    try {
      co_await each.task.join();
    } catch (...) {
      failure = failure ? failure : std::current_exception();
    }
  }
  background.cancel();
  co_await background.join();
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return worst(running);
}

int run_migrations(const migration_options& common, const aws::environment& variables,
                   std::vector<migration_command> commands) {
  return run_process(common, [&](asio::io_context& io) {
    return std::make_unique<hosted_commands>(io, variables, common, std::move(commands));
  });
}

}  // namespace ddm::cli
