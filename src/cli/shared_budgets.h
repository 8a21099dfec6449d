// What the migrations of one process may take together: read units, listings of streams.
//
// Problem: a table that two migrations read has one capacity, an account has one quota for
// listings, and an operator one sum that all of it may cost a second.
// Idea: each migration has a budget of its own, as if it were alone; above it stand those that it
// shares (rate_limiter.h). Reason: a migration that waits, drains or slows down does so for itself.
#pragma once

#include "runtime/clock.h"
#include "runtime/rate_limiter.h"
#include "stream/listing_pace.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::cli {

class shared_budgets {
 public:
  /// `total`: read units a second of all tables; nothing, or infinity: no bound. `migrations`: with
  /// one there is nothing to share but the total. `time` outlives it.
  shared_budgets(clock& time, std::optional<double> total, std::size_t migrations);

  /// Above the budget of one migration for a table: `table` tells it from all others, and it may
  /// be read at the highest pace that any of them has for it.
  [[nodiscard]] std::vector<std::shared_ptr<rate_limiter>> above(const std::string& table,
                                                                 double units_per_second);
  /// Of the streams of one account in one region. `endpoint` tells stores apart that have no
  /// accounts.
  [[nodiscard]] std::shared_ptr<stream::listing_pace> of_streams(const std::string& stream_arn,
                                                                 const std::string& endpoint);

 private:
  struct shared_table {
    std::shared_ptr<rate_limiter> budget;
    double units_per_second = 0;
  };

  clock& clock_;
  std::size_t migrations_;
  std::shared_ptr<rate_limiter> total_;
  std::map<std::string, shared_table> tables_;
  std::map<std::string, std::shared_ptr<stream::listing_pace>> streams_;
};

}  // namespace ddm::cli
