// Reads that are due become BatchGetItem calls of up to 100 keys.
//
// A first look may wait until its batch is full (at most the validation interval); a judgement, a
// retry or a lag probe goes within a moment. No batch holds a key twice: the service refuses such a
// call.
#pragma once

#include "verify/pending_checks.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace ddm::verify {

constexpr std::size_t batch_get_keys_max = 100;

struct look_batch {
  check_step step = check_step::look;
  std::vector<read_request> reads;
};

class look_batcher {
 public:
  /// `full_at`: reads that make a batch go at once, 1–100.
  look_batcher(std::size_t full_at, milliseconds longest_wait);

  void add(read_request read, wall_time now);
  /// The next batch that should go now, judgements before looks.
  [[nodiscard]] std::optional<look_batch> take(wall_time now);
  /// Lets everything go at the next take(): nothing more will fill the batches.
  void flush() { flushing_ = true; }
  /// When take() may return something, if nothing is added; nothing: it is empty.
  [[nodiscard]] std::optional<wall_time> next_due() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct waiting {
    read_request read;
    wall_time goes_at;  ///< the latest time
  };
  struct lane {
    std::deque<waiting> reads;
    std::optional<wall_time> earliest;
  };
  std::size_t full_at_;
  milliseconds longest_wait_;
  bool flushing_ = false;
  std::array<lane, 5> lanes_;  ///< by check_step
};

}  // namespace ddm::verify
