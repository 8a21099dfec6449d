// What the streams of one account share, as far as one process reads them.
//
// Problem: DescribeStream has 10 calls a second for all streams of an account together, and the
// replicators live on them too; and polling idle shards costs calls for each of them. Two hundred
// streams that each think themselves alone would use up the one and pay for the other.
// Idea: they take their listings from one budget, ask for one so much less often the more they are,
// and count their shards together.
// Reason: a listing is too old after 45 s (stream_consumer.cc). At 7 calls a second 200 streams are
// each listed every 38 s, with a fifth left for the children of shards that end.
#pragma once

#include "runtime/clock.h"
#include "runtime/rate_limiter.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>

namespace ddm::stream {

class listing_pace {
 public:
  /// `expected` streams: else those that begin while few have would wait as if it stayed so, and
  /// then be listed all at one moment, again and again.
  explicit listing_pace(clock& time, std::size_t expected = 1)
      : expected_(expected), calls_(time, rate_for(expected)) {}

  /// A stream that is read, for as long as it lives.
  class place {
   public:
    /// `open_shards` is asked for at any time. `among` outlives it.
    place(listing_pace& among, std::function<std::size_t()> open_shards)
        : among_(among), at_(among.streams_.insert(among.streams_.end(), std::move(open_shards))) {
      among_.adapt();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      among_.streams_.erase(at_);
      among_.adapt();
    }

   private:
    listing_pace& among_;
    std::list<std::function<std::size_t()>>::iterator at_;
  };

  /// Each DescribeStream takes one.
  [[nodiscard]] rate_limiter& calls() { return calls_; }
  /// Of one stream: as long as it would like to wait, or longer.
  [[nodiscard]] milliseconds interval(milliseconds usual) const;
  /// Of all streams.
  [[nodiscard]] std::size_t open_shards() const;

  /// DescribeStream calls a second for so many streams.
  [[nodiscard]] static double rate_for(std::size_t streams);

 private:
  [[nodiscard]] std::size_t streams() const { return std::max(expected_, streams_.size()); }
  void adapt() { calls_.set_full_rate(rate_for(streams())); }

  std::size_t expected_;
  rate_limiter calls_;
  std::list<std::function<std::size_t()>> streams_;
};

}  // namespace ddm::stream
