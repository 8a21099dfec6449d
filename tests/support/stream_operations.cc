#include "support/operations.h"

#include <fmt/format.h>

#include <iterator>

namespace ddm::support {
namespace {

std::string optional_text(const nlohmann::json& request, const char* member) {
  const auto found = request.find(member);
  return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shard_json(const fake_shard& shard, bool listed_open) {
  std::string json = fmt::format(R"({{"ShardId":"{}",)", shard.id);
  if (shard.parent) {
    fmt::format_to(std::back_inserter(json), R"("ParentShardId":"{}",)", *shard.parent);
  }
  fmt::format_to(std::back_inserter(json),
                 R"("SequenceNumberRange":{{"StartingSequenceNumber":"{}")",
                 to_decimal(shard.starting));
  if (!listed_open) {
    fmt::format_to(std::back_inserter(json), R"(,"EndingSequenceNumber":"{}")",
                   to_decimal(*shard.ending));
  }
  return json + "}}";
}

std::string_view event_name(const stream_record& record) {
  if (!record.old_image) {
    return "INSERT";
  }
  return record.new_image ? "MODIFY" : "REMOVE";
}

void append_record(std::string& out, const stream_record& record, const fake_stream& stream,
                   const fake_options& account) {
  const auto& settings = stream.settings();
  const auto unit = settings.creation_unit.count();
  const auto created_ms = to_ms(record.created + account.clock_skew) / unit * unit;
  auto to = std::back_inserter(out);
  fmt::format_to(to,
                 R"({{"eventID":"{:032x}","eventName":"{}","eventVersion":"1.1",)"
                 R"("eventSource":"aws:dynamodb","awsRegion":"{}",)",
                 static_cast<std::uint64_t>(record.sequence), event_name(record), account.region);
  if (record.by_ttl) {
    out += R"("userIdentity":{"principalId":"dynamodb.amazonaws.com","type":"Service"},)";
  }
  fmt::format_to(to, R"("dynamodb":{{"ApproximateCreationDateTime":{},"Keys":{})",
                 api_time(from_ms(created_ms)), record.any_image().key_json);
  std::size_t bytes = record.any_image().key_json.size();
  const bool both = settings.view_type == "NEW_AND_OLD_IMAGES";
  if (record.new_image && (both || settings.view_type == "NEW_IMAGE")) {
    fmt::format_to(to, R"(,"NewImage":{})", record.new_image->json);
    bytes += record.new_image->bytes;
  }
  if (record.old_image && (both || settings.view_type == "OLD_IMAGE")) {
    fmt::format_to(to, R"(,"OldImage":{})", record.old_image->json);
    bytes += record.old_image->bytes;
  }
  fmt::format_to(to, R"(,"SequenceNumber":"{}","SizeBytes":{},"StreamViewType":"{}"}}}})",
                 to_decimal(record.sequence), bytes, settings.view_type);
}

}  // namespace

answer_or<std::string> list_streams(const operation_call& call) {
  const auto table = optional_text(call.request, "TableName");
  const auto start = optional_text(call.request, "ExclusiveStartStreamArn");
  const auto limit = bounded_number(call.request, "Limit", 100, 1, 100);
  if (!limit) {
    return refusal(limit.error());
  }
  std::string json;
  std::string last;
  std::size_t listed = 0;
  for (const auto* stream : call.account.streams()) {
    const auto& names = stream->names();
    if ((!table.empty() && names.table != table && call.account.table_arn(names.table) != table) ||
        names.arn <= start) {
      continue;
    }
    if (listed == *limit) {
      return fmt::format(R"({{"LastEvaluatedStreamArn":"{}","Streams":[{}]}})", last, json);
    }
    fmt::format_to(std::back_inserter(json),
                   R"({}{{"StreamArn":"{}","StreamLabel":"{}","TableName":"{}"}})",
                   json.empty() ? "" : ",", names.arn, names.label, names.table);
    last = names.arn;
    ++listed;
  }
  return fmt::format(R"({{"Streams":[{}]}})", json);
}

answer_or<std::string> describe_stream(const operation_call& call) {
  const auto arn = required_text(call.request, "StreamArn");
  const auto limit = bounded_number(call.request, "Limit", 100, 1, 100);
  if (!arn || !limit) {
    return refusal(arn ? limit.error() : arn.error());
  }
  const auto found = call.account.find_stream(*arn);
  if (!found) {
    return refusal(found.error());
  }
  if (call.account.over_quota(*arn, call.account.settings().describe_stream_per_second)) {
    return throttling("LimitExceededException");
  }
  fake_stream& stream = **found;
  const auto now = call.account.now();
  fake_stream::listing page;
  if (const auto filter = call.request.find("ShardFilter"); filter != call.request.end()) {
    const auto parent = required_text(*filter, "ShardId");
    if (!parent || optional_text(*filter, "Type") != "CHILD_SHARDS") {
      return validation("ShardFilter needs Type CHILD_SHARDS and ShardId");
    }
    page.shards = stream.children_of(*parent, now);
  } else {
    const auto start = optional_text(call.request, "ExclusiveStartShardId");
    const auto most = std::min<std::size_t>(*limit, stream.settings().listing_page_max);
    page = stream.list(start.empty() ? std::nullopt : std::optional(start), most, now);
  }
  std::string shards;
  for (const auto* shard : page.shards) {
    shards += shards.empty() ? "" : ",";
    shards += shard_json(*shard, stream.listed_open(*shard, now));
  }
  const auto& names = stream.names();
  const auto table = call.account.find_table(names.table);
  return fmt::format(
      R"({{"StreamDescription":{{"KeySchema":{},{}"Shards":[{}],"StreamArn":"{}",)"
      R"("StreamLabel":"{}","StreamStatus":"{}","StreamViewType":"{}","TableName":"{}"}}}})",
      table ? key_schema_json((*table)->schema()) : "[]",
      page.last_evaluated ? fmt::format(R"("LastEvaluatedShardId":"{}",)", *page.last_evaluated)
                          : "",
      shards, names.arn, names.label, stream.status(now), stream.settings().view_type, names.table);
}

answer_or<std::string> get_shard_iterator(const operation_call& call) {
  const auto arn = required_text(call.request, "StreamArn");
  const auto shard = required_text(call.request, "ShardId");
  const auto type = required_text(call.request, "ShardIteratorType");
  if (!arn || !shard || !type) {
    return validation("StreamArn, ShardId and ShardIteratorType are required");
  }
  const auto found = call.account.find_stream(*arn);
  if (!found) {
    return refusal(found.error());
  }
  std::optional<sequence_value> sequence;
  if (const auto text = optional_text(call.request, "SequenceNumber"); !text.empty()) {
    sequence = parse_sequence(text);
    if (!sequence) {
      return validation("Invalid SequenceNumber " + text);
    }
  }
  const auto iterator = (*found)->iterator(*shard, *type, sequence, call.account.now());
  if (!iterator) {
    return refusal(iterator.error());
  }
  if (call.account.observer().on_iterator) {
    call.account.observer().on_iterator(*shard, arrives(call.planned));
  }
  return fmt::format(R"({{"ShardIterator":"{}"}})", *iterator);
}

answer_or<std::string> get_records(const operation_call& call) {
  const auto iterator = required_text(call.request, "ShardIterator");
  const auto limit = bounded_number(call.request, "Limit", 1000, 1, 1000);
  if (!iterator || !limit) {
    return refusal(iterator ? limit.error() : iterator.error());
  }
  if (fake_stream::shard_of(*iterator).empty()) {
    return validation("Invalid ShardIterator: it is none of this service's");
  }
  const auto found = call.account.find_stream(fake_stream::arn_of(*iterator));
  if (!found) {
    return refusal(found.error());
  }
  const auto& settings = call.account.settings();
  if (settings.get_records_per_second > 0 &&
      call.account.over_quota(fake_stream::shard_of(*iterator), settings.get_records_per_second)) {
    return throttling("LimitExceededException");
  }
  fake_stream& stream = **found;
  const auto page = stream.read(*iterator, *limit, call.account.now());
  if (!page) {
    return refusal(page.error());
  }
  if (call.account.observer().on_page && arrives(call.planned)) {
    call.account.observer().on_page(
        fake_stream::shard_of(*iterator), !page->next,
        page->records.empty() ? std::nullopt : std::optional(page->records.back()->sequence));
  }
  std::string json = "{";
  if (page->next) {
    fmt::format_to(std::back_inserter(json), R"("NextShardIterator":"{}",)", *page->next);
  }
  json += R"("Records":[)";
  for (const auto* record : page->records) {
    json += json.back() == '[' ? "" : ",";
    append_record(json, *record, stream, settings);
  }
  return json + "]}";
}

}  // namespace ddm::support
