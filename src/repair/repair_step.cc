#include "repair/repair_step.h"

#include "verify/item_diff.h"
#include "verify/mismatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::repair {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::conditional_write;
using kind = conditional_write::kind;

/// Names shown of a change; the rest is counted.
constexpr std::size_t names_shown = 5;

/// Equal, or unequal only below an ignored path.
bool same_value(const std::string& name, const attribute_value& a, const attribute_value& b,
                const dynamodb::ignore_list& ignored) {
  if (dynamodb::equal(a, b)) {
    return true;
  }
  if (!ignored.reaches_into_maps()) {
    return false;
  }
  return verify::diff_items(attribute_map{{name, a}}, attribute_map{{name, b}}, ignored).empty();
}

/// `wanted`, but what is ignored below it is as `held` has it; absent where `held` is no map.
attribute_value keeping_ignored(const attribute_value& wanted, const attribute_value* held,
                                const std::string& path, const dynamodb::ignore_list& ignored) {
  const auto* members = std::get_if<attribute_map>(&wanted.value);
  if (members == nullptr) {
    return wanted;
  }
  const auto* earlier = held == nullptr ? nullptr : std::get_if<attribute_map>(&held->value);
  const attribute_map none;
  const auto& before = earlier == nullptr ? none : *earlier;
  attribute_map merged;
  for (const auto& [name, value] : *members) {
    const auto below = fmt::format("{}.{}", path, name);
    if (!ignored.matches(below)) {
      const auto found = before.find(name);
      merged.emplace(name, keeping_ignored(value, found == before.end() ? nullptr : &found->second,
                                           below, ignored));
    }
  }
  for (const auto& [name, value] : before) {
    if (ignored.matches(fmt::format("{}.{}", path, name))) {
      merged.emplace(name, value);
    }
  }
  return {std::move(merged)};
}

conditional_write put_of(const attribute_map& item, const rules& by) {
  return {.what = kind::put,
          .key = dynamodb::key_attributes(item, by.schema),
          .set = item,
          .unset = {},
          .expected = {},
          .expected_absent = {}};
}

attribute_map without_ignored(const attribute_map& item, const dynamodb::ignore_list& ignored) {
  attribute_map kept;
  for (const auto& [name, value] : item) {
    if (!ignored.matches(name)) {
      kept.emplace(name, value);
    }
  }
  return kept;
}

conditional_write removal_of(const attribute_map& item, const rules& by) {
  return {.what = kind::remove,
          .key = dynamodb::key_attributes(item, by.schema),
          .set = {},
          .unset = {},
          .expected = without_ignored(item, by.ignored),
          .expected_absent = {}};
}

std::optional<conditional_write> change_of(const attribute_map& present,
                                           const attribute_map& wanted, const rules& by) {
  conditional_write write{.what = kind::update,
                          .key = dynamodb::key_attributes(present, by.schema),
                          .set = {},
                          .unset = {},
                          .expected = without_ignored(present, by.ignored),
                          .expected_absent = {}};
  for (const auto& [name, value] : without_ignored(wanted, by.ignored)) {
    const auto held = present.find(name);
    if (held == present.end()) {
      write.expected_absent.push_back(name);
      write.set.emplace(name, keeping_ignored(value, nullptr, name, by.ignored));
    } else if (!same_value(name, held->second, value, by.ignored)) {
      write.set.emplace(name, keeping_ignored(value, &held->second, name, by.ignored));
    }
  }
  for (const auto& [name, value] : write.expected) {
    if (!wanted.contains(name)) {
      write.unset.push_back(name);
    }
  }
  if (write.set.empty() && write.unset.empty()) {
    return std::nullopt;
  }
  return write;
}

std::string describe_change(const conditional_write& write) {
  std::vector<std::string> names = write.unset;
  for (const auto& [name, value] : write.set) {
    names.push_back(name);
  }
  std::ranges::sort(names);
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_shown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return fmt::format("{} attribute{} differ{}: {}{}", names.size(), names.size() == 1 ? "" : "s",
                     names.size() == 1 ? "s" : "", text, names.size() > names_shown ? ", …" : "");
}

}  // namespace

std::string_view to_string(action value) {
  switch (value) {
    case action::nothing:
      return "equal";
    case action::put:
      return "put";
    case action::change:
      return "change";
    case action::remove:
      return "delete";
    case action::leave:
      return "leave";
  }
  return "?";
}

std::optional<conditional_write> write_between(const held_item& present, const held_item& wanted,
                                               const rules& by) {
  if (!present && !wanted) {
    return std::nullopt;
  }
  if (!present) {
    return put_of(*wanted, by);
  }
  return wanted ? change_of(*present, *wanted, by) : removal_of(*present, by);
}

bool same_in_full(const held_item& a, const held_item& b) {
  return a && b ? verify::diff_items(*a, *b, {}).empty() : a.has_value() == b.has_value();
}

bool reaches_ignored(const held_item& before, const held_item& after, const rules& by) {
  const auto write = write_between(before, after, by);
  return !same_in_full(write ? repair::after(before, *write) : before, after);
}

bool is_past_ttl(const held_item& item, const std::optional<std::string>& attribute,
                 wall_time now) {
  return item && attribute && verify::ttl_is_past(*item, *attribute, now);
}

step plan_step(const held_item& source, const held_item& target, const rules& by, wall_time now) {
  auto write = write_between(target, source, by);
  if (!write) {
    return {.what = action::nothing, .why = "both sides are equal now", .write = {}};
  }
  const auto leave = [](std::string why) {
    return step{.what = action::leave, .why = std::move(why), .write = {}};
  };
  switch (write->what) {
    case kind::put:
      if (is_past_ttl(source, by.source_ttl_attribute, now)) {
        return leave("it is past its TTL in the source, which will delete it");
      }
      return {.what = action::put, .why = "the target lacks it", .write = std::move(write)};
    case kind::update: {
      auto why = describe_change(*write);
      return {.what = action::change, .why = std::move(why), .write = std::move(write)};
    }
    case kind::remove:
      break;
  }
  if (is_past_ttl(target, by.source_ttl_attribute, now) ||
      is_past_ttl(target, by.target_ttl_attribute, now)) {
    return leave("it is past its TTL: the TTL service deletes it");
  }
  if (!by.allow_deletes) {
    return leave("the source does not hold it; only --allow-deletes deletes it in the target");
  }
  return {.what = action::remove, .why = "the source does not hold it", .write = std::move(write)};
}

seen_in_target seen_by(const verify::mismatch& finding) {
  return {.digest = finding.target_digest,
          .without = dynamodb::ignore_list(finding.digested_without.value_or(
              finding.ignored.value_or(std::vector<std::string>()))),
          .known = finding.kind != verify::mismatch_kind::unreadable};
}

step plan_repair(const held_item& source, const held_item& target, const seen_in_target& seen,
                 const rules& by, wall_time now) {
  auto planned = plan_step(source, target, by, now);
  if (!planned.write) {
    return planned;
  }
  const auto leave = [](std::string why) {
    return step{.what = action::leave,
                .why = std::move(why) + ": left as it is; a comparison judges it anew",
                .write = {}};
  };
  if (!seen.known) {
    return leave("an item could not be read when the mismatch was found");
  }
  std::optional<dynamodb::digest128> held;
  if (target) {
    const auto digest = dynamodb::digest_item(dynamodb::to_json(*target), by.secret, seen.without);
    if (!digest) {
      return leave(digest.error().message);
    }
    held = digest->compared;
  }
  return held == seen.digest ? planned
                             : leave("the target has been changed since the mismatch was found");
}

held_item after(held_item present, const conditional_write& write) {
  switch (write.what) {
    case kind::put:
      return write.set;
    case kind::remove:
      return std::nullopt;
    case kind::update:
      break;
  }
  for (const auto& [name, value] : write.set) {
    present->insert_or_assign(name, value);
  }
  for (const auto& name : write.unset) {
    present->erase(name);
  }
  return present;
}

}  // namespace ddm::repair
