#include "cli/other_parts.h"

#include "base/displayable.h"
#include "base/log.h"
#include "runtime/outage_pause.h"
#include "runtime/then_always.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds look_each{10'000};
/// What is not taken in may be gigabytes.
constexpr milliseconds take_again_first{20'000};
constexpr milliseconds take_again_max{640'000};

void tell_failure(const result<void>& done) {
  if (!done) {
    log::event(log::level::warning, "other_command_not_read",
               done.error().describe() + "; trying again");
  }
}

/// What memory or a file system throws is tried again, as any other failure.
awaitable<result<void>> caught(awaitable<result<void>> work) {
  try {
    co_return co_await std::move(work);
  } catch (const boost::system::system_error&) {
    throw;  // cancelled
  } catch (const std::exception& failure) {
    co_return fail(error_class::retry, failure.what());
  }
}

fetched_part::of part_of(const other_parts::of& whose, std::string_view command) {
  return {.address = whose.address, .command = std::string(command), .folder = whose.folder};
}

}  // namespace

other_parts::other_parts(aws::service_client& calls, clock& time, worker_pool& pool, of whose,
                         own into)
    : time_(time),
      pool_(pool),
      whose_(std::move(whose)),
      into_(into),
      compare_(calls, time, part_of(whose_, compare_part), heads_.compare),
      repair_(calls, time, part_of(whose_, repair_part), heads_.repair) {}

awaitable<result<void>> other_parts::run_beside(awaitable<result<void>> run,
                                                asio::any_io_executor executor) {
  task_group beside(std::move(executor));
  beside.spawn(watch());
  beside.spawn(take_what_is_due());
  co_return co_await then_always(std::move(run), [&beside] { return beside.end(); });
}

awaitable<void> other_parts::watch() {
  for (;;) {
    const auto begun = time_.now();
    tell_failure(co_await caught(look()));
    looked_.notify();
    co_await time_.sleep_until(begun + look_each);
  }
}

/// What cannot be taken in, such as a copy of a newer version, is fetched as seldom as it fails.
awaitable<void> other_parts::take_what_is_due() {
  for (int failures = 0;;) {
    co_await looked_.wait();
    const auto taken = co_await caught(take());
    tell_failure(taken);
    failures = taken ? 0 : failures + 1;
    if (failures > 0) {
      co_await time_.sleep_for(outage_pause(take_again_first, failures, take_again_max));
    }
  }
}

/// Both, whatever becomes of the first.
awaitable<result<void>> other_parts::look() {
  auto repair = co_await look_at(repair_);
  auto compare = co_await look_at(compare_);
  co_return repair ? std::move(compare) : std::move(repair);
}

/// A repair may have healed what a comparison found before it began: that one is taken in first.
awaitable<result<void>> other_parts::take() {
  for (auto* each : {&compare_, &repair_}) {
    if (each->head.is_due(time_.now())) {
      if (auto taken = co_await take_in(*each); !taken) {
        co_return taken;
      }
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> other_parts::look_at(part& at) {
  const auto asked = time_.now();
  const auto seen = co_await at.copy.look();
  if (!seen) {
    co_return fail(seen.error());
  }
  at.head.note(*seen, {.asked = asked, .answered = time_.now()});
  co_return result<void>{};
}

awaitable<result<void>> other_parts::take_in(part& at) {
  const auto fetched = co_await at.copy.fetch();
  if (!fetched || !*fetched) {
    co_return fetched ? result<void>() : fail(fetched.error());
  }
  auto theirs = co_await pool_.run([&at] { return at.copy.open(); });
  if (!theirs) {
    co_return fail(std::move(theirs.error()));
  }
  const auto taken = co_await monitor::take_in(
      into_.store, **theirs,
      {.command = at.copy.command(), .schema = whose_.schema, .now = time_.now()});
  into_.findings.expect_lines();  // the session's next commit writes what the state has more
  theirs->reset();
  at.copy.remove();
  if (!taken) {
    co_return fail(taken.error());
  }
  const bool is_news = at.head.note_taken(*at.copy.found(), taken->of_another_state, time_.now());
  if (!taken->of_another_state || is_news) {
    tell(at, *taken);
  }
  co_return result<void>{};
}

void other_parts::tell(const part& of, const monitor::taken_in& taken) const {
  const auto& command = of.copy.command();
  if (taken.of_another_state) {
    log::event(log::level::warning, "other_command_not_taken_in",
               fmt::format("what {} left in {} began apart from this monitor's state, and does not "
                           "count here: run it again",
                           command, whose_.address.describe()));
  } else if (taken.lines > 0 || taken.ended_comparison) {
    log::event(
        log::level::info, "other_command_taken_in",
        fmt::format("what {} did ({}) is taken in", command, displayable(of.copy.found()->told)),
        {{"command", command},
         {"findings", taken.lines},
         {"copy", static_cast<std::int64_t>(of.copy.found()->copy->number)}});
  }
}

}  // namespace ddm::cli
