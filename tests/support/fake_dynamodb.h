// An in-process DynamoDB: one account in one region, with real JSON in and out, under any clock.
//
// Problem: shard splits, trimmed data, throttling and day-long outages cannot be ordered from AWS.
// Idea: everything above aws::transport is the production code; connect() gives a transport whose
// requests are answered here, as docs/architecture.md says that DynamoDB answers. Tests make things
// happen through table(), stream() and plan_faults().
// Reason: under simulated_clock the same seed gives the same run.
//
// The account and its clock outlive the connections. One thread only.
#pragma once

#include "aws/transport.h"
#include "dynamodb/names.h"
#include "runtime/clock.h"
#include "support/fake_stream.h"
#include "support/fake_table.h"
#include "support/faults.h"
#include "support/service_error.h"
#include "support/service_observer.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::support {

struct fake_options {
  std::string account = "111111111111";
  std::string region = "eu-west-1";
  std::uint64_t seed = 1;
  /// Time between sending and answer, drawn anew each time; half of it passes before processing.
  milliseconds latency_min{1};
  milliseconds latency_max{1};
  /// Eventually consistent reads may miss writes younger than this.
  milliseconds read_lag_max{0};
  /// How far the service's clock is ahead of ours, in creation times and the Date header.
  milliseconds clock_skew{0};
  /// Share of full Scan pages whose last item comes again on the next page.
  double scan_repeats_rate = 0;
  /// 0: none. The service's: 10 DescribeStream/s a stream, 5 GetRecords/s a shard.
  std::uint32_t describe_stream_per_second = 0;
  std::uint32_t get_records_per_second = 0;
  milliseconds create_table_takes{0};
  std::uint64_t order_salt = 0;  ///< see fake_table
  bool table_ids = true;         ///< false, as DynamoDB Local: DescribeTable gives no TableId
  fake_stream::options stream;   ///< of streams created from now on
  std::string first_sequence_number = "100000000000000000000";
};

struct fake_statistics {
  std::map<std::string, std::uint64_t, std::less<>> calls;  ///< requests by operation
  std::uint64_t requests = 0;
  std::uint64_t faults = 0;
  double read_units = 0;
  std::uint64_t keys_read = 0;  ///< asked for by GetItem and BatchGetItem

  [[nodiscard]] std::uint64_t calls_of(std::string_view operation) const {
    const auto found = calls.find(operation);
    return found == calls.end() ? 0 : found->second;
  }
};

class fake_dynamodb {
 public:
  explicit fake_dynamodb(clock& time, fake_options settings = {});
  fake_dynamodb(const fake_dynamodb&) = delete;
  fake_dynamodb& operator=(const fake_dynamodb&) = delete;
  ~fake_dynamodb();

  /// What a client with these credentials sends its requests through.
  [[nodiscard]] std::unique_ptr<aws::transport> connect(std::string access_key);

  /// A larger answer is too large for its client, whatever that would take.
  void limit_answers(std::size_t bytes_max) { answer_bytes_max_ = bytes_max; }
  [[nodiscard]] std::size_t answer_bytes_max() const { return answer_bytes_max_; }

  // The test's side: these abort when there is no such table or the input is not valid.
  fake_table& create_table(const std::string& name, dynamodb::key_schema schema,
                           std::optional<std::string> view_type = std::nullopt);
  [[nodiscard]] fake_table& table(std::string_view name);
  /// The table's latest stream.
  [[nodiscard]] fake_stream& stream(std::string_view table);
  void put(std::string_view table, std::string item_json);
  void remove(std::string_view table, std::string_view key_json);
  /// The item's JSON.
  [[nodiscard]] std::optional<std::string> get(std::string_view table, std::string_view key_json);
  /// Turns the stream on and returns its new ARN.
  std::string enable_stream(std::string_view table, const std::string& view_type);
  void disable_stream(std::string_view table);
  void delete_table(std::string_view table);

  void plan_faults(fault_plan plan) { plan_ = std::move(plan); }
  void observe(service_observer observer) { observer_ = std::move(observer); }
  /// Requests with this access key get ExpiredTokenException until their connection has renewed its
  /// credentials.
  void expire_credentials(const std::string& access_key);
  [[nodiscard]] fake_options& settings() { return options_; }
  [[nodiscard]] const fake_statistics& statistics() const { return statistics_; }
  void reset_statistics() { statistics_ = {}; }
  [[nodiscard]] clock& time() { return clock_; }

  // The service's side: used by the operations.
  [[nodiscard]] wall_time now() const { return clock_.now(); }
  /// Finds by name or ARN; an absent table is the service's error.
  [[nodiscard]] answer_or<fake_table*> find_table(std::string_view name_or_arn);
  [[nodiscard]] answer_or<fake_stream*> find_stream(std::string_view arn);
  [[nodiscard]] std::vector<fake_stream*> streams();
  [[nodiscard]] std::string table_arn(std::string_view name) const;
  [[nodiscard]] std::mt19937_64& random() { return random_; }
  /// The moment that one eventually consistent (or strong) read sees.
  [[nodiscard]] wall_time read_time(bool consistent);
  /// True in a `share` of the cases.
  [[nodiscard]] bool chance(double share);
  /// True when `key` has been asked for `per_second` times in the present second already.
  [[nodiscard]] bool over_quota(const std::string& key, std::uint32_t per_second);
  [[nodiscard]] const service_observer& observer() const { return observer_; }
  /// Books one read of `table`.
  void count_read(fake_table& table, double units, std::size_t keys);

  /// One request from connection to answer; `credentials_epoch` is that of the connection.
  [[nodiscard]] awaitable<result<aws::api_response>> serve(aws::api_request request,
                                                           std::string access_key,
                                                           std::uint64_t credentials_epoch);
  [[nodiscard]] std::uint64_t credentials_epoch(const std::string& access_key) const;

 private:
  [[nodiscard]] fault next_fault(const aws::api_request& request, const std::string& access_key,
                                 std::uint64_t credentials_epoch);
  [[nodiscard]] aws::api_response answer(const aws::api_request& request,
                                         const std::string& access_key, const fault& planned);
  [[nodiscard]] awaitable<void> pass(milliseconds duration);

  clock& clock_;
  fake_options options_;
  std::size_t answer_bytes_max_ = std::numeric_limits<std::size_t>::max();
  sequence_source numbers_;
  std::mt19937_64 random_;
  std::map<std::string, std::unique_ptr<fake_table>, std::less<>> tables_;
  std::map<std::string, std::unique_ptr<fake_stream>, std::less<>> streams_;  // by ARN
  fault_plan plan_;
  service_observer observer_;
  std::map<std::string, std::uint64_t> credentials_epochs_;
  std::map<std::string, std::pair<std::int64_t, std::uint32_t>> quotas_;  // second, calls in it
  std::int64_t last_label_ms_ = 0;
  fake_statistics statistics_;
};

}  // namespace ddm::support
