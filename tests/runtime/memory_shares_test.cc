#include "runtime/memory_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace ddm {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;

TEST(divide_memory, what_nobody_needs_is_divided_equally) {
  EXPECT_THAT(divide_memory(800, {{0, 400}, {0, 400}}), ElementsAre(400, 400));
  EXPECT_THAT(divide_memory(800, {}), IsEmpty());
}

TEST(divide_memory, who_has_used_up_what_he_had_gets_what_is_free) {
  EXPECT_THAT(divide_memory(800, {{300, 300}, {0, 400}}), ElementsAre(700, 100));
}

TEST(divide_memory, several_who_need_it_get_equal_parts) {
  EXPECT_THAT(divide_memory(1200, {{200, 200}, {300, 300}, {0, 400}}), ElementsAre(500, 600, 100));
}

TEST(divide_memory, nobody_is_allowed_less_than_he_holds_nor_than_the_small_share) {
  EXPECT_THAT(divide_memory(800, {{700, 700}, {100, 100}}), ElementsAre(700, 100));
}

/// As a fleet lives: each takes as much as it may, or gives back, between two divisions.
TEST(divide_memory, what_is_allowed_is_a_bound_on_what_is_held) {
  constexpr std::uint64_t total = 1'000'000;
  std::mt19937_64 random(1);  // NOLINT: the same each time
  std::vector<memory_use> uses(7);
  for (int step = 0; step < 10'000; ++step) {
    const auto allowed = divide_memory(total, uses);
    EXPECT_LE(std::accumulate(allowed.begin(), allowed.end(), std::uint64_t{0}), total);
    EXPECT_THAT(allowed, Each(Ge(total / 7 / 4)));
    for (std::size_t i = 0; i < uses.size(); ++i) {
      uses[i].allowed = allowed[i];
      const auto wanted = random() % 3 == 0 ? random() % total : uses[i].held;
      uses[i].held = std::min(wanted, std::max(allowed[i], uses[i].held));
    }
  }
}

class fixed_user final : public memory_user {
 public:
  explicit fixed_user(std::uint64_t held) : held_(held) {}
  [[nodiscard]] std::uint64_t memory_held() const override { return held_; }
  void allow_memory(std::uint64_t bytes) override { allowed = bytes; }
  std::uint64_t allowed = 0;

 private:
  std::uint64_t held_;
};

TEST(memory_shares, are_divided_anew_as_users_come_and_go) {
  memory_shares shares(800);
  fixed_user idle(0);
  fixed_user busy(500);
  const memory_shares::place first(shares, idle);
  EXPECT_EQ(idle.allowed, 800U);
  {
    const memory_shares::place second(shares, busy);
    shares.divide();
    EXPECT_GE(busy.allowed, 500U);
    EXPECT_LE(idle.allowed + busy.allowed, 800U);
  }
  shares.divide();
  shares.divide();
  EXPECT_EQ(idle.allowed, 800U);
}

}  // namespace
}  // namespace ddm
