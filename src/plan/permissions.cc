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

/// Makes the calls that are needed and keeps what became of them.
class trial {
 public:
  trial(std::optional<side> which, purposes wanted) : side_(which), wanted_(std::move(wanted)) {}

  [[nodiscard]] bool needs(std::string_view operation) const {
    return !users_among(operation, wanted_).empty();
  }
  void note(std::string_view operation, const auto& answer) {
    const error* failure = answer ? nullptr : &answer.error();
    permissions_.push_back({.side = side_,
                            .action = fmt::format("dynamodb:{}", operation),
                            .needed_by = users_among(operation, wanted_),
                            .state = grant_of(failure),
                            .message = failure == nullptr ? std::string() : failure->describe()});
  }
  [[nodiscard]] std::vector<permission> take() && { return std::move(permissions_); }

 private:
  std::optional<side> side_;
  purposes wanted_;
  std::vector<permission> permissions_;
};

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

awaitable<std::vector<permission>> try_table(dynamodb::dynamodb_client& client, side which,
                                             dynamodb::table_name table,
                                             dynamodb::key_schema schema, purposes wanted) {
  const auto key = absent_key(schema);
  trial tries(which, std::move(wanted));
  if (tries.needs("DescribeTimeToLive")) {
    tries.note("DescribeTimeToLive", co_await client.describe_time_to_live(table));
  }
  if (tries.needs("BatchGetItem")) {
    tries.note("BatchGetItem", co_await client.batch_get_item(table, {key}, true));
  }
  if (tries.needs("Scan")) {
    tries.note("Scan", co_await client.scan(
                           {.table = table, .exclusive_start_key = std::nullopt, .limit = 1}));
  }
  if (tries.needs("GetItem")) {
    tries.note("GetItem", co_await client.get_item(table, key, true));
  }
  co_return std::move(tries).take();
}

awaitable<stream_facts> try_stream(dynamodb::streams_client& client, dynamodb::stream_arn stream,
                                   purposes wanted) {
  stream_facts facts;
  trial tries(std::nullopt, std::move(wanted));
  std::optional<dynamodb::shard_id> readable;
  std::optional<dynamodb::shard_id> after;
  for (int page_number = 0; page_number < listing_pages_max; ++page_number) {
    const auto page = co_await client.describe_stream(stream, after);
    if (!page || page_number == 0) {
      tries.note("DescribeStream", page);
    }
    if (!page) {
      facts.failure = page.error();
      break;
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
  if (readable && !facts.failure && tries.needs("GetRecords")) {
    const auto iterator = co_await client.get_shard_iterator(
        stream, *readable, dynamodb::iterator_position::trim_horizon());
    tries.note("GetShardIterator", iterator);
    if (iterator) {
      tries.note("GetRecords", co_await client.get_records(*iterator, 1));
    }
  }
  facts.permissions = std::move(tries).take();
  co_return facts;
}

}  // namespace ddm::plan
