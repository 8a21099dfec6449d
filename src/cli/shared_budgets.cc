#include "cli/shared_budgets.h"

#include <algorithm>
#include <cmath>

namespace ddm::cli {

shared_budgets::shared_budgets(clock& time, std::optional<double> total, std::size_t migrations)
    : clock_(time),
      migrations_(migrations),
      total_(total && std::isfinite(*total) ? std::make_shared<rate_limiter>(time, *total)
                                            : nullptr) {}

std::vector<std::shared_ptr<rate_limiter>> shared_budgets::above(const std::string& table,
                                                                 double units_per_second) {
  std::vector<std::shared_ptr<rate_limiter>> found;
  if (migrations_ > 1) {
    auto& shared = tables_[table];
    if (!shared.budget) {
      shared = {std::make_shared<rate_limiter>(clock_, units_per_second), units_per_second};
    } else if (units_per_second > shared.units_per_second) {
      shared.units_per_second = units_per_second;
      shared.budget->set_full_rate(units_per_second);
    }
    found.push_back(shared.budget);
  }
  if (total_) {
    found.push_back(total_);
  }
  return found;
}

std::shared_ptr<stream::listing_pace> shared_budgets::of_streams(const std::string& stream_arn,
                                                                 const std::string& endpoint) {
  // "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/…"
  const auto account = stream_arn.substr(0, stream_arn.find(":table/"));
  auto& found = streams_[endpoint + " " + account];
  if (!found) {
    found = std::make_shared<stream::listing_pace>(clock_, migrations_);
  }
  return found;
}

}  // namespace ddm::cli
