// How often a shard is asked for records.
//
// A busy shard is read again at once, but never above 4 calls a second (the replicator reads it
// too), then about each second until its empty pages prove that it was read to its end. Idle ones
// are read each second while at most 100 are open, more slowly beyond, so that idle polling in all
// stays within 100 calls a second; but each at least every 20 s, or nobody could say that all that
// is older than a minute has been read (5,000 shards: 250 calls a second, 4.3 USD a day).
#pragma once

#include "base/time.h"

#include <cstddef>
#include <string_view>

namespace ddm::stream {

constexpr milliseconds busy_interval{250};
constexpr milliseconds idle_interval_min{1000};
constexpr milliseconds idle_interval_max{20'000};
constexpr std::size_t idle_calls_per_second_max = 100;
constexpr milliseconds settling_interval_max{5000};
constexpr std::size_t settling_calls_per_second_max = 1000;

/// The pause between two empty reads of one shard, read to its end, with `open_shards` in all.
[[nodiscard]] milliseconds idle_interval(std::size_t open_shards);

/// The pause between two empty reads of a shard that is not known to be read to its end: 1 s, and
/// more beyond 1,000 open shards, 5 s at most.
[[nodiscard]] milliseconds settling_interval(std::size_t open_shards);

/// The first moment of the shard's own beat that is about half an interval after `asked`, never
/// more than idle_interval_max: shards that were begun together do not stay in step, or 5,000 of
/// them would poll in one burst.
[[nodiscard]] wall_time next_idle_read(wall_time asked, milliseconds interval,
                                       std::string_view shard);

/// A shard is current while the moment up to which it was read is this recent (and the unit of
/// creation times): three idle reads, 10 s at least.
[[nodiscard]] milliseconds current_within(std::size_t open_shards);

/// The pause before the next attempt after `failures` (from 1) reads of the shard have failed in a
/// row: that of any outage, from 1 s on, spread by `random` in [0, 1).
[[nodiscard]] milliseconds failure_pause(int failures, double random);

}  // namespace ddm::stream
