// Pages made in advance, served through the transport seam: the pipeline is measured, not a server.
//
// One page of 1000 records is written out once; each GetRecords copies it and puts in the keys and
// sequence numbers of its turn, at fixed places. BatchGetItem copies one prepared item for each key
// asked for. So the answers cost memcpy, and every key is another.
#pragma once

#include "aws/transport.h"
#include "runtime/clock.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::bench {

struct prepared_options {
  std::uint64_t changes = 1'000'000;
  std::uint32_t shards = 10;
  /// How many there are by now; 0: all of them at once.
  double changes_per_second = 0;
  std::size_t records_per_page = 1000;
  /// A page holds what there is, else it is full or empty.
  bool partial_pages = false;
  /// So many of the shards have all the changes; 0: all of them.
  std::uint32_t busy_shards = 0;
  milliseconds answers_after{0};
  /// What changes meanwhile does not arrive before `arrives_from`, and then ten times as fast.
  std::optional<wall_time> stalls_from;
  std::optional<wall_time> arrives_from;
};

/// Whose items are asked for.
enum class table_of {
  source,
  target
};

/// Both tables' transport and the stream's. All items have arrived, so each check is equal at its
/// look; but for what changes in a stall of the replication.
class prepared_stream final : public aws::transport {
 public:
  prepared_stream(prepared_options options, clock& time, table_of side = table_of::source);
  [[nodiscard]] awaitable<result<aws::api_response>> send(aws::api_request request) override;

  /// Told of each change that is given with a page of the stream, and of each key that is asked for
  /// by BatchGetItem, at the moment of the answer. The number counts the changes.
  struct witness {
    std::function<void(std::uint64_t number)> given;
    std::function<void(std::uint64_t number)> asked;
  };
  void tell(witness told) { told_ = std::move(told); }

  /// What making the pages of records has taken: no part of the program.
  [[nodiscard]] double cpu_seconds_of_pages() const { return cpu_seconds_; }
  [[nodiscard]] std::size_t record_bytes() const {
    return page_.size() / options_.records_per_page;
  }
  static constexpr const char* arn =
      "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/stream/2026-01-01T00:00:00.000";

 private:
  struct place {
    std::size_t record;
    std::size_t offset;
  };
  [[nodiscard]] static std::string describe_table();
  [[nodiscard]] std::string describe_stream() const;
  [[nodiscard]] padded_buffer next_page(std::string_view iterator);
  [[nodiscard]] padded_buffer items_for(std::string_view request) const;
  [[nodiscard]] std::uint32_t busy_shards() const {
    return options_.busy_shards == 0 ? options_.shards : options_.busy_shards;
  }
  /// Of one busy shard, by now.
  [[nodiscard]] std::uint64_t records_made() const;
  [[nodiscard]] bool holds(std::uint64_t number) const;

  prepared_options options_;
  clock& clock_;
  table_of side_;
  wall_time began_;
  double cpu_seconds_ = 0;
  std::string page_;
  std::vector<place> keys_;         ///< 12 digits each
  std::vector<place> sequences_;    ///< 24 digits each
  std::vector<std::size_t> times_;  ///< creation times, 10 digits each: the moment of reading
  std::vector<std::size_t> ends_;   ///< of the records
  witness told_;
};

}  // namespace ddm::bench
