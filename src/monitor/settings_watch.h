// What the two tables are beside their items, looked at again each hour.
//
// Problem: the application meets the new table's indexes, TTL and backups on the day of the
// cutover. `plan` compares them once, before; weeks may pass until then, in which somebody changes
// one. Idea: a running monitor asks for both tables' settings each hour and compares them as `plan`
// does. What it found is part of the status, which the state keeps: a report tells it with its
// time. Reason: the verdict speaks of the items alone, and a setting may be meant to differ; that
// is for whoever signs to say (--accept). The calls read no items and cost nothing.
#pragma once

#include "base/side.h"
#include "dynamodb/table_settings.h"
#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "runtime/signal.h"

#include <functional>
#include <string>
#include <vector>

namespace ddm::monitor {

class settings_watch final : public session_part {
 public:
  struct questions {
    /// Of this moment. Empty: nobody looks, and nothing is told.
    std::function<awaitable<result<dynamodb::described_table>>(side)> describe;
    std::function<bool()> target_ready;
  };
  /// `accepted`: the names of what may differ, as compare_settings() takes them.
  settings_watch(questions ask, std::vector<std::string> accepted, clock& time);

  /// One of the tables is another one than before: what was found is of the past.
  void forget();

  void start(task_group& tasks) override;
  void tell(report::status& now) const override;

 private:
  [[nodiscard]] awaitable<void> watch();
  /// When the next look is due.
  [[nodiscard]] awaitable<milliseconds> look();
  void note(const dynamodb::described_table& source, const dynamodb::described_table& target);
  void note_trouble(std::string why);
  void tell_changes(const std::vector<dynamodb::parity_row>& before) const;
  void warn_of_slips() const;

  questions ask_;
  std::vector<std::string> accepted_;
  clock& time_;
  report::compared_settings found_;
  signal forgotten_;
};

}  // namespace ddm::monitor
