// States in a DynamoDB table.
//
// Layout: partition key `state` (S), sort key `part` (S).
//
//   state                        part                    beside the key
//   NAME                         COMMAND/head            write, epoch, counter, owner, told, copy
//   NAME/COMMAND/blocks          000000000007/3f…        bytes (B): a sealed block of epoch 7
//   /states                      NAME/COMMAND            nothing: the list of what there is
//
// A name holds no '/', so none of these can be taken for another. Head and blocks are of different
// partition keys: a copy that is throttled must not keep the lease from being renewed.
#pragma once

#include "aws/service_client.h"
#include "dynamodb/dynamodb_client.h"
#include "remote/state_table.h"
#include "runtime/rate_limiter.h"

#include <string>
#include <vector>

namespace ddm::remote {

inline constexpr std::string_view partition_attribute = "state";
inline constexpr std::string_view sort_attribute = "part";
/// The partition key of the list of states.
inline constexpr std::string_view list_partition = "/states";

class dynamodb_state_table final : public state_table {
 public:
  struct of {
    std::string table;
    std::string state;
    std::string command;
  };
  /// Both outlive it. It writes and deletes 500 write units a second at most, of 1 KB each: the
  /// rest of a table of states is for others.
  dynamodb_state_table(aws::service_client& calls, clock& time, of whose);

  /// Adds it to the list of states; before the head is taken first.
  [[nodiscard]] awaitable<result<void>> list();
  [[nodiscard]] awaitable<result<void>> unlist();
  /// Takes the head away, where `write` made it. False: it is another one, or was gone already.
  [[nodiscard]] awaitable<result<bool>> remove_head(std::string write);

  [[nodiscard]] awaitable<result<std::optional<head>>> read_head() override;
  [[nodiscard]] awaitable<result<bool>> write_head(head_write write) override;
  [[nodiscard]] awaitable<result<void>> put_blocks(std::uint64_t epoch,
                                                   std::vector<sealed_block> blocks) override;
  [[nodiscard]] awaitable<result<std::vector<std::string>>> get_blocks(
      std::uint64_t epoch, std::vector<block_name> names) override;
  [[nodiscard]] awaitable<result<std::vector<place>>> blocks_before(std::uint64_t epoch) override;
  [[nodiscard]] awaitable<result<void>> delete_blocks(std::vector<place> blocks) override;

 private:
  [[nodiscard]] dynamodb::attribute_map head_key() const;
  [[nodiscard]] dynamodb::attribute_map list_key() const;
  [[nodiscard]] dynamodb::attribute_map block_key(const place& block) const;
  [[nodiscard]] awaitable<result<void>> write_all(dynamodb::dynamodb_client::batch_write writes);

  aws::service_client& calls_;
  clock& time_;
  dynamodb::dynamodb_client client_;
  of whose_;
  rate_limiter pace_;
};

}  // namespace ddm::remote
