#include "dynamodb/streams_client.h"

#include "base/foreign_json.h"
#include "dynamodb/answer.h"
#include "dynamodb/answer_bounds.h"

#include <fmt/format.h>

namespace ddm::dynamodb {
namespace {

using nlohmann::json;

/// Far above any stream; keeps a service that always offers a next page from holding us for ever.
constexpr int pages_max = 1000;

aws::api_request request(std::string_view operation, const json& body) {
  const auto most = operation == "GetRecords" ? records_answer_bytes_max : other_answer_bytes_max;
  return {.target = fmt::format("DynamoDBStreams_20120810.{}", operation),
          .body = json_text(body),
          .longest = answer_longest(most),
          .answer_bytes_max = most};
}

std::optional<stream_status> status_of(std::string_view text) {
  return text == "ENABLED"     ? std::optional(stream_status::enabled)
         : text == "ENABLING"  ? std::optional(stream_status::enabling)
         : text == "DISABLING" ? std::optional(stream_status::disabling)
         : text == "DISABLED"  ? std::optional(stream_status::disabled)
                               : std::nullopt;
}

/// The number under `name`; nothing when it is absent.
result<std::optional<sequence_number>> sequence_member(const json& range, std::string_view name) {
  const auto digits = text_member(range, name);
  if (digits.empty()) {
    return std::nullopt;
  }
  return sequence_number::parse(digits);
}

result<shard_description> shard_of(const json& shard) {
  shard_description out;
  out.id = shard_id(text_member(shard, "ShardId"));
  if (out.id.empty()) {
    return strange_answer("DescribeStream", "a shard without an id");
  }
  if (auto parent = text_member(shard, "ParentShardId"); !parent.empty()) {
    out.parent.emplace(std::move(parent));
  }
  const auto& range = member(shard, "SequenceNumberRange");
  const auto starting = sequence_member(range, "StartingSequenceNumber");
  const auto ending = sequence_member(range, "EndingSequenceNumber");
  if (!starting || !ending) {
    return strange_answer("DescribeStream", "a sequence number that is not 1 to 40 digits");
  }
  out.starting = starting->value_or(sequence_number{});
  out.ending = *ending;
  return out;
}

result<stream_page> page_of(const json& answer) {
  const auto& description = member(answer, "StreamDescription");
  const auto status = status_of(text_member(description, "StreamStatus"));
  if (!status) {
    return strange_answer("DescribeStream", "no StreamStatus that this program knows");
  }
  stream_page page{.status = *status,
                   .view_type = text_member(description, "StreamViewType"),
                   .table = text_member(description, "TableName"),
                   .shards = {},
                   .last_evaluated = {}};
  for (const auto& each : member(description, "Shards")) {
    auto shard = shard_of(each);
    if (!shard) {
      return fail(std::move(shard).error());
    }
    page.shards.push_back(std::move(*shard));
  }
  if (auto last = text_member(description, "LastEvaluatedShardId"); !last.empty()) {
    page.last_evaluated.emplace(std::move(last));
  }
  return page;
}

json describe_body(const stream_arn& stream, const std::optional<shard_id>& start_after) {
  json body;
  body["StreamArn"] = stream.str();
  body["Limit"] = 100;
  if (start_after) {
    body["ExclusiveStartShardId"] = start_after->str();
  }
  return body;
}

json children_body(const stream_arn& stream, const shard_id& parent,
                   const std::optional<shard_id>& start_after) {
  auto body = describe_body(stream, start_after);
  body["ShardFilter"]["Type"] = "CHILD_SHARDS";
  body["ShardFilter"]["ShardId"] = parent.str();
  return body;
}

json iterator_body(const stream_arn& stream, const shard_id& shard,
                   const iterator_position& position) {
  json body;
  body["StreamArn"] = stream.str();
  body["ShardId"] = shard.str();
  body["ShardIteratorType"] = to_string(position.type);
  if (!position.sequence.empty()) {
    body["SequenceNumber"] = position.sequence.str();
  }
  return body;
}

json records_body(const shard_iterator& iterator, int limit) {
  json body;
  body["ShardIterator"] = iterator.str();
  body["Limit"] = limit;
  return body;
}

awaitable<result<stream_page>> call_for_shards(aws::service_client& calls, json body,
                                               rate_limiter* pace) {
  const auto answer = co_await call_for_dated_json(calls, request("DescribeStream", body), pace);
  if (!answer) {
    co_return fail(answer.error());
  }
  auto page = page_of(answer->document);
  if (page) {
    page->server_time = answer->server_time;
    page->asked_at = answer->asked_at;
  }
  co_return page;
}

void keep_children(stream_page& page, const shard_id& parent) {
  std::erase_if(page.shards, [&](const auto& shard) { return shard.parent != parent; });
}

}  // namespace

std::string_view to_string(iterator_position::kind kind) {
  switch (kind) {
    case iterator_position::kind::trim_horizon:
      return "TRIM_HORIZON";
    case iterator_position::kind::latest:
      return "LATEST";
    case iterator_position::kind::at_sequence_number:
      return "AT_SEQUENCE_NUMBER";
    case iterator_position::kind::after_sequence_number:
      return "AFTER_SEQUENCE_NUMBER";
  }
  return "?";
}

awaitable<result<stream_page>> streams_client::describe_stream(stream_arn stream,
                                                               std::optional<shard_id> start_after,
                                                               rate_limiter* pace) {
  return call_for_shards(calls_, describe_body(stream, start_after), pace);
}

awaitable<result<stream_page>> streams_client::describe_children(stream_arn stream, shard_id parent,
                                                                 rate_limiter* pace) {
  bool filter = !filter_refused_;
  stream_page all;
  for (int pages = 0; pages < pages_max; ++pages) {
    auto page = co_await call_for_shards(calls_,
                                         filter ? children_body(stream, parent, all.last_evaluated)
                                                : describe_body(stream, all.last_evaluated),
                                         pace);
    if (!page && filter &&
        (page.error().kind == error_class::fatal ||
         page.error().kind == error_class::unknown_answer)) {
      // A service that does not know the filter. Should something else be wrong, the plain request
      // fails in the same way, and that is the error to report.
      filter = false;
      filter_refused_ = page.error().kind == error_class::fatal;
      continue;
    }
    if (!page) {
      co_return fail(std::move(page).error());
    }
    keep_children(*page, parent);
    page->shards.insert(page->shards.begin(), std::make_move_iterator(all.shards.begin()),
                        std::make_move_iterator(all.shards.end()));
    all = std::move(*page);
    if (!all.last_evaluated) {
      break;
    }
  }
  co_return all;
}

awaitable<result<shard_iterator>> streams_client::get_shard_iterator(stream_arn stream,
                                                                     shard_id shard,
                                                                     iterator_position position) {
  const auto answer = co_await call_for_json(
      calls_, request("GetShardIterator", iterator_body(stream, shard, position)));
  if (!answer) {
    co_return fail(answer.error());
  }
  auto iterator = text_member(*answer, "ShardIterator");
  if (iterator.empty()) {
    co_return strange_answer("GetShardIterator", "no ShardIterator");
  }
  co_return shard_iterator(std::move(iterator));
}

awaitable<result<records_answer>> streams_client::get_records(shard_iterator iterator, int limit) {
  auto answer = co_await calls_.call(request("GetRecords", records_body(iterator, limit)));
  if (!answer) {
    co_return fail(std::move(answer).error());
  }
  co_return records_answer{
      .body = std::move(answer->body), .server_time = answer->date, .retried = answer->retried};
}

std::uint64_t streams_client::record_calls() const {
  const auto made = statistics().find("GetRecords");
  return made == statistics().end() ? 0 : made->second.calls;
}

}  // namespace ddm::dynamodb
