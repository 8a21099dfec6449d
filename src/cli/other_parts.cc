#include "cli/other_parts.h"

#include "base/displayable.h"
#include "base/log.h"
#include "runtime/then_always.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds look_each{10'000};
constexpr milliseconds heard_within{5'000};
/// Of a copy whose command goes on.
constexpr milliseconds take_small_each{60'000};
constexpr std::uint64_t small_bytes = std::uint64_t{16} << 20;

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
      compare_(calls, time, part_of(whose_, compare_part)),
      repair_(calls, time, part_of(whose_, repair_part)) {}

bool other_parts::part::is_untaken() const {
  const auto& seen = lease.seen();
  return seen && seen->copy && seen->copy != taken;
}

bool other_parts::part::is_due(wall_time now) const {
  if (!is_untaken()) {
    return false;
  }
  const auto& seen = *lease.seen();
  return lease.may_take() || !taken || seen.owner != taken_from ||
         (seen.copy->bytes <= small_bytes && now - taken_at >= take_small_each);
}

awaitable<result<void>> other_parts::run_beside(awaitable<result<void>> run,
                                                asio::any_io_executor executor) {
  task_group beside(std::move(executor));
  beside.spawn(watch());
  co_return co_await then_always(std::move(run), [&beside] { return beside.end(); });
}

awaitable<void> other_parts::watch() {
  for (;;) {
    const auto begun = time_.now();
    if (const auto looked = co_await look_caught(); !looked) {
      log::event(log::level::warning, "other_command_not_read",
                 looked.error().describe() + "; trying again");
    }
    co_await time_.sleep_until(begun + look_each);
  }
}

/// What memory or a file system throws is tried again, as any other failure.
awaitable<result<void>> other_parts::look_caught() {
  try {
    co_return co_await look();
  } catch (const boost::system::system_error&) {
    throw;  // cancelled
  } catch (const std::exception& failure) {
    co_return fail(error_class::retry, failure.what());
  }
}

/// A repair may have healed what a comparison found before it began: that one is asked later, and
/// taken in first.
awaitable<result<void>> other_parts::look() {
  auto looked = co_await look_at(repair_);
  if (looked) {
    looked = co_await look_at(compare_);
  }
  for (auto* each : {&compare_, &repair_}) {
    if (looked && each->is_due(time_.now())) {
      looked = co_await take_in(*each);
    }
  }
  co_return looked;
}

awaitable<result<void>> other_parts::look_at(part& at) {
  const auto asked = time_.now();
  const auto seen = co_await at.copy.look();
  if (!seen) {
    co_return fail(seen.error());
  }
  at.lease.note(*seen, {.asked = asked, .answered = time_.now()});
  at.looked = true;
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
  at.taken = at.copy.found()->copy;
  at.taken_from = at.copy.found()->owner;
  at.taken_at = time_.now();
  const bool was_told = std::exchange(at.told_foreign, taken->of_another_state);
  if (!taken->of_another_state || !was_told) {
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

std::string other_parts::trouble() const {
  if (!compare_.looked || !repair_.looked) {
    return "what compare and repair have done on this state is not known here yet";
  }
  const auto now = time_.now();
  const auto& comparing = compare_.lease.seen();
  const bool compares = comparing && !comparing->owner.empty() && !compare_.lease.may_take();
  // What was taken in is heard of by the session's next look at its state.
  const bool is_being_heard =
      (!compares && compare_.taken && now - compare_.taken_at < heard_within) ||
      (repair_.taken && now - repair_.taken_at < heard_within);
  if (is_being_heard || (compare_.is_untaken() && !compares && !compare_.told_foreign)) {
    return "what compare or repair have found on this state is being taken in";
  }
  const auto& seen = repair_.lease.seen();
  const bool is_held = seen && !seen->owner.empty() && !repair_.lease.may_take();
  return is_held || (repair_.is_untaken() && !repair_.told_foreign)
             ? "a repair of these tables is under way, or has just ended: what it has written is "
               "not known here yet"
             : std::string();
}

}  // namespace ddm::cli
