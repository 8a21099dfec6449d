// Properties of equality over random items. A failure prints the seed that repeats it (RC_PARAMS).
#include "dynamodb/attribute_value.h"
#include "dynamodb/random_item.h"
#include "dynamodb/samples.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ddm::dynamodb {
namespace {

bool same_digest(std::string_view a, std::string_view b) {
  return samples::digest(a).value() == samples::digest(b).value();
}

bool same_tree(const attribute_map& a, const attribute_map& b) { return equal({a}, {b}); }

TEST(equality, holds_between_any_two_spellings_of_an_item) {
  EXPECT_TRUE(rc::check([] {
    const auto item = random_item();
    const auto one = random_spelling_of(item);
    const auto other = random_spelling_of(item);
    RC_ASSERT(same_digest(one, other));
    RC_ASSERT(same_digest(one, to_json(item)));
    RC_ASSERT(same_tree(parse_item(one).value(), parse_item(other).value()));
  }));
}

TEST(equality, of_digests_is_equality_of_trees) {
  EXPECT_TRUE(rc::check([] {
    const auto item = random_item();
    const auto changed = random_change_of(item);
    const bool same = same_tree(item, changed);
    RC_CLASSIFY(!same);
    RC_ASSERT(same_digest(random_spelling_of(item), random_spelling_of(changed)) == same);
  }));
}

TEST(equality, survives_writing_and_reading) {
  EXPECT_TRUE(rc::check([] {
    const auto item = random_item();
    RC_ASSERT(same_tree(parse_item(to_json(item)).value(), item));
    RC_ASSERT(to_json(parse_item(to_json(item)).value()) == to_json(item));
  }));
}

}  // namespace
}  // namespace ddm::dynamodb
