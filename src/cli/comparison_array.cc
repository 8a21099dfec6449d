#include "cli/comparison_array.h"

#include "base/displayable.h"
#include "base/log.h"
#include "cli/fetched_part.h"
#include "cli/sample_rate.h"
#include "compare/comparer_settings.h"
#include "monitor/comparison_parts.h"
#include "monitor/handover.h"
#include "monitor/session_state.h"
#include "remote/random_id.h"
#include "state/picture.h"
#include "state/sqlite_store.h"
#include "state/state_file.h"
#include "verify/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

namespace ddm::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view findings_suffix = ".findings.jsonl";  // as migration_files has it

/// Of a scheduler, what it tells each task of an array.
struct scheduler {
  std::string_view index;
  std::string_view first;  ///< of the index of the first task; empty: it is 0
  std::string_view count;  ///< empty: it does not tell
};
constexpr std::array schedulers{
    scheduler{
        .index = "AWS_BATCH_JOB_ARRAY_INDEX", .first = "", .count = "AWS_BATCH_JOB_ARRAY_SIZE"},
    scheduler{.index = "JOB_COMPLETION_INDEX", .first = "", .count = ""},
    scheduler{.index = "SLURM_ARRAY_TASK_ID",
              .first = "SLURM_ARRAY_TASK_MIN",
              .count = "SLURM_ARRAY_TASK_COUNT"}};

/// Nothing: it is not set.
result<std::optional<std::int64_t>> number_in(const aws::environment& variables,
                                              std::string_view name) {
  const auto text = name.empty() ? std::nullopt : variables.find(name);
  if (!text) {
    return std::nullopt;
  }
  std::int64_t number = 0;
  const auto* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) {
    return wrong_usage(
        fmt::format("{} is no number of a task: name the worker with --worker", name));
  }
  return number;
}

result<compare::worker_share> share_told_by(const scheduler& by, std::int64_t index,
                                            std::int64_t workers,
                                            const aws::environment& variables) {
  const auto first = number_in(variables, by.first);
  const auto count = number_in(variables, by.count);
  if (!first || !count) {
    return fail(first ? count.error() : first.error());
  }
  const auto worker = index - first->value_or(0);
  if (*count && **count != workers) {
    return wrong_usage(fmt::format("{} says that the array has {} tasks, and --workers {}",
                                   by.count, **count, workers));
  }
  if (worker < 0 || worker >= workers) {
    return wrong_usage(fmt::format("{} is {}: of {} workers the last one is {}", by.index, index,
                                   workers, workers - 1));
  }
  return compare::worker_share{.worker = worker, .workers = workers};
}

/// What is named so, but gaps.
result<state::news> news_in(const std::string& path, const std::string& prefix) {
  const auto numbers = state::numbers_in(path, prefix);
  const auto values = state::values_in(path, prefix);
  if (!numbers || !values) {
    return fail(numbers ? values.error() : numbers.error());
  }
  return state::news{.numbers = *numbers, .values = *values, .gaps = {}};
}

/// Which comparison it is of, and what of it is done.
result<compare::comparison_progress> progress_in(const std::string& path) {
  const auto named =
      news_in(path, compare::comparison_progress::prefix_of(std::string(compare_part)));
  return named ? result<compare::comparison_progress>(monitor::comparison_in(*named))
               : fail(named.error());
}

/// What workers find could not be taken in: nobody has to wait for the merge to hear of that.
result<void> check_is_of_one_state(const std::string& prepared, const std::string& state) {
  const auto ours = news_in(prepared, "");
  const auto theirs = news_in(state, "");
  if (!ours || !theirs) {
    return fail(ours ? theirs.error() : ours.error());
  }
  return monitor::are_of_one_state(*ours, *theirs) ? result<void>() : made_since_prepared(state);
}

/// With what lies beside it: findings that another part wrote are not those of the next one.
void remove_part(const std::string& path) {
  state::remove_picture(path);
  std::error_code absent;
  for (const auto& beside : {leftovers_suffix(compare_part), std::string(findings_suffix)}) {
    fs::remove(path + beside, absent);
  }
}

/// Of two that begin one file the second one finds it made, or in use. Nothing: it lies in a table,
/// in a folder of this process's own.
result<std::optional<state::state_lock>> lock_part(const std::string& path, held_state* held) {
  if (held != nullptr) {
    return std::nullopt;
  }
  auto locked = state::state_lock::acquire(path, std::string(compare_part), "compare");
  return locked ? result<std::optional<state::state_lock>>(*std::move(locked))
                : fail(std::move(locked.error()));
}

std::unexpected<error> not_prepared(const array_place& place, std::int64_t workers) {
  return wrong_usage(
      fmt::format("nothing is prepared in {}: run compare --workers {} --prepare "
                  "first, with the same flags",
                  place.state_file, workers));
}

/// Without them its segments are read again.
bool has_its_leftovers(const compare::comparison_progress& own, const array_worker& who,
                       const std::string& path) {
  return compare::has_leftovers({.leftover_path = path + leftovers_suffix(compare_part),
                                 .exchange_folder = who.exchange.value_or("")},
                                own);
}

/// Its WAL goes with the store, so that the file is all.
awaitable<result<void>> make_part(array_place place, compare::worker_share share,
                                  std::string draft) {
  auto opened = co_await place.host.copy_thread().run([&] { return open_copy(draft); });
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  co_return co_await monitor::begin_part(**opened, share, remote::random_id(), new_id());
}

}  // namespace

result<std::unique_ptr<state::state_store>> open_copy(const std::string& path) {
  return state::open_sqlite_store({.path = path, .command = "parts"});
}

result<bool> was_merged(const std::string& prepared, const std::string& state) {
  const auto array = progress_in(prepared);
  if (!array) {
    // Not what is said of a damaged state: with this one nothing is lost but the array.
    return wrong_usage(
        fmt::format("what was prepared in {} cannot be read: it is damaged, or its permissions are "
                    "not ours; begin anew with --prepare --fresh",
                    prepared));
  }
  for (const auto& path : {state, prepared}) {
    const auto known = state::values_in(path, "taken_in.");
    if (!known) {
      return fail(known.error());
    }
    if (monitor::is_array_taken_in(*known, array->array_id)) {
      return true;
    }
  }
  return false;
}

array_role role_of(const compare_options& options) {
  if (!options.workers) {
    return array_role::none;
  }
  if (options.prepare || options.merge) {
    return options.prepare ? array_role::prepare : array_role::merge;
  }
  return array_role::worker;
}

result<compare::worker_share> share_of(const compare_options& options,
                                       const aws::environment& variables) {
  const auto workers = static_cast<std::int64_t>(options.workers.value_or(1));
  if (role_of(options) != array_role::worker) {
    return compare::worker_share{.workers = workers};
  }
  if (options.worker) {
    return compare::worker_share{.worker = static_cast<std::int64_t>(*options.worker),
                                 .workers = workers};
  }
  for (const auto& each : schedulers) {
    const auto index = number_in(variables, each.index);
    if (!index) {
      return fail(index.error());
    }
    if (*index) {
      return share_told_by(each, **index, workers, variables);
    }
  }
  return wrong_usage(
      "which of the workers this is, nobody says: --worker I, or the index of an array job of AWS "
      "Batch, Kubernetes or Slurm; --prepare comes before the workers, --merge after them");
}

std::unexpected<error> made_since_prepared(const std::string& state) {
  return wrong_usage(
      fmt::format("{} was made, or made anew, by another command since the workers "
                  "were prepared: begin anew with --prepare --fresh",
                  state));
}

std::int64_t new_id() {
  constexpr std::size_t digits = 15;  // they fit into what is positive
  const auto text = remote::random_id().substr(0, digits);
  std::int64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id, 16);
  return std::max<std::int64_t>(1, id);
}

bool is_prepared(const compare::comparison_progress& was) {
  return was.array_id != 0 && !was.finished();
}

std::string said_otherwise(const compare_options& options, const compare::worker_share& share,
                           const exports::table_export* source_export,
                           const compare::comparison_progress& was) {
  const auto ignored = verify::join_patterns(options.ignore_attributes);
  const auto export_arn =
      source_export == nullptr ? std::string() : source_export->summary.export_arn;
  if (!is_prepared(was)) {
    return {};  // what the state knew before: another one begins
  }
  if (was.workers != share.workers) {
    return fmt::format("{} workers, not {}", was.workers, share.workers);
  }
  // Who merges has to do with neither the folder nor the export.
  const bool says_how = role_of(options) != array_role::merge;
  if (says_how && (was.leftovers_go() == compare::passing_on::no) == options.exchange.has_value()) {
    return options.exchange ? "no --exchange" : "--exchange";
  }
  if (was.sample_rate != static_cast<std::int64_t>(options.sample_rate)) {
    return fmt::format("sample {}, not {}",
                       describe_sample_rate(static_cast<std::uint64_t>(was.sample_rate)),
                       describe_sample_rate(options.sample_rate));
  }
  if (was.ignored != ignored) {
    return fmt::format("ignored attributes {}, not {}", displayable(was.ignored),
                       displayable(ignored));
  }
  if (was.export_arn != export_arn && (says_how || source_export != nullptr)) {
    return was.export_arn.empty() ? "a scan of the source, and no export"
                                  : fmt::format("the export {}", displayable(was.export_arn));
  }
  if (options.segments && *options.segments != static_cast<std::uint64_t>(was.segments)) {
    return fmt::format("{} segments, not {}", was.segments, *options.segments);
  }
  return {};
}

std::string part_of(std::int64_t worker) { return fmt::format("part-{:04}", worker); }

awaitable<result<bool>> copy_part(array_place from, held_state* held, std::string part,
                                  std::string to) {
  if (held != nullptr) {
    fetched_part fetched(held->calls(), from.host.time,
                         {.address = held->place(),
                          .command = fmt::format("{}.{}", compare_part, part),
                          .folder = held->folder()});
    auto got = co_await fetched.fetch();
    if (got && *got) {
      fs::rename(fetched.path(), to);
    }
    co_return got;
  }
  const auto path = fmt::format("{}.{}", from.state_file, part);
  std::error_code unknown;
  if (!fs::exists(path, unknown)) {
    co_return false;
  }
  auto copied = co_await from.host.copy_thread().run([&] { return state::take_picture(path, to); });
  co_return copied ? result<bool>(true) : fail(std::move(copied.error()));
}

awaitable<result<void>> begin_prepared(array_place from, held_state* held, bool anew,
                                       std::string path) {
  if (held != nullptr) {
    co_return result<void>{};
  }
  const auto alone = lock_part(path, held);
  if (!alone) {
    co_return fail(alone.error());
  }
  std::error_code unknown;
  const bool has_state = fs::exists(from.state_file, unknown);
  if (fs::exists(path, unknown) && !anew) {
    const auto merged = was_merged(path, has_state ? from.state_file : path);
    if (!merged || !*merged) {
      co_return !merged ? fail(merged.error())
      : has_state       ? check_is_of_one_state(path, from.state_file)
                        : result<void>();
    }
  }
  remove_part(path);
  if (!has_state) {
    co_return result<void>{};
  }
  const auto now = from.host.time.now();
  const auto draft = path + ".draft";
  auto copied = co_await from.host.copy_thread().run([&] {
    auto taken = state::take_picture(from.state_file, draft);
    auto opened =
        taken ? open_copy(draft) : fail(std::move(taken.error()));  // brings it up to date
    if (!opened) {
      return result<void>(fail(std::move(opened.error())));
    }
    opened->reset();
    return state::forget_reading(draft);
  });
  if (!copied) {
    co_return copied;
  }
  {
    auto opened = co_await from.host.copy_thread().run([&] { return open_copy(draft); });
    if (!opened) {
      co_return fail(std::move(opened.error()));
    }
    auto begun = co_await monitor::begin_of_copy(**opened, remote::random_id(), now);
    if (!begun) {
      co_return begun;
    }
  }
  fs::rename(draft, path);
  co_return result<void>{};
}

awaitable<result<void>> begin_whole(array_place from, held_state* held, std::string path) {
  std::error_code unknown;
  if (fs::exists(path, unknown)) {
    co_return result<void>{};
  }
  const auto draft = path + ".draft";
  const auto copied = co_await copy_part(from, held, prepared_part, draft);
  if (copied && *copied) {
    fs::rename(draft, path);
  }
  co_return copied ? result<void>() : fail(copied.error());
}

awaitable<result<void>> begin_worker(array_place from, held_state* held, array_worker who,
                                     std::string path) {
  const auto& share = who.share;
  const auto alone = lock_part(path, held);
  if (!alone) {
    co_return fail(alone.error());
  }
  const auto draft = path + ".draft";
  const auto there = co_await copy_part(from, held, prepared_part, draft);
  if (!there) {
    co_return fail(there.error());
  }
  if (!*there) {
    co_return not_prepared(from, share.workers);
  }
  const auto prepared = progress_in(draft);
  if (!prepared) {
    co_return fail(prepared.error());
  }
  if (!prepared->begun()) {
    co_return not_prepared(from, share.workers);
  }
  if (prepared->workers != share.workers) {
    co_return wrong_usage(fmt::format("{} was prepared for {} workers, not for {}", from.state_file,
                                      prepared->workers, share.workers));
  }
  const bool passes_on = prepared->leftovers_go() != compare::passing_on::no;
  if (passes_on != who.exchange.has_value()) {
    co_return wrong_usage(fmt::format(
        "{} was prepared {} --exchange: give all steps the same flags, or begin anew with "
        "--prepare --fresh",
        from.state_file, passes_on ? "with" : "without"));
  }
  std::error_code unknown;
  if (fs::exists(path, unknown)) {
    const auto own = progress_in(path);
    if (own && monitor::is_part_of(*own, *prepared, share) && has_its_leftovers(*own, who, path)) {
      state::remove_picture(draft);
      co_return result<void>{};
    }
    log::event(log::level::info, "part_begins_anew",
               fmt::format("what worker {} has in {} is of an earlier comparison, or without what "
                           "its segments left over: it begins anew",
                           share.worker, from.state_file));
  }
  remove_part(path);
  if (auto made = co_await make_part(from, share, draft); !made) {
    co_return made;
  }
  fs::rename(draft, path);
  co_return result<void>{};
}

}  // namespace ddm::cli
