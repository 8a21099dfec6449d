#include "cli/open_migration.h"

#include "base/log.h"
#include "cli/budgets.h"
#include "cli/ending.h"
#include "compare/comparison_progress.h"
#include "compare/leftover_file.h"
#include "monitor/handover.h"
#include "monitor/opened_state.h"
#include "remote/random_id.h"
#include "report/exit_code.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"
#include "verify/finding_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

default_names names_for(const monitor::migration_request& request,
                        const monitor::migration& facts) {
  const auto name = [&](const std::optional<dynamodb::table_description>& target) {
    return fmt::format("./{}--{}.monitor.db", monitor::file_name_part(request.source, facts.source),
                       monitor::file_name_part(request.target, target));
  };
  return {.now = name(facts.target), .while_awaited = name(std::nullopt)};
}

void begin_reading(open_migration& migration) {
  auto& facts = migration.facts;
  const auto begin = [&](reached_table& table, const dynamodb::table_description* description,
                         const std::optional<std::string>& ttl_attribute) {
    auto& host = migration.host;
    table.begin_reading(
        host.time, host.budgets, description == nullptr ? table.name : description->arn,
        read_budget(migration.options, description) / static_cast<double>(migration.manner.workers),
        ttl_attribute);
  };
  begin(*migration.source, &facts.source, facts.source_ttl_attribute);
  begin(*migration.target, facts.target ? &*facts.target : nullptr, facts.target_ttl_attribute);
}

awaitable<result<void>> begin_or_resume(open_migration& migration) {
  const auto& facts = migration.facts;
  const std::string direction = facts.stream.str().empty() ? ""
                                : facts.way == verify::direction::source_to_target
                                    ? "source_to_target"
                                    : "target_to_source";
  auto opened = co_await monitor::open_state(
      *migration.store,
      monitor::new_identity(facts.source_identity, facts.target_identity, direction),
      facts.target_identity_awaited, open_mismatches_max);
  if (!opened) {
    co_return fail(std::move(opened.error()).within(migration.files.state));
  }
  migration.identity = std::move(opened->identity);
  migration.state_is_new = opened->begun_now;
  migration.resumed = std::move(opened->resumed);
  co_return result<void>{};
}

void remove_strays(const open_migration& migration) {
  const auto& manner = migration.manner;
  if (!leftovers_suffix(manner.command).empty()) {
    const auto progress = compare::comparison_progress::load(
        manner.command, migration.resumed.numbers, migration.resumed.values);
    compare::remove_strays(migration.leftover_path(), progress.begun() && !progress.finished());
  }
}

/// Findings that have healed go out of the state and the file, where that is worth it.
awaitable<result<void>> renew_findings(open_migration& migration) {
  const auto& options = migration.options;
  auto renewed = co_await migration.findings->renew(
      *migration.store,
      [spelled = verify::finding_options{.show_values = options.show_values,
                                         .hash_keys = options.hash_keys}](
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
               {{"lines_before", migration.resumed.finding_lines},
                {"lines", migration.findings->lines()}});
    // Another command may have ended in between, with a last commit that is not in the first load.
    auto again = co_await migration.store->load(open_mismatches_max);
    if (!again) {
      co_return fail(std::move(again.error()));
    }
    migration.resumed = *std::move(again);
  }
  co_return result<void>{};
}

/// A monitor's lines are the same for years; those of another command are of the monitor's copy
/// that it began from, each time.
result<std::string> set_aside(const open_migration& migration) {
  if (migration.manner.command == monitor_part) {
    return set_findings_aside(migration.files);
  }
  auto moved = move_findings_away(migration.files);
  return moved ? result<std::string>(migration.files.of_findings().back())
               : fail(std::move(moved.error()));
}

awaitable<result<void>> open_findings(open_migration& migration) {
  const auto& resumed = migration.resumed;
  const auto before = resumed.values.find(state::lines_before_name);
  const auto lines_before =
      before == resumed.values.end() ? std::nullopt : std::optional(before->second);
  auto file = co_await verify::findings_file::open(migration.files.findings, *migration.store,
                                                   lines_before);
  if (!file && migration.held && file.error().kind == error_class::wrong_usage) {
    // It knows more than the copy does, or is of another host's run: the state has what counts.
    const auto aside = set_aside(migration);
    if (!aside) {
      co_return fail(aside.error());
    }
    log::event(log::level::warning, "findings_set_aside",
               "the findings file holds other lines than the state: it is moved, and written anew",
               {{"moved_to", *aside}});
    file = co_await verify::findings_file::open(migration.files.findings, *migration.store,
                                                lines_before);
  }
  if (!file) {
    co_return fail(std::move(file.error()));
  }
  migration.findings = std::move(*file);
  // What is to be taken in from this state is known by the numbers of its lines.
  const bool is_taken_in = migration.held || !migration.manner.part.empty();
  if (is_taken_in && migration.manner.command != monitor_part) {
    co_return result<void>{};
  }
  co_return verify::worth_renewing(resumed.finding_lines, resumed.open_mismatches_total)
      ? co_await renew_findings(migration)
      : result<void>{};
}

/// A state in a table: taken, and written to a file of this process's own.
awaitable<result<void>> take_state(open_migration& migration) {
  const auto& options = migration.options;
  auto address = remote::parse_state_address(*options.state_file);
  if (!address) {
    co_return fail(std::move(address.error()));
  }
  const auto& manner = migration.manner;
  const auto command = manner.command + (manner.part.empty() ? "" : "." + manner.part);
  auto held = held_state::prepare(migration.host, {.address = *std::move(address),
                                                   .access = options.state,
                                                   .copy_each = options.state_interval,
                                                   .command = command,
                                                   .doing = command});
  if (!held) {
    co_return fail(std::move(held.error()));
  }
  migration.held = *std::move(held);
  const held_state::beginning how{.schema = migration.facts.schema,
                                  .forgets_state = manner.forgets_state,
                                  .begins_anew = manner.begins_anew,
                                  .begins_alone = manner.begins_alone};
  auto taken =
      manner.only_looks ? co_await migration.held->borrow(how) : co_await migration.held->take(how);
  migration.files.state = migration.held->path();
  const bool is_asked_for = options.findings_file.has_value();
  if ((manner.command == repair_part && !is_asked_for) || !manner.part.empty()) {
    migration.files.findings = migration.files.state + ".findings.jsonl";  // nobody asked for it
  }
  co_return taken;
}

/// A state is not made, or forgotten, for a run that could not answer at --listen. Where it cannot
/// be made at all, that is told instead.
result<void> check_listening(const open_migration& migration) {
  const auto& web = migration.host.web;
  const auto& manner = migration.manner;
  const auto there = state::is_there(migration.files.state);
  const bool is_made = manner.begins_state && (manner.forgets_state || (there && !*there));
  if (!web || !is_made) {
    return {};
  }
  const auto place = state::resolve_place(migration.files.state);
  const bool can_be_made =
      place && ::access(std::filesystem::path(*place).parent_path().c_str(), W_OK) == 0;
  return can_be_made ? web->taken() : result<void>();
}

/// From its first line on all is its own doing: it begins with nobody's state.
awaitable<result<void>> note_own_beginning(open_migration& migration) {
  const bool is_own = migration.held || !migration.manner.part.empty();
  if (!is_own || migration.manner.command == monitor_part || !migration.state_is_new) {
    co_return result<void>{};
  }
  state::commit_batch batch;
  monitor::save(monitor::handover{.run = remote::random_id(), .base = {}}, batch);
  co_return co_await migration.store->commit(std::move(batch));
}

bool is_end_of_waiting(const fault_list& faults) {
  return faults.front().kind == error_class::cancelled;
}

int end_of_waiting(const fault_list& faults) {
  log::event(log::level::info, "standby_ended", faults.front().message);
  return static_cast<int>(report::exit_code::incomplete);
}

/// Until its file is what it begins with, wherever it lies.
awaitable<result<void>> reach_state(open_migration& migration) {
  const auto& manner = migration.manner;
  if (!remote::is_state_address(migration.files.state)) {
    // Before the findings, which lie beside it where nobody said otherwise.
    if (auto place = state::resolve_place(migration.files.state); !place) {
      co_return fail(std::move(place.error()));
    }
  }
  if (auto place = check_findings(migration.files, migration.options, manner.forgets_state);
      !place) {
    co_return place;
  }
  if (migration.options.state_file && remote::is_state_address(*migration.options.state_file)) {
    if (auto taken = co_await take_state(migration); !taken) {
      co_return taken;
    }
  }
  co_return manner.begin_part
      ? co_await manner.begin_part(migration.files.state, migration.held.get())
      : result<void>();
}

/// Makes the files, or takes up those that are there.
awaitable<result<void>> open_files(open_migration& migration) {
  const auto& manner = migration.manner;
  if (auto reached = co_await reach_state(migration); !reached) {
    co_return reached;
  }
  const auto there = state::is_there(migration.files.state);
  if (!there) {
    co_return fail(there.error());
  }
  if (!manner.begins_state && !*there) {
    co_return wrong_usage(
        fmt::format("there is no state {}: run monitor or compare first, or name the "
                    "{} with --state",
                    migration.state_told(),
                    migration.held ? "one that they keep in the table" : "file that they wrote"));
  }
  if (auto served = check_listening(migration); !served) {
    co_return served;
  }
  auto& host = migration.host;
  // All of a large state is read to see that it is whole: others of the process go on meanwhile.
  auto opened = co_await host.state_threads.run([&] {
    return state::open_sqlite_store({.path = migration.files.state,
                                     .command = manner.lock,
                                     .holder = manner.command,
                                     .fresh = manner.forgets_state,
                                     .threads = &host.state_threads,
                                     .cache_bytes = host.state_cache_bytes});
  });
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  migration.store = std::move(*opened);
  if (auto begun = co_await begin_or_resume(migration); !begun) {
    co_return begun;
  }
  if (auto noted = co_await note_own_beginning(migration); !noted) {
    co_return noted;
  }
  if (manner.forgets_state) {
    if (auto moved = move_findings_away(migration.files); !moved) {
      co_return moved;
    }
  }
  remove_strays(migration);
  if (auto findings = co_await open_findings(migration); !findings) {
    co_return findings;
  }
  if (migration.held && !manner.only_looks) {
    migration.held->begin_copying();
  }
  co_return result<void>{};
}

}  // namespace

awaitable<std::expected<std::unique_ptr<open_migration>, fault_list>> open_migration::open(
    process& host, const migration_options& options, command_manner manner, reached_tables tables,
    monitor::migration_request request) {
  auto facts = co_await monitor::examine_migration(request);
  if (!facts) {
    co_return std::unexpected(std::move(facts.error().list));
  }
  if (manner.check) {
    if (auto checked = manner.check(*facts); !checked) {
      co_return std::unexpected(fault_list{std::move(checked.error())});
    }
  }
  auto executor = co_await asio::this_coro::executor;
  auto files = choose_files(options, names_for(request, *facts),
                            {.command = manner.command, .part = manner.part}, manner.forgets_state);
  std::unique_ptr<open_migration> made(new open_migration{.host = host,
                                                          .executor = std::move(executor),
                                                          .options = options,
                                                          .manner = std::move(manner),
                                                          .source = std::move(tables.source),
                                                          .target = std::move(tables.target),
                                                          .facts = std::move(*facts),
                                                          .files = std::move(files),
                                                          .held = nullptr,
                                                          .store = nullptr,
                                                          .identity = {},
                                                          .resumed = {},
                                                          .findings = {}});
  begin_reading(*made);
  std::exception_ptr failure;
  result<void> opened;
  try {
    opened = co_await open_files(*made);
  } catch (...) {
    failure = std::current_exception();
  }
  if (made->held && (failure || !opened)) {
    (void)co_await made->held->end();  // so that another one need not wait; the fault is told
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  if (!opened) {
    co_return std::unexpected(fault_list{std::move(opened.error())});
  }
  co_return made;
}

awaitable<std::expected<std::unique_ptr<open_migration>, fault_list>> open_migration::open(
    process& host, const migration_options& options, command_manner manner) {
  auto tables = co_await reach_tables(host.connections, options);
  if (!tables) {
    co_return std::unexpected(std::move(tables.error()));
  }
  auto request = request_for(*tables, options);
  co_return co_await open(host, options, std::move(manner), std::move(*tables), std::move(request));
}

result<void> open_migration::check_target_is_ready() const {
  if (facts.target_is_ready()) {
    return {};
  }
  return fail(error_class::not_found,
              fmt::format("target table {} is being created: {} it once it is active",
                          options.target_table, manner.command));
}

int open_migration::not_opened(const fault_list& faults, run_teller& teller) {
  return is_end_of_waiting(faults) ? end_of_waiting(faults) : teller.refused(faults);
}

int open_migration::not_opened(const fault_list& faults) {
  return is_end_of_waiting(faults) ? end_of_waiting(faults) : refuse(faults);
}

awaitable<int> open_migration::work_and_close(std::function<awaitable<int>()> work) {
  std::exception_ptr failure;
  int code = static_cast<int>(report::exit_code::failed);
  try {
    code = co_await work();
  } catch (...) {
    failure = std::current_exception();
  }
  code = co_await close(code);
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return code;
}

/// Nothing works on the state any more.
awaitable<int> open_migration::close(int code) {
  if (!held) {
    co_return code;
  }
  // The first signal finds an end under way; the second one leaves at once.
  const drains_on_signal drains(host.end, [] {});
  const auto ended = co_await held->end();
  co_return ended
      ? code
      : static_cast<int>(report::worse_of(static_cast<report::exit_code>(code),
                                          static_cast<report::exit_code>(refuse(ended.error()))));
}

dynamodb::page_decoder open_migration::decoder_for(std::uint64_t sample_rate) const {
  return dynamodb::page_decoder({.schema = facts.schema,
                                 .secret = identity.secret,
                                 .ignored = dynamodb::ignore_list(options.ignore_attributes),
                                 .sample = {.seed = identity.sample_seed, .rate = sample_rate}});
}

}  // namespace ddm::cli
