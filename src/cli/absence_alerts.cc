#include "cli/absence_alerts.h"

#include "report/status.h"

#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds last_alert_max{10'000};

}  // namespace

absence_alerts::absence_alerts(of whose, asio::any_io_executor executor, clock& time,
                               const aws::environment& variables)
    : whose_(std::move(whose)),
      executor_(std::move(executor)),
      clock_(time),
      variables_(variables),
      tasks_(executor_) {}

void absence_alerts::tell(const std::string& why) {
  if (!sender_) {
    auto opened = alert_sender::open(
        {.command = whose_.on_alert, .webhook = whose_.webhook, .about = whose_.command}, executor_,
        clock_, variables_, {});
    if (!opened) {
      return;  // each run is refused for it, and says so
    }
    sender_ = *std::move(opened);
    sender_->start(tasks_);
  }
  report::status now;
  now.at = clock_.now();
  now.about.migration = whose_.migration;
  now.about.command = whose_.command;
  now.verdict = {.kind = report::verdict_kind::wait,
                 .reasons = {"it does not begin, and is tried again: " + why}};
  sender_->follow(now);
}

awaitable<void> absence_alerts::end() {
  if (!sender_) {
    co_return;
  }
  co_await sender_->drain(last_alert_max);
  tasks_.cancel();
  co_await tasks_.join();
  sender_.reset();
}

}  // namespace ddm::cli
