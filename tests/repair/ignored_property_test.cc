// An ignored attribute is ignored by digests, by the paths of a finding and by a repair, or by
// none.
#include "dynamodb/attribute_value.h"
#include "dynamodb/random_item.h"
#include "repair/repair_step.h"
#include "verify/item_diff.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace ddm::repair {
namespace {

using dynamodb::attribute_map;

int below(int bound) { return *rc::gen::inRange(0, bound); }

/// Of the names that random items have; some could not be honoured, and then nothing honours them.
std::string random_pattern() {
  static const std::vector<std::string> parts{
      "a", "b", "ab", "attribute_1", "attribute_2", "é", "M", "a[0]", "b[1]", "l", "l[0]"};
  std::string pattern;
  for (int i = below(3); i >= 0; --i) {
    pattern += parts[static_cast<std::size_t>(below(static_cast<int>(parts.size())))];
    pattern += i > 0 ? "." : "";
  }
  switch (below(4)) {
    case 0:
      return pattern + "*";
    case 1:
      return pattern + ".*";
    default:
      return pattern;
  }
}

dynamodb::ignore_list random_patterns() {
  std::vector<std::string> patterns;
  for (int i = below(3); i >= 0; --i) {
    patterns.push_back(random_pattern());
  }
  return dynamodb::ignore_list(std::move(patterns));
}

/// Patterns are about nothing where the items lack depth: some get a map and a list for certain.
attribute_map with_depth(attribute_map item) {
  item.insert_or_assign("pk", dynamodb::attribute_value{std::string("k")});
  if (below(2) == 0) {
    item.insert_or_assign("a", dynamodb::attribute_value{dynamodb::random_item()});
    item.insert_or_assign("l", dynamodb::attribute_value{dynamodb::attribute_list{
                                   {dynamodb::random_item()}, {dynamodb::random_item()}}});
  }
  return item;
}

attribute_map changed(attribute_map item) {
  auto after = item;
  for (int i = below(3); i >= 0; --i) {
    after = dynamodb::random_change_of(std::move(after));
  }
  after.insert_or_assign("pk", item.at("pk"));
  return after;
}

verify::image image_of(const attribute_map& item, const dynamodb::ignore_list& ignored) {
  return dynamodb::digest_item(dynamodb::to_json(item), {}, ignored).value();
}

TEST(ignored_attributes, are_the_same_to_digests_to_paths_and_to_repairs) {
  EXPECT_TRUE(rc::check([] {
    const auto source = with_depth(dynamodb::random_item());
    const auto target = changed(source);
    const rules by{.schema = {.partition = {"pk", dynamodb::key_type::string}, .sort = {}},
                   .ignored = random_patterns(),
                   .source_ttl_attribute = {},
                   .target_ttl_attribute = {}};
    const bool same = verify::same(image_of(source, by.ignored), image_of(target, by.ignored));
    RC_CLASSIFY(same && !dynamodb::equal({source}, {target}), "equal by ignoring");
    RC_CLASSIFY(!same, "different");
    RC_ASSERT(verify::diff_items(source, target, by.ignored).empty() == same);
    const auto write = write_between(target, source, by);
    RC_ASSERT(!write.has_value() == same);
    if (write) {
      RC_ASSERT(!write_between(after(target, *write), source, by).has_value());
    }
  }));
}

TEST(ignored_attributes, of_a_list_that_another_covers_make_nothing_else_equal) {
  EXPECT_TRUE(rc::check([] {
    const auto source = with_depth(dynamodb::random_item());
    const auto target = changed(source);
    const auto one = random_patterns();
    const auto other = random_patterns();
    const auto equal_under = [&](const dynamodb::ignore_list& ignored) {
      return verify::same(image_of(source, ignored), image_of(target, ignored));
    };
    const auto both = one.common_with(other);
    RC_ASSERT(one.covers(both));
    RC_ASSERT(other.covers(both));
    RC_ASSERT(!equal_under(both) || (equal_under(one) && equal_under(other)));
    RC_ASSERT(!one.covers(other) || !equal_under(other) || equal_under(one));
  }));
}

}  // namespace
}  // namespace ddm::repair
