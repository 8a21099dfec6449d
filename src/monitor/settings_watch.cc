#include "monitor/settings_watch.h"

#include "base/log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ddm::monitor {
namespace {

using dynamodb::parity;
using dynamodb::parity_row;

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours look_interval{1};
/// After a look that failed, or that may learn more by then.
constexpr minutes retry_interval{1};
constexpr seconds target_poll_interval{5};

/// "ttl (source: on expires, target: off); pitr (…)". What a store does not tell is no news.
std::string differences_of(const std::vector<parity_row>& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) {
    if (row.state == parity::different) {
      texts.push_back(fmt::format("{} (source: {}, target: {})", row.name,
                                  row.source.value_or("not known"),
                                  row.target.value_or("not known")));
    }
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

/// Whose state is not known any more: "pitr, ttl".
std::string lost_since(const std::vector<parity_row>& before, const std::vector<parity_row>& now) {
  std::vector<std::string_view> names;
  for (const auto& row : now) {
    const auto was = std::ranges::find(before, row.name, &parity_row::name);
    if (row.state == parity::unknown && was != before.end() && was->state != parity::unknown) {
      names.push_back(row.name);
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

bool some_are_unknown_that_differed(const std::vector<parity_row>& before,
                                    const std::vector<parity_row>& now) {
  return std::ranges::any_of(now, [&](const parity_row& row) {
    const auto was = std::ranges::find(before, row.name, &parity_row::name);
    return row.state == parity::unknown && was != before.end() && was->state == parity::different;
  });
}

}  // namespace

settings_watch::settings_watch(questions ask, std::vector<std::string> accepted, clock& time)
    : ask_(std::move(ask)), accepted_(std::move(accepted)), time_(time) {}

void settings_watch::start(task_group& tasks) {
  if (ask_.describe) {
    tasks.spawn(watch());
  }
}

void settings_watch::forget() {
  found_ = {};
  forgotten_.notify();
}

awaitable<void> settings_watch::watch() {
  for (;;) {
    const auto known = forgotten_.count();
    const auto next = ask_.target_ready() ? co_await look() : milliseconds{target_poll_interval};
    co_await forgotten_.wait_until(known, time_, time_.now() + next);
  }
}

awaitable<milliseconds> settings_watch::look() {
  const auto source = co_await ask_.describe(side::source);
  const auto target = co_await ask_.describe(side::target);
  for (const auto* described : {&source, &target}) {
    if (!*described) {
      note_trouble(fmt::format("{} table: {}",
                               to_string(described == &source ? side::source : side::target),
                               described->error().describe()));
      co_return retry_interval;
    }
  }
  // Half an answer is better than none, and worse than a whole one that is an hour old.
  const bool in_part = source->may_know_more_later || target->may_know_more_later;
  if (in_part && found_.looked_at) {
    note_trouble("the tables' TTL or backups could not be asked for");
    co_return retry_interval;
  }
  note(*source, *target);
  co_return in_part ? milliseconds{retry_interval} : milliseconds{look_interval};
}

void settings_watch::note_trouble(std::string why) {
  if (found_.trouble.empty()) {
    log::event(log::level::warning, "table_settings_not_read", why);
  }
  found_.trouble = std::move(why);
}

void settings_watch::note(const dynamodb::described_table& source,
                          const dynamodb::described_table& target) {
  auto rows = dynamodb::compare_settings(source.settings, target.settings, accepted_);
  const auto before =
      std::exchange(found_, {.rows = std::move(rows), .looked_at = time_.now(), .trouble = {}});
  if (!before.looked_at) {
    warn_of_slips();
  }
  tell_changes(before.rows);
}

void settings_watch::tell_changes(const std::vector<parity_row>& before) const {
  if (const auto lost = lost_since(before, found_.rows); !lost.empty()) {
    log::event(log::level::warning, "table_settings_unknown", lost);
  }
  const auto was = differences_of(before);
  const auto is = differences_of(found_.rows);
  if (is == was) {
    return;
  }
  if (!is.empty()) {
    log::event(log::level::warning, "table_settings_differ", is);
  } else if (!some_are_unknown_that_differed(before, found_.rows)) {
    log::event(log::level::info, "table_settings_equal",
               "the two tables' settings are equal now, or accepted");
  }
}

void settings_watch::warn_of_slips() const {
  for (const auto& name : dynamodb::unknown_names(found_.rows, accepted_)) {
    log::event(log::level::warning, "setting_in_doubt",
               fmt::format("--accept {} names no setting of these tables", name));
  }
}

void settings_watch::tell(report::status& now) const {
  if (ask_.describe) {
    now.table_settings = found_;
  }
}

}  // namespace ddm::monitor
