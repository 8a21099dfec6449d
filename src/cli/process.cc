#include "cli/process.h"

#include "cli/budgets.h"
#include "cli/event_loop.h"
#include "cli/faults.h"
#include "report/exit_code.h"
#include "runtime/named_executor.h"
#include "runtime/task_group.h"
#include "runtime/then_always.h"

#include <algorithm>
#include <exception>
#include <list>
#include <memory>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

/// They wait for the disk, not for a core.
constexpr std::size_t state_threads_max = 8;
constexpr std::size_t state_caches_bytes = std::size_t{256} << 20;
constexpr std::size_t state_cache_bytes_min = std::size_t{512} << 10;
constexpr std::size_t state_cache_bytes_max = std::size_t{32} << 20;

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

/// What run_process runs.
class hosted_commands {
 public:
  hosted_commands(asio::io_context& io, const aws::environment& variables,
                  const migration_options& common, std::vector<migration_command> commands,
                  std::size_t migrations)
      : host_(io, variables, common, std::max(migrations, commands.size())),
        common_(common),
        commands_(std::move(commands)) {}
  [[nodiscard]] awaitable<int> run();

 private:
  process host_;
  const migration_options& common_;
  std::vector<migration_command> commands_;
};

/// Null: there is none.
awaitable<void> close(web_server* server) {
  if (server != nullptr) {
    co_await server->close();
  }
}

awaitable<int> hosted_commands::run() {
  auto server =
      web_server::open(common_, co_await asio::this_coro::executor, host_.shown, host_.time);
  if (!server) {
    co_return refuse(server.error());
  }
  host_.web = *std::move(server);
  co_return co_await then_always(run_all(host_, std::move(commands_)),
                                 [this] { return close(host_.web.get()); });
}

}  // namespace

process::process(asio::io_context& io, const aws::environment& environment,
                 const migration_options& common, std::size_t migrations)
    : variables(environment),
      pool(std::min(4U, std::max(1U, std::thread::hardware_concurrency() - 1))),
      state_threads(std::min(migrations, state_threads_max)),
      state_cache_bytes(std::clamp(state_caches_bytes / migrations, state_cache_bytes_min,
                                   state_cache_bytes_max)),
      memory(memory_for_load(common)),
      printer(common.output == output_format::json,
              terminal_manner_of(environment, ::isatty(STDERR_FILENO) == 1, common.quiet)),
      end(io, printer.is_live()),
      live(printer, time, shown),
      connections(io.get_executor(), time, environment),
      budgets(time, common.max_rcu_total, migrations) {}

worker_pool& process::copy_thread() {
  if (!copy_thread_) {
    copy_thread_ = std::make_unique<worker_pool>(1);
  }
  return *copy_thread_;
}

awaitable<int> run_each(process& host, const std::vector<migration_command>& commands) {
  const auto executor = co_await asio::this_coro::executor;
  std::list<running_command> running;
  for (const auto& each : commands) {
    auto& started = running.emplace_back(executor, each.migration);
    started.task.spawn(note_code(each.run(host), started.code, host.end));
  }
  std::exception_ptr failure;
  auto worst = report::exit_code::equal;
  for (auto& each : running) {
    try {
      co_await each.task.join();
      worst = report::worse_of(worst, static_cast<report::exit_code>(each.code));
    } catch (...) {
      failure = failure ? failure : std::current_exception();
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return static_cast<int>(worst);
}

awaitable<int> run_all(process& host, std::vector<migration_command> commands) {
  task_group background(co_await asio::this_coro::executor);
  background.spawn(host.end.obey());
  background.spawn(host.live.refresh());
  background.spawn(host.live.follow_terminal());
  co_return co_await then_always(run_each(host, commands),
                                 [&background] { return background.end(); });
}

int run_migrations(const migration_options& common, const aws::environment& variables,
                   std::vector<migration_command> commands, std::size_t migrations) {
  return run_process(common, [&](asio::io_context& io) {
    return std::make_unique<hosted_commands>(io, variables, common, std::move(commands),
                                             migrations);
  });
}

}  // namespace ddm::cli
