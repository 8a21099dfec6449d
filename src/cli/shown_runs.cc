#include "cli/shown_runs.h"

#include "base/displayable.h"
#include "report/render.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace ddm::cli {

shown_run::shown_run(shown_runs& among, std::string command, state::state_store& store,
                     verify::finding_options lines,
                     const std::map<std::string, std::string>& stored)
    : among_(among),
      store_(store),
      lines_(std::move(lines)),
      history_(command, stored),
      place_(among.runs_.insert(among.runs_.end(), this)) {}

shown_run::~shown_run() {
  if (place_) {
    among_.runs_.erase(*place_);
  }
}

awaitable<void> shown_run::retire() {
  if (place_) {
    among_.runs_.erase(*place_);
    place_.reset();
  }
  while (looks_ > 0) {
    co_await looked_.wait();
  }
}

void shown_run::show(const report::status& now) {
  latest_ = now;
  history_.add(now);
  if (events_.subscribers() > 0) {
    events_.publish({.name = "status", .data = text()});
  }
}

std::string shown_run::text() const { return displayable(report::render_json(*latest_)); }

void shown_run::collect(state::commit_batch& batch) {
  for (auto& [name, value] : history_.take_new()) {
    batch.values.insert_or_assign(name, std::move(value));
  }
}

shown_member* shown_runs::find_member(std::string_view name) {
  const auto at = std::ranges::find(members, name, &shown_member::name);
  return at == members.end() ? nullptr : &*at;
}

std::vector<report::member_row> shown_runs::rows() const {
  std::map<std::string_view, const report::status*> running;
  for (const auto* run : all()) {
    running.emplace(run->latest()->about.migration, &*run->latest());
  }
  std::vector<report::member_row> found;
  for (const auto& each : members) {
    const auto run = running.find(each.name);
    const bool runs = run != running.end();
    found.push_back({.name = each.name,
                     .state = runs ? report::member_state::running : each.state,
                     .now = runs        ? run->second
                            : each.last ? &*each.last
                                        : nullptr,
                     .why = runs ? std::string() : each.why,
                     .again_at = each.again_at});
  }
  return found;
}

std::vector<shown_run*> shown_runs::all() const {
  std::vector<shown_run*> found;
  std::ranges::copy_if(runs_, std::back_inserter(found),
                       [](const shown_run* each) { return each->latest().has_value(); });
  return found;
}

std::vector<shown_standby> shown_runs::standbys() const {
  std::vector<shown_standby> found;
  std::ranges::copy(standbys_ | std::views::values, std::back_inserter(found));
  return found;
}

void shown_runs::show(shown_standby standby) {
  auto state = standby.state;
  standbys_.insert_or_assign(std::move(state), std::move(standby));
}

shown_run* shown_runs::find(std::string_view migration) const {
  const auto found = all();
  const auto at = std::ranges::find_if(
      found, [&](const shown_run* each) { return each->latest()->about.migration == migration; });
  return at == found.end() ? nullptr : *at;
}

}  // namespace ddm::cli
