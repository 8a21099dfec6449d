// The API's operations on the fake: a parsed request in, the answer's JSON out. operations.cc finds
// the operation by its name; each group has a file of its own.
#pragma once

#include "support/fake_dynamodb.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace ddm::support {

struct operation_call {
  fake_dynamodb& account;
  const nlohmann::json& request;
  const fault& planned;  ///< for partial batches
};
using operation = answer_or<std::string> (*)(const operation_call&);

/// `target` is the X-Amz-Target header; nothing when the fake does not know it.
[[nodiscard]] operation find_operation(std::string_view target);

/// A string member, or a ValidationException that names it.
[[nodiscard]] answer_or<std::string> required_text(const nlohmann::json& request,
                                                   const std::string& member);
/// The table named by TableName.
[[nodiscard]] answer_or<fake_table*> named_table(const operation_call& call);
/// The same, if it is ACTIVE.
[[nodiscard]] answer_or<fake_table*> active_table(const operation_call& call);
/// The same, if it has read capacity left.
[[nodiscard]] answer_or<fake_table*> readable_table(const operation_call& call);
/// Seconds since 1970 as AWS writes them: 1.767225600000E9.
[[nodiscard]] std::string api_time(wall_time time);
/// The value of KeySchema in descriptions.
[[nodiscard]] std::string key_schema_json(const dynamodb::key_schema& schema);
/// An integer member within bounds.
[[nodiscard]] answer_or<std::size_t> bounded_number(const nlohmann::json& request,
                                                    const std::string& member,
                                                    std::size_t otherwise, std::size_t low,
                                                    std::size_t high);

// table_operations.cc
[[nodiscard]] answer_or<std::string> create_table(const operation_call& call);
[[nodiscard]] answer_or<std::string> describe_table(const operation_call& call);
[[nodiscard]] answer_or<std::string> delete_table(const operation_call& call);
[[nodiscard]] answer_or<std::string> update_table(const operation_call& call);
[[nodiscard]] answer_or<std::string> describe_time_to_live(const operation_call& call);
[[nodiscard]] answer_or<std::string> update_time_to_live(const operation_call& call);

// item_operations.cc
[[nodiscard]] answer_or<std::string> put_item(const operation_call& call);
[[nodiscard]] answer_or<std::string> update_item(const operation_call& call);
[[nodiscard]] answer_or<std::string> delete_item(const operation_call& call);
[[nodiscard]] answer_or<std::string> get_item(const operation_call& call);
[[nodiscard]] answer_or<std::string> batch_write_item(const operation_call& call);
[[nodiscard]] answer_or<std::string> batch_get_item(const operation_call& call);

// scan_operations.cc
[[nodiscard]] answer_or<std::string> scan(const operation_call& call);
[[nodiscard]] answer_or<std::string> query(const operation_call& call);

// stream_operations.cc
[[nodiscard]] answer_or<std::string> list_streams(const operation_call& call);
[[nodiscard]] answer_or<std::string> describe_stream(const operation_call& call);
[[nodiscard]] answer_or<std::string> get_shard_iterator(const operation_call& call);
[[nodiscard]] answer_or<std::string> get_records(const operation_call& call);

}  // namespace ddm::support
