#include "cli/state_command.h"

#include "base/displayable.h"
#include "base/units.h"
#include "cli/copied_files.h"
#include "cli/item_command.h"
#include "cli/standard_output.h"
#include "remote/dynamodb_state_table.h"
#include "remote/fetch_copy.h"
#include "remote/file_source.h"
#include "remote/random_id.h"
#include "remote/state_address.h"
#include "remote/state_directory.h"
#include "remote/state_keeper.h"
#include "runtime/clock.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <utility>

namespace ddm::cli {
namespace {

namespace fs = std::filesystem;

/// What each of the verbs works with.
struct surroundings {
  asio::any_io_executor executor;
  system_clock& time;
  worker_pool& pool;
  aws::service_client& calls;
};

/// What is written last goes first.
constexpr std::array parts{repair_part, compare_part, monitor_part};

std::unique_ptr<remote::dynamodb_state_table> table_of(const surroundings& around,
                                                       const remote::state_address& address,
                                                       std::string_view command) {
  return std::make_unique<remote::dynamodb_state_table>(
      around.calls, around.time,
      remote::dynamodb_state_table::of{
          .table = address.table, .state = address.name, .command = std::string(command)});
}

std::unique_ptr<remote::state_keeper> keeper_of(const surroundings& around,
                                                remote::state_table& table, std::string doing) {
  return std::make_unique<remote::state_keeper>(
      remote::keeper_settings{.lease = {},
                              .copy_each = std::chrono::hours(24),
                              .bounds = {},
                              .told = remote::told_of_this_process(doing)},
      remote::keeper_surroundings{.table = table,
                                  .time = around.time,
                                  .executor = around.executor,
                                  .new_id = remote::random_id});
}

std::string held_by(const remote::head& of) {
  return of.owner.empty() ? "nobody" : displayable(of.told);
}

std::string told(const std::optional<remote::copy_root>& copy) {
  return copy ? fmt::format("copy {} of {}, {}", copy->number, format_rfc3339(copy->taken_at),
                            format_size(copy->bytes))
              : std::string("no copy yet");
}

/// Of blocks that were deleted.
constexpr int none_was_there = -1;

awaitable<result<int>> make_table(surroundings around, std::string table, std::string kms_key) {
  auto key = kms_key == "owned" ? std::nullopt
             : kms_key == "aws" ? std::optional<std::string>("")
                                : std::optional(std::move(kms_key));
  auto made = co_await remote::create_state_table(around.calls, around.time, table, std::move(key));
  if (!made) {
    co_return fail(std::move(made.error()));
  }
  (void)print_text(
      fmt::format("the table {} is there: monitor --state dynamodb://{}/NAME\n", table, table),
      "the answer");
  co_return 0;
}

awaitable<result<int>> list(surroundings around, std::string table) {
  const auto listed = co_await remote::list_states(around.calls, table);
  if (!listed) {
    co_return fail(listed.error());
  }
  std::string lines;
  for (const auto& each : *listed) {
    const remote::state_address address{.table = table, .name = each.name};
    const auto head = co_await table_of(around, address, each.command)->read_head();
    lines +=
        fmt::format("{}  {:<7}  {}\n", displayable(address.describe()), displayable(each.command),
                    !head    ? head.error().describe()
                    : !*head ? std::string("not begun")
                             : fmt::format("{}; held by {}", told((*head)->copy), held_by(**head)));
  }
  (void)print_text(lines.empty() ? fmt::format("no states in {}\n", table) : lines, "the list");
  co_return 0;
}

error not_there(const remote::state_address& address) {
  return {.kind = error_class::not_found,
          .message = fmt::format("there is no state {}: state list {} shows those that are there",
                                 address.describe(), address.table)};
}

awaitable<result<std::string>> shown_part(surroundings around, remote::state_address address,
                                          std::string_view command) {
  const auto table = table_of(around, address, command);
  const auto head = co_await table->read_head();
  if (!head) {
    co_return fail(head.error());
  }
  if (!*head) {
    co_return std::string();
  }
  const auto& found = **head;
  auto text = fmt::format("state    {}, of {}\nheld by  {}\nepoch    {}, write {}\ncopy     {}\n",
                          address.describe(), command, held_by(found), found.epoch, found.counter,
                          told(found.copy));
  if (found.copy) {
    const auto files = co_await remote::read_contents(*table, *found.copy);
    if (!files) {
      co_return fail(files.error());
    }
    for (const auto& file : *files) {
      text += fmt::format("         {}: {} in {} blocks\n", displayable(file.name),
                          format_size(file.bytes), file.blocks.size());
    }
  }
  co_return text;
}

awaitable<result<int>> show(surroundings around, remote::state_address address) {
  std::string text;
  for (const auto command : std::views::reverse(parts)) {
    auto shown = co_await shown_part(around, address, command);
    if (!shown) {
      co_return fail(std::move(shown.error()));
    }
    text += (text.empty() || shown->empty() ? "" : "\n") + *shown;
  }
  if (text.empty()) {
    co_return fail(not_there(address));
  }
  (void)print_text(text, "the answer");
  co_return 0;
}

/// Takes the state for as long as `use` takes. Waits no longer than a dead holder's lease lasts.
awaitable<result<int>> with_lease(
    surroundings around, remote::state_table& table, remote::state_address address,
    std::string doing, std::function<awaitable<result<int>>(remote::state_keeper&)> use) {
  const auto keeper = keeper_of(around, table, std::move(doing));
  const auto begun = around.time.now();
  std::optional<error> held;
  const auto acquired = co_await keeper->acquire([&](const remote::lease_watch& watch) {
    constexpr milliseconds patience{25'000};
    if (around.time.now() - begun > patience) {
      held = error{.kind = error_class::fatal,
                   .message = fmt::format("the state {} is held by {}: end that one first",
                                          address.describe(), held_by(*watch.seen()))};
      keeper->give_up();
    }
  });
  if (!acquired) {
    co_return fail(held ? *held : acquired.error());
  }
  auto used = co_await use(*keeper);
  const auto ended = co_await keeper->end();
  co_return used && !ended ? fail(ended.error()) : std::move(used);
}

/// Of the epochs up to the keeper's own: what a successor has written since is not its to delete.
awaitable<result<int>> remove_blocks(remote::state_keeper& keeper,
                                     remote::dynamodb_state_table& table) {
  const auto own = keeper.known().epoch;
  std::size_t removed = 0;
  while (!keeper.is_lost()) {
    auto blocks = co_await table.blocks_before(own + 1);
    if (!blocks) {
      co_return fail(std::move(blocks.error()));
    }
    if (blocks->empty()) {
      co_return static_cast<int>(removed);
    }
    removed += blocks->size();
    if (auto gone = co_await table.delete_blocks(*std::move(blocks)); !gone) {
      co_return fail(std::move(gone.error()));
    }
  }
  co_return fatal("another process has taken the state meanwhile: it begins anew there");
}

awaitable<result<int>> forget_and_remove(remote::state_keeper& keeper,
                                         remote::dynamodb_state_table& table, std::string& left) {
  if (auto forgotten = co_await keeper.forget_copy(); !forgotten) {
    co_return fail(std::move(forgotten.error()));
  }
  auto removed = co_await remove_blocks(keeper, table);
  // Its last write is the one that the head may be taken away by, and no other.
  if (auto released = co_await keeper.end(); !released) {
    co_return fail(std::move(released.error()));
  }
  left = keeper.known().write;
  co_return removed;
}

/// Of any command.
/// Of its name, those of workers too.
awaitable<result<std::vector<std::string>>> listed_parts(surroundings around,
                                                         remote::state_address address) {
  const auto listed = co_await remote::list_states(around.calls, address.table);
  if (!listed) {
    co_return fail(listed.error());
  }
  std::vector<std::string> commands;
  for (const auto& each : *listed) {
    if (each.name == address.name) {
      commands.push_back(each.command);
    }
  }
  co_return commands;
}

/// How many blocks it had.
awaitable<result<int>> remove_part(surroundings around, remote::state_address address,
                                   std::string_view command) {
  const auto table = table_of(around, address, command);
  const auto head = co_await table->read_head();
  if (!head) {
    co_return fail(head.error());
  }
  result<int> removed = 0;
  if (*head) {
    // The head goes last: who is cut off here finds the state again, and deletes the rest of it.
    std::string left;
    removed = co_await with_lease(
        around, *table, address, "state delete",
        [&](remote::state_keeper& keeper) { return forget_and_remove(keeper, *table, left); });
    if (!removed) {
      co_return removed;
    }
    if (const auto gone = co_await table->remove_head(left); !gone) {
      co_return fail(gone.error());
    }
    // Refused by another one's write, or by a repetition of what had come through.
    if (const auto other = co_await table->read_head(); !other || *other) {
      co_return other ? fatal("another process has taken the state meanwhile: it begins anew there")
                      : fail(other.error());
    }
  }
  // Without a head: nobody has begun it, or a deletion was cut off between head and list.
  if (auto unlisted = co_await table->unlist(); !unlisted) {
    co_return fail(std::move(unlisted.error()));
  }
  co_return *head ? std::move(removed) : result<int>(none_was_there);
}

awaitable<result<int>> remove(surroundings around, remote::state_address address) {
  auto listed = co_await listed_parts(around, address);
  if (!listed) {
    co_return fail(std::move(listed.error()));
  }
  bool is_known = !listed->empty();
  std::set<std::string> commands(parts.begin(), parts.end());
  commands.insert(listed->begin(), listed->end());
  int blocks = 0;
  for (const auto& command : commands) {
    auto removed = co_await remove_part(around, address, command);
    if (!removed) {
      co_return removed;
    }
    is_known = is_known || *removed != none_was_there;
    blocks += std::max(*removed, 0);
  }
  if (!is_known) {
    co_return fail(not_there(address));
  }
  (void)print_text(fmt::format("{} is deleted: {} blocks\n", address.describe(), blocks),
                   "the answer");
  co_return 0;
}

/// A draft beside the file, which is moved to its place when it is complete.
awaitable<result<int>> copy_to_file(surroundings around, remote::state_address address,
                                    std::string command, std::string path) {
  auto place = state::resolve_place(path);
  if (!place) {
    co_return fail(std::move(place.error()));
  }
  const copied_files wanted{.state_path = *place, .command = command};
  const copied_files draft{.state_path = *place + ".copying", .command = command};
  auto all = wanted.paths();
  all.push_back(wanted.state_path + "-wal");
  for (const auto& taken : all) {
    if (std::error_code unknown; fs::exists(taken, unknown)) {
      co_return wrong_usage(fmt::format("{} exists: name another file, or move it away", taken));
    }
  }
  const auto discard = [&draft] {
    std::error_code ignored;
    for (const auto& each : draft.paths()) {
      fs::remove(each, ignored);
    }
  };
  const auto table = table_of(around, address, command);
  const auto fetched = co_await remote::fetch_newest(
      *table, discard, [&draft](const std::string& name, std::string_view bytes) {
        return draft.write(name, bytes);
      });
  if (!fetched || !*fetched) {
    discard();
    co_return fetched ? fail(not_there(address)) : fail(fetched.error());
  }
  std::error_code failed;
  // The state last: with it all of it is there.
  const auto from = draft.paths();
  const auto to = wanted.paths();
  for (std::size_t i = from.size(); i-- > 0 && !failed;) {
    if (fs::exists(from[i], failed)) {
      fs::rename(from[i], to[i], failed);
    }
  }
  if (failed) {
    discard();
    co_return fatal(fmt::format("cannot write {}: {}", *place, failed.message()));
  }
  (void)print_text(
      fmt::format("{} holds {} of {}\n", *place, told((*fetched)->copy), address.describe()),
      "the answer");
  co_return 0;
}

/// `source` is copied until the keeper ends.
awaitable<result<int>> begin_copying(remote::copy_source& source, remote::state_address address,
                                     remote::dynamodb_state_table& table,
                                     remote::state_keeper& keeper) {
  if (keeper.found()) {
    co_return wrong_usage(
        fmt::format("the state {} has a copy already: name another one, or "
                    "delete it first with state delete",
                    address.describe()));
  }
  if (auto listed = co_await table.list(); !listed) {
    co_return fail(std::move(listed.error()));
  }
  keeper.begin_copying(source);
  co_return 0;
}

awaitable<result<int>> copy_to_table(surroundings around, std::string path,
                                     remote::state_address address) {
  auto place = state::resolve_place(path);
  if (!place) {
    co_return fail(std::move(place.error()));
  }
  const auto version = state::version_of(*place);
  if (!version || !*version) {
    co_return version ? wrong_usage(fmt::format("there is no state {}", *place))
                      : fail(version.error());
  }
  // Held, as two processes that go on from one state would each be right, and different; and
  // opened, as what a monitor would refuse (damage, a log of another history) must not be copied.
  const auto store = state::open_sqlite_store(
      {.path = *place, .command = std::string(monitor_part), .holder = "state copy"});
  if (!store) {
    co_return fail(store.error());
  }
  const copied_files files{.state_path = *place, .command = std::string(monitor_part)};
  remote::file_source source(
      {.state_path = files.state_path,
       .picture_path = files.state_path + ".picture",
       .beside = [&files](const std::string& picture) { return files.beside(picture); }},
      around.pool);
  const auto table = table_of(around, address, monitor_part);
  auto copied = co_await with_lease(
      around, *table, address, "state copy",
      [&](remote::state_keeper& keeper) { return begin_copying(source, address, *table, keeper); });
  if (copied) {
    (void)print_text(fmt::format("{} lies in {}\n", *place, address.describe()), "the answer");
  }
  co_return copied;
}

awaitable<result<int>> do_it(asio::any_io_executor executor, state_options options,
                             aws::environment variables) {
  system_clock time;
  worker_pool pool(1);
  const auto files = aws::profile_files::load(variables);
  if (!files) {
    co_return fail(files.error());
  }
  const auto link = connection::open(
      {.name = "table of states", .service = aws_service::tables, .options = options.connection},
      executor, time, variables, *files);
  if (!link) {
    co_return fail(link.error());
  }
  const surroundings around{
      .executor = executor, .time = time, .pool = pool, .calls = (*link)->calls()};
  const auto& words = options.words;
  if (words[0] == "init") {
    co_return co_await make_table(around, words[1], *options.kms_key);
  }
  if (words[0] == "list") {
    co_return co_await list(around, words[1]);
  }
  if (words[0] == "show") {
    co_return co_await show(around, *remote::parse_state_address(words[1]));
  }
  if (words[0] == "delete") {
    co_return co_await remove(around, *remote::parse_state_address(words[1]));
  }
  if (const auto from = remote::parse_state_address(words[1])) {
    co_return co_await copy_to_file(around, *from, options.of, words[2]);
  }
  co_return co_await copy_to_table(around, words[1], *remote::parse_state_address(words[2]));
}

}  // namespace

int run_state(const state_options& options, const aws::environment& variables) {
  return run_command([&](asio::any_io_executor executor) {
    return do_it(std::move(executor), options, variables);
  });
}

}  // namespace ddm::cli
