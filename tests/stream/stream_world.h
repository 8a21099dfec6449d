// A fake stream, a consumer of it and what it hands over, under virtual time.
#pragma once

#include "aws/service_client.h"
#include "runtime/task_group.h"
#include "stream/stream_consumer.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::stream {

/// The most that is said to be unread where all is read: what listings may hide, and the time
/// between two of them.
constexpr std::chrono::seconds unread_at_rest{31};

/// Keeps every record and gap; may have reads wait.
class recording_sink final : public record_sink {
 public:
  void on_batch(record_batch batch) override;
  void on_gap(coverage_gap gap) override { gaps.push_back(std::move(gap)); }
  awaitable<void> admit_read() override;
  awaitable<result<void>> commit_now() override;

  std::map<std::string, std::vector<std::string>> keys_by_shard;
  std::vector<std::string> keys;                                   ///< in order of delivery
  std::map<std::string, std::optional<wall_time>> nothing_before;  ///< by key
  std::uint64_t reread = 0;
  std::uint64_t fresh = 0;
  std::vector<coverage_gap> gaps;
  int commits = 0;
  std::optional<error> commit_failure;
  std::function<void()> during_commit;
  std::function<awaitable<void>()> before_read;  ///< what a read has to wait for
};

class stream_world {
 public:
  explicit stream_world(support::fake_stream::options stream = {},
                        first_position first = first_position::trim_horizon,
                        std::string account_id = "111111111111");
  stream_world(const stream_world&) = delete;
  stream_world& operator=(const stream_world&) = delete;
  /// Ends the consumer.
  ~stream_world();

  /// Starts reading; `rows` are those of an earlier process.
  void begin(const std::vector<state::shard_row>& rows = {});
  /// As a kill does: nothing is committed any more. The rows are what was committed last.
  std::vector<state::shard_row> stop();
  /// As a signal does: asks the consumer to end, and does not wait for it.
  void cancel() { tasks_->cancel(); }
  /// Writes items k<from> … k<from + count - 1>.
  void write(int from, int count);
  [[nodiscard]] support::fake_stream& stream() { return account.stream("t"); }
  [[nodiscard]] bool finished() const { return end.has_value(); }
  /// Listings that are asked for later than the first of these moments from now on, and before the
  /// second, fail.
  void fail_listings(milliseconds from, milliseconds until);
  /// How many different keys k<n> were delivered, and whether one came twice.
  [[nodiscard]] std::size_t distinct() const;
  [[nodiscard]] std::uint64_t calls(std::string_view operation) const {
    return account.statistics().calls_of(operation);
  }

  support::simulated_clock time;
  support::fake_dynamodb account;
  recording_sink sink;
  std::unique_ptr<stream_consumer> consumer;
  std::optional<result<void>> end;

 private:
  [[nodiscard]] awaitable<void> consume();

  first_position first_;
  std::unique_ptr<aws::transport> connection_;
  aws::service_client calls_;
  dynamodb::streams_client client_;
  dynamodb::page_decoder decoder_;
  worker_pool pool_{0};
  std::unique_ptr<task_group> tasks_;
};

}  // namespace ddm::stream
