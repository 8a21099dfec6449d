// What DescribeTable tells, as plain values.
#pragma once

#include "base/time.h"
#include "dynamodb/names.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::dynamodb {

enum class table_status {
  creating,
  updating,
  active,
  deleting,
  other,  ///< ARCHIVED, INACCESSIBLE_ENCRYPTION_CREDENTIALS, …: see status_text
};

struct stream_specification {
  bool enabled = false;
  std::string view_type;  ///< NEW_AND_OLD_IMAGES, NEW_IMAGE, OLD_IMAGE, KEYS_ONLY
};

struct table_description {
  std::string name;
  std::string arn;
  std::string id;  ///< TableId; empty where the service gives none (DynamoDB Local)
  std::optional<wall_time> created;
  table_status status = table_status::other;
  std::string status_text;
  key_schema schema;
  std::uint64_t item_count = 0;  ///< up to 6 h old
  std::uint64_t size_bytes = 0;
  bool on_demand = false;
  double provisioned_rcu = 0;  ///< 0 when on demand
  double provisioned_wcu = 0;
  stream_specification stream;
  std::optional<stream_arn> latest_stream_arn;
};

struct key_definition {
  std::string name;
  key_type type = key_type::string;
};

}  // namespace ddm::dynamodb
