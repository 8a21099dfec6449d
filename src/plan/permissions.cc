#include "plan/permissions.h"

#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace ddm::plan {
namespace {

/// A listing has at most some thousands of shards; a service that pages on for ever is cut off.
constexpr int listing_pages_max = 1000;

grant grant_of(const error* failure) {
  return failure == nullptr                            ? grant::granted
         : failure->kind == error_class::access_denied ? grant::denied
                                                       : grant::unknown;
}

template <class Answer>
permission tried(std::string side, std::string_view operation, std::string needed_by,
                 const Answer& answer) {
  const error* failure = answer ? nullptr : &answer.error();
  return {.side = std::move(side),
          .action = fmt::format("dynamodb:{}", operation),
          .needed_by = std::move(needed_by),
          .state = grant_of(failure),
          .message = failure == nullptr ? std::string() : failure->describe()};
}

/// A key that nobody has.
dynamodb::attribute_value absent_value(dynamodb::key_type type) {
  std::random_device random;
  const auto number = (static_cast<std::uint64_t>(random()) << 32) | random();
  switch (type) {
    case dynamodb::key_type::string:
      return {fmt::format("dynamodb-migration-monitor-plan-{:016x}", number)};
    case dynamodb::key_type::number:
      return {dynamodb::number_text{fmt::format("-{}.000000000001", number)}};
    case dynamodb::key_type::binary:
      return {dynamodb::binary{fmt::format("dynamodb-migration-monitor-plan-{:016x}", number)}};
  }
  std::unreachable();
}

std::string absent_key(const dynamodb::key_schema& schema) {
  dynamodb::attribute_map key{{schema.partition.name, absent_value(schema.partition.type)}};
  if (schema.sort) {
    key.emplace(schema.sort->name, absent_value(schema.sort->type));
  }
  return dynamodb::to_json(key);
}

}  // namespace

std::string_view to_string(grant value) {
  switch (value) {
    case grant::granted:
      return "granted";
    case grant::denied:
      return "denied";
    case grant::unknown:
      return "unknown";
  }
  return "?";
}

awaitable<std::vector<permission>> try_table(dynamodb::dynamodb_client& client, std::string side,
                                             dynamodb::table_name table,
                                             dynamodb::key_schema schema) {
  const auto key = absent_key(schema);
  std::vector<permission> tries;
  tries.push_back(tried(side, "DescribeTimeToLive", "telling expired items from lost ones",
                        co_await client.describe_time_to_live(table)));
  tries.push_back(tried(side, "BatchGetItem", "monitor, compare",
                        co_await client.batch_get_item(table, {key}, true)));
  tries.push_back(tried(
      side, "Scan", "compare, monitor --baseline",
      co_await client.scan({.table = table, .exclusive_start_key = std::nullopt, .limit = 1})));
  tries.push_back(tried(side, "GetItem", "repair", co_await client.get_item(table, key, true)));
  co_return tries;
}

awaitable<stream_facts> try_stream(dynamodb::streams_client& client, dynamodb::stream_arn stream) {
  stream_facts facts;
  const auto note = [&](std::string_view operation, const auto& answer) {
    facts.permissions.push_back(tried("stream", operation, "monitor", answer));
  };
  std::optional<dynamodb::shard_id> readable;
  std::optional<dynamodb::shard_id> after;
  for (int page_number = 0; page_number < listing_pages_max; ++page_number) {
    const auto page = co_await client.describe_stream(stream, after);
    if (!page || page_number == 0) {
      note("DescribeStream", page);
    }
    if (!page) {
      facts.failure = page.error();
      co_return facts;
    }
    facts.view_type = page->view_type;
    facts.enabled = page->status == dynamodb::stream_status::enabled ||
                    page->status == dynamodb::stream_status::enabling;
    for (const auto& shard : page->shards) {
      ++(shard.open() ? facts.shards_open : facts.shards_closed);
      readable = shard.id;
    }
    after = page->last_evaluated;
    if (!after) {
      break;
    }
  }
  if (!readable) {
    co_return facts;
  }
  const auto iterator = co_await client.get_shard_iterator(
      stream, *readable, dynamodb::iterator_position::trim_horizon());
  note("GetShardIterator", iterator);
  if (iterator) {
    note("GetRecords", co_await client.get_records(*iterator, 1));
  }
  co_return facts;
}

}  // namespace ddm::plan
