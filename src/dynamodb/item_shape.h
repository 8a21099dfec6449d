// The order of an item's attributes, known from the item before it.
//
// Problem: the attributes of each item are sorted by name, and a table has millions of items. Idea:
// items of a table look alike. Where the names came in the same order as those of the last item,
// they are put in order as those were. Reason: names are compared by their heads only, which must
// all be different then, so whatever is remembered can cost time and never a wrong order.
//
// Example: the names came as  b a c,  sorted  a b c:  remembered are the heads of b a c and the
// places 1 0 2. The next item's  b a c  is put in order by these places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ddm::dynamodb {

/// A member of a map or an element of a set that is being written; sorted by its key, which is a
/// member's name or the whole element.
struct canonical_piece {
  std::uint64_t head = 0;  ///< the key's first eight bytes, big-endian: decides most comparisons
  std::uint32_t begin = 0;
  std::uint32_t key_size = 0;
  std::uint32_t size = 0;
};

class item_shape {
 public:
  /// Puts `pieces`, as they came, in order; false, and nothing done, where they are others than
  /// those remembered.
  [[nodiscard]] bool arrange(std::span<canonical_piece> pieces);
  /// Those that were sorted, as none of the same key is among them.
  void remember(std::span<const canonical_piece> sorted);

 private:
  std::vector<std::uint64_t> heads_;   ///< as they came
  std::vector<std::uint32_t> places_;  ///< among those, of each in order
  std::vector<canonical_piece> arranged_;
};

}  // namespace ddm::dynamodb
