// Tells somebody of what the status says: by a program, by a webhook, or both.
//
// Problem: whoever is told may hang, be down or be slow, and the run must notice nothing of it.
// Idea: what is due goes into a queue of 100, and one coroutine takes from it. What could not be
// told is due again as long as it holds (report/alerts.h); how that goes stands in the status.
#pragma once

#include "aws/environment.h"
#include "base/secret.h"
#include "net/http_client.h"
#include "report/alerts.h"
#include "runtime/clock.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "state/rows.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::cli {

struct alert_settings {
  std::string command;  ///< a program and its arguments; empty: none
  secret webhook;       ///< an http or https address; empty: none
  /// Of the command that alerts are about: its part of the state.
  std::string about;
  milliseconds program_max{30'000};
  milliseconds answer_max{10'000};
  std::vector<milliseconds> pauses{milliseconds{2'000}, milliseconds{10'000}};  ///< before retries
};

class alert_sender {
 public:
  /// Fails where the command or the address cannot be one. `stored`: the values of the state;
  /// `time` outlives the sender.
  [[nodiscard]] static result<std::unique_ptr<alert_sender>> open(
      alert_settings settings, const asio::any_io_executor& executor, clock& time,
      const aws::environment& variables, const std::map<std::string, std::string>& stored);
  alert_sender(const alert_sender&) = delete;
  alert_sender& operator=(const alert_sender&) = delete;
  ~alert_sender() = default;

  /// Tells what is due, from now on.
  void start(task_group& tasks);
  /// Each second, and at the end of the run.
  void follow(const report::status& now, bool last = false);
  void tell(report::status& now) const { now.alerts = counts_; }
  void collect(state::commit_batch& batch);
  /// Until all that is due was told or given up, or `limit` is over.
  [[nodiscard]] awaitable<void> drain(milliseconds limit);

 private:
  struct waiting_alert {
    report::alert what;
    std::string text;
  };

  alert_sender(alert_settings settings, clock& time, std::string_view stored);
  [[nodiscard]] result<void> open_webhook(const asio::any_io_executor& executor,
                                          const aws::environment& variables);
  [[nodiscard]] bool is_used() const { return !words_.empty() || webhook_; }
  void note_waiting();
  [[nodiscard]] awaitable<void> work();
  /// `what` outlives the call.
  [[nodiscard]] awaitable<bool> tell_by_all(const report::alert& what, std::string text);
  [[nodiscard]] awaitable<void> note_told_by(std::string_view channel, report::alert what,
                                             std::string text, bool& told);
  [[nodiscard]] awaitable<bool> tell_by(std::string_view channel, std::string condition,
                                        std::string text);
  [[nodiscard]] awaitable<result<void>> run_program(std::string text);
  [[nodiscard]] awaitable<result<void>> post(std::string text);

  alert_settings settings_;
  clock& clock_;
  std::vector<std::string> words_;
  std::unique_ptr<net::http_client> webhook_;
  secret target_;  ///< path and query of the webhook
  report::alert_book book_;
  std::string collected_;  ///< of the book, by the last commit
  std::deque<waiting_alert> waiting_;
  bool working_ = false;  ///< on one that is no longer in `waiting_`
  signal news_;
  report::alert_counts counts_;
};

}  // namespace ddm::cli
