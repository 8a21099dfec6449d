#include "monitor/monitor_world.h"

#include "dynamodb/describe_settings.h"
#include "dynamodb/dynamodb_client.h"
#include "monitor/opened_state.h"
#include "runtime/rate_limiter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <stdlib.h>
#include <unistd.h>
#include <utility>

namespace ddm::monitor {

/// What one process holds. Members are destroyed from the last to the first: the session before
/// what it works with.
struct monitor_world::process {
  process(monitor_world& world, std::unique_ptr<state::state_store> opened)
      : store(std::move(opened)),
        source_transport(world.source.connect("AKIDSOURCE")),
        target_transport(world.target.connect("AKIDTARGET")),
        stream_transport(world.options_.way == verify::direction::source_to_target
                             ? world.source.connect("AKIDSTREAM")
                             : world.target.connect("AKIDSTREAM")),
        source_calls(*source_transport, world.time, {.name = "source"}),
        target_calls(*target_transport, world.time, {.name = "target"}),
        stream_calls(*stream_transport, world.time, {.name = "stream"}),
        source_client(source_calls),
        target_client(target_calls),
        streams(stream_calls),
        source_streams(source_calls),
        budget(world.time, world.options_.read_units_per_second),
        source_side{.side = side::source,
                    .client = source_client,
                    .name = dynamodb::table_name(table),
                    .budget = budget,
                    .ttl_attribute = "ttl"},
        target_side{.side = side::target,
                    .client = target_client,
                    .name = dynamodb::table_name(table),
                    .budget = budget,
                    .ttl_attribute = "ttl"} {}

  std::unique_ptr<state::state_store> store;
  std::unique_ptr<aws::transport> source_transport;
  std::unique_ptr<aws::transport> target_transport;
  std::unique_ptr<aws::transport> stream_transport;
  aws::service_client source_calls;
  aws::service_client target_calls;
  aws::service_client stream_calls;
  dynamodb::dynamodb_client source_client;
  dynamodb::dynamodb_client target_client;
  dynamodb::streams_client streams;
  dynamodb::streams_client source_streams;
  rate_limiter budget;
  worker_pool pool{0};
  dynamodb::metered_table source_side;
  dynamodb::metered_table target_side;
  std::optional<dynamodb::page_decoder> decoder;
  std::optional<dynamodb::page_decoder> baseline_decoder;
  std::unique_ptr<monitor_session> session;
};

namespace {

constexpr wall_time world_begins{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// A commit waits for the disk: in memory a simulation need not.
std::filesystem::path folder_of_states() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

/// Tells a test what was written.
class observed_store final : public state::state_store {
 public:
  observed_store(std::unique_ptr<state::state_store> below,
                 const std::function<void(const state::commit_batch&)>& heard)
      : below_(std::move(below)), heard_(heard) {}

  awaitable<result<void>> commit(state::commit_batch batch) override {
    auto committed = co_await below_->commit(batch);
    if (committed && heard_) {
      heard_(batch);
    }
    co_return committed;
  }
  awaitable<result<state::snapshot>> load(std::size_t open_mismatches_max) override {
    co_return co_await below_->load(open_mismatches_max);
  }
  awaitable<result<std::vector<state::deferred_row>>> oldest_deferred(
      std::size_t rows_max) override {
    co_return co_await below_->oldest_deferred(rows_max);
  }
  awaitable<result<std::int64_t>> count_deferred() override {
    co_return co_await below_->count_deferred();
  }
  awaitable<result<std::vector<state::candidate_row>>> candidates(std::string command,
                                                                  std::int64_t after,
                                                                  std::size_t rows_max) override {
    co_return co_await below_->candidates(std::move(command), after, rows_max);
  }
  awaitable<result<std::optional<state::mismatch_row>>> find_mismatch(
      std::string key_hash) override {
    co_return co_await below_->find_mismatch(std::move(key_hash));
  }
  awaitable<result<state::shard_page>> newest_shards(std::string stream_arn,
                                                     std::size_t rows_max) override {
    co_return co_await below_->newest_shards(std::move(stream_arn), rows_max);
  }
  awaitable<result<std::vector<state::mismatch_row>>> mismatches_by_key(
      std::string after, std::size_t rows_max) override {
    co_return co_await below_->mismatches_by_key(std::move(after), rows_max);
  }
  awaitable<result<std::vector<state::mismatch_row>>> open_mismatches(
      std::optional<state::mismatch_row> last, std::size_t rows_max) override {
    co_return co_await below_->open_mismatches(std::move(last), rows_max);
  }
  awaitable<result<bool>> renew_findings(line_of_row line_of) override {
    co_return co_await below_->renew_findings(std::move(line_of));
  }
  awaitable<result<std::vector<std::string>>> finding_lines(std::int64_t after,
                                                            std::size_t lines_max) override {
    co_return co_await below_->finding_lines(after, lines_max);
  }
  awaitable<result<state::news>> news_of(std::vector<std::string> prefixes) override {
    co_return co_await below_->news_of(std::move(prefixes));
  }

 private:
  std::unique_ptr<state::state_store> below_;
  const std::function<void(const state::commit_batch&)>& heard_;
};

/// What the start of a process learns of a table.
dynamodb::table_description described(const support::fake_table& table) {
  dynamodb::table_description out;
  out.name = table.settings().name;
  out.arn = table.settings().arn;
  out.id = table.settings().id;
  out.created = table.settings().created;
  out.status = dynamodb::table_status::active;
  out.status_text = "ACTIVE";
  out.schema = table.schema();
  return out;
}

std::vector<std::string> patterns_of(const std::string& comma_separated) {
  std::vector<std::string> patterns;
  for (std::size_t begin = 0; begin < comma_separated.size();) {
    const auto end = std::min(comma_separated.find(',', begin), comma_separated.size());
    patterns.push_back(comma_separated.substr(begin, end - begin));
    begin = end + 1;
  }
  return patterns;
}

dynamodb::page_decoder::options decoder_options(const dynamodb::key_schema& schema,
                                                const session_identity& identity,
                                                std::uint64_t rate, const std::string& ignored) {
  return {.schema = schema,
          .secret = identity.secret,
          .ignored = dynamodb::ignore_list(patterns_of(ignored)),
          .sample = {.seed = identity.sample_seed, .rate = rate}};
}

support::fake_options account(const world_options& options, std::string name, bool streams) {
  support::fake_options made{.account = std::move(name), .seed = options.seed};
  made.first_sequence_number = options.first_sequence_number;
  made.stream = options.stream;
  if (streams) {
    made.stream.view_type = options.view_type;
  }
  return made;
}

}  // namespace

session_identity identity_of_seed(std::uint64_t seed) {
  session_identity identity{
      .source = "source", .target = "target", .direction = "source_to_target", .sample_seed = seed};
  identity.secret.fill(static_cast<unsigned char>(seed));
  return identity;
}

world_options later_stream(std::uint64_t sample_rate) {
  world_options options;
  options.first = stream::first_position::latest;
  options.sample_rate = sample_rate;
  return options;
}

monitor_world::monitor_world(world_options options)
    : time(world_begins),
      source(time, account(options, "111111111111", true)),
      target(time, account(options, "222222222222", true)),
      options_(std::move(options)) {
  std::string pattern = (folder_of_states() / "monitor-world-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  const bool forward = options_.way == verify::direction::source_to_target;
  source.create_table(table, options_.schema,
                      forward ? std::optional(options_.view_type) : std::nullopt);
  if (options_.create_target) {
    target.create_table(table, options_.schema,
                        forward ? std::nullopt : std::optional(options_.view_type));
  }
}

monitor_world::~monitor_world() {
  crash();
  if (replicator_) {
    time.run(replicator_->stop());
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

support::replicator& monitor_world::replicate(support::replicator_options how) {
  replicator_ = std::make_unique<support::replicator>(
      time.executor(), support::table_side{source, table}, support::table_side{target, table}, how);
  return *replicator_;
}

std::unique_ptr<state::state_store> monitor_world::open_state(const std::string& command) {
  auto store =
      state::open_sqlite_store({.path = state_path(), .command = command, .own_thread = false});
  if (!store) {
    broken_invariant(store.error().message);
  }
  return std::make_unique<observed_store>(std::move(*store), on_commit);
}

dynamodb::page_decoder::options monitor_world::decoding_of(const state::snapshot& resumed,
                                                           std::uint64_t sample_rate,
                                                           const std::string& ignored) const {
  const auto identity =
      *load_identity(resumed, new_identity("source", "target", "source_to_target"), "");
  return decoder_options(options_.schema, identity, sample_rate, ignored);
}

session_settings monitor_world::settings_of(const process_options& how) {
  const auto sample_rate = how.sample_rate.value_or(options_.sample_rate);
  const auto baseline_rate = how.baseline_sample_rate.value_or(sample_rate);
  const bool forward = options_.way == verify::direction::source_to_target;
  return {.stream = {.stream_arn = *(forward ? source : target).table(table).stream_arn,
                     .first = options_.first,
                     .random_seed = options_.seed},
          .checks = {.way = options_.way,
                     .max_lag = options_.max_lag,
                     .stall_after = options_.stall_after,
                     .memory_bytes_max = options_.memory_bytes_max},
          .verifier = {.way = options_.way, .batch_wait_max = options_.batch_wait_max},
          .findings = {.ignored = patterns_of(how.ignored)},
          .period = {.sample_rate = sample_rate,
                     .ignored = how.ignored,
                     .max_lag_ms = options_.max_lag.count()},
          .baseline = {.after = std::chrono::minutes{1},
                       .comparer = {.command = "monitor",
                                    .leftover_path = (folder_ / "baseline.leftovers").string(),
                                    .segments = 8,
                                    .sample_rate = baseline_rate,
                                    .ignored = how.ignored}},
          .target_ready = target.find_table(table).has_value(),
          .source_table = described(source.table(table)),
          .target_table = target.find_table(table) ? std::optional(described(target.table(table)))
                                                   : std::nullopt};
}

void monitor_world::start(std::function<void(session_settings&)> adjust,
                          const process_options& how) {
  if (ended_) {
    process_.reset();
  }
  process_ = std::make_unique<process>(*this, open_state("monitor"));
  if (!how.ttl) {
    process_->source_side.ttl_attribute.reset();
    process_->target_side.ttl_attribute.reset();
  }
  const auto opened =
      time.run(monitor::open_state(*process_->store, identity_of_seed(options_.seed), "", 1000));
  if (!opened) {
    broken_invariant(opened.error().message);
  }
  const auto& [identity, resumed, begun_now] = *opened;
  if (on_resume) {
    on_resume(resumed);
  }
  const auto decoder_of = [&](std::uint64_t rate) {
    return decoder_options(options_.schema, identity, rate, how.ignored);
  };
  auto settings = settings_of(how);
  process_->decoder.emplace(decoder_of(settings.period.sample_rate));
  process_->baseline_decoder.emplace(decoder_of(settings.baseline.comparer.sample_rate));
  if (adjust) {
    adjust(settings);
  }
  std::function<awaitable<result<dynamodb::described_table>>(side)> describe;
  if (how.watches_settings) {
    describe = [this](side which) {
      return dynamodb::describe_with_settings(
          which == side::source ? process_->source_calls : process_->target_calls,
          dynamodb::table_name(table));
    };
  }
  process_->session = std::make_unique<monitor_session>(
      std::move(settings),
      session_parts{.executor = time.executor(),
                    .time = time,
                    .pool = process_->pool,
                    .streams = process_->streams,
                    .decoder = *process_->decoder,
                    .baseline_decoder = &*process_->baseline_decoder,
                    .baseline_export = baseline_export,
                    .since_export = {.streams = &process_->source_streams, .pace = nullptr},
                    .source = process_->source_side,
                    .target = process_->target_side,
                    .store = *process_->store,
                    .target_is_ready = [this] { return target_is_active(); },
                    .describe_with_settings = std::move(describe)},
      resumed);
  session_ = process_->session.get();
  ended_ = false;
  asio::co_spawn(time.context(), run_session(), [](std::exception_ptr failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

awaitable<result<bool>> monitor_world::target_is_active() {
  if (target_failure) {
    co_return fail(*target_failure);
  }
  auto described = co_await process_->target_client.describe_table(dynamodb::table_name(table));
  co_return described && described->status == dynamodb::table_status::active;
}

awaitable<void> monitor_world::run_session() {
  end_ = co_await session_->run();
  ended_ = true;
  ended_at_ = time.now();
}

const dynamodb::page_decoder::options& monitor_world::decoding() const {
  return process_->decoder->settings();
}

result<void> monitor_world::wait_for_end() {
  time.run_until([this] { return ended_; });
  return end_;
}

result<void> monitor_world::stop() {
  session_->request_stop();
  return wait_for_end();
}

void monitor_world::import_items(int items) {
  for (int i = 0; i < items; ++i) {
    const auto imported = item(fmt::format("rest{:05}", i), i);
    source.put(table, imported);
    target.put(table, imported);
  }
}

std::string monitor_world::reasons() const {
  return fmt::format("{}", fmt::join(status().verdict.reasons, "; "));
}

void monitor_world::crash() {
  if (!process_) {
    return;
  }
  if (!ended_) {
    // What is under way gets no further: its last commit is not made.
    session_->abandon();
    time.run_until([this] { return ended_; });
  }
  process_.reset();
  session_ = nullptr;
}

awaitable<result<state::snapshot>> monitor_world::stored_rows() {
  return process_->store->load(100'000);
}

void monitor_world::commit_beside(state::commit_batch batch) {
  auto store = state::open_sqlite_store({.path = (folder_ / "orders.monitor.db").string(),
                                         .command = "compare",
                                         .own_thread = false});
  if (!store || !time.run((*store)->commit(std::move(batch)))) {
    broken_invariant("a commit beside the process failed");
  }
}

std::vector<std::string> monitor_world::open_findings() {
  std::vector<std::string> found;
  for (const auto& row : stored().open_mismatches) {
    if (auto entry = verify::decode_mismatch(row)) {
      found.push_back(fmt::format("{} {}", entry->key.json, verify::to_string(entry->kind)));
    }
  }
  std::ranges::sort(found);
  return found;
}

std::string monitor_world::item(const std::string& key_name, std::int64_t value,
                                std::optional<std::int64_t> expires) {
  const auto ttl = expires ? fmt::format(R"(,"ttl":{{"N":"{}"}})", *expires) : "";
  return fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"N":"{}"}}{}}})", key_name, value, ttl);
}

std::string monitor_world::key(const std::string& name) {
  return fmt::format(R"({{"pk":{{"S":"{}"}}}})", name);
}

}  // namespace ddm::monitor
