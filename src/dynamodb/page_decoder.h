// Pages of the API, walked from simdjson's tokens: no DOM, no copy of what is not needed.
//
// A page that is cut off, or without its `Records`, `Items` or `Responses` member, or whose `Count`
// does not agree, is an error (class retry: the body was damaged on its way), never a short page.
// What is well-formed but makes no sense (a record without a key) is an error of class fatal. One
// item whose attributes cannot be read (a type that is not known yet) leaves the page readable: it
// has no digest.
#pragma once

#include "base/error.h"
#include "base/padded_buffer.h"
#include "base/time.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/names.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  wall_time created;  ///< ApproximateCreationDateTime: whole seconds on AWS, whole minutes on Local
  bool chosen = false;  ///< by the sample; the fields below are filled only then, key.hash always
  item_key key;
  std::optional<item_digest> new_image;  ///< where the view type carries it
  std::optional<item_digest> old_image;
  bool unreadable = false;  ///< an image was there and had no digest: resort to strong reads
};

struct records_page {
  std::vector<change_record> records;
  std::optional<shard_iterator> next;  ///< absent: the shard has ended with this page
  std::size_t bytes = 0;
};

/// An item as a read returned it. `key` and `json` point into the page it was decoded from.
struct read_item {
  digest128 key_hash;
  raw_key key;
  std::optional<item_digest> digest;  ///< nothing: unreadable, and so never equal to anything
  std::string_view json;
};

struct items_page {
  std::vector<read_item> items;
  std::size_t returned = 0;  ///< items in the answer, whether the sample chose them or not
  /// BatchGetItem: the keys not answered, each as JSON text pointing into the page.
  std::vector<std::string_view> unprocessed_keys;
  /// Scan and Query: LastEvaluatedKey as JSON text; only its absence ends them.
  std::optional<std::string> last_evaluated_key;
  double consumed_units = 0;  ///< ConsumedCapacity summed; 0 when the service did not say
};

/// Chooses keys by a seeded hash: threshold = 2^64 / N, so the keys of 1/100 lie within those of
/// 1/10.
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
  /// A BatchGetItem answer for one table (its name is not looked at), every item of it, as its keys
  /// were chosen before. `read_item`s point into `body`.
  [[nodiscard]] result<items_page> decode_batch_get(const padded_buffer& body) const;
  /// A Scan or Query answer; items that the sample does not choose are left out.
  [[nodiscard]] result<items_page> decode_items(const padded_buffer& body) const;

  [[nodiscard]] const options& settings() const { return options_; }

 private:
  options options_;
};

}  // namespace ddm::dynamodb
