#include "cli/migration_run.h"

#include "base/displayable.h"
#include "base/log.h"
#include "base/same_file.h"
#include "base/units.h"
#include "base/write_all.h"
#include "cli/budgets.h"
#include "cli/event_loop.h"
#include "cli/standard_output.h"
#include "compare/comparison_progress.h"
#include "compare/leftover_file.h"
#include "report/render.h"
#include "state/sqlite_store.h"
#include "verify/finding_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <set>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using report::exit_code;

constexpr auto last_look_pause = 5s;

constexpr std::uint64_t load_share_percent = 75;
constexpr milliseconds live_interval{1000};

/// Each fault once, and the exit code that all of them make.
int refuse_all(const std::vector<error>& faults) {
  std::set<std::string> lines;
  for (const auto& fault : faults) {
    lines.insert(fault.describe());
  }
  for (const auto& line : lines) {
    complain(line);
  }
  return static_cast<int>(report::code_of(faults));
}

/// Also where nobody reads what standard error says.
[[noreturn]] void complain_and_leave(int signal) {
  pollfd reader{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&reader, 1, 0) == 1) {
    std::ignore = write_all(STDERR_FILENO,
                            "\nleaving at once; the next start resumes from the last commit\n");
  }
  std::_Exit(128 + signal);
}

}  // namespace

migration_run::migration_run(const migration_options& options, const aws::environment& variables,
                             asio::io_context& io)
    : options_(options),
      variables_(variables),
      io_(io),
      pool_(std::min(4U, std::max(1U, std::thread::hardware_concurrency() - 1))),
      printer_(options.output == output_format::json),
      signals_(io),
      background_(io.get_executor()) {
  add_ending_signals(signals_);
}

result<void> migration_run::check_target_is_ready() const {
  if (facts_.target_is_ready()) {
    return {};
  }
  return fail(error_class::not_found,
              fmt::format("target table {} is being created: {} it once it is active",
                          options_.target_table, command()));
}

int migration_run::refuse(const error& fault) { return refuse_all({fault}); }

awaitable<int> migration_run::run() {
  background_.spawn(obey_signals());
  int code = 0;
  if (auto examined = co_await examine(); !examined) {
    code = refuse_all(examined.error());
  } else if (auto writable = check_findings_path(); !writable) {
    code = refuse(writable.error());
  } else if (auto resumed = co_await open_state(); !resumed) {
    code = refuse(resumed.error());
  } else {
    code = co_await work(std::move(*resumed));
  }
  background_.cancel();
  co_await background_.join();
  co_return code;
}

std::unique_ptr<connection> migration_run::open_link(const connection_request& request,
                                                     fault_list& faults) {
  auto opened = connection::open(request, io_.get_executor(), clock_, variables_, *files_);
  if (!opened) {
    faults.push_back(std::move(opened.error()));
    return nullptr;
  }
  return std::move(*opened);
}

awaitable<aws::shared_credentials> migration_run::keys_of(connection& link, std::string name,
                                                          fault_list& faults) {
  auto keys = co_await link.credentials();
  if (!keys) {
    faults.push_back(std::move(keys.error()).within(name));
    co_return nullptr;
  }
  co_return std::move(*keys);
}

awaitable<void> migration_run::reach(reached_table& table, const std::string& name,
                                     const connection_options& options, fault_list& faults) {
  table.link =
      open_link({std::string(to_string(table.side)), aws_service::tables, options}, faults);
  if (table.link) {
    if (auto fault = region_fault(table.side, name, table.link->description())) {
      faults.push_back(wrong_usage(*std::move(fault)).error());
      co_return;
    }
    table.keys = co_await keys_of(*table.link, std::string(to_string(table.side)), faults);
    table.client.emplace(table.link->calls());
  }
}

monitor::table_access migration_run::access(reached_table& table, const std::string& name) {
  const auto& description = table.link->description();
  return {.side = table.side,
          .client = *table.client,
          .table = dynamodb::table_name(name),
          .profile = description.profile,
          .region = description.region,
          .endpoint = description.endpoint,
          .access_key_id = table.keys->access_key_id};
}

awaitable<std::expected<void, migration_run::fault_list>> migration_run::examine() {
  auto files = aws::profile_files::load(variables_);
  if (!files) {
    co_return std::unexpected(fault_list{std::move(files.error())});
  }
  files_ = std::move(*files);
  fault_list faults;
  co_await reach(source_, options_.source_table, options_.source, faults);
  co_await reach(target_, options_.target_table, options_.target, faults);
  if (!faults.empty()) {
    co_return std::unexpected(std::move(faults));
  }
  monitor::migration_request request{.source = access(source_, options_.source_table),
                                     .target = access(target_, options_.target_table),
                                     .partition_key = options_.partition_key,
                                     .sort_key = options_.sort_key};
  co_await reach_more(request, faults);
  if (!faults.empty()) {
    co_return std::unexpected(std::move(faults));
  }
  auto facts = co_await monitor::examine_migration(request);
  if (!facts) {
    co_return std::unexpected(std::move(facts.error().list));
  }
  facts_ = std::move(*facts);
  choose_files(request);
  prepare_reading(source_, options_.source_table, &facts_.source, facts_.source_ttl_attribute);
  prepare_reading(target_, options_.target_table, facts_.target ? &*facts_.target : nullptr,
                  facts_.target_ttl_attribute);
  co_return std::expected<void, fault_list>{};
}

void migration_run::choose_files(const monitor::migration_request& request) {
  const auto default_path = [&](const std::optional<dynamodb::table_description>& target) {
    return fmt::format("./{}--{}.monitor.db",
                       monitor::file_name_part(request.source, facts_.source),
                       monitor::file_name_part(request.target, target));
  };
  state_path_ = options_.state_file.value_or(default_path(facts_.target));
  // A run that began while the target was awaited goes on in the file that it made then.
  if (const auto awaited = default_path(std::nullopt); !options_.state_file && !forgets_state() &&
                                                       std::filesystem::exists(awaited) &&
                                                       !std::filesystem::exists(state_path_)) {
    state_path_ = awaited;
  }
  const std::filesystem::path state(state_path_);
  findings_path_ = options_.findings_file.value_or(
      (state.parent_path() / (state.stem().string() + ".findings.jsonl")).string());
}

std::vector<std::string> migration_run::files_of_state() const {
  return {state_path_, state_path_ + "-wal", state_path_ + "-shm"};
}

std::vector<std::string> migration_run::names_of_findings() const {
  return {findings_path_, findings_path_ + ".old"};
}

/// Asked before the state is made, so that a refusal leaves nothing behind.
result<void> migration_run::check_findings_path() const {
  const auto names = names_of_findings();
  for (const auto& taken : files_of_state()) {
    const auto ours = std::ranges::find_if(
        names, [&](const std::string& name) { return is_one_place(name, taken); });
    if (ours != names.end()) {
      return wrong_usage(
          fmt::format("{} is a file of the state: name another one with --findings", *ours));
    }
  }
  // With --fresh both are moved: the one to the other's place.
  auto place = verify::check_findings_place(findings_path_);
  if (place && forgets_state()) {
    place = verify::check_findings_place(findings_path_ + ".old");
  }
  if (!place) {
    return place;
  }
  const std::filesystem::path findings(findings_path_);
  const auto folder = findings.has_parent_path() ? findings.parent_path() : ".";
  const bool there = ::access(findings.c_str(), F_OK) == 0;
  if (options_.findings_file && ::access(there ? findings.c_str() : folder.c_str(), W_OK) != 0) {
    const int reason = errno;
    const bool is_no_place = reason == ENOENT || reason == ENOTDIR;
    return fail(is_no_place ? error_class::wrong_usage : error_class::fatal,
                fmt::format("the findings file {} cannot be written: {}; name another one with "
                            "--findings",
                            findings_path_, std::strerror(reason)));
  }
  return {};
}

void migration_run::prepare_reading(reached_table& table, const std::string& name,
                                    const dynamodb::table_description* facts,
                                    const std::optional<std::string>& ttl_attribute) {
  table.budget.emplace(clock_, read_budget(options_, facts));
  table.link->on_throttled([&table] { table.budget->slow_down(); });
  table.reading.emplace(dynamodb::metered_table{.side = table.side,
                                                .client = *table.client,
                                                .name = dynamodb::table_name(name),
                                                .budget = *table.budget,
                                                .ttl_attribute = ttl_attribute});
}

awaitable<result<state::snapshot>> migration_run::open_state() {
  if (!begins_state() && !std::filesystem::exists(state_path_)) {
    co_return wrong_usage(
        fmt::format("there is no state {}: run monitor or compare first, or name the "
                    "file that they wrote with --state",
                    state_path_));
  }
  auto opened =
      state::open_sqlite_store({.path = state_path_, .command = lock(), .fresh = forgets_state()});
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  store_ = std::move(*opened);
  auto resumed = co_await begin_or_resume();
  if (!resumed) {
    co_return fail(std::move(resumed.error()));
  }
  if (forgets_state()) {
    if (std::rename(findings_path_.c_str(), (findings_path_ + ".old").c_str()) != 0 &&
        errno != ENOENT) {
      co_return fatal(fmt::format("the findings file {} cannot be moved to {}.old: {}",
                                  findings_path_, findings_path_, std::strerror(errno)));
    }
  }
  remove_strays(*resumed);
  if (auto opened_file = co_await open_findings(*resumed); !opened_file) {
    co_return fail(std::move(opened_file.error()));
  }
  co_return *std::move(resumed);
}

void migration_run::remove_strays(const state::snapshot& resumed) const {
  if (!leftover_path().empty()) {
    const auto progress =
        compare::comparison_progress::load(command(), resumed.numbers, resumed.values);
    compare::remove_strays(leftover_path(), progress.begun() && !progress.finished());
  }
}

awaitable<result<void>> migration_run::open_findings(state::snapshot& resumed) {
  const auto before = resumed.values.find(state::lines_before_name);
  auto file = co_await verify::findings_file::open(
      findings_path_, *store_,
      before == resumed.values.end() ? std::nullopt : std::optional(before->second));
  if (!file) {
    co_return fail(std::move(file.error()));
  }
  findings_file_ = std::move(*file);
  if (!verify::worth_renewing(resumed.finding_lines, resumed.open_mismatches_total)) {
    co_return result<void>{};
  }
  auto renewed = co_await findings_file_->renew(
      *store_,
      [spelled = verify::finding_options{.show_values = options_.show_values,
                                         .hash_keys = options_.hash_keys}](
          const state::mismatch_row& row) -> result<std::string> {
        auto entry = verify::decode_mismatch(row);
        return entry ? result<std::string>(verify::finding_line(*entry, spelled))
                     : fail(std::move(entry.error()));
      });
  if (!renewed) {
    co_return fail(std::move(renewed.error()));
  }
  if (*renewed) {
    log::event(log::level::info, "findings_renewed",
               "findings that had healed are forgotten, in the state and in the findings file",
               {{"lines_before", resumed.finding_lines}, {"lines", findings_file_->lines()}});
    // Another command may have ended in between, with a last commit that is not in the first load.
    auto again = co_await store_->load(open_mismatches_max);
    if (!again) {
      co_return fail(std::move(again.error()));
    }
    resumed = *std::move(again);
  }
  co_return result<void>{};
}

awaitable<result<state::snapshot>> migration_run::begin_or_resume() {
  const std::string direction = facts_.stream.str().empty() ? ""
                                : facts_.way == verify::direction::source_to_target
                                    ? "source_to_target"
                                    : "target_to_source";
  auto opened = co_await monitor::open_state(
      *store_, monitor::new_identity(facts_.source_identity, facts_.target_identity, direction),
      facts_.target_identity_awaited, open_mismatches_max);
  if (!opened) {
    co_return fail(std::move(opened.error()).within(state_path_));
  }
  identity_ = std::move(opened->identity);
  state_is_new_ = opened->begun_now;
  co_return std::move(opened->resumed);
}

awaitable<result<void>> migration_run::settle_tables(const state::snapshot& resumed,
                                                     std::vector<state::gap_row>& gaps) {
  const auto watch = [&](const reached_table& table, const std::string& name) {
    return monitor::table_watch(table.side, name, monitor::load_table(resumed, table.side),
                                clock_.now());
  };
  source_watch_ = watch(source_, options_.source_table);
  target_watch_ = watch(target_, options_.target_table);
  co_return co_await commit_tables(gaps);
}

/// What waiting mends is waited for: the comparison is complete but for this. A signal ends that.
awaitable<result<dynamodb::table_description>> migration_run::look_at_end(reached_table& table,
                                                                          const std::string& name) {
  const auto unknown =
      fmt::format("whether the {} table {} is still the one that was compared is not known",
                  to_string(table.side), name);
  for (bool told = false; signals_seen_ == 0;) {
    auto description = co_await table.client->describe_table(dynamodb::table_name(name));
    if (description) {
      co_return description;
    }
    if (!mends_by_waiting(description.error().kind)) {
      co_return fail(std::move(description.error()).within(unknown));
    }
    if (!std::exchange(told, true)) {
      log::event(log::level::warning, "table_not_described",
                 unknown + "; asking goes on by itself: " + description.error().describe());
    }
    if (signals_seen_ == 0) {
      co_await signalled_.wait_until(clock_, clock_.now() + last_look_pause);
    }
  }
  co_return fail(error_class::cancelled, unknown + ": a signal came before the last look");
}

awaitable<result<void>> migration_run::settle_tables_at_end(std::vector<state::gap_row>& gaps) {
  auto source = co_await look_at_end(source_, options_.source_table);
  if (!source) {
    co_return fail(std::move(source.error()));
  }
  auto target = co_await look_at_end(target_, options_.target_table);
  if (!target) {
    co_return fail(std::move(target.error()));
  }
  facts_.source = *std::move(source);
  facts_.target = *std::move(target);
  const auto before = gaps.size();
  if (auto committed = co_await commit_tables(gaps); !committed) {
    co_return committed;
  }
  if (gaps.size() > before) {
    complain("a table was replaced while it was compared: compare again. " + gaps.back().reason);
  }
  co_return result<void>{};
}

awaitable<result<void>> migration_run::commit_tables(std::vector<state::gap_row>& gaps) {
  state::commit_batch batch;
  const auto note = [&](monitor::table_watch& watch, const dynamodb::table_description& table) {
    const auto now = clock_.now();
    if (auto change = watch.on_seen(table, now)) {
      log::event(log::level::error, "table_replaced", *change);
      batch.gaps.push_back({.stream_arn = {},
                            .shard_id = {},
                            .after_sequence = {},
                            .noticed = now,
                            .reason = *std::move(change)});
    }
    watch.collect(batch);
  };
  note(*source_watch_, facts_.source);
  if (facts_.target) {
    note(*target_watch_, *facts_.target);
  }
  gaps.insert(gaps.end(), batch.gaps.begin(), batch.gaps.end());
  co_return co_await store_->commit(std::move(batch));
}

dynamodb::page_decoder migration_run::decoder_for(std::uint64_t sample_rate) const {
  return dynamodb::page_decoder({.schema = facts_.schema,
                                 .secret = identity_.secret,
                                 .ignored = dynamodb::ignore_list(options_.ignore_attributes),
                                 .sample = {.seed = identity_.sample_seed, .rate = sample_rate}});
}

std::string migration_run::ignored() const {
  return verify::join_patterns(options_.ignore_attributes);
}

std::string migration_run::describe_ignored() const {
  return options_.ignore_attributes.empty()
             ? std::string("no attribute")
             : fmt::format("attributes {}: neither compared nor told of", ignored());
}

std::uint64_t migration_run::memory_for_load() const {
  return options_.memory_bytes / 100 * load_share_percent;
}

void migration_run::append_line(std::string& text, std::string_view name,
                                const std::string& value) {
  text += fmt::format("\n  {:<12} {}", name, displayable(value));
}

std::string migration_run::describe_keys(const connection& link, const aws::credentials& keys) {
  return fmt::format("{}, access key {}, {}", link.description().identity, keys.access_key_id,
                     link.lifetime_of(keys));
}

std::string migration_run::describe_tables() const {
  auto text = fmt::format("dynamodb-migration-monitor {}", DDM_VERSION);
  const auto describe = [&](const reached_table& table, const dynamodb::table_description* facts) {
    append_line(text, to_string(table.side),
                facts == nullptr ? std::string("not there yet: awaited")
                                 : fmt::format("{} ({}), key {}, about {} items, {}", facts->name,
                                               facts->arn, facts->schema.describe(),
                                               grouped(facts->item_count), facts->status_text));
    const auto& link = table.link->description();
    append_line(text, "",
                fmt::format("{}, {}, at most {} read units", link.region, link.endpoint,
                            describe_budget(table.budget->rate())));
    append_line(text, "", describe_keys(*table.link, *table.keys));
  };
  describe(source_, &facts_.source);
  describe(target_, facts_.target ? &*facts_.target : nullptr);
  return text;
}

int migration_run::conclude(const result<void>& ended, const report::status& final_status,
                            const std::string& block, bool require_go) {
  printer_.end_live();
  printer_.print(block);
  const bool told = options_.output != output_format::json ||
                    print_report(report::render_json(final_status, command()));
  if (!ended) {
    return refuse(ended.error());
  }
  const auto code = report::decide_exit(final_status, require_go);
  return static_cast<int>(!told && code == exit_code::equal ? exit_code::incomplete : code);
}

awaitable<void> migration_run::obey_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    if (++signals_seen_ > 1 || !request_stop()) {
      // The state holds the last commit: leaving at once loses nothing.
      complain_and_leave(number);
    }
    signalled_.notify();
    log::event(log::level::info, "draining",
               "reading stops, batches in flight are finished; a second signal leaves at once",
               {{"signal", number}});
  }
}

void migration_run::show_live(std::function<std::string()> line) {
  if (printer_.is_live()) {
    background_.spawn(refresh_live_line(std::move(line)));
  }
}

awaitable<void> migration_run::refresh_live_line(std::function<std::string()> line) {
  for (;;) {
    co_await clock_.sleep_for(live_interval);
    printer_.show_live(line());
  }
}

}  // namespace ddm::cli
