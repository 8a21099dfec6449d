// Two tables and a stream of prepared answers, with all that a monitor_session asks them through.
#pragma once

#include "aws/service_client.h"
#include "bench/prepared_stream.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/page_decoder.h"
#include "dynamodb/streams_client.h"
#include "monitor/monitor_session.h"
#include "runtime/clock.h"
#include "runtime/rate_limiter.h"
#include "runtime/worker_pool.h"

#include <cstdint>
#include <limits>

namespace ddm::bench {

struct world_options {
  std::uint64_t sample_rate = 1;
  /// Read units, of each side.
  double units_per_second = std::numeric_limits<double>::infinity();
  std::size_t decoding_threads = 0;  ///< 0: the caller's, so that all happens in one order
};

/// As a monitor usually runs on them; what a bench is about it changes.
[[nodiscard]] inline monitor::session_settings usual_settings(std::uint64_t sample_rate = 1) {
  return {
      .stream = {.stream_arn = prepared_stream::arn, .first = stream::first_position::trim_horizon},
      .checks = {.memory_bytes_max = 384ULL << 20},
      .verifier = {.batch_wait_max = milliseconds{2000}},
      .findings = {},
      .period = {.sample_rate = sample_rate, .ignored = "", .max_lag_ms = 60'000}};
}

class prepared_world {
 public:
  prepared_world(const prepared_options& stream, clock& time, world_options options = {})
      : time_(time),
        source_answers(stream, time, table_of::source),
        target_answers(stream, time, table_of::target),
        source_budget_(time, options.units_per_second),
        target_budget_(time, options.units_per_second),
        pool_(options.decoding_threads),
        decoder_(dynamodb::page_decoder::options{
            .schema = {.partition = {"pk", dynamodb::key_type::string}, .sort = {}},
            .sample = {.seed = 7, .rate = options.sample_rate}}) {}
  prepared_world(const prepared_world&) = delete;
  prepared_world& operator=(const prepared_world&) = delete;
  ~prepared_world() = default;

  [[nodiscard]] monitor::session_parts parts(asio::any_io_executor executor,
                                             state::state_store& store) {
    return {.executor = std::move(executor),
            .time = time_,
            .pool = pool_,
            .streams = streams_,
            .decoder = decoder_,
            .source = source_,
            .target = target_,
            .store = store};
  }

 private:
  clock& time_;

 public:
  prepared_stream source_answers;
  prepared_stream target_answers;

 private:
  aws::service_client source_calls_{source_answers, time_, {.name = "source"}};
  aws::service_client target_calls_{target_answers, time_, {.name = "target"}};
  dynamodb::dynamodb_client source_client_{source_calls_};
  dynamodb::dynamodb_client target_client_{target_calls_};
  dynamodb::streams_client streams_{source_calls_};
  rate_limiter source_budget_;
  rate_limiter target_budget_;
  worker_pool pool_;
  dynamodb::page_decoder decoder_;
  dynamodb::metered_table source_{.side = side::source,
                                  .client = source_client_,
                                  .name = dynamodb::table_name("orders"),
                                  .budget = source_budget_};
  dynamodb::metered_table target_{.side = side::target,
                                  .client = target_client_,
                                  .name = dynamodb::table_name("orders"),
                                  .budget = target_budget_};
};

}  // namespace ddm::bench
