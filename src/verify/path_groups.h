// Where open mismatches differ: keys by kind and attribute path.
//
// Problem: who is told "12,000 keys are wrong" wants to know whether that is one bad mapping or
// many faults, and a status must not walk them each second. Idea: a count by kind and path changes
// with each entry, and an order by count changes with it. List indexes are left out, or each
// element would be a group; names of 64 KB are cut. Memory: `groups_max` groups, about 5 MB; what
// finds no room is counted under "(other paths)".
//
//   different at "price"           8,112 keys
//   different at "tags[]"          3,888 keys    from tags[0], tags[7] …
//   missing                          120 keys    the whole item: no path
#pragma once

#include "verify/mismatch.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::verify {

struct path_group {
  mismatch_kind kind = mismatch_kind::different;
  std::string path;       ///< "address.city", "tags[]"; empty: the item as a whole
  std::int64_t keys = 0;  ///< a key that differs at several paths is in each of their groups
  bool operator==(const path_group&) const = default;
};

/// "tags[2].name" → "tags[].name", at most `group_path_max` bytes of it.
[[nodiscard]] std::string group_path(std::string_view path);
inline constexpr std::size_t group_path_max = 200;
inline constexpr std::string_view other_paths = "(other paths)";

class path_groups {
 public:
  explicit path_groups(std::size_t groups_max = 10'000) : groups_max_(groups_max) {}

  void add(const mismatch& entry) { count(entry, 1); }
  /// As it was added. Where there was no room, groups of few keys may be told a little wrong.
  void remove(const mismatch& entry) { count(entry, -1); }
  /// Those of most keys, at most `groups_max`; equal ones by kind and path.
  [[nodiscard]] std::vector<path_group> largest(std::size_t groups_max) const;

 private:
  using place = std::pair<mismatch_kind, std::string>;
  using counted = std::pair<const place, std::int64_t>;
  struct most_keys_first {
    bool operator()(const counted* a, const counted* b) const {
      return a->second != b->second ? a->second > b->second : a->first < b->first;
    }
  };
  void count(const mismatch& entry, std::int64_t by);
  void count(const place& at, std::int64_t by);

  std::size_t groups_max_;
  std::map<place, std::int64_t> keys_;
  std::set<const counted*, most_keys_first> order_;  ///< of the entries of `keys_`
};

}  // namespace ddm::verify
