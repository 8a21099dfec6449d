#include "cli/alert_sender.h"

#include "aws/client_settings.h"
#include "aws/process_credentials.h"
#include "base/log.h"
#include "base/units.h"
#include "net/url.h"
#include "runtime/child_process.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::cli {
namespace {

constexpr std::size_t waiting_max = 100;
constexpr std::size_t output_max = 4096;
constexpr std::size_t answer_max = 64 << 10;
constexpr std::string_view program = "--on-alert";
constexpr std::string_view webhook = "--alert-webhook";

std::string stored_name(const std::string& command) { return "alerts.told." + command; }

}  // namespace

alert_sender::alert_sender(alert_settings settings, clock& time, std::string_view stored)
    : settings_(std::move(settings)), clock_(time), book_(stored) {}

result<std::unique_ptr<alert_sender>> alert_sender::open(
    alert_settings settings, const asio::any_io_executor& executor, clock& time,
    const aws::environment& variables, const std::map<std::string, std::string>& stored) {
  const auto kept = stored.find(stored_name(settings.about));
  auto made = std::unique_ptr<alert_sender>(
      new alert_sender(std::move(settings), time, kept == stored.end() ? "" : kept->second));
  if (!made->settings_.command.empty()) {
    auto words = aws::split_command(made->settings_.command);
    if (!words || words->empty() || words->front().empty()) {
      return wrong_usage(
          fmt::format("{} is no command: a quotation mark or a backslash is left open", program));
    }
    made->words_ = *std::move(words);
  }
  if (!made->settings_.webhook.empty()) {
    if (auto opened = made->open_webhook(executor, variables); !opened) {
      return fail(std::move(opened.error()));
    }
  }
  return made;
}

result<void> alert_sender::open_webhook(const asio::any_io_executor& executor,
                                        const aws::environment& variables) {
  const auto& text = settings_.webhook.reveal();
  const auto query = text.find('?');
  auto address = net::parse_url(text.substr(0, query));
  if (!address) {
    return wrong_usage(fmt::format(
        "{} is no address: write it as https://host/path (it is a secret and not shown)", webhook));
  }
  target_ = secret(address->path + (query == std::string::npos ? "" : text.substr(query)));
  if (!net::is_printable(target_.reveal())) {
    return wrong_usage(fmt::format("{} holds a blank or a control character", webhook));
  }
  address->path = "/";
  auto via = aws::proxy_to(*address, variables);
  if (!via) {
    return fail(std::move(via.error()).within(webhook));
  }
  auto client = net::http_client::create(
      executor, *address,
      {.connections_max = 1,
       .ca_file = std::string(variables.find("AWS_CA_BUNDLE").value_or("")),
       .via = *std::move(via)});
  if (!client) {
    return fail(std::move(client.error()).within(webhook));
  }
  webhook_ = *std::move(client);
  return {};
}

void alert_sender::start(task_group& tasks) {
  if (is_used()) {
    tasks.spawn(work());
  }
}

void alert_sender::follow(const report::status& now, bool last) {
  if (!is_used()) {
    return;
  }
  for (auto& due : book_.follow(now, last)) {
    if (waiting_.size() >= waiting_max) {
      book_.take_back(due);
      continue;
    }
    auto text = report::render_alert(due, now);
    waiting_.push_back({.what = std::move(due), .text = std::move(text)});
  }
  note_waiting();
  if (!waiting_.empty()) {
    news_.notify();
  }
}

void alert_sender::note_waiting() { counts_.waiting = waiting_.size() + (working_ ? 1 : 0); }

void alert_sender::collect(state::commit_batch& batch) {
  if (auto kept = book_.save(); is_used() && kept != collected_) {
    batch.values.insert_or_assign(stored_name(settings_.about), kept);
    collected_ = std::move(kept);
  }
}

awaitable<void> alert_sender::drain(milliseconds limit) {
  const auto until = clock_.now() + limit;
  collected_.clear();  // the run's last commits may have failed
  if (counts_.waiting > 0) {
    log::event(log::level::info, "alerts_due", "somebody is still to be told before the end",
               {{"alerts", counts_.waiting}, {"at_most", spoken_duration(limit)}});
  }
  while ((working_ || !waiting_.empty()) && clock_.now() < until) {
    co_await news_.wait_until(clock_, until);
  }
  if (counts_.waiting > 0) {
    log::event(log::level::warning, "alert_failed", "the end came first",
               {{"alerts", counts_.waiting}});
  }
}

awaitable<void> alert_sender::work() {
  for (;;) {
    while (waiting_.empty()) {
      co_await news_.wait();
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    working_ = true;
    note_waiting();
    if (!co_await tell_by_all(next.what, std::move(next.text))) {
      book_.take_back(next.what);
    }
    working_ = false;
    note_waiting();
    news_.notify();
  }
}

/// One that has heard it is enough, and that is noted at once: the other may hang.
awaitable<bool> alert_sender::tell_by_all(const report::alert& what, std::string text) {
  bool told = false;
  task_group both(co_await asio::this_coro::executor);
  for (const auto channel : {program, webhook}) {
    if (channel == program ? !words_.empty() : webhook_ != nullptr) {
      both.spawn(note_told_by(channel, what, text, told));
    }
  }
  co_await both.join();
  co_return told;
}

awaitable<void> alert_sender::note_told_by(std::string_view channel, report::alert what,
                                           std::string text, bool& told) {
  if (co_await tell_by(channel, what.condition, std::move(text))) {
    told = true;
    book_.note_told(what);
  }
}

awaitable<bool> alert_sender::tell_by(std::string_view channel, std::string condition,
                                      std::string text) {
  for (std::size_t attempt = 0;; ++attempt) {
    auto told = channel == program ? co_await run_program(text) : co_await post(text);
    if (told) {
      ++counts_.told;
      counts_.last_failure.clear();
      log::event(log::level::info, "alert_told", {},
                 {{"channel", channel}, {"condition", condition}});
      co_return true;
    }
    counts_.last_failure = fmt::format("{}: {}", channel, told.error().describe());
    // What has hung would hang again: others wait.
    const bool hung = channel == program && told.error().code == "Timeout";
    if (hung || attempt >= settings_.pauses.size()) {
      ++counts_.failed;
      log::event(log::level::warning, "alert_failed", told.error().describe(),
                 {{"channel", channel}, {"condition", condition}});
      co_return false;
    }
    co_await clock_.sleep_for(settings_.pauses[attempt]);
  }
}

awaitable<result<void>> alert_sender::run_program(std::string text) {
  auto ended =
      co_await run_child(words_, settings_.program_max, output_max, std::move(text) + "\n");
  if (!ended) {
    co_return fail(std::move(ended.error()));
  }
  if (ended->exit_code != 0) {
    // What it has printed may hold what it was given: an address, a token.
    co_return fail(error_class::retry,
                   fmt::format("{} ended with exit code {}", words_[0], ended->exit_code));
  }
  co_return result<void>{};
}

awaitable<result<void>> alert_sender::post(std::string text) {
  net::http_request request{.method = "POST",
                            .target = target_.reveal(),
                            .headers = {},
                            .body = std::move(text),
                            .answer_bytes_max = answer_max,
                            .timeout = settings_.answer_max};
  request.headers.add("content-type", "application/json");
  auto answer = co_await webhook_->send(std::move(request));
  if (!answer) {
    // Where it leads may be the secret.
    co_return fail({.kind = error_class::retry,
                    .code = answer.error().code,
                    .message = "the webhook cannot be reached"});
  }
  if (answer->status < 200 || answer->status > 299) {
    co_return fail({.kind = error_class::retry,
                    .message = fmt::format("the webhook answered HTTP status {}", answer->status),
                    .http_status = answer->status});
  }
  co_return result<void>{};
}

}  // namespace ddm::cli
