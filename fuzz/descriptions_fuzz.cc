// What a service says of a table, its TTL, its stream and an iterator: strange answers are errors,
// and what is accepted is complete. The first byte chooses the call.
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/scripted_transport.h"
#include "dynamodb/streams_client.h"
#include "fuzz_target.h"

#include <string>

namespace ddm::fuzz {
namespace {

using namespace dynamodb;

void judge_failure(const error& failure) { require(!failure.message.empty(), "an error speaks"); }

void describe_table(std::string_view answer) {
  scripted<dynamodb_client> client;
  client.transport.answer(answer);
  const auto table = client.run(client.client.describe_table(table_name("t")));
  if (!table) {
    judge_failure(table.error());
    return;
  }
  require(!table->schema.partition.name.empty(), "a table has a key");
  require(table->arn.find('\n') == std::string::npos, "an ARN is one line");
}

void describe_stream(std::string_view answer) {
  scripted<streams_client> client;
  client.transport.answer(answer);
  const auto page = client.run(client.client.describe_stream(stream_arn("arn"), std::nullopt));
  if (!page) {
    judge_failure(page.error());
    return;
  }
  for (const auto& shard : page->shards) {
    require(!shard.id.empty(), "a shard has a name");
  }
}

void get_shard_iterator(std::string_view answer) {
  scripted<streams_client> client;
  client.transport.answer(answer);
  const auto iterator = client.run(client.client.get_shard_iterator(
      stream_arn("arn"), shard_id("shard"), iterator_position::trim_horizon()));
  if (!iterator) {
    judge_failure(iterator.error());
  }
}

void describe_time_to_live(std::string_view answer) {
  scripted<dynamodb_client> client;
  client.transport.answer(answer);
  const auto ttl = client.run(client.client.describe_time_to_live(table_name("t")));
  require(!ttl || !*ttl || !(*ttl)->empty(), "an attribute has a name");
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const char call = input.front();
  input.remove_prefix(1);
  switch (call) {
    case 't':
      return describe_table(input);
    case 's':
      return describe_stream(input);
    case 'i':
      return get_shard_iterator(input);
    default:
      return describe_time_to_live(input);
  }
}

}  // namespace ddm::fuzz
