// Alerts of a migration that does not begin.
//
// Problem: whoever is to be alerted is told by a run; a migration of a fleet that is refused, again
// and again, has none, and nobody would hear of it.
// Idea: its absence is a verdict, WAIT with the reason, told once and by the same senders; the run
// that begins then tells its own.
#pragma once

#include "cli/alert_sender.h"

#include <memory>
#include <string>

namespace ddm::cli {

class absence_alerts {
 public:
  struct of {
    std::string migration;
    std::string command;
    std::string on_alert;  ///< as the options have it; so is the webhook
    secret webhook;
  };
  /// The others outlive it.
  absence_alerts(of whose, asio::any_io_executor executor, clock& time,
                 const aws::environment& variables);
  absence_alerts(const absence_alerts&) = delete;
  absence_alerts& operator=(const absence_alerts&) = delete;
  ~absence_alerts() = default;

  /// It did not begin. Told once, until end().
  void tell(const std::string& why);
  /// It has begun, or is over: what is due is told, for some seconds at most.
  [[nodiscard]] awaitable<void> end();

 private:
  of whose_;
  asio::any_io_executor executor_;
  clock& clock_;
  const aws::environment& variables_;
  std::unique_ptr<alert_sender> sender_;  ///< null: nothing is to be told
  task_group tasks_;
};

}  // namespace ddm::cli
