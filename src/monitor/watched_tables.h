// How a session keeps an eye on the two tables themselves: table_watch decides, here the tables are
// asked, one of them until it is there at all.
#pragma once

#include "dynamodb/table_description.h"
#include "dynamodb/table_reader.h"
#include "monitor/session_part.h"
#include "monitor/table_watch.h"
#include "runtime/clock.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

class watched_tables final : public session_part {
 public:
  /// Both are asked; each outlives it.
  struct pair {
    dynamodb::metered_table& source;
    dynamodb::metered_table& target;
  };
  /// As described at the start; nothing: the first look tells.
  struct descriptions {
    std::optional<dynamodb::table_description> source;
    std::optional<dynamodb::table_description> target;
    bool target_ready = true;
  };
  struct listeners {
    /// Another table than before: a gap of everything so far, without its moment.
    std::function<void(state::gap_row)> on_replaced;
    std::function<void()> on_target_ready;
    std::function<void(error)> on_failed;
    /// Asked each 10 s while the target is not ready: true once it can be read; an error is final.
    std::function<awaitable<result<bool>>()> target_is_ready;
  };
  watched_tables(pair tables, descriptions at_start, clock& time, listeners to,
                 const state::snapshot& resumed);

  /// What the start has described, held against the state.
  void note_start();
  [[nodiscard]] bool target_ready() const { return target_ready_; }
  /// Somebody deletes what has expired.
  [[nodiscard]] bool has_ttl() const {
    return tables_.source.ttl_attribute || tables_.target.ttl_attribute;
  }

  void start(task_group& tasks) override;
  /// What is known of them ages no more, and nobody waits for an answer.
  void stop() override;
  void collect(state::commit_batch& batch) override;
  void tell(report::status& now) const override;

 private:
  /// What is not known of them, or wrong with them, just now.
  [[nodiscard]] std::vector<std::string> troubles(wall_time now) const;
  [[nodiscard]] awaitable<void> watch();
  [[nodiscard]] awaitable<void> await_target();
  [[nodiscard]] awaitable<void> look_at(dynamodb::metered_table& table, table_watch& watch);
  void note(table_watch& watch, const dynamodb::table_description& table);

  pair tables_;
  descriptions at_start_;
  clock& time_;
  listeners to_;
  wall_time started_at_;
  table_watch source_watch_;
  table_watch target_watch_;
  bool target_ready_;
  std::optional<wall_time> watched_until_;
};

}  // namespace ddm::monitor
