#include "remote/dynamodb_state_table.h"

#include "dynamodb/answer.h"
#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>
#include <utility>

namespace ddm::remote {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::to_json;

constexpr int epoch_digits = 12;
/// Of one call that is answered in parts.
constexpr int parts_max = 20;
constexpr milliseconds part_pause{200};
constexpr double write_units_per_second = 500;

attribute_map key_of(std::string state, std::string part) {
  return {{std::string(partition_attribute), {std::move(state)}},
          {std::string(sort_attribute), {std::move(part)}}};
}

std::string blocks_of(const dynamodb_state_table::of& whose) {
  return fmt::format("{}/{}/blocks", whose.state, whose.command);
}

std::string part_of(const state_table::place& block) {
  return fmt::format("{:0{}}/{}", block.epoch, epoch_digits, block.name.hex());
}

/// Nothing: no block of ours has such a key.
std::optional<state_table::place> place_of(std::string_view part) {
  state_table::place found;
  constexpr std::size_t name_at = epoch_digits + 1;
  if (part.size() != name_at + 2 * found.name.bytes.size()) {
    return std::nullopt;
  }
  const auto digits = part.substr(0, epoch_digits);
  std::from_chars(digits.data(), digits.data() + digits.size(), found.epoch);
  for (std::size_t i = 0; i < found.name.bytes.size(); ++i) {
    const auto* at = part.data() + name_at + 2 * i;
    std::from_chars(at, at + 2, found.name.bytes[i], 16);
  }
  return part_of(found) == part ? std::optional(found) : std::nullopt;
}

double write_units(std::size_t bytes) {
  const auto begun = bytes / 1024 + 1;
  return static_cast<double>(begun);
}

std::unexpected<error> answered_in_too_many_parts(std::string_view what) {
  return fail(
      error_class::throttled,
      fmt::format("the table of states {} in parts only: its capacity does not suffice", what));
}

/// Blocks as they are stored, by their sort keys; empty: not read yet.
using blocks_by_part = std::map<std::string, std::string>;

/// False: it is none of those that were asked for.
bool take_block(attribute_map& item, blocks_by_part& found) {
  const auto place = found.find(text_of(item, sort_attribute).value_or(""));
  const auto bytes = item.find("bytes");
  auto* block = bytes == item.end() ? nullptr : std::get_if<dynamodb::binary>(&bytes->second.value);
  if (place == found.end() || block == nullptr || block->bytes.empty()) {
    return false;
  }
  place->second = std::move(block->bytes);
  return true;
}

}  // namespace

dynamodb_state_table::dynamodb_state_table(aws::service_client& calls, clock& time, of whose)
    : calls_(calls),
      time_(time),
      client_(calls),
      whose_(std::move(whose)),
      pace_(time, write_units_per_second) {}

attribute_map dynamodb_state_table::head_key() const {
  return key_of(whose_.state, whose_.command + "/head");
}

attribute_map dynamodb_state_table::block_key(const place& block) const {
  return key_of(blocks_of(whose_), part_of(block));
}

attribute_map dynamodb_state_table::list_key() const {
  return key_of(std::string(list_partition), fmt::format("{}/{}", whose_.state, whose_.command));
}

awaitable<result<void>> dynamodb_state_table::list() {
  return client_.put_item(dynamodb::table_name(whose_.table), to_json(list_key()));
}

awaitable<result<bool>> dynamodb_state_table::remove_head(std::string write) {
  const dynamodb::table_name table(whose_.table);
  const auto outcome =
      co_await client_.write_if(table, {.what = dynamodb::conditional_write::kind::remove,
                                        .key = head_key(),
                                        .set = {},
                                        .unset = {},
                                        .expected = {{"write", attribute_value{std::move(write)}}},
                                        .expected_absent = {}});
  if (!outcome) {
    co_return fail(outcome.error());
  }
  co_return outcome->written;
}

awaitable<result<void>> dynamodb_state_table::unlist() {
  return client_.delete_item(dynamodb::table_name(whose_.table), to_json(list_key()));
}

awaitable<result<std::optional<head>>> dynamodb_state_table::read_head() {
  const auto item =
      co_await client_.get_item(dynamodb::table_name(whose_.table), to_json(head_key()), true);
  if (!item) {
    co_return fail(item.error());
  }
  if (!*item) {
    co_return std::nullopt;
  }
  const auto attributes = dynamodb::parse_item(**item);
  auto found = attributes ? head_of(*attributes) : fail(attributes.error());
  if (!found) {
    co_return fail(std::move(found.error()));
  }
  co_return *std::move(found);
}

awaitable<result<bool>> dynamodb_state_table::write_head(head_write write) {
  auto item = head_key();
  item.merge(attributes_of(write.next));
  dynamodb::conditional_write wanted{.what = dynamodb::conditional_write::kind::put,
                                     .key = head_key(),
                                     .set = std::move(item),
                                     .unset = {},
                                     .expected = {},
                                     .expected_absent = {}};
  if (!write.expected.empty()) {
    wanted.expected.emplace("write", attribute_value{write.expected});
  }
  const auto outcome =
      co_await client_.write_if(dynamodb::table_name(whose_.table), std::move(wanted));
  if (!outcome) {
    co_return fail(outcome.error());
  }
  co_return outcome->written;
}

awaitable<result<void>> dynamodb_state_table::write_all(
    dynamodb::dynamodb_client::batch_write writes) {
  for (int part = 0; part < parts_max; ++part) {
    auto left = co_await client_.batch_write_item(dynamodb::table_name(whose_.table), writes);
    if (!left) {
      co_return fail(std::move(left.error()));
    }
    if (left->put_items.empty() && left->delete_keys.empty()) {
      co_return result<void>{};
    }
    writes = *std::move(left);
    pace_.slow_down();
    co_await time_.sleep_for(part_pause * (part + 1));
  }
  co_return answered_in_too_many_parts("takes what is written");
}

awaitable<result<void>> dynamodb_state_table::put_blocks(std::uint64_t epoch,
                                                         std::vector<sealed_block> blocks) {
  dynamodb::dynamodb_client::batch_write writes;
  double units = 0;
  for (auto& each : blocks) {
    units += write_units(each.bytes.size());
    auto item = block_key({.epoch = epoch, .name = each.name});
    item.emplace("bytes", attribute_value{dynamodb::binary{std::move(each.bytes)}});
    writes.put_items.push_back(to_json(item));
  }
  co_await pace_.acquire(units);
  co_return co_await write_all(std::move(writes));
}

awaitable<result<void>> dynamodb_state_table::delete_blocks(std::vector<place> blocks) {
  dynamodb::dynamodb_client::batch_write writes;
  for (const auto& each : blocks) {
    writes.delete_keys.push_back(to_json(block_key(each)));
  }
  // What they hold is not known; blocks of a database are about half as long as they can be.
  co_await pace_.acquire(write_units(block_bytes_max / 2) * static_cast<double>(blocks.size()));
  co_return co_await write_all(std::move(writes));
}

awaitable<result<std::vector<std::string>>> dynamodb_state_table::get_blocks(
    std::uint64_t epoch, std::vector<block_name> names) {
  blocks_by_part found;
  std::vector<std::string> keys;
  for (const auto& name : names) {
    const place wanted{.epoch = epoch, .name = name};
    if (found.try_emplace(part_of(wanted)).second) {
      keys.push_back(to_json(block_key(wanted)));
    }
  }
  for (int parts = 0; !keys.empty(); ++parts) {
    if (parts == parts_max) {
      co_return answered_in_too_many_parts("gives what is read");
    }
    if (parts > 0) {
      co_await time_.sleep_for(part_pause * parts);
    }
    auto read =
        co_await client_.batch_get_trees(dynamodb::table_name(whose_.table), std::move(keys), true);
    if (!read) {
      co_return fail(std::move(read.error()));
    }
    for (auto& item : read->items) {
      if (!take_block(item, found)) {
        co_return dynamodb::strange_answer("BatchGetItem", "an item that is no block");
      }
    }
    keys = std::move(read->unprocessed_keys);
  }
  std::vector<std::string> blocks;
  for (const auto& name : names) {
    blocks.push_back(found[part_of({.epoch = epoch, .name = name})]);
    if (blocks.back().empty()) {
      co_return fail(error{.kind = error_class::fatal,
                           .code = std::string(block_missing),
                           .message = fmt::format("block {} of the copy is not in the table: the "
                                                  "copy cannot be used",
                                                  name.hex())});
    }
  }
  co_return blocks;
}

awaitable<result<std::vector<state_table::place>>> dynamodb_state_table::blocks_before(
    std::uint64_t epoch) {
  std::vector<place> found;
  std::optional<std::string> start;
  do {
    auto answer =
        co_await client_.query_keys({.table = dynamodb::table_name(whose_.table),
                                     .partition_attribute = std::string(partition_attribute),
                                     .partition = blocks_of(whose_),
                                     .sort_attribute = std::string(sort_attribute),
                                     .sort_below = fmt::format("{:0{}}", epoch, epoch_digits),
                                     .exclusive_start_key = std::move(start),
                                     .limit = blocks_per_call_max,
                                     .consistent_read = true});
    if (!answer) {
      co_return fail(std::move(answer.error()));
    }
    for (const auto& key : answer->keys) {
      // What somebody else has put there is left to him.
      const auto place = place_of(text_of(key, sort_attribute).value_or(""));
      if (place && place->epoch < epoch) {
        found.push_back(*place);
      }
    }
    start = std::move(answer->last_evaluated_key);
  } while (found.empty() && start);
  co_return found;
}

}  // namespace ddm::remote
