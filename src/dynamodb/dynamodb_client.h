// The DynamoDB operations that this program uses, typed. Retries lie below (aws::service_client).
#pragma once

#include "aws/service_client.h"
#include "dynamodb/conditional_write.h"
#include "dynamodb/names.h"
#include "dynamodb/table_description.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ddm::dynamodb {

/// What is told of an answer whose items are not those of the keys asked for.
[[nodiscard]] std::string other_key_answered(std::string_view operation);

class dynamodb_client {
 public:
  /// `calls` outlives the client.
  explicit dynamodb_client(aws::service_client& calls) : calls_(calls) {}

  struct table_names {
    std::vector<std::string> names;
    std::optional<std::string> last;  ///< there may be more behind it
  };
  /// A page of the account's tables in this region, in the order of their names.
  [[nodiscard]] awaitable<result<table_names>> list_tables(std::optional<std::string> after);
  [[nodiscard]] awaitable<result<table_description>> describe_table(table_name table);
  /// The name of the TTL attribute when TTL is enabled (or being enabled).
  [[nodiscard]] awaitable<result<std::optional<std::string>>> describe_time_to_live(
      table_name table);

  /// The whole answer, for page_decoder::decode_batch_get. Whether its items are those of the keys
  /// asked for is left to the caller, who has their hashes. `keys` are JSON key documents, at most
  /// 100, without duplicates. Asks for ConsumedCapacity.
  [[nodiscard]] awaitable<result<padded_buffer>> batch_get_item(table_name table,
                                                                std::vector<std::string> keys,
                                                                bool consistent_read);
  struct items_read {
    std::vector<attribute_map> items;
    std::vector<std::string> unprocessed_keys;  ///< to be asked for again, after a pause
  };
  /// The same as trees, for a table of our own. That they are of the keys asked for is the caller's
  /// to see.
  [[nodiscard]] awaitable<result<items_read>> batch_get_trees(table_name table,
                                                              std::vector<std::string> keys,
                                                              bool consistent_read);
  /// The item as JSON text, or nothing when it does not exist. An item of another key than
  /// `key_json` is an error (retry): it would pass for a value, and its absence for an absence.
  [[nodiscard]] awaitable<result<std::optional<std::string>>> get_item(table_name table,
                                                                       std::string key_json,
                                                                       bool consistent_read);
  struct scan_request {
    table_name table;
    std::uint32_t segment = 0;
    std::uint32_t total_segments = 1;
    std::optional<std::string> exclusive_start_key;  ///< JSON key document
    std::optional<std::uint32_t> limit;
    bool consistent_read = false;
  };
  /// The whole answer, for page_decoder::decode_items.
  [[nodiscard]] awaitable<result<padded_buffer>> scan(scan_request request);

  /// Items of one partition key, in the order of their sort keys; both are texts.
  struct query_request {
    table_name table;
    std::string partition_attribute;
    std::string partition;
    std::string sort_attribute;
    std::optional<std::string> sort_below;           ///< only those whose sort keys are below
    std::optional<std::string> exclusive_start_key;  ///< JSON key document
    std::optional<std::uint32_t> limit;
    bool consistent_read = false;
  };
  /// Of each item its two keys only.
  struct query_answer {
    std::vector<attribute_map> keys;
    std::optional<std::string> last_evaluated_key;  ///< there may be more behind it
  };
  [[nodiscard]] awaitable<result<query_answer>> query_keys(query_request request);

  /// On demand, with two keys of type text. `kms_key`: its id, ARN or alias; empty: the account's
  /// key of DynamoDB; nothing: a key that AWS owns. The table is not active yet when it returns.
  struct table_request {
    table_name table;
    std::string partition_attribute;
    std::string sort_attribute;
    std::optional<std::string> kms_key;
  };
  [[nodiscard]] awaitable<result<void>> create_table(table_request request);

  [[nodiscard]] awaitable<result<void>> put_item(table_name table, std::string item_json);
  [[nodiscard]] awaitable<result<void>> delete_item(table_name table, std::string key_json);

  struct batch_write {
    std::vector<std::string> put_items;    ///< item documents
    std::vector<std::string> delete_keys;  ///< key documents; 25 in all at most
  };
  /// What the service left unprocessed; the caller tries these again after a pause.
  [[nodiscard]] awaitable<result<batch_write>> batch_write_item(table_name table,
                                                                batch_write writes);

  struct conditional_outcome {
    bool written = false;  ///< false: the item is no longer what the condition expected
    double consumed_units = 0;
  };
  /// A retry after a lost answer may find its own write and report `written` = false: whoever must
  /// know reads the item again. `progress`, where given, tells whether it was sent; it outlives the
  /// call.
  [[nodiscard]] awaitable<result<conditional_outcome>> write_if(table_name table,
                                                                conditional_write write,
                                                                aws::sending* progress = nullptr);

  /// From now on each call is one attempt.
  void drain() { calls_.drain(); }

  [[nodiscard]] const aws::operation_statistics& statistics() const { return calls_.statistics(); }

 private:
  aws::service_client& calls_;
};

}  // namespace ddm::dynamodb
