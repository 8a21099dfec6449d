#include "cli/state_beginning.h"

#include "base/log.h"
#include "cli/comparison_array.h"
#include "cli/fetched_part.h"
#include "compare/comparison_progress.h"
#include "monitor/comparison_parts.h"
#include "monitor/handover.h"
#include "monitor/session_state.h"
#include "remote/random_id.h"
#include "state/picture.h"
#include "state/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

namespace fs = std::filesystem;

using store_ptr = std::unique_ptr<state::state_store>;

constexpr std::array all_parts{monitor_part, compare_part, repair_part};

class beginning {
 public:
  beginning(aws::service_client& calls, clock& time, worker_pool& pool, state_beginning how)
      : time_(time), pool_(pool), how_(std::move(how)) {
    for (const auto each : all_parts) {
      if (each != how_.files.command) {
        parts_.push_back(std::make_unique<fetched_part>(
            calls, time,
            fetched_part::of{
                .address = how_.address, .command = std::string(each), .folder = how_.folder}));
      }
    }
  }
  beginning(const beginning&) = delete;
  beginning& operator=(const beginning&) = delete;
  ~beginning() { state::remove_picture(earlier_path()); }

  [[nodiscard]] awaitable<result<void>> run();

 private:
  [[nodiscard]] const std::string& command() const { return how_.files.command; }
  /// What workers begin with.
  [[nodiscard]] bool is_part() const { return kind_of(command()) != command(); }
  [[nodiscard]] const std::string& path() const { return how_.files.state_path; }
  [[nodiscard]] std::string earlier_path() const { return how_.folder + "/earlier.db"; }
  [[nodiscard]] bool has_own() const {
    std::error_code unknown;
    return fs::exists(path(), unknown);
  }
  [[nodiscard]] fetched_part* fetched(bool the_monitors) const;
  [[nodiscard]] awaitable<result<store_ptr>> open(std::string at) const;
  [[nodiscard]] awaitable<result<beginning_facts>> learn();
  [[nodiscard]] awaitable<result<bool>> own_is_merged();
  [[nodiscard]] awaitable<result<void>> begin_from(const fetched_part& base);
  [[nodiscard]] awaitable<result<void>> note_beginning(const fetched_part& base);
  [[nodiscard]] awaitable<result<void>> take_in_others(const fetched_part* base);
  [[nodiscard]] awaitable<result<void>> take_in_from(state::state_store& ours, std::string at,
                                                     std::string_view whose);

  clock& time_;
  worker_pool& pool_;
  state_beginning how_;
  std::vector<std::unique_ptr<fetched_part>> parts_;  ///< of the others
};

fetched_part* beginning::fetched(bool the_monitors) const {
  const auto found = std::ranges::find_if(parts_, [&](const auto& each) {
    return each->found() && (each->command() == monitor_part) == the_monitors;
  });
  return found == parts_.end() ? nullptr : found->get();
}

awaitable<result<store_ptr>> beginning::open(std::string at) const {
  return pool_.run([at = std::move(at)] {
    return state::open_sqlite_store({.path = at, .command = "beginning"});
  });
}

awaitable<result<beginning_facts>> beginning::learn() {
  beginning_facts facts{.command = std::string(kind_of(command())),
                        .own = has_own(),
                        .begins_anew = how_.begins_anew,
                        .monitors = fetched(true) != nullptr,
                        .another = fetched(false) != nullptr};
  if (facts.own && is_part()) {
    // Not what a merge has made whole, nor what is forgotten.
    const auto merged = co_await own_is_merged();
    if (!merged) {
      co_return fail(merged.error());
    }
    facts.own = !*merged && !how_.begins_anew;
  }
  if (!facts.own || !facts.monitors) {
    co_return facts;
  }
  auto own = co_await open(path());
  auto theirs = co_await open(fetched(true)->path());
  if (!own || !theirs) {
    co_return fail(own ? std::move(theirs.error()) : std::move(own.error()));
  }
  const auto known = co_await monitor::all_of(**own);
  const auto by_monitor = co_await monitor::all_of(**theirs);
  if (!known || !by_monitor) {
    co_return fail(known ? by_monitor.error() : known.error());
  }
  facts.of_one_state = monitor::are_of_one_state(*known, *by_monitor);
  const auto progress = compare::comparison_progress::load(std::string(kind_of(command())),
                                                           known->numbers, known->values);
  facts.unfinished = progress.begun() && !progress.finished();
  if (!facts.of_one_state) {
    log::event(
        log::level::warning, "state_begun_anew",
        fmt::format("the monitor of {} has begun anew since the last {}: what that one found "
                    "is forgotten, and an unfinished comparison begins anew",
                    how_.address.describe(), command()));
  }
  co_return facts;
}

awaitable<result<bool>> beginning::own_is_merged() {
  const auto compare = std::ranges::find(parts_, compare_part, &fetched_part::command);
  if (compare == parts_.end() || !(*compare)->found()) {
    co_return false;
  }
  co_return co_await pool_.run([&] { return was_merged(path(), (*compare)->path()); });
}

awaitable<result<void>> beginning::run() {
  if (command() == monitor_part && has_own()) {
    co_return result<void>{};
  }
  for (const auto& each : parts_) {
    if (auto got = co_await each->fetch(); !got) {
      co_return fail(std::move(got.error()));
    }
  }
  const auto facts = co_await learn();
  if (!facts) {
    co_return fail(facts.error());
  }
  const auto chosen = choose_base(*facts);
  if (chosen == base::nothing) {
    co_return result<void>{};
  }
  const auto* from = chosen == base::own ? nullptr : fetched(chosen == base::monitors);
  if (from != nullptr) {
    if (facts->own && (facts->of_one_state || !facts->monitors)) {
      fs::rename(path(), earlier_path());
    } else {
      state::remove_picture(path());
    }
    if (auto begun = co_await begin_from(*from); !begun) {
      co_return begun;
    }
  }
  // A part is fixed until it is merged.
  const bool is_fixed = chosen == base::own && is_part();
  co_return command() == monitor_part || is_fixed ? result<void>() : co_await take_in_others(from);
}

/// A copy of another one's: it is brought to the present format, and what only a monitor needs
/// goes.
awaitable<result<void>> beginning::begin_from(const fetched_part& base) {
  fs::rename(base.path(), path());
  {
    const auto upgraded = co_await open(path());
    if (!upgraded) {
      co_return fail(upgraded.error());
    }
  }
  const auto& copy = *base.found()->copy;
  log::event(
      log::level::info, "state_begun_from",
      fmt::format("{} begins from what {} has in {}: copy {} of {}", command(), base.command(),
                  how_.address.describe(), copy.number, format_rfc3339(copy.taken_at)));
  if (base.command() == monitor_part) {
    if (auto smaller = co_await pool_.run([this] { return state::forget_reading(path()); });
        !smaller) {
      co_return smaller;
    }
  }
  co_return co_await note_beginning(base);
}

awaitable<result<void>> beginning::note_beginning(const fetched_part& base) {
  auto ours = co_await open(path());
  if (!ours) {
    co_return fail(std::move(ours.error()));
  }
  if (base.command() != monitor_part) {
    if (auto noted = co_await monitor::note_taken_in(**ours, base.command()); !noted) {
      co_return noted;
    }
  }
  co_return co_await monitor::begin_of_copy(**ours, remote::random_id(),
                                            base.found()->copy->taken_at);
}

awaitable<result<void>> beginning::take_in_others(const fetched_part* base) {
  auto ours = co_await open(path());
  if (!ours) {
    co_return fail(std::move(ours.error()));
  }
  for (const auto whose : all_parts) {
    const auto other = std::ranges::find(parts_, whose, &fetched_part::command);
    const bool is_there =
        whose == command() ? fs::exists(earlier_path()) : (*other)->found() && other->get() != base;
    if (whose == monitor_part || !is_there) {
      continue;
    }
    auto taken = co_await take_in_from(
        **ours, whose == command() ? earlier_path() : (*other)->path(), whose);
    if (!taken) {
      co_return taken;
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> beginning::take_in_from(state::state_store& ours, std::string at,
                                                std::string_view whose) {
  auto theirs = co_await open(std::move(at));
  if (!theirs) {
    co_return fail(std::move(theirs.error()));
  }
  const auto taken = co_await monitor::take_in(
      ours, **theirs, {.command = std::string(whose), .schema = how_.schema, .now = time_.now()});
  co_return taken ? result<void>() : fail(taken.error());
}

}  // namespace

base choose_base(const beginning_facts& facts) {
  const bool is_monitor = facts.command == monitor_part;
  if (facts.own && is_monitor) {
    return base::own;
  }
  if (facts.monitors && !is_monitor) {
    const bool goes_on = facts.own && facts.of_one_state && facts.unfinished &&
                         !facts.begins_anew && facts.command == compare_part;
    return goes_on ? base::own : base::monitors;
  }
  // Without a monitor a comparison keeps what it has; a repair goes by what comparisons have found.
  if (facts.own && (facts.command == compare_part || !facts.another)) {
    return base::own;
  }
  return facts.another ? base::another : base::nothing;
}

awaitable<result<void>> begin_state(aws::service_client& calls, clock& time, worker_pool& pool,
                                    state_beginning how) {
  beginning run(calls, time, pool, std::move(how));
  co_return co_await run.run();
}

}  // namespace ddm::cli
