// Pages of the API, walked once from simdjson's tokens: no DOM, no copy of what is not needed.
//
// On-demand parsing leaves unvisited values unvalidated, so a page without its `Records`, `Items` or
// `Responses` member, or cut off, is an error (class retry: the body was damaged on its way), and
// `Count`, where the API sends it, must agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/padded_buffer.h"
#include "base/time.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/names.h"

namespace ddm::dynamodb {

enum class event_kind {
  insert,
  modify,
  remove,
  unknown,  ///< a name this program does not know (DynamoDB Local's TTL): checked by strong reads
};

/// One stream record, reduced to what checking needs.
struct change_record {
  sequence_number sequence;
  event_kind kind = event_kind::unknown;
  bool by_ttl = false;  ///< userIdentity names the TTL service
  wall_time created;    ///< ApproximateCreationDateTime: whole seconds on AWS, whole minutes on Local
  bool chosen = false;  ///< by the sample; the fields below are filled only then, key.hash always
  item_key key;
  std::optional<item_digest> new_image;  ///< where the view type carries it
  std::optional<item_digest> old_image;
};

struct records_page {
  std::vector<change_record> records;
  std::optional<shard_iterator> next;  ///< absent: the shard has ended with this page
  std::size_t bytes = 0;
};

/// An item as a read returned it. `json` points into the page it was decoded from.
struct read_item {
  digest128 key_hash;
  item_digest digest;
  std::string_view json;
};

struct items_page {
  std::vector<read_item> items;
  /// BatchGetItem: the keys not answered, each as JSON text pointing into the page.
  std::vector<std::string_view> unprocessed_keys;
  /// Scan and Query: LastEvaluatedKey as JSON text; only its absence ends them.
  std::optional<std::string> last_evaluated_key;
  double consumed_units = 0;  ///< ConsumedCapacity summed; 0 when the service did not say
};

/// Chooses keys by a seeded hash: threshold = 2^64 / N, so the keys of 1/100 lie within those of 1/10.
struct sample_choice {
  std::uint64_t seed = 0;
  std::uint64_t rate = 1;  ///< one key in `rate`
  [[nodiscard]] bool chooses(const digest128& key_hash) const;
};

/// Immutable after construction, so it may be used from several threads.
class page_decoder {
 public:
  struct options {
    key_schema schema;
    digest_secret secret{};
    ignore_list ignored;
    sample_choice sample;
  };
  explicit page_decoder(options settings);

  /// A GetRecords answer.
  [[nodiscard]] result<records_page> decode_records(const padded_buffer& body) const;
  /// A BatchGetItem answer for one table (its name is not looked at). `read_item`s point into `body`.
  [[nodiscard]] result<items_page> decode_batch_get(const padded_buffer& body) const;
  /// A Scan or Query answer.
  [[nodiscard]] result<items_page> decode_items(const padded_buffer& body) const;

  [[nodiscard]] const options& settings() const { return options_; }

 private:
  options options_;
};

}  // namespace ddm::dynamodb
