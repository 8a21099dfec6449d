#include "cli/compare_command.h"

#include "base/log.h"
#include "base/units.h"
#include "cli/event_loop.h"
#include "cli/migration_run.h"
#include "cli/sample_rate.h"
#include "cli/standard_output.h"
#include "monitor/compare_session.h"
#include "report/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace ddm::cli {
namespace {

class compare_run final : public migration_run {
 public:
  compare_run(const compare_options& options, const aws::environment& variables,
              asio::io_context& io)
      : migration_run(options, variables, io), options_(options) {}

 private:
  [[nodiscard]] std::string command() const override { return "compare"; }
  [[nodiscard]] std::string leftover_path() const override {
    return state_path_ + ".compare.leftovers";
  }
  /// The state may be a monitor's as well: only the comparison begins anew.
  [[nodiscard]] bool forgets_state() const override { return false; }
  [[nodiscard]] awaitable<void> reach_more(monitor::migration_request& request,
                                           fault_list& faults) override;
  [[nodiscard]] awaitable<int> work(state::snapshot resumed) override;
  bool request_stop() override;

  void print_start();
  [[nodiscard]] monitor::compare_settings session_settings() const;

  const compare_options& options_;
  std::optional<dynamodb::page_decoder> decoder_;
  std::unique_ptr<monitor::compare_session> session_;
  bool looks_once_more_ = false;  ///< at both tables, after the session
};

awaitable<void> compare_run::reach_more(monitor::migration_request& /*request*/,
                                        fault_list& /*faults*/) {
  co_return;  // the two tables are all it reads
}

monitor::compare_settings compare_run::session_settings() const {
  const auto& source = facts_.source;
  const auto& target = *facts_.target;
  const auto memory = memory_for_load();
  return {.comparer = {.command = command(),
                       .leftover_path = leftover_path(),
                       .segments = options_.segments,
                       .table_bytes = std::max(source.size_bytes, target.size_bytes),
                       .expected_items = source.item_count + target.item_count,
                       .sample_rate = options_.sample_rate,
                       .ignored = ignored(),
                       .memory_bytes_max = memory / 2},
          .checks = {.max_lag = options_.max_lag, .memory_bytes_max = memory / 2},
          .verifier = {.keep_values = options_.show_values},
          .findings = {.show_values = options_.show_values,
                       .hash_keys = options_.hash_keys,
                       .open_max = open_mismatches_max,
                       .listed_max = static_cast<std::int64_t>(options_.findings_max),
                       .ignored = options_.ignore_attributes},
          .stats_interval = options_.stats_interval,
          .fresh = options_.fresh};
}

awaitable<int> compare_run::work(state::snapshot resumed) {
  if (auto ready = check_target_is_ready(); !ready) {
    co_return refuse(ready.error());
  }
  const auto gaps_before = resumed.gaps.size();
  if (auto settled = co_await settle_tables(resumed, resumed.gaps); !settled) {
    co_return refuse(settled.error());
  }
  auto settings = session_settings();
  // What was compared with another table is compared again.
  settings.fresh = settings.fresh || resumed.gaps.size() > gaps_before;
  decoder_.emplace(decoder_for(options_.sample_rate));
  session_ = std::make_unique<monitor::compare_session>(
      std::move(settings),
      monitor::compare_parts{.executor = io_.get_executor(),
                             .time = clock_,
                             .pool = pool_,
                             .decoder = *decoder_,
                             .source = *source_.reading,
                             .target = *target_.reading,
                             .store = *store_,
                             .findings = &*findings_file_,
                             .on_block =
                                 [this](const report::status& now) {
                                   printer_.print(report::render_comparison(now));
                                 }},
      resumed);
  print_start();
  if (signals_seen_ > 0) {
    session_->request_stop();
  }
  show_live([this] {
    return report::render_comparison_line(session_->latest_status(), status_printer::columns());
  });
  auto ended = co_await session_->run();
  auto final_status = session_->status();
  if (ended && signals_seen_ == 0) {
    looks_once_more_ = true;
    ended = co_await settle_tables_at_end(final_status.gaps);
    final_status.verdict = report::decide_verdict(final_status);
  }
  co_return conclude(ended, final_status, report::render_comparison(final_status), false);
}

bool compare_run::request_stop() {
  if (session_) {
    session_->request_stop();
  }
  if (looks_once_more_) {
    source_.reading->drain();
    target_.reading->drain();
  }
  return session_ != nullptr;
}

void compare_run::print_start() {
  auto text = describe_tables();
  const auto progress = session_->status().compared->progress;
  append_line(text, "sample", describe_sample_rate(options_.sample_rate));
  append_line(text, "ignored", describe_ignored());
  append_line(text, "lag",
              fmt::format("what differs is judged by strong reads, {} apart",
                          spoken_duration(options_.max_lag)));
  append_line(
      text, "memory",
      fmt::format("{} at most for what grows with load", format_size(options_.memory_bytes)));
  append_line(text, "comparison",
              session_->resumes() ? fmt::format("resumed: {} of {} segments are done, begun {}",
                                                progress.segments_done, progress.segments,
                                                format_rfc3339(progress.started()))
                                  : fmt::format("new: {} segments", progress.segments));
  append_line(text, "state", state_path_);
  append_line(text, "findings", findings_path_);
  printer_.print(text);
}

}  // namespace

int run_compare(const compare_options& options, const aws::environment& variables) {
  return run_process<compare_run>(options, variables);
}

}  // namespace ddm::cli
