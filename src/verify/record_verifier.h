// The I/O around pending_checks: takes the reads that are due, makes them in batches, hands back
// what they saw. Holds no rule about changes itself.
//
// At most `batches_in_flight_max` batches run at once. Reads that fail are asked again after a
// pause that grows to 30 s, without end and without any judgement: "could not read" is never
// "equal" nor "unequal".
#pragma once

#include "base/side.h"
#include "dynamodb/page_decoder.h"
#include "dynamodb/table_reader.h"
#include "runtime/clock.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "verify/direction.h"
#include "verify/finding_book.h"
#include "verify/look_batcher.h"
#include "verify/pending_checks.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::verify {

struct verifier_options {
  direction way = direction::source_to_target;
  std::size_t batch_full_at = 100;
  std::size_t batches_in_flight_max = 10;
  milliseconds batch_wait_max{30'000};
  bool consistent_looks = false;
  bool keep_values = false;  ///< --show-values
};

/// A decided moment: everything that one answer changed. Called without suspending, but `recall`.
struct verifier_events {
  /// Awaited before answers about these keys are taken, while the book does not hold all open
  /// mismatches: gives it those of the state, which stay until the answers are told.
  std::function<awaitable<void>(std::vector<digest128>)> recall;
  std::function<void(outcomes&&)> on_outcomes;
  std::function<void(mismatch&&)> on_mismatch;
  std::function<void(const item_key&)> on_success;  ///< each verified key, for --verbose
  std::function<void(const item_key&, std::int64_t changes)> on_healed;
  std::function<void(error)> on_denied;  ///< reading is not permitted: waiting does not mend it
};

class record_verifier {
 public:
  /// Everything referred to outlives the verifier.
  record_verifier(verifier_options options, asio::any_io_executor executor, clock& time,
                  worker_pool& pool, const dynamodb::page_decoder& decoder,
                  dynamodb::metered_table& source, dynamodb::metered_table& target,
                  pending_checks& checks, finding_book& findings, verifier_events events);

  /// Runs until cancelled; the batches in flight end with it.
  [[nodiscard]] awaitable<void> run();
  /// Makes no further reads; returns when the batches in flight have been answered, or after some
  /// seconds without: what was not answered stays open.
  [[nodiscard]] awaitable<void> finish_in_flight();
  /// Batches go without waiting to be full from now on.
  void flush() {
    batcher_.flush();
    news_.notify();
  }
  /// Something may have become due sooner than was known: for whoever changes the checks or the
  /// findings, or tells how far the stream was read.
  void wake() { news_.notify(); }

  /// What keeps the tables from being read, while it does; empty when all is well.
  [[nodiscard]] std::vector<std::string> troubles() const;

 private:
  struct answer;
  struct looked_at {
    dynamodb::table_reader reader;
    int reads = 0;      ///< in flight
    item_key unread{};  ///< while it fails: one of those that could not be read
  };

  void pump();
  void pump_once();
  void after_answer();
  [[nodiscard]] wall_time next_pump(wall_time pumped) const;
  void pass_proven(wall_time now);
  void probe_failing(wall_time now);
  [[nodiscard]] awaitable<void> run_batch(look_batch batch);
  [[nodiscard]] awaitable<void> run_watch(std::vector<item_key> keys);
  [[nodiscard]] awaitable<void> run_probe(looked_at& table, item_key key);
  [[nodiscard]] awaitable<void> serve_batch(look_batch& batch);
  [[nodiscard]] awaitable<void> recall(const look_batch& batch);
  [[nodiscard]] awaitable<void> serve_watch(std::vector<item_key>& keys);
  [[nodiscard]] awaitable<void> watch_both(const std::vector<item_key>& keys);
  [[nodiscard]] awaitable<std::optional<answer>> read(looked_at& table, std::vector<item_key> keys,
                                                      bool consistent);
  /// Fewer of `keys` where the answer to all of them is too large; the others are put into `left`.
  [[nodiscard]] awaitable<result<padded_buffer>> get_batch(const looked_at& table,
                                                           std::vector<item_key>& keys,
                                                           std::vector<item_key>& left,
                                                           bool consistent);
  /// Sorts the items and the unprocessed keys of `got` by key. An error: there are others among
  /// them than `asked`, so that an absence would be none.
  [[nodiscard]] result<void> index(answer& got, const std::vector<item_key>& asked) const;
  void deliver(const look_batch& batch, const answer* origin, const answer* counterpart);
  void unanswered(const read_request& request);
  void note_agreed(const item_key& key, wall_time now);
  void report(outcomes out, const answer* origin, const answer* counterpart);
  [[nodiscard]] mismatch describe(const confirmation& verdict, std::string_view source_json,
                                  std::string_view target_json) const;
  void note_failure(looked_at& table, const error& failure, const item_key& key);
  [[nodiscard]] looked_at& origin() { return tables_[origin_of(options_.way)]; }
  [[nodiscard]] looked_at& counterpart() { return tables_[counterpart_of(options_.way)]; }

  verifier_options options_;
  clock& clock_;
  worker_pool& pool_;
  const dynamodb::page_decoder& decoder_;
  per_side<looked_at> tables_;
  pending_checks& checks_;
  finding_book& findings_;
  verifier_events events_;
  look_batcher batcher_;
  task_group batches_;
  std::size_t in_flight_ = 0;
  bool pumping_ = false;
  bool pump_again_ = false;
  bool stopping_ = false;
  signal news_;
};

}  // namespace ddm::verify
