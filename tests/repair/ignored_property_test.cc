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
std::string random_path() {
  static const std::vector<std::string> parts{"a", "b", "ab", "attribute_1", "é", "l", "l[0]"};
  std::string path;
  for (int i = below(3); i >= 0; --i) {
    path += parts[static_cast<std::size_t>(below(static_cast<int>(parts.size())))];
    path += i > 0 ? "." : "";
  }
  return path;
}

/// Often about what differs: another path ignores nothing of interest.
std::string random_pattern(const std::vector<verify::path_change>& differing) {
  auto path =
      differing.empty() || below(4) == 0
          ? random_path()
          : differing[static_cast<std::size_t>(below(static_cast<int>(differing.size())))].path;
  switch (below(5)) {
    case 0:
      return path + "*";
    case 1:
      return path + ".*";
    case 2:
      return path.substr(0, path.find('.')) + ".*";
    default:
      return path;
  }
}

dynamodb::ignore_list random_patterns(const attribute_map& source, const attribute_map& target) {
  const auto differing = verify::diff_items(source, target, {});
  std::vector<std::string> patterns;
  for (int i = below(4); i >= 0; --i) {
    patterns.push_back(random_pattern(differing));
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
  if (const auto found = after.find("l"); found != after.end() && below(2) == 0) {
    after = item;
    auto& list = std::get<dynamodb::attribute_list>(after.at("l").value);
    auto& element = std::get<attribute_map>(list.front().value);
    element = dynamodb::random_change_of(std::move(element));
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
                   .ignored = random_patterns(source, target),
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
    const auto one = random_patterns(source, target);
    const auto other = random_patterns(source, target);
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
