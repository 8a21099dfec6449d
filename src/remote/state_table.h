// Where copies lie: what of DynamoDB they need, and no more.
//
// One object is for one state and one command ("prod/orders", "monitor"). It retries what a call
// retries, and no longer; whoever calls goes on from there. Errors of a write say nothing about
// whether it came through, now or later.
#pragma once

#include "base/error.h"
#include "remote/block_tree.h"
#include "remote/head.h"
#include "runtime/asio.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddm::remote {

struct sealed_block {
  block_name name;
  std::string bytes;  ///< as seal() made them
};

/// What is written, or deleted, in one call.
inline constexpr std::size_t blocks_per_call_max = 25;
/// What is read in one call; 100 of the largest would be 3 MB.
inline constexpr std::size_t blocks_per_read_max = 100;

class state_table {
 public:
  /// A block under its epoch.
  struct place {
    std::uint64_t epoch = 0;
    block_name name;
  };

  state_table() = default;
  state_table(const state_table&) = delete;
  state_table& operator=(const state_table&) = delete;
  virtual ~state_table() = default;

  /// Strongly consistent. Nothing: there is no head.
  [[nodiscard]] virtual awaitable<result<std::optional<head>>> read_head() = 0;
  /// False: the condition was not met, now or at a repetition of what did come through.
  [[nodiscard]] virtual awaitable<result<bool>> write_head(head_write write) = 0;
  /// At most blocks_per_call_max; on an error some may have been written.
  [[nodiscard]] virtual awaitable<result<void>> put_blocks(std::uint64_t epoch,
                                                           std::vector<sealed_block> blocks) = 0;
  /// Strongly consistent, in the order of the names, at most blocks_per_read_max. One that is not
  /// there is an error of the code `block_missing`.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> get_blocks(
      std::uint64_t epoch, std::vector<block_name> names) = 0;
  /// Some of the blocks of earlier epochs, at most blocks_per_call_max; none: there are none left.
  [[nodiscard]] virtual awaitable<result<std::vector<place>>> blocks_before(
      std::uint64_t epoch) = 0;
  /// At most blocks_per_call_max. That one is not there is no error.
  [[nodiscard]] virtual awaitable<result<void>> delete_blocks(std::vector<place> blocks) = 0;
};

inline constexpr std::string_view block_missing = "BlockMissing";

}  // namespace ddm::remote
