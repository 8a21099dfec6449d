#include "dynamodb/settings_parity.h"

#include <gtest/gtest.h>

namespace ddm::dynamodb {
namespace {

parity state_of(const std::vector<parity_row>& rows, const std::string& name) {
  for (const auto& row : rows) {
    if (row.name == name) {
      return row.state;
    }
  }
  ADD_FAILURE() << "no row " << name;
  return parity::unknown;
}

const table_settings source{{"ttl", "on expires"},
                            {"billing", "on demand"},
                            {"pitr", std::nullopt},
                            {"index:a", "global, key a (S), projection ALL"}};
const table_settings target{{"ttl", "off"}, {"billing", "on demand"}, {"pitr", "on"}};

TEST(settings_parity, tells_equal_different_and_unknown_apart) {
  const auto rows = compare_settings(source, target, {});
  EXPECT_EQ(rows.size(), 4);
  EXPECT_EQ(state_of(rows, "billing"), parity::equal);
  EXPECT_EQ(state_of(rows, "ttl"), parity::different);
  EXPECT_EQ(state_of(rows, "pitr"), parity::unknown);
  EXPECT_EQ(state_of(rows, "index:a"), parity::different) << "an index that is missing";
}

TEST(settings_parity, accepts_what_is_named) {
  const auto rows = compare_settings(source, target, {"index:*", "pitr"});
  EXPECT_EQ(state_of(rows, "index:a"), parity::accepted);
  EXPECT_EQ(state_of(rows, "pitr"), parity::accepted);
  EXPECT_EQ(state_of(rows, "ttl"), parity::different);
}

TEST(settings_parity, what_is_equal_needs_no_acceptance) {
  EXPECT_EQ(state_of(compare_settings(source, target, {"billing"}), "billing"), parity::equal);
}

TEST(settings_parity, names_that_fit_nothing_are_found) {
  const auto rows = compare_settings(source, target, {});
  EXPECT_EQ(unknown_names(rows, {"ttl", "tll", "index:*", "indexes:*"}),
            (std::vector<std::string>{"tll", "indexes:*"}));
}

}  // namespace
}  // namespace ddm::dynamodb
