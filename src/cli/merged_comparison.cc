#include "cli/merged_comparison.h"

#include "base/log.h"
#include "cli/compared_tables.h"
#include "monitor/comparison_parts.h"
#include "monitor/handover.h"
#include "remote/random_id.h"
#include "state/picture.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

namespace ddm::cli {
namespace {

/// "3, 5 and 8 more".
std::string some_of(std::span<const std::int64_t> workers) {
  constexpr std::size_t named_max = 10;
  std::string text;
  for (const auto worker : workers.first(std::min(named_max, workers.size()))) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", worker);
  }
  return workers.size() > named_max
             ? fmt::format("{} and {} more", text, workers.size() - named_max)
             : text;
}

/// A part is made anew by its worker; nothing else is lost with it.
std::unexpected<error> unreadable_part(std::int64_t worker, const error& why) {
  return fail(why.kind,
              fmt::format("the part of worker {} cannot be read: {}; if it is damaged, run that "
                          "worker again",
                          worker, why.message));
}

}  // namespace

merged_comparison::merged_comparison(open_migration& into, std::int64_t workers)
    : migration_(into),
      place_{.host = into.host, .state_file = into.options.state_file.value_or(into.files.state)},
      workers_(workers),
      path_(into.files.state + ".merged"),
      part_path_(into.files.state + ".merged-part") {}

merged_comparison::~merged_comparison() {
  store_.reset();
  state::remove_picture(path_);
  state::remove_picture(part_path_);
}

awaitable<result<void>> merged_comparison::make() {
  auto& copies = migration_.host.copy_thread();
  const auto there = co_await copy_part(place_, migration_.held.get(), prepared_part, path_);
  if (!there) {
    co_return fail(there.error());
  }
  auto opened = *there ? co_await copies.run([&] { return open_copy(path_); }) : nullptr;
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  store_ = *std::move(opened);
  const auto prepared =
      store_ ? co_await store_->load(0) : result<state::snapshot>(state::snapshot{});
  if (!prepared) {
    co_return fail(prepared.error());
  }
  prepared_ = monitor::comparison_in(
      {.numbers = prepared->numbers, .values = prepared->values, .gaps = {}});
  if (!prepared_.begun()) {
    co_return wrong_usage(
        fmt::format("nothing is prepared in {}: run compare --workers {} "
                    "--prepare first, then the workers",
                    place_.state_file, workers_));
  }
  if (prepared_.workers != workers_) {
    co_return wrong_usage(fmt::format("{} was prepared for {} workers, not for {}",
                                      place_.state_file, prepared_.workers, workers_));
  }
  if (auto same = check_tables_as_prepared(migration_, *prepared); !same) {
    co_return same;
  }
  co_return co_await add_parts();
}

awaitable<result<void>> merged_comparison::add_parts() {
  auto& copies = migration_.host.copy_thread();
  monitor::part_merger merging(*store_, {.schema = migration_.facts.schema,
                                         .workers = workers_,
                                         .now = migration_.host.time.now(),
                                         .run = remote::random_id()});
  if (auto begun = co_await merging.begin(); !begun) {
    co_return begun;
  }
  for (std::int64_t worker = 0; worker < workers_; ++worker) {
    if (migration_.host.end.asked()) {
      co_return fail(error_class::cancelled, "ended while parts were merged");
    }
    state::remove_picture(part_path_);
    const auto there =
        co_await copy_part(place_, migration_.held.get(), part_of(worker), part_path_);
    if (!there) {
      co_return unreadable_part(worker, there.error());
    }
    if (!*there) {
      merging.note_missing(worker);
      continue;
    }
    auto part = co_await copies.run([&] { return open_copy(part_path_); });
    if (!part) {
      co_return unreadable_part(worker, part.error());
    }
    if (auto added = co_await merging.add(**part, worker); !added) {
      co_return added;
    }
  }
  if (!merging.missing().empty()) {
    lacks_ = fmt::format("nothing is there of worker {}", some_of(merging.missing()));
  }
  if (!merging.incomplete().empty()) {
    lacks_ += fmt::format("{}not complete is the part of worker {}", lacks_.empty() ? "" : "; ",
                          some_of(merging.incomplete()));
  }
  co_return co_await merging.finish();
}

awaitable<result<void>> merged_comparison::take_in() {
  const auto& resumed = migration_.resumed;
  const auto known =
      monitor::comparison_in({.numbers = resumed.numbers, .values = resumed.values, .gaps = {}});
  if (!known.finished() && monitor::is_late_array(prepared_, known)) {
    co_return wrong_usage(
        fmt::format("{} has a comparison that began after this one and has not ended: let it end "
                    "first, by the command that began it",
                    migration_.state_told()));
  }
  const auto taken = co_await monitor::take_in(*migration_.store, *store_,
                                               {.command = std::string(compare_part),
                                                .schema = migration_.facts.schema,
                                                .now = migration_.host.time.now()});
  if (!taken) {
    co_return fail(taken.error());
  }
  if (taken->of_another_state) {
    co_return made_since_prepared(migration_.state_told());
  }
  is_late_ = taken->newer_known;
  if (is_late_) {
    log::event(
        log::level::warning, "newer_comparison_known",
        fmt::format("{} holds a comparison that began after this one: what the workers found "
                    "is taken in, and that one stays the last; another comparison, or the monitor, "
                    "looks at it again",
                    migration_.state_told()));
  }
  if (auto noted = co_await note_merged(); !noted) {
    co_return noted;
  }
  co_return co_await migration_.findings->follow(*migration_.store);
}

/// In what was prepared, if that is a file: who removes the state only must not get this array
/// again.
awaitable<result<void>> merged_comparison::note_merged() {
  if (migration_.held || !lacks_.empty()) {
    co_return result<void>{};
  }
  auto opened = co_await migration_.host.copy_thread().run(
      [path = fmt::format("{}.{}", place_.state_file, prepared_part)] { return open_copy(path); });
  if (!opened) {
    co_return fail(std::move(opened.error()));
  }
  co_return co_await monitor::note_array_taken_in(**opened, prepared_.array_id);
}

}  // namespace ddm::cli
