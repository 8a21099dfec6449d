// Who looks on while a run goes on: the terminal, the log, who is alerted, who asks by HTTP. None
// of them can hold the run up.
#pragma once

#include "cli/alert_sender.h"
#include "cli/open_migration.h"
#include "cli/shown_runs.h"
#include "cli/status_log.h"
#include "monitor/session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ddm::cli {

class onlookers {
 public:
  /// Fails where an alert could reach nobody. `migration` outlives them.
  [[nodiscard]] static result<std::unique_ptr<onlookers>> open(
      open_migration& migration, std::vector<report::setting> settings);
  onlookers(const onlookers&) = delete;
  onlookers& operator=(const onlookers&) = delete;
  ~onlookers() = default;

  /// `block` is called each stats interval; `tell` adds to what is told of the migration, and may
  /// be empty. They outlive the session.
  [[nodiscard]] monitor::run_watch watch(std::function<void(const report::status&)> block,
                                         std::function<void(report::status&)> tell);
  /// Before the session runs, when nothing can be refused any more. Fails where nobody can be
  /// answered.
  [[nodiscard]] result<void> begin();
  /// After it: the last word. Waits for the alerts that are due, 45 s at most.
  [[nodiscard]] awaitable<void> end(const report::status& last);

  /// Of the tables and the stream, as they become known.
  [[nodiscard]] report::run_facts& about() { return about_; }

 private:
  onlookers(open_migration& migration, std::vector<report::setting> settings,
            std::unique_ptr<alert_sender> alerts);

  open_migration& migration_;
  report::run_facts about_;
  status_log log_;
  std::unique_ptr<alert_sender> alerts_;
  shown_run shown_;
  task_group tasks_;
};

}  // namespace ddm::cli
