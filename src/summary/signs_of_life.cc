#include "summary/signs_of_life.h"

#include "monitor/stored_runs.h"
#include "report/stored_status.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"

#include <algorithm>
#include <utility>

namespace ddm::summary {

std::optional<sign_of_life> sign_of(std::string command,
                                    const std::optional<recorded_run>& recorded,
                                    std::optional<wall_time> held_since, wall_time now) {
  if (!recorded && !held_since) {
    return std::nullopt;
  }
  sign_of_life made{.command = std::move(command), .at = {}, .held = held_since.has_value()};
  if (recorded && (!held_since || *held_since <= recorded->started)) {
    made.at = recorded->at;
    made.ended = recorded->ended;
  } else {
    made.at = *held_since;
  }
  made.goes_on = made.held && !made.ended && now - made.at <= monitor::sign_of_life_max &&
                 made.at - now <= monitor::sign_of_life_max;
  return made;
}

const sign_of_life* asked_of(std::span<const sign_of_life> signs) {
  const auto monitors = std::ranges::find(signs, "monitor", &sign_of_life::command);
  if (monitors != signs.end() && !monitors->ended) {
    return &*monitors;
  }
  const auto at_work = std::ranges::find_if(signs, &sign_of_life::goes_on);
  return at_work != signs.end() ? &*at_work : signs.empty() ? nullptr : &signs.front();
}

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
    std::optional<recorded_run> run;
    if (const auto value = news->values.find(report::stored_status_name(command));
        value != news->values.end()) {
      const auto status = report::decode_figures(value->second);
      if (!status) {
        co_return fail(status.error());
      }
      run = {.started = status->about.started, .at = status->at, .ended = status->ended};
    }
    if (auto sign = sign_of(command, run, state::in_use_since(path, command), clock())) {
      found.push_back(*std::move(sign));
    }
  }
  co_return found;
}

}  // namespace ddm::summary
