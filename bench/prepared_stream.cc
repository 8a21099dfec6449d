#include "bench/prepared_stream.h"

#include "bench/process_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

namespace ddm::bench {
namespace {

constexpr std::size_t key_digits = 12;
constexpr std::size_t sequence_digits = 24;
constexpr std::string_view key_mark = "KKKKKKKKKKKK";
constexpr std::string_view time_mark = "TTTTTTTTTT";
constexpr std::string_view sequence_mark = "QQQQQQQQQQQQQQQQQQQQQQQQ";

/// About 260 bytes of JSON: seven attributes, as an order might have. `state` tells the images
/// apart.
std::string image(std::string_view key, std::string_view state) {
  return fmt::format(
      R"({{"pk":{{"S":"order#{}"}},"amount":{{"N":"199.90"}},"customer":{{"S":"customer-000123"}},)"
      R"("placed":{{"S":"2026-01-31T23:59:58Z"}},"open":{{"BOOL":true}},"state":{{"S":"{}"}},)"
      R"("lines":{{"L":[{{"M":{{"sku":{{"S":"A-1"}},"n":{{"N":"2"}}}}}}]}}}})",
      key, state);
}

void write_digits(char* at, std::size_t width, std::uint64_t number) {
  for (std::size_t i = width; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

aws::api_response answer(padded_buffer body) {
  aws::api_response response;
  response.status = 200;
  response.body = std::move(body);
  return response;
}

}  // namespace

prepared_stream::prepared_stream(prepared_options options, clock& time, table_of side)
    : options_(options), clock_(time), side_(side), began_(time.now()) {
  page_ = R"({"Records":[)";
  for (std::size_t i = 0; i < options_.records_per_page; ++i) {
    page_ += fmt::format(
        R"({}{{"eventID":"0123456789abcdef0123456789abcdef","eventName":"MODIFY","eventVersion":"1.1",)"
        R"("eventSource":"aws:dynamodb","awsRegion":"eu-west-1","dynamodb":{{)"
        R"("ApproximateCreationDateTime":TTTTTTTTTT,"Keys":{{"pk":{{"S":"order#{}"}}}},)"
        R"("NewImage":{},"OldImage":{},"SequenceNumber":"{}","SizeBytes":420,)"
        R"("StreamViewType":"NEW_AND_OLD_IMAGES"}}}})",
        i == 0 ? "" : ",", key_mark, image(key_mark, "paid"), image(key_mark, "placed"),
        sequence_mark);
    ends_.push_back(page_.size());
  }
  std::size_t record = 0;
  for (std::size_t at = 0; at < page_.size(); ++at) {
    const auto rest = std::string_view(page_).substr(at);
    if (rest.starts_with(key_mark)) {
      keys_.push_back({record, at});
      at += key_digits - 1;
    } else if (rest.starts_with(time_mark)) {
      times_.push_back(at);
    } else if (rest.starts_with(sequence_mark)) {
      sequences_.push_back({record, at});
      at += sequence_digits - 1;
      ++record;
    }
  }
}

awaitable<result<aws::api_response>> prepared_stream::send(aws::api_request request) {
  const auto operation = request.operation();
  if (options_.answers_after > milliseconds{0}) {
    co_await clock_.sleep_for(options_.answers_after);
  }
  if (operation == "GetRecords") {
    const auto before = thread_cpu_seconds();
    auto page = next_page(request.body);
    cpu_seconds_ += thread_cpu_seconds() - before;
    co_return answer(std::move(page));
  }
  if (operation == "BatchGetItem") {
    co_return answer(items_for(request.body));
  }
  if (operation == "GetShardIterator") {
    const auto shard = request.body.find("shardId-");
    co_return answer(padded_buffer(
        fmt::format(R"({{"ShardIterator":"{}:0"}})", request.body.substr(shard + 8, 8))));
  }
  if (operation == "DescribeTable") {
    co_return answer(padded_buffer(describe_table()));
  }
  co_return answer(padded_buffer(describe_stream()));
}

std::string prepared_stream::describe_table() {
  return fmt::format(
      R"({{"Table":{{"TableName":"orders","TableStatus":"ACTIVE","ItemCount":0,"TableSizeBytes":0,)"
      R"("TableArn":"arn:aws:dynamodb:eu-west-1:111111111111:table/orders",)"
      R"("KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}}],)"
      R"("AttributeDefinitions":[{{"AttributeName":"pk","AttributeType":"S"}}],)"
      R"("StreamSpecification":{{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}},)"
      R"("LatestStreamArn":"{}"}}}})",
      arn);
}

std::string prepared_stream::describe_stream() const {
  std::string shards;
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    shards += fmt::format(
        R"({}{{"ShardId":"shardId-{:08}","SequenceNumberRange":{{"StartingSequenceNumber":"1"}}}})",
        i == 0 ? "" : ",", i);
  }
  return fmt::format(
      R"({{"StreamDescription":{{"StreamArn":"{}","StreamStatus":"ENABLED",)"
      R"("StreamViewType":"NEW_AND_OLD_IMAGES","TableName":"orders","Shards":[{}]}}}})",
      arn, shards);
}

/// The iterator is "<shard>:<records given so far>".
padded_buffer prepared_stream::next_page(std::string_view request) {
  const auto begin = request.find("\":\"") == std::string_view::npos ? request.find("\": \"") + 4
                                                                     : request.find("\":\"") + 3;
  std::uint32_t shard = 0;
  std::uint64_t given = 0;
  const auto colon = request.find(':', begin);
  std::from_chars(request.data() + begin, request.data() + colon, shard);
  std::from_chars(request.data() + colon + 1, request.data() + request.size(), given);
  const auto made = shard < busy_shards() ? records_made() : 0;
  const auto there = std::min<std::uint64_t>(made - std::min(made, given), ends_.size());
  const auto count = options_.partial_pages || there == ends_.size() ? there : 0;
  if (count == 0) {
    return padded_buffer(
        fmt::format(R"({{"Records":[],"NextShardIterator":"{:08}:{}"}})", shard, given));
  }
  const auto tail = fmt::format(R"(],"NextShardIterator":"{:08}:{}"}})", shard, given + count);
  const auto head = ends_[count - 1];
  padded_buffer page(head + tail.size());
  std::memcpy(page.data(), page_.data(), head);
  std::memcpy(page.data() + head, tail.data(), tail.size());
  const auto number_of = [&](std::size_t record) {
    return (given + record) * busy_shards() + shard;
  };
  for (const auto& key : keys_) {
    if (key.record >= count) {
      break;
    }
    write_digits(page.data() + key.offset, key_digits, number_of(key.record));
  }
  const auto now_s = static_cast<std::uint64_t>(to_ms(clock_.now()) / 1000);
  for (std::size_t record = 0; record < count; ++record) {
    write_digits(page.data() + times_[record], time_mark.size(), now_s);
    write_digits(page.data() + sequences_[record].offset, sequence_digits, given + record + 1);
    if (told_.given) {
      told_.given(number_of(record));
    }
  }
  return page;
}

std::uint64_t prepared_stream::records_made() const {
  const auto all = options_.changes / busy_shards();
  if (options_.changes_per_second == 0) {
    return all;
  }
  const auto seconds = std::chrono::duration<double>(clock_.now() - began_).count();
  return std::min(
      all, static_cast<std::uint64_t>(seconds * options_.changes_per_second / busy_shards()));
}

bool prepared_stream::holds(std::uint64_t number) const {
  if (side_ == table_of::source || !options_.stalls_from) {
    return true;
  }
  const auto at = static_cast<double>(number) / options_.changes_per_second * 1000;
  const auto changed = began_ + milliseconds{static_cast<std::int64_t>(at)};
  return changed < *options_.stalls_from || changed >= *options_.arrives_from ||
         clock_.now() >= *options_.arrives_from + (changed - *options_.stalls_from) / 10;
}

padded_buffer prepared_stream::items_for(std::string_view request) const {
  static const std::string item = image(key_mark, "paid");
  static const std::size_t key_offset = item.find(key_mark);
  std::string body = R"({"Responses":{"orders":[)";
  body.reserve(100 * item.size() + 256);
  std::size_t count = 0;
  for (auto at = request.find("order#"); at != std::string_view::npos;
       at = request.find("order#", at + key_digits)) {
    std::uint64_t number = 0;
    std::from_chars(request.data() + at + 6, request.data() + at + 6 + key_digits, number);
    if (told_.asked) {
      told_.asked(number);
    }
    if (!holds(number)) {
      continue;
    }
    body += count++ == 0 ? "" : ",";
    body += item;
    std::memcpy(body.data() + body.size() - item.size() + key_offset, request.data() + at + 6,
                key_digits);
  }
  body += fmt::format(
      R"(]}},"UnprocessedKeys":{{}},"ConsumedCapacity":[{{"TableName":"orders","CapacityUnits":{}}}]}})",
      static_cast<double>(count) / 2);
  return padded_buffer(body);
}

}  // namespace ddm::bench
