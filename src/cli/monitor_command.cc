// The order is the promise: everything is examined first, and every fault is told at once; only
// then is a file made; only then is the stream read.
#include "cli/monitor_command.h"

#include "aws/profile_files.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/connection.h"
#include "cli/sample_rate.h"
#include "cli/status_printer.h"
#include "monitor/migration.h"
#include "monitor/monitor_session.h"
#include "report/render.h"
#include "runtime/task_group.h"
#include "state/sqlite_store.h"

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

using monitor::examine_migration;
using monitor::migration;
using monitor::monitor_session;
using report::exit_code;

constexpr double on_demand_units_per_second = 3000;
constexpr double provisioned_share = 0.2;
/// Share of --memory that open checks may take; the rest is for pages in flight and the program
/// itself.
constexpr std::uint64_t checks_share_percent = 75;
constexpr std::size_t open_mismatches_max = 200'000;
constexpr milliseconds live_interval{1000};

struct connections {
  std::unique_ptr<connection> source;
  std::unique_ptr<connection> target;
  std::unique_ptr<connection> stream;
};

/// The stream's side lends it what the stream's own flags do not say.
connection_options stream_connection(const monitor_options& options) {
  auto merged = options.stream;
  const bool as_target = options.stream.profile &&
                         options.target.profile == options.stream.profile &&
                         options.source.profile != options.stream.profile;
  const auto& side = as_target ? options.target : options.source;
  merged.profile = merged.profile ? merged.profile : options.source.profile;
  merged.endpoint_url = merged.endpoint_url ? merged.endpoint_url : side.endpoint_url;
  merged.region = merged.region ? merged.region : side.region;
  if (options.stream_arn && !dynamodb::is_local_arn(*options.stream_arn)) {
    if (const auto arn = dynamodb::table_arn::parse(*options.stream_arn)) {
      merged.region = arn->region;
    }
  }
  return merged;
}

std::expected<connections, std::vector<std::string>> connect(const monitor_options& options,
                                                             const aws::environment& variables,
                                                             const asio::any_io_executor& executor,
                                                             clock& time) {
  std::vector<std::string> faults;
  const auto files = aws::profile_files::load(variables);
  if (!files) {
    return std::unexpected(std::vector{files.error().describe()});
  }
  const auto open = [&](connection_request request) -> std::unique_ptr<connection> {
    auto opened = connection::open(request, executor, time, variables, *files);
    if (!opened) {
      faults.push_back(opened.error().describe());
      return nullptr;
    }
    return std::move(*opened);
  };
  connections made;
  made.source = open({"source", aws_service::tables, options.source});
  made.target = open({"target", aws_service::tables, options.target});
  made.stream = open({"stream", aws_service::streams, stream_connection(options)});
  if (!faults.empty()) {
    std::ranges::sort(faults);
    faults.erase(std::ranges::unique(faults).begin(), faults.end());
    return std::unexpected(std::move(faults));
  }
  return made;
}

/// A standard error that nobody reads any more is no error (fmt::print would throw).
void complain(const std::string& fault) { std::fputs(("error: " + fault + "\n").c_str(), stderr); }

int refuse(const std::vector<std::string>& faults) {
  for (const auto& fault : faults) {
    complain(fault);
  }
  return static_cast<int>(exit_code::usage);
}

bool put_on_standard_output(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

std::string credentials_line(const connection& side, const aws::credentials& keys) {
  return fmt::format("{}, access key {}, {}", side.description().identity, keys.access_key_id,
                     side.lifetime_of(keys));
}

double read_budget(const monitor_options& options, const dynamodb::table_description* table) {
  if (options.max_rcu) {
    return *options.max_rcu;
  }
  // DynamoDB Local knows no throttling, whatever capacity its tables claim.
  if (table == nullptr || table->on_demand || dynamodb::is_local_arn(table->arn)) {
    return on_demand_units_per_second;
  }
  return std::max(1.0, table->provisioned_rcu * provisioned_share);
}

std::string describe_budget(double units) {
  return std::isinf(units) ? std::string("unlimited") : fmt::format("{:.0f}/s", units);
}

/// Everything that one run needs, in the order of construction.
class monitor_run {
 public:
  monitor_run(const monitor_options& options, const aws::environment& variables,
              asio::io_context& io)
      : options_(options),
        variables_(variables),
        io_(io),
        pool_(std::min(4U, std::max(1U, std::thread::hardware_concurrency() - 1))),
        printer_(options.output == output_format::json),
        signals_(io, SIGINT, SIGTERM),
        background_(io.get_executor()) {}

  awaitable<int> run();

 private:
  awaitable<std::expected<migration, std::vector<std::string>>> examine();
  result<void> choose_files();
  awaitable<result<state::snapshot>> open_state();
  awaitable<int> monitor(state::snapshot resumed);
  awaitable<void> obey_signals();
  awaitable<void> refresh_live_line();
  awaitable<result<bool>> target_is_ready();
  void print_start(const state::snapshot& resumed);
  [[nodiscard]] monitor::session_settings session_settings() const;
  [[nodiscard]] monitor::table_access access(std::string side, connection& link,
                                             dynamodb::dynamodb_client& client,
                                             const std::string& table) const;

  const monitor_options& options_;
  const aws::environment& variables_;
  asio::io_context& io_;
  system_clock clock_;
  worker_pool pool_;
  status_printer printer_;
  asio::signal_set signals_;
  task_group background_;

  connections links_;
  aws::shared_credentials source_keys_;
  aws::shared_credentials target_keys_;
  aws::shared_credentials stream_keys_;
  std::optional<dynamodb::dynamodb_client> source_client_;
  std::optional<dynamodb::dynamodb_client> target_client_;
  std::optional<dynamodb::streams_client> streams_client_;
  migration facts_;
  std::string state_path_;
  std::string findings_path_;
  std::unique_ptr<state::state_store> store_;
  std::optional<verify::findings_file> findings_file_;
  std::optional<dynamodb::page_decoder> decoder_;
  std::optional<rate_limiter> source_budget_;
  std::optional<rate_limiter> target_budget_;
  std::optional<verify::table_side> source_side_;
  std::optional<verify::table_side> target_side_;
  std::unique_ptr<monitor_session> session_;
  int signals_seen_ = 0;
};

awaitable<int> monitor_run::run() {
  background_.spawn(obey_signals());
  auto facts = co_await examine();
  if (!facts) {
    background_.cancel();
    co_await background_.join();
    co_return refuse(facts.error());
  }
  facts_ = std::move(*facts);
  auto chosen = choose_files();
  auto resumed = chosen ? co_await open_state() : result<state::snapshot>(fail(chosen.error()));
  int code = static_cast<int>(exit_code::usage);
  if (!resumed) {
    refuse({resumed.error().describe()});
  } else {
    code = co_await monitor(std::move(*resumed));
  }
  background_.cancel();
  co_await background_.join();
  co_return code;
}

monitor::table_access monitor_run::access(std::string side, connection& link,
                                          dynamodb::dynamodb_client& client,
                                          const std::string& table) const {
  const auto& keys = side == "source" ? source_keys_ : target_keys_;
  return {.side = std::move(side),
          .client = client,
          .table = dynamodb::table_name(table),
          .profile = link.description().profile,
          .region = link.description().region,
          .endpoint = link.description().endpoint,
          .access_key_id = keys->access_key_id};
}

awaitable<std::expected<migration, std::vector<std::string>>> monitor_run::examine() {
  auto made = connect(options_, variables_, io_.get_executor(), clock_);
  if (!made) {
    co_return std::unexpected(std::move(made.error()));
  }
  links_ = std::move(*made);
  std::vector<std::string> faults;
  const auto keys_of = [&](result<aws::shared_credentials> keys,
                           std::string_view side) -> aws::shared_credentials {
    if (!keys) {
      faults.push_back(std::move(keys.error()).within(side).describe());
      return nullptr;
    }
    return std::move(*keys);
  };
  source_keys_ = keys_of(co_await links_.source->credentials(), "source");
  target_keys_ = keys_of(co_await links_.target->credentials(), "target");
  stream_keys_ = keys_of(co_await links_.stream->credentials(), "stream");
  if (!faults.empty()) {
    co_return std::unexpected(std::move(faults));
  }
  source_client_.emplace(links_.source->calls());
  target_client_.emplace(links_.target->calls());
  streams_client_.emplace(links_.stream->calls());
  const std::optional<std::string> verify_on =
      options_.verify_on ? std::optional<std::string>(
                               *options_.verify_on == table_side::source ? "source" : "target")
                         : std::nullopt;
  const monitor::migration_request request{
      .source = access("source", *links_.source, *source_client_, options_.source_table),
      .target = access("target", *links_.target, *target_client_, options_.target_table),
      .streams = *streams_client_,
      .stream_endpoint = links_.stream->description().endpoint,
      .stream_access_key_id = stream_keys_->access_key_id,
      .stream_arn = options_.stream_arn,
      .verify_on = verify_on,
      .partition_key = options_.partition_key,
      .sort_key = options_.sort_key,
      .await_target = options_.await_target};
  auto facts = co_await examine_migration(request);
  if (!facts) {
    co_return std::unexpected(std::move(facts.error().lines));
  }
  const auto default_path = [&](const std::optional<dynamodb::table_description>& target) {
    return fmt::format("./{}--{}.monitor.db",
                       monitor::file_name_part(request.source, facts->source),
                       monitor::file_name_part(request.target, target));
  };
  state_path_ = options_.state_file.value_or(default_path(facts->target));
  // A run that began while the target was awaited goes on in the file that it made then.
  if (const auto awaited = default_path(std::nullopt); !options_.state_file && !options_.fresh &&
                                                       std::filesystem::exists(awaited) &&
                                                       !std::filesystem::exists(state_path_)) {
    state_path_ = awaited;
  }
  co_return std::move(*facts);
}

result<void> monitor_run::choose_files() {
  const std::filesystem::path state(state_path_);
  findings_path_ = options_.findings_file.value_or(
      (state.parent_path() / (state.stem().string() + ".findings.jsonl")).string());
  // Asked before the state is made, so that a refusal leaves nothing behind.
  const std::filesystem::path findings(findings_path_);
  const auto folder = findings.has_parent_path() ? findings.parent_path() : ".";
  const bool there = ::access(findings.c_str(), F_OK) == 0;
  if (options_.findings_file && ::access(there ? findings.c_str() : folder.c_str(), W_OK) != 0) {
    return fatal(
        fmt::format("the findings file {} cannot be written: {}; name another one with "
                    "--findings",
                    findings_path_, std::strerror(errno)));
  }
  return {};
}

awaitable<result<state::snapshot>> monitor_run::open_state() {
  auto opened = state::open_sqlite_store(
      {.path = state_path_, .command = "monitor", .fresh = options_.fresh});
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  store_ = std::move(*opened);
  auto resumed = co_await store_->load(open_mismatches_max);
  if (!resumed) {
    co_return fail(std::move(resumed.error()));
  }
  auto identity = monitor::new_identity(
      facts_.source_identity, facts_.target_identity,
      facts_.way == verify::direction::source_to_target ? "source_to_target" : "target_to_source");
  if (monitor::is_empty(*resumed)) {
    state::commit_batch first;
    monitor::save(identity, first);
    if (auto committed = co_await store_->commit(std::move(first)); !committed) {
      co_return fail(std::move(committed.error()));
    }
  } else {
    auto found = monitor::load_identity(*resumed, identity, facts_.target_identity_awaited);
    if (!found) {
      co_return fail(std::move(found.error()).within(state_path_));
    }
    identity = std::move(*found);
    state::commit_batch present_name;
    monitor::save(identity, present_name);
    if (auto committed = co_await store_->commit(std::move(present_name)); !committed) {
      co_return fail(std::move(committed.error()));
    }
  }
  if (options_.fresh) {
    std::error_code ignored;  // absent: nothing to keep
    std::filesystem::rename(findings_path_, findings_path_ + ".old", ignored);
  }
  auto file = co_await verify::findings_file::open(findings_path_, *store_, resumed->finding_lines);
  if (!file) {
    co_return fail(std::move(file.error()));
  }
  findings_file_ = std::move(*file);
  decoder_.emplace(dynamodb::page_decoder::options{
      .schema = facts_.schema,
      .secret = identity.secret,
      .ignored = dynamodb::ignore_list(options_.ignore_attributes),
      .sample = {.seed = identity.sample_seed, .rate = options_.sample_rate}});
  co_return std::move(*resumed);
}

monitor::session_settings monitor_run::session_settings() const {
  std::string ignored;
  for (const auto& pattern : options_.ignore_attributes) {
    ignored += (ignored.empty() ? "" : ",") + pattern;
  }
  const auto& origin = facts_.way == verify::direction::target_to_source && facts_.target
                           ? *facts_.target
                           : facts_.source;
  return {.stream = {.stream_arn = facts_.stream.str(),
                     .first = options_.iterator_type == start_position::latest
                                  ? stream::first_position::latest
                                  : stream::first_position::trim_horizon,
                     .records_limit = static_cast<int>(options_.records_per_call),
                     .random_seed = std::random_device{}()},
          .checks = {.way = facts_.way,
                     .replication_wait = options_.replication_wait,
                     .retry_wait = options_.retry_wait,
                     .max_lag = options_.max_lag,
                     .stall_after = options_.stall_after,
                     .memory_bytes_max = options_.memory_bytes / 100 * checks_share_percent},
          .verifier = {.way = facts_.way,
                       .batch_full_at = options_.batch_checks,
                       .batches_in_flight_max = options_.batches_in_flight,
                       .batch_wait_max = options_.batch_wait,
                       .consistent_looks = options_.consistent_read,
                       .keep_values = options_.show_values},
          .findings = {.show_values = options_.show_values,
                       .hash_keys = options_.hash_keys,
                       .open_max = open_mismatches_max},
          .period = {.sample_rate = options_.sample_rate,
                     .ignored = ignored,
                     .max_lag_ms = options_.max_lag.count()},
          .stats_interval = options_.stats_interval,
          .duration = options_.duration,
          .until_caught_up = options_.until_caught_up,
          .freeze_at = options_.freeze_at,
          .log_successes = options_.verbose,
          .table_items = origin.item_count,
          .target_ready = facts_.target_is_ready()};
}

awaitable<int> monitor_run::monitor(state::snapshot resumed) {
  const double source_units = read_budget(options_, &facts_.source);
  const double target_units = read_budget(options_, facts_.target ? &*facts_.target : nullptr);
  source_budget_.emplace(clock_, source_units);
  target_budget_.emplace(clock_, target_units);
  links_.source->on_throttled([this] { source_budget_->slow_down(); });
  links_.target->on_throttled([this] { target_budget_->slow_down(); });
  source_side_.emplace(verify::table_side{.name = "source",
                                          .client = *source_client_,
                                          .table = dynamodb::table_name(options_.source_table),
                                          .budget = *source_budget_,
                                          .ttl_attribute = facts_.source_ttl_attribute});
  target_side_.emplace(verify::table_side{.name = "target",
                                          .client = *target_client_,
                                          .table = dynamodb::table_name(options_.target_table),
                                          .budget = *target_budget_,
                                          .ttl_attribute = facts_.target_ttl_attribute});
  print_start(resumed);
  session_ = std::make_unique<monitor_session>(
      session_settings(),
      monitor::session_parts{
          .executor = io_.get_executor(),
          .time = clock_,
          .pool = pool_,
          .streams = *streams_client_,
          .decoder = *decoder_,
          .source = *source_side_,
          .target = *target_side_,
          .store = *store_,
          .findings = &*findings_file_,
          .on_block =
              [this](const report::status& now) { printer_.print(report::render_text(now)); },
          .target_is_ready = [this] { return target_is_ready(); }},
      resumed);
  if (signals_seen_ > 0) {
    session_->request_stop();
  }
  if (printer_.is_live()) {
    background_.spawn(refresh_live_line());
  }
  const auto ended = co_await session_->run();
  const auto final_status = session_->status();
  printer_.end_live();
  printer_.print(report::render_text(final_status));
  bool failed = !ended;
  if (options_.output == output_format::json &&
      !put_on_standard_output(report::render_json(final_status, "monitor") + "\n")) {
    complain(
        fmt::format("the report cannot be written to standard output: {}", std::strerror(errno)));
    failed = true;
  }
  if (!ended) {
    complain(ended.error().describe());
  }
  const auto code = report::decide_exit(final_status, options_.require_go);
  co_return static_cast<int>(failed && code == exit_code::equal ? exit_code::incomplete : code);
}

awaitable<result<bool>> monitor_run::target_is_ready() {
  auto table = co_await target_client_->describe_table(dynamodb::table_name(options_.target_table));
  if (!table) {
    // Absent or unreachable just now: it is awaited.
    co_return false;
  }
  if (table->status == dynamodb::table_status::creating) {
    co_return false;
  }
  if (table->schema != facts_.schema) {
    co_return fatal(fmt::format(
        "the key schemas differ: source {} has {}, target {} has {}; the target was created with "
        "another key",
        options_.source_table, facts_.schema.describe(), options_.target_table,
        table->schema.describe()));
  }
  if (auto ttl = co_await target_client_->describe_time_to_live(
          dynamodb::table_name(options_.target_table))) {
    target_side_->ttl_attribute = *ttl;
  }
  co_return true;
}

awaitable<void> monitor_run::obey_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    if (++signals_seen_ > 1 || !session_) {
      // The state holds the last commit: leaving at once loses nothing.
      std::fputs("\nleaving at once; the next start resumes from the last commit\n", stderr);
      std::_Exit(128 + number);
    }
    log::event(log::level::info, "draining",
               "reading stops, batches in flight are finished; a second signal leaves at once",
               {{"signal", number}});
    session_->request_stop();
  }
}

awaitable<void> monitor_run::refresh_live_line() {
  for (;;) {
    co_await clock_.sleep_for(live_interval);
    printer_.show_live(session_->status());
  }
}

void monitor_run::print_start(const state::snapshot& resumed) {
  std::string text = fmt::format("dynamodb-migration-monitor {}\n", DDM_VERSION);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  const auto table = [&](std::string_view name, const connection& link,
                         const aws::credentials& keys, const dynamodb::table_description* facts,
                         const rate_limiter& budget) {
    line(name, facts == nullptr ? std::string("not there yet: awaited")
                                : fmt::format("{} ({}), key {}, about {} items, {}", facts->name,
                                              facts->arn, facts->schema.describe(),
                                              grouped(facts->item_count), facts->status_text));
    line("", fmt::format("{}, {}, at most {} read units", link.description().region,
                         link.description().endpoint, describe_budget(budget.rate())));
    line("", credentials_line(link, keys));
  };
  table("source", *links_.source, *source_keys_, &facts_.source, *source_budget_);
  table("target", *links_.target, *target_keys_, facts_.target ? &*facts_.target : nullptr,
        *target_budget_);
  const bool forward = facts_.way == verify::direction::source_to_target;
  line("stream", fmt::format("{} ({}), of the {} table", facts_.stream.str(), facts_.view_type,
                             forward ? "source" : "target"));
  line("", credentials_line(*links_.stream, *stream_keys_));
  if (facts_.view_type == "KEYS_ONLY" || facts_.view_type == "OLD_IMAGE") {
    line("",
         "this view type carries no new image: each check costs a strong read of the stream's "
         "table");
  }
  line("strategy", forward ? "read the source's stream, look each change up in the target"
                           : "read the target's stream, look each change up in the source (changes "
                             "lost on the way leave no trace here)");
  line("sample", describe_sample_rate(options_.sample_rate));
  line("lag",
       fmt::format("a change may be {} late; behind for more than {} it is judged all the same",
                   spoken_duration(options_.max_lag), spoken_duration(options_.stall_after)));
  line("checks",
       fmt::format("first look after {}, retries from {}, batches of {} or after {}, {} in "
                   "flight",
                   format_duration(options_.replication_wait), format_duration(options_.retry_wait),
                   options_.batch_checks, format_duration(options_.batch_wait),
                   options_.batches_in_flight));
  line("memory",
       fmt::format("{} at most for what grows with load", format_size(options_.memory_bytes)));
  line("state",
       fmt::format("{} ({})", state_path_,
                   monitor::is_empty(resumed)
                       ? std::string("new")
                       : fmt::format("resumed: {} shards, {} open checks, {} open mismatches",
                                     resumed.shards.size(), resumed.checks.size(),
                                     resumed.open_mismatches_total)));
  line("findings", findings_path_);
  text.pop_back();
  printer_.print(text);
}

}  // namespace

int run_monitor(const monitor_options& options, const aws::environment& variables) {
  // A reader of our output that goes away (a Ctrl-C ends `| tee` as well) must not keep us from
  // saving the state.
  std::signal(SIGPIPE, SIG_IGN);
  log::configure(options.log_format, options.log_level);
  asio::io_context io(1);
  int code = static_cast<int>(exit_code::usage);
  auto run = std::make_unique<monitor_run>(options, variables, io);
  asio::co_spawn(io, run->run(), [&](const std::exception_ptr& failure, int result) {
    if (failure) {
      std::rethrow_exception(failure);
    }
    code = result;
    io.stop();
  });
  io.run();
  return code;
}

}  // namespace ddm::cli
