#include "cli/monitor_command.h"

#include "base/log.h"
#include "base/units.h"
#include "cli/doubts.h"
#include "cli/event_loop.h"
#include "cli/migration_run.h"
#include "cli/sample_rate.h"
#include "monitor/evidence.h"
#include "monitor/monitor_session.h"
#include "report/render.h"
#include "verify/direction.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace ddm::cli {
namespace {

using monitor::monitor_session;

class monitor_run final : public migration_run {
 public:
  monitor_run(const monitor_options& options, const aws::environment& variables,
              asio::io_context& io)
      : migration_run(options, variables, io), options_(options) {}

 private:
  [[nodiscard]] std::string command() const override { return "monitor"; }
  [[nodiscard]] std::string leftover_path() const override {
    return state_path_ + ".baseline.leftovers";
  }
  [[nodiscard]] bool forgets_state() const override { return options_.fresh; }
  [[nodiscard]] awaitable<void> reach_more(monitor::migration_request& request,
                                           fault_list& faults) override;
  [[nodiscard]] awaitable<int> work(state::snapshot resumed) override;
  bool request_stop() override;

  [[nodiscard]] awaitable<result<bool>> target_is_ready();
  void print_start(const state::snapshot& resumed);
  void tell_doubts(const state::snapshot& resumed) const;
  [[nodiscard]] monitor::session_settings session_settings() const;
  [[nodiscard]] compare::comparer_settings comparer_settings() const;

  const monitor_options& options_;
  std::unique_ptr<connection> stream_link_;
  aws::shared_credentials stream_keys_;
  std::optional<dynamodb::streams_client> streams_client_;
  std::optional<dynamodb::page_decoder> decoder_;
  std::optional<dynamodb::page_decoder> baseline_decoder_;
  std::unique_ptr<monitor_session> session_;
  bool target_unknown_ = false;  ///< nobody could tell at the last look whether it is there
};

awaitable<void> monitor_run::reach_more(monitor::migration_request& request, fault_list& faults) {
  stream_link_ = open_link({"stream", aws_service::streams,
                            stream_connection(options_, options_.stream, options_.stream_arn)},
                           faults);
  if (!stream_link_) {
    co_return;
  }
  stream_keys_ = co_await keys_of(*stream_link_, "stream", faults);
  if (!stream_keys_) {
    co_return;
  }
  streams_client_.emplace(stream_link_->calls());
  request.streams = &*streams_client_;
  request.stream_endpoint = stream_link_->description().endpoint;
  request.stream_access_key_id = stream_keys_->access_key_id;
  request.stream_arn = options_.stream_arn;
  request.verify_on = options_.verify_on;
  request.await_target = options_.await_target;
}

monitor::session_settings monitor_run::session_settings() const {
  const auto& origin = verify::origin_of(facts_.way) == side::target && facts_.target
                           ? *facts_.target
                           : facts_.source;
  return {.stream = {.stream_arn = facts_.stream.str(),
                     .first = options_.iterator_type == start_position::latest
                                  ? stream::first_position::latest
                                  : stream::first_position::trim_horizon,
                     .records_limit = static_cast<int>(options_.records_per_call),
                     .random_seed = std::random_device{}()},
          .checks = {.way = facts_.way,
                     .replication_wait = options_.replication_wait,
                     .retry_wait = options_.retry_wait,
                     .max_lag = options_.max_lag,
                     .stall_after = options_.stall_after,
                     .memory_bytes_max = memory_for_load() / 4 * (options_.baseline ? 3 : 4),
                     .deferred_max = static_cast<std::int64_t>(options_.deferred_max)},
          .verifier = {.way = facts_.way,
                       .batch_full_at = options_.batch_checks,
                       .batches_in_flight_max = options_.batches_in_flight,
                       .batch_wait_max = options_.batch_wait,
                       .consistent_looks = options_.consistent_read,
                       .keep_values = options_.show_values},
          .findings = {.show_values = options_.show_values,
                       .hash_keys = options_.hash_keys,
                       .open_max = open_mismatches_max,
                       .listed_max = static_cast<std::int64_t>(options_.findings_max),
                       .ignored = options_.ignore_attributes},
          .period = {.sample_rate = options_.sample_rate,
                     .ignored = ignored(),
                     .max_lag_ms = options_.max_lag.count()},
          .stats_interval = options_.stats_interval,
          .duration = options_.duration,
          .until_caught_up = options_.until_caught_up,
          .baseline = {.wanted = options_.baseline,
                       .after = options_.baseline_after,
                       .comparer = comparer_settings()},
          .settle = options_.settle,
          .accept_sampled = options_.accept_sampled,
          .require_go = options_.require_go,
          .freeze_at = options_.freeze_at,
          .log_successes = options_.verbose,
          .table_items = origin.item_count,
          .target_ready = facts_.target_is_ready(),
          .source_table = facts_.source,
          .target_table = facts_.target};
}

compare::comparer_settings monitor_run::comparer_settings() const {
  const auto& source = facts_.source;
  return {.command = command(),
          .leftover_path = leftover_path(),
          .segments = options_.segments,
          .table_bytes = source.size_bytes,
          .expected_items = 2 * source.item_count,
          .sample_rate = options_.baseline_sample_rate,
          .ignored = ignored(),
          .memory_bytes_max = memory_for_load() / 4};
}

awaitable<int> monitor_run::work(state::snapshot resumed) {
  decoder_.emplace(decoder_for(options_.sample_rate));
  baseline_decoder_.emplace(decoder_for(options_.baseline_sample_rate));
  print_start(resumed);
  tell_doubts(resumed);
  session_ = std::make_unique<monitor_session>(
      session_settings(),
      monitor::session_parts{
          .executor = io_.get_executor(),
          .time = clock_,
          .pool = pool_,
          .streams = *streams_client_,
          .decoder = *decoder_,
          .baseline_decoder = &*baseline_decoder_,
          .source = *source_.reading,
          .target = *target_.reading,
          .store = *store_,
          .findings = &*findings_file_,
          .on_block =
              [this](const report::status& now) { printer_.print(report::render_text(now)); },
          .target_is_ready = [this] { return target_is_ready(); }},
      resumed);
  if (signals_seen_ > 0) {
    session_->request_stop();
  }
  show_live([this] {
    return report::render_live_line(session_->latest_status(), status_printer::columns());
  });
  const auto ended = co_await session_->run();
  const auto final_status = session_->status();
  co_return conclude(ended, final_status, report::render_text(final_status), options_.require_go);
}

bool monitor_run::request_stop() {
  if (session_) {
    session_->request_stop();
  }
  return session_ != nullptr;
}

awaitable<result<bool>> monitor_run::target_is_ready() {
  auto table = co_await target_.client->describe_table(dynamodb::table_name(options_.target_table));
  if (!table && !mends_by_waiting(table.error().kind) &&
      table.error().kind != error_class::not_found) {
    co_return fail(std::move(table.error()).within("the awaited target table"));
  }
  const bool is_unknown = !table && table.error().kind != error_class::not_found;
  // That it is absent needs no word.
  if (is_unknown && !std::exchange(target_unknown_, true)) {
    log::event(
        log::level::warning, "target_not_described",
        "whether the awaited target table is there is not known: " + table.error().describe(),
        {{"table", options_.target_table}});
  }
  target_unknown_ = is_unknown;
  if (!table) {
    co_return false;
  }
  if (table->status == dynamodb::table_status::creating) {
    co_return false;
  }
  if (table->schema != facts_.schema) {
    co_return wrong_usage(fmt::format(
        "the key schemas differ: source {} has {}, target {} has {}; the target was created with "
        "another key",
        options_.source_table, facts_.schema.describe(), options_.target_table,
        table->schema.describe()));
  }
  if (auto ttl = co_await target_.client->describe_time_to_live(
          dynamodb::table_name(options_.target_table))) {
    target_.reading->ttl_attribute = *ttl;
  }
  co_return true;
}

void monitor_run::tell_doubts(const state::snapshot& resumed) const {
  const monitor::evidence_book evidence(
      verify::coverage::of(options_.sample_rate, ignored()),
      verify::coverage::of(options_.baseline_sample_rate, ignored()), resumed);
  for (const auto& doubt : doubts_about(options_, evidence.counting({}) != nullptr)) {
    log::event(log::level::warning, "setting_in_doubt", doubt);
  }
}

void monitor_run::print_start(const state::snapshot& resumed) {
  auto text = describe_tables();
  const auto line = [&](std::string_view name, const std::string& value) {
    append_line(text, name, value);
  };
  const auto stream_side = verify::origin_of(facts_.way);
  line("stream", fmt::format("{} ({}), of the {} table", facts_.stream.str(), facts_.view_type,
                             to_string(stream_side)));
  line("", describe_keys(*stream_link_, *stream_keys_));
  if (facts_.view_type == "KEYS_ONLY" || facts_.view_type == "OLD_IMAGE") {
    line("",
         "this view type carries no new image: each check costs a strong read of the stream's "
         "table");
  }
  line("strategy", stream_side == side::source
                       ? "read the source's stream, look each change up in the target"
                       : "read the target's stream, look each change up in the source (changes "
                         "lost on the way leave no trace here)");
  line("sample", describe_sample_rate(options_.sample_rate));
  line("baseline", options_.baseline
                       ? fmt::format("{}, once replication has been caught up for {}",
                                     describe_sample_rate(options_.baseline_sample_rate),
                                     spoken_duration(options_.baseline_after))
                       : std::string("none: items at rest are not compared (--baseline)"));
  line("ignored", describe_ignored());
  line("lag",
       fmt::format("a change may be {} late; behind for more than {} it is judged all the same",
                   spoken_duration(options_.max_lag), spoken_duration(options_.stall_after)));
  line("checks",
       fmt::format("first look after {}, retries from {}, batches of {} or after {}, {} in "
                   "flight",
                   format_duration(options_.replication_wait), format_duration(options_.retry_wait),
                   options_.batch_checks, format_duration(options_.batch_wait),
                   options_.batches_in_flight));
  line("memory",
       fmt::format("{} at most for what grows with load", format_size(options_.memory_bytes)));
  line("state",
       fmt::format("{} ({})", state_path_,
                   state_is_new_
                       ? std::string("new")
                       : fmt::format("resumed: {} shards, {} open checks, {} open mismatches",
                                     resumed.shards.size(), resumed.checks.size(),
                                     resumed.open_mismatches_total)));
  line("findings", findings_path_);
  printer_.print(text);
}

}  // namespace

int run_monitor(const monitor_options& options, const aws::environment& variables) {
  return run_process<monitor_run>(options, variables);
}

}  // namespace ddm::cli
