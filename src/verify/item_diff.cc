#include "verify/item_diff.h"

#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace ddm::verify {
namespace {

using dynamodb::attribute_list;
using dynamodb::attribute_map;
using dynamodb::attribute_value;

class differ {
 public:
  explicit differ(const dynamodb::ignore_list& ignored) : ignored_(ignored) {}

  void maps(const attribute_map& source, const attribute_map& target, const std::string& prefix) {
    for (const auto& [name, value] : source) {
      const auto path = member(prefix, name);
      const auto other = target.find(name);
      if (other == target.end()) {
        note(path, "removed");
      } else {
        values(value, other->second, path);
      }
    }
    for (const auto& [name, value] : target) {
      if (!source.contains(name)) {
        note(member(prefix, name), "added");
      }
    }
  }

  std::vector<path_change> take() && { return std::move(changes_); }

 private:
  static std::string member(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
  }

  void note(const std::string& path, std::string change) {
    if (changes_.size() < diff_paths_max && !ignored_.matches(path)) {
      changes_.push_back({path, std::move(change)});
    }
  }

  void values(const attribute_value& source, const attribute_value& target,
              const std::string& path) {
    if (ignored_.matches(path)) {
      return;
    }
    if (source.value.index() != target.value.index()) {
      note(path, "type");
    } else if (const auto* map = std::get_if<attribute_map>(&source.value)) {
      maps(*map, std::get<attribute_map>(target.value), path);
    } else if (const auto* list = std::get_if<attribute_list>(&source.value)) {
      lists(*list, std::get<attribute_list>(target.value), path);
    } else if (!dynamodb::equal(source, target)) {
      note(path, "changed");
    }
  }

  void lists(const attribute_list& source, const attribute_list& target, const std::string& path) {
    const auto common = std::min(source.size(), target.size());
    for (std::size_t i = 0; i < common; ++i) {
      values(source[i], target[i], fmt::format("{}[{}]", path, i));
    }
    for (auto i = common; i < source.size(); ++i) {
      note(fmt::format("{}[{}]", path, i), "removed");
    }
    for (auto i = common; i < target.size(); ++i) {
      note(fmt::format("{}[{}]", path, i), "added");
    }
  }

  const dynamodb::ignore_list& ignored_;
  std::vector<path_change> changes_;
};

}  // namespace

result<std::vector<path_change>> diff_items(std::string_view source_json,
                                            std::string_view target_json,
                                            const dynamodb::ignore_list& ignored) {
  auto source = dynamodb::parse_item(source_json);
  if (!source) {
    return fail(std::move(source.error()));
  }
  auto target = dynamodb::parse_item(target_json);
  if (!target) {
    return fail(std::move(target.error()));
  }
  differ walk(ignored);
  walk.maps(*source, *target, "");
  return std::move(walk).take();
}

}  // namespace ddm::verify
