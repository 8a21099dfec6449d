#include "monitor/compare_world.h"

#include "monitor/connected_side.h"
#include "monitor/monitor_world.h"
#include "monitor/opened_state.h"
#include "state/sqlite_store.h"
#include "verify/coverage.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <stdlib.h>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr wall_time world_begins{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

support::fake_options account(std::string name, std::uint64_t order, std::uint64_t seed) {
  return {.account = std::move(name), .seed = seed, .order_salt = order};
}

}  // namespace

/// What one process holds. The session is destroyed before what it works with.
struct compare_world::process {
  process(compare_world& world, std::unique_ptr<state::state_store> opened)
      : store(std::move(opened)),
        source(world.source, world.time, side::source, table),
        target(world.target, world.time, side::target, table) {}

  std::unique_ptr<state::state_store> store;
  connected_side source;
  connected_side target;
  worker_pool pool{0};
  std::optional<dynamodb::page_decoder> decoder;
  std::unique_ptr<compare_session> session;
};

compare_world::compare_world(compare_world_options options)
    : time(world_begins),
      source(time, account("111111111111", 0, options.seed)),
      target(time, account("222222222222", options.target_order, options.seed)),
      options_(std::move(options)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "compare-world-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  source.create_table(table, options_.schema);
  target.create_table(table, options_.schema);
}

compare_world::~compare_world() {
  crash();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void compare_world::open(const std::function<void(compare_settings&)>& adjust) {
  crash();
  const auto state_path = path_of(state_name_);
  auto store =
      state::open_sqlite_store({.path = state_path, .command = "compare", .own_thread = false});
  if (!store) {
    broken_invariant(store.error().message);
  }
  process_ = std::make_unique<process>(*this, std::move(*store));
  const auto opened = time.run(monitor::open_state(
      *process_->store, identity_of_seed(options_.seed), "", options_.open_loaded));
  if (!opened) {
    broken_invariant(opened.error().message);
  }
  const auto& [identity, resumed, begun_now] = *opened;
  process_->decoder.emplace(dynamodb::page_decoder::options{
      .schema = options_.schema,
      .secret = identity.secret,
      .ignored = dynamodb::ignore_list(options_.ignored),
      .sample = {.seed = identity.sample_seed, .rate = options_.sample_rate}});
  compare_settings settings{
      .comparer = {.command = "compare",
                   .leftover_path = state_path + ".compare.leftovers",
                   .segments = options_.segments,
                   .sample_rate = options_.sample_rate,
                   .ignored = verify::join_patterns(options_.ignored),
                   .memory_bytes_max = options_.memory_bytes_max},
      .checks = {.max_lag = options_.max_lag, .memory_bytes_max = options_.memory_bytes_max},
      .verifier = {.batch_wait_max = milliseconds{2000}},
      .findings = {.ignored = options_.ignored}};
  if (adjust) {
    adjust(settings);
  }
  process_->session =
      std::make_unique<compare_session>(std::move(settings),
                                        compare_parts{.executor = time.executor(),
                                                      .time = time,
                                                      .pool = process_->pool,
                                                      .decoder = *process_->decoder,
                                                      .source = process_->source.table,
                                                      .target = process_->target.table,
                                                      .store = *process_->store,
                                                      .keep = keep},
                                        resumed);
}

void compare_world::prepare(const std::function<void(compare_settings&)>& adjust) {
  open(adjust);
  ended_ = true;
  if (!time.run(process_->session->only_begin())) {
    broken_invariant("a commit failed");
  }
}

void compare_world::start(const std::function<void(compare_settings&)>& adjust) {
  open(adjust);
  ended_ = false;
  asio::co_spawn(time.context(), run_session(), [](const std::exception_ptr& failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

awaitable<void> compare_world::run_session() {
  end_ = co_await process_->session->run();
  if (end_) {
    end_ = co_await process_->session->record_end(std::nullopt);
  }
  ended_ = true;
}

result<void> compare_world::wait_for_end() {
  time.run_until([this] { return ended_; });
  return end_;
}

report::status compare_world::compare() {
  start();
  if (const auto ended = wait_for_end(); !ended) {
    broken_invariant(ended.error().describe());
  }
  return status();
}

void compare_world::stop() {
  process_->session->request_stop();
  std::ignore = wait_for_end();
}

void compare_world::crash() {
  if (!process_) {
    return;
  }
  if (!ended_) {
    process_->session->abandon();
    time.run_until([this] { return ended_; });
  }
  process_.reset();
}

report::status compare_world::status() const { return process_->session->status(); }

state::snapshot compare_world::committed() { return *time.run(process_->store->load(100'000)); }

void compare_world::commit(state::commit_batch batch) {
  if (!time.run(process_->store->commit(std::move(batch)))) {
    broken_invariant("a commit failed");
  }
}

std::vector<std::string> compare_world::findings() {
  std::vector<std::string> found;
  for (const auto& row : committed().open_mismatches) {
    if (const auto entry = verify::decode_mismatch(row)) {
      std::string name;
      for (const auto& attribute : nlohmann::json::parse(entry->key.json)) {
        name += (name.empty() ? "" : "/") + attribute.begin().value().get<std::string>();
      }
      found.push_back(fmt::format("{} {}", name, verify::to_string(entry->kind)));
    }
  }
  std::ranges::sort(found);
  return found;
}

std::string compare_world::item(const std::string& key_name, std::int64_t value) {
  return fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"N":"{}"}}}})", key_name, value);
}

std::string compare_world::key(const std::string& name) {
  return fmt::format(R"({{"pk":{{"S":"{}"}}}})", name);
}

}  // namespace ddm::monitor
