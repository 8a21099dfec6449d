#include "summary/signs_of_life.h"

#include "monitor/stored_runs.h"
#include "report/stored_status.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"

#include <utility>

namespace ddm::summary {

bool is_at_work(const std::string& state_file, const std::string& command, wall_time started) {
  const auto since = state::in_use_since(state_file, command);
  return since && *since <= started;
}

awaitable<result<std::vector<sign_of_life>>> signs_of_life(
    std::string path, const std::function<wall_time()>& clock) {
  auto store = state::open_sqlite_store({.path = path, .command = {}, .unproven = true});
  if (!store) {
    co_return fail(std::move(store.error()));
  }
  const std::vector<std::string> commands{"monitor", "compare"};
  const auto news = co_await (*store)->news_of(
      {report::stored_status_name("monitor"), report::stored_status_name("compare")});
  if (!news) {
    co_return fail(news.error());
  }
  std::vector<sign_of_life> found;
  for (const auto& command : commands) {
    const auto recorded = news->values.find(report::stored_status_name(command));
    if (recorded == news->values.end()) {
      continue;
    }
    auto status = report::decode_figures(recorded->second);
    if (!status) {
      co_return fail(std::move(status.error()));
    }
    const auto at = status->at;
    const bool at_work = is_at_work(path, command, status->about.started);
    monitor::stored_run run{.command = command, .status = *std::move(status), .figures = {}};
    run.age = clock() - at;
    run.at_work = at_work;
    found.push_back({.command = command, .at = at, .goes_on = run.goes_on()});
  }
  co_return found;
}

}  // namespace ddm::summary
