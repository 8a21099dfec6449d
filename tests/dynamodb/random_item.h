// Random items, and random ways to write the same item down, for property tests.
#pragma once

#include "dynamodb/attribute_value.h"

#include <string>

namespace ddm::dynamodb {

/// Small alphabets on purpose: unequal items should often be nearly equal. Both draw from
/// rapidcheck's generator, so they may be called inside a property only.
[[nodiscard]] attribute_map random_item();
/// The same item with one attribute replaced, added or removed somewhere; seldom the same item.
[[nodiscard]] attribute_map random_change_of(attribute_map item);
/// JSON of `item` with members and set elements in random order, numbers and strings respelled, and
/// white space in between.
[[nodiscard]] std::string random_spelling_of(const attribute_map& item);

}  // namespace ddm::dynamodb
