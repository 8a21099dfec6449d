// One stream of one table: shards with ranges of key hashes, their lineage, records and iterators.
//
// Idea: a shard is a queue of records in order of their sequence numbers; an iterator is only a
// text that says "behind this number, issued then", so none is stored. Everything that happens by
// itself (trimming, roll-over, expiry) happens when the stream is next touched, as of the time
// passed in.
#pragma once

#include "base/time.h"
#include "support/service_error.h"
#include "support/stored_item.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::support {

/// Up to 38 digits: wide enough to cross from 21 to 22 digits in a test.
__extension__ using sequence_value = unsigned __int128;
[[nodiscard]] std::string to_decimal(sequence_value number);
[[nodiscard]] std::optional<sequence_value> parse_sequence(std::string_view text);

/// One account's sequence numbers: ever growing, with gaps.
class sequence_source {
 public:
  sequence_source(sequence_value first, std::uint64_t seed) : last_(first), random_(seed) {}
  sequence_value next() { return last_ += 1 + random_() % 1000; }

 private:
  sequence_value last_;
  std::mt19937_64 random_;
};

struct stream_record {
  sequence_value sequence = 0;
  item_ptr old_image;  ///< absent: INSERT
  item_ptr new_image;  ///< absent: REMOVE
  wall_time created;   ///< exact; the API shows it cut to the creation unit
  bool by_ttl = false;

  [[nodiscard]] const stored_item& any_image() const { return new_image ? *new_image : *old_image; }
};

struct fake_shard {
  std::string id;
  std::optional<std::string> parent;
  std::uint64_t hash_low = 0;
  std::uint64_t hash_high = 0;  ///< inclusive
  sequence_value starting = 0;
  std::optional<sequence_value> ending;
  wall_time listed_at;  ///< from then on DescribeStream shows it
  wall_time rolls_at;
  wall_time closed_at;
  std::deque<stream_record> records;
  sequence_value last = 0;             ///< newest record's number, `starting` - 1 before the first
  sequence_value trimmed_through = 0;  ///< newest record that has left the stream
  std::optional<wall_time> held_back_since;  ///< pages are empty although there are records

  [[nodiscard]] bool open() const { return !ending.has_value(); }
};

class fake_stream {
 public:
  struct options {
    std::string view_type = "NEW_AND_OLD_IMAGES";
    std::uint32_t shards = 1;
    milliseconds shard_lifetime{0};  ///< then it rolls over to one child; 0: never
    milliseconds retention = std::chrono::hours{24};
    milliseconds iterator_lifetime = std::chrono::minutes{15};
    milliseconds enabling_takes{0};            ///< ENABLING, without shards, so long
    milliseconds children_listed_after{0};     ///< a closed shard's children are not visible sooner
    milliseconds first_child_listed_after{0};  ///< the first of a split's two: so much later still
    milliseconds parent_listed_open_for{0};    ///< a closed shard still looks open so long
    milliseconds creation_unit{1000};          ///< 60,000: as DynamoDB Local shows times
    double empty_page_rate = 0;                ///< share of GetRecords answers that hold nothing
    /// So long at a time. The monitor takes a longer run for the end of what there is.
    milliseconds empty_run_max{2000};
    milliseconds end_found_after{0};  ///< pages of a closed shard are empty so long before its end
    std::uint32_t latest_returns_older = 0;  ///< records before LATEST that it gives all the same
    double repeat_rate = 0;  ///< share of pages that begin with records given before
    std::size_t page_bytes_max = 1024UZ * 1024;
    std::size_t listing_page_max = 100;  ///< shards
    std::uint64_t seed = 1;
  };

  struct identity {
    std::string arn;
    std::string table;
    std::string label;
  };

  fake_stream(identity names, options settings, sequence_source& numbers, wall_time now);

  [[nodiscard]] const identity& names() const { return names_; }
  [[nodiscard]] const options& settings() const { return options_; }
  [[nodiscard]] options& settings() { return options_; }
  [[nodiscard]] bool enabled() const { return enabled_; }
  /// The API's StreamStatus.
  [[nodiscard]] std::string_view status(wall_time now) const;
  /// When it was turned off; only while !enabled().
  [[nodiscard]] wall_time disabled_at() const { return disabled_at_; }

  // The table's side.
  /// Returns the shard whose last record it is now.
  const fake_shard& append(item_ptr old_image, item_ptr new_image, bool by_ttl, wall_time now);
  /// Closes all shards; what they hold stays readable until it is trimmed.
  void disable(wall_time now);

  // What a test makes happen.
  /// Closes the shard; two children share its range. Returns their ids.
  std::vector<std::string> split(const std::string& shard, wall_time now);
  /// Closes the shard; one child takes its range over. Returns its id.
  std::string roll_over(const std::string& shard, wall_time now);
  /// Removes records created before `before`, and shards that closed before it.
  void trim(wall_time before);
  /// Removes all of one shard's records; a closed shard leaves the listing as well.
  void trim_shard(const std::string& shard);
  void expire_iterators() { ++iterator_epoch_; }
  [[nodiscard]] std::vector<std::string> open_shards() const;
  [[nodiscard]] const fake_shard* find(const std::string& shard) const;

  // The API's side.
  struct listing {
    std::vector<const fake_shard*> shards;
    std::optional<std::string> last_evaluated;
  };
  [[nodiscard]] listing list(std::optional<std::string> start_after, std::size_t limit,
                             wall_time now);
  [[nodiscard]] std::vector<const fake_shard*> children_of(const std::string& parent,
                                                           wall_time now);
  [[nodiscard]] bool listed_open(const fake_shard& shard, wall_time now) const;

  /// `type` is the API's ShardIteratorType.
  [[nodiscard]] answer_or<std::string> iterator(const std::string& shard, std::string_view type,
                                                std::optional<sequence_value> sequence,
                                                wall_time now);
  struct page {
    std::vector<const stream_record*> records;
    std::optional<std::string> next;
  };
  [[nodiscard]] answer_or<page> read(std::string_view iterator, std::size_t limit, wall_time now);
  /// The ARN before the first '|' of an iterator.
  [[nodiscard]] static std::string_view arn_of(std::string_view iterator);
  /// The shard that an iterator of this stream reads; empty when it is none.
  [[nodiscard]] static std::string shard_of(std::string_view iterator);

 private:
  fake_shard& add_shard(std::optional<std::string> parent, std::uint64_t low, std::uint64_t high,
                        wall_time listed_at, wall_time now);
  fake_shard& open_shard(const std::string& id);
  void close(fake_shard& shard, wall_time now);
  void roll_over_due(wall_time now);
  static void trim_records(fake_shard& shard, wall_time before);
  void forget_trimmed_shards(wall_time before);
  [[nodiscard]] std::string make_iterator(const fake_shard& shard, sequence_value after,
                                          wall_time now) const;

  identity names_;
  options options_;
  sequence_source& numbers_;
  wall_time listable_at_;
  std::mt19937_64 random_;
  std::map<std::string, std::unique_ptr<fake_shard>> shards_;  // ids grow with time
  std::map<std::uint64_t, fake_shard*> open_;                  // by the low end of the range
  std::int64_t last_shard_ms_ = 0;
  wall_time next_roll_over_ = wall_time::max();
  std::uint64_t iterator_epoch_ = 0;
  bool enabled_ = true;
  wall_time disabled_at_;
};

}  // namespace ddm::support
