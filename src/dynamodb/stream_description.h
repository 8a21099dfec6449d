// What DynamoDB Streams tells of a stream and its shards, as plain values.
// Source of limits: docs/architecture.md, "Streams".
#pragma once

#include "base/time.h"
#include "dynamodb/names.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::dynamodb {

struct shard_description {
  shard_id id;
  std::optional<shard_id> parent;
  sequence_number starting;               ///< lowest possible number, not proof of a record
  std::optional<sequence_number> ending;  ///< absent: the shard is open
  [[nodiscard]] bool open() const { return !ending.has_value(); }
};

enum class stream_status {
  enabling,
  enabled,
  disabling,
  disabled,
};

struct stream_page {
  stream_status status = stream_status::enabled;
  std::string view_type;
  std::string table;  ///< TableName
  std::vector<shard_description> shards;
  std::optional<shard_id> last_evaluated;  ///< present: there are more pages
  std::optional<wall_time> server_time;    ///< of the answer, in whole seconds
  wall_time asked_at;                      ///< by our clock
};

/// Where to begin reading a shard.
struct iterator_position {
  enum class kind {
    trim_horizon,
    latest,
    at_sequence_number,
    after_sequence_number,
  };
  kind type = kind::trim_horizon;
  sequence_number sequence;  ///< for the last two only

  static iterator_position trim_horizon() { return {}; }
  static iterator_position latest() { return {kind::latest, {}}; }
  static iterator_position at(sequence_number number) { return {kind::at_sequence_number, number}; }
  static iterator_position after(sequence_number number) {
    return {kind::after_sequence_number, number};
  }
};
[[nodiscard]] std::string_view to_string(iterator_position::kind kind);

}  // namespace ddm::dynamodb
