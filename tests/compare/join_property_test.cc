// Whatever the tables, their orders, segments and the moments at which joins are emptied into the
// leftovers: what is not equal is left over, and nothing else is.
#include "compare/comparison_samples.h"
#include "compare/digest_join.h"
#include "compare/last_join.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace ddm::compare {
namespace {

using table = std::map<std::uint64_t, std::uint64_t>;

struct shown_item {
  side from;
  std::uint64_t key;
  std::uint64_t value;
};

/// Each table's items by segment, in an order of its own if `orders_differ`.
std::vector<std::vector<shown_item>> segments_of(const table& source, const table& target,
                                                 std::size_t count, bool orders_differ,
                                                 std::mt19937_64& random) {
  std::vector<std::vector<shown_item>> segments(count);
  for (const auto from : {side::source, side::target}) {
    const bool other_order = orders_differ && from == side::target;
    for (const auto& [key, value] : from == side::source ? source : target) {
      const auto place = other_order ? key * 31 + 17 : key;
      segments[place % count].push_back({from, key, value});
    }
  }
  if (orders_differ) {
    for (auto& segment : segments) {
      std::ranges::shuffle(segment, random);
    }
  }
  return segments;
}

std::set<std::uint64_t> differing(const table& source, const table& target) {
  std::set<std::uint64_t> keys;
  for (const auto& [key, value] : source) {
    const auto found = target.find(key);
    if (found == target.end() || found->second != value) {
      keys.insert(key);
    }
  }
  for (const auto& [key, value] : target) {
    if (!source.contains(key)) {
      keys.insert(key);
    }
  }
  return keys;
}

RC_GTEST_PROP(joins, leave_exactly_what_differs, (std::uint64_t seed, bool orders_differ)) {
  std::mt19937_64 random(seed);
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  const auto parts = *rc::gen::inRange<std::uint64_t>(1, 5);
  const auto source = *rc::gen::container<table>(rc::gen::inRange<std::uint64_t>(0, 60),
                                                 rc::gen::inRange<std::uint64_t>(0, 3));
  const auto target = *rc::gen::container<table>(rc::gen::inRange<std::uint64_t>(0, 60),
                                                 rc::gen::inRange<std::uint64_t>(0, 3));
  const temporary_folder folder;
  auto log = leftover_file::open(folder / "log", 0).value();
  std::set<std::uint64_t> found;
  const auto note = [&](const leftover& entry) {
    for (std::uint64_t key = 0; key < 60; ++key) {
      if (key_of(key) == entry.key) {
        found.insert(key);
      }
    }
  };
  std::int64_t equal = 0;
  for (const auto& segment : segments_of(source, target, count, orders_differ, random)) {
    digest_join join;
    for (const auto& item : segment) {
      join.add(item.from, key_of(item.key), value_of(item.value),
               [&] { return json_of(item.key); });
      if (random() % 8 == 0) {
        std::string block;
        for (const auto& entry : join.take()) {
          append_leftover(entry, {}, block);
        }
        RC_ASSERT(log.append(block).has_value());
      }
    }
    std::string block;
    for (const auto& entry : join.take()) {
      append_leftover(entry, {}, block);
    }
    RC_ASSERT(log.append(block).has_value());
    equal += join.equal();
  }
  last_join last({&log}, folder / "log", parts, [](leftover_origin) { return true; });
  RC_ASSERT(last.deal_out().has_value());
  for (std::uint64_t part = 0; part < parts; ++part) {
    const auto joined = last.join(part);
    RC_ASSERT(joined.has_value());
    equal += joined->equal;
    std::ranges::for_each(joined->unmatched, note);
  }
  RC_ASSERT(found == differing(source, target));
  const auto common = std::ranges::count_if(
      source, [&](const auto& entry) { return target.contains(entry.first); });
  RC_ASSERT(equal == common - std::ranges::count_if(found, [&](std::uint64_t key) {
                       return source.contains(key) && target.contains(key);
                     }));
}

}  // namespace
}  // namespace ddm::compare
