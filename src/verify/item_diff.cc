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

  void items(const attribute_map& source, const attribute_map& target) {
    maps(source, target, "", within::maps);
  }

  std::vector<path_change> take() && { return std::move(changes_); }

 private:
  /// What lies inside a list is never ignored.
  enum class within {
    maps,
    list,
  };

  static std::string member(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
  }

  void maps(const attribute_map& source, const attribute_map& target, const std::string& prefix,
            within where) {
    for (const auto& [name, value] : source) {
      const auto path = member(prefix, name);
      if (where == within::maps && ignored_.matches(path)) {
        continue;
      }
      if (const auto other = target.find(name); other == target.end()) {
        note(path, "removed");
      } else {
        values(value, other->second, path, where);
      }
    }
    for (const auto& [name, value] : target) {
      const auto path = member(prefix, name);
      if (!source.contains(name) && (where == within::list || !ignored_.matches(path))) {
        note(path, "added");
      }
    }
  }

  void note(const std::string& path, std::string change) {
    if (changes_.size() < diff_paths_max) {
      changes_.push_back({path, std::move(change)});
    }
  }

  void values(const attribute_value& source, const attribute_value& target, const std::string& path,
              within where) {
    if (source.value.index() != target.value.index()) {
      note(path, "type");
    } else if (const auto* map = std::get_if<attribute_map>(&source.value)) {
      maps(*map, std::get<attribute_map>(target.value), path, where);
    } else if (const auto* list = std::get_if<attribute_list>(&source.value)) {
      lists(*list, std::get<attribute_list>(target.value), path);
    } else if (!dynamodb::equal(source, target)) {
      note(path, "changed");
    }
  }

  void lists(const attribute_list& source, const attribute_list& target, const std::string& path) {
    const auto common = std::min(source.size(), target.size());
    for (std::size_t i = 0; i < common; ++i) {
      values(source[i], target[i], fmt::format("{}[{}]", path, i), within::list);
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

std::vector<path_change> diff_items(const attribute_map& source, const attribute_map& target,
                                    const dynamodb::ignore_list& ignored) {
  differ walk(ignored);
  walk.items(source, target);
  return std::move(walk).take();
}

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
  return diff_items(*source, *target, ignored);
}

}  // namespace ddm::verify
