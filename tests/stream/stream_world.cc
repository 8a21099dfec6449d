#include "stream/stream_world.h"

#include <set>

namespace ddm::stream {
namespace {

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};

}  // namespace

void recording_sink::on_batch(record_batch batch) {
  reread += batch.reread;
  for (const auto& record : batch.records) {
    // {"pk":{"S":"k1"}}
    const auto key = record.key.json.substr(12, record.key.json.size() - 15);
    keys_by_shard[batch.shard.str()].push_back(key);
    keys.push_back(key);
    nothing_before[key] = batch.nothing_before;
    fresh += batch.fresh ? 1 : 0;
  }
}

awaitable<void> recording_sink::admit_read() {
  if (before_read) {
    co_await before_read();
  }
}

awaitable<result<void>> recording_sink::commit_now() {
  ++commits;
  if (during_commit) {
    during_commit();
  }
  if (commit_failure) {
    co_return fail(*commit_failure);
  }
  co_return result<void>{};
}

stream_world::stream_world(support::fake_stream::options stream, first_position first,
                           std::string account_id)
    : account(time, {.account = std::move(account_id), .stream = std::move(stream)}),
      first_(first),
      connection_(account.connect("AKIDSTREAM")),
      calls_(*connection_, time, {.name = "stream"}),
      client_(calls_),
      decoder_({.schema = schema}) {
  account.create_table("t", schema, "NEW_AND_OLD_IMAGES");
}

stream_world::~stream_world() { stop(); }

void stream_world::begin(const std::vector<state::shard_row>& rows) {
  consumer = std::make_unique<stream_consumer>(
      stream_consumer::options{.stream_arn = stream().names().arn, .first = first_},
      time.executor(), time, pool_, client_, decoder_, sink);
  consumer->lineage().restore(rows);
  tasks_ = std::make_unique<task_group>(time.executor());
  end.reset();
  tasks_->spawn(consume());
}

awaitable<void> stream_world::consume() { end = co_await consumer->run(); }

std::vector<state::shard_row> stream_world::stop() {
  if (!tasks_) {
    return {};
  }
  tasks_->cancel();
  time.run(tasks_->join());
  std::vector<shard_id> forgotten;
  auto rows = consumer->lineage().take_dirty(time.now(), forgotten);
  tasks_.reset();
  consumer.reset();
  return rows;
}

void stream_world::write(int from, int count) {
  for (int i = from; i < from + count; ++i) {
    account.put("t", R"({"pk":{"S":"k)" + std::to_string(i) + R"("}})");
  }
}

void stream_world::fail_listings(milliseconds from, milliseconds until) {
  account.plan_faults([=, now = time.now()](const support::fault_context& request) {
    const bool fails = request.operation == "DescribeStream" && request.now > now + from &&
                       request.now < now + until;
    return support::fault{.type = fails ? support::fault::kind::server_error
                                        : support::fault::kind::none};
  });
}

std::size_t stream_world::distinct() const {
  return std::set<std::string>(sink.keys.begin(), sink.keys.end()).size();
}

}  // namespace ddm::stream
