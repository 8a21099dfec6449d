// The pages of one segment of one table, each asked for until it is answered.
//
// A throttled or unreachable table makes it wait, never fail: pauses grow to 30 s and go on without
// end. What waiting cannot mend (a missing permission, a deleted table) is an error.
#pragma once

#include "compare/page_costs.h"
#include "compare/page_source.h"
#include "dynamodb/page_decoder.h"
#include "dynamodb/page_limit.h"
#include "dynamodb/table_reader.h"
#include "runtime/clock.h"
#include "runtime/worker_pool.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::compare {

/// How an outage of scans is told, and how long it is waited for.
inline constexpr dynamodb::reading_purpose scans{.paused_event = "scan_paused",
                                                 .resumed_event = "scan_resumed",
                                                 .meanwhile = "; the comparison goes on by itself",
                                                 .refused = "table cannot be scanned",
                                                 .pause_first = milliseconds{1'000}};

/// Everything referred to outlives the scanner.
struct scan_parts {
  clock& time;
  worker_pool& pool;
  const dynamodb::page_decoder& decoder;
  dynamodb::table_reader& reader;  ///< shared by the scanners of one table
  page_costs& costs;
};

class segment_scanner final : public page_source {
 public:
  segment_scanner(scan_parts parts, std::uint32_t segment, std::uint32_t segments)
      : parts_(parts), segment_(segment), segments_(segments) {}

  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] awaitable<result<scanned_page>> next() override;

 private:
  [[nodiscard]] awaitable<result<scanned_page>> ask(std::optional<std::uint32_t> items_max);

  scan_parts parts_;
  std::uint32_t segment_;
  std::uint32_t segments_;
  std::optional<std::string> start_key_;
  dynamodb::page_limit limit_;
  bool ended_ = false;
};

}  // namespace ddm::compare
