#include "compare/page_costs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddm::compare {
namespace {

/// Units that a scan of so many items takes at this rate, each page charged as DynamoDB does.
double scan(std::uint64_t items, double item_bytes, double rate) {
  page_costs costs;
  double all = 0;
  while (items > 0) {
    const auto page = std::min<std::uint64_t>(
        items, costs.items_per_page(rate).value_or(std::numeric_limits<std::uint32_t>::max()));
    const double bytes = static_cast<double>(page) * item_bytes;
    const double units = std::ceil(bytes / 4096) / 2;
    costs.note(units, page, static_cast<std::size_t>(bytes * 1.6) + 120);
    all += units;
    items -= page;
  }
  return all;
}

TEST(page_costs, make_no_scan_dear_at_a_low_rate) {
  for (const double rate : {0.5, 1.0, 2.5, 6.0, 20.0, 100.0}) {
    for (const double bytes : {40.0, 130.0, 1000.0}) {
      const double least = 10'000 * bytes / 8192;
      EXPECT_LE(scan(10'000, bytes, rate), least * 2.1) << rate << " a second, " << bytes;
    }
  }
}

TEST(page_costs, keep_a_page_within_a_quarter_of_a_second) {
  page_costs costs;
  for (int i = 0; i < 50; ++i) {
    costs.note(100, 1000, 900'000);
  }
  EXPECT_NEAR(*costs.items_per_page(40), 100, 1);
  EXPECT_NEAR(costs.page_units(), 100, 1);
}

TEST(page_costs, ask_for_whole_pages_where_the_rate_allows_them) {
  page_costs costs;
  costs.note(100, 1000, 900'000);
  EXPECT_EQ(costs.items_per_page(512), std::nullopt);
  EXPECT_EQ(costs.items_per_page(std::numeric_limits<double>::infinity()), std::nullopt);
}

TEST(page_costs, begin_with_a_few_items) {
  page_costs costs;
  EXPECT_EQ(costs.items_per_page(100), 25U);
  costs.note(0.5, 0, 120);
  EXPECT_EQ(costs.items_per_page(100), 25U) << "an empty page tells nothing of items";
}

TEST(page_costs, of_large_items_are_one_a_page_at_a_low_rate) {
  page_costs costs;
  costs.note(12.5, 2, 110'000);
  EXPECT_EQ(costs.items_per_page(1), 1U);
}

}  // namespace
}  // namespace ddm::compare
