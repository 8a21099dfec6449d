// A write that the service makes only while the item is what was seen.
//
// Problem: between a strong read and a write of ours somebody else may write; theirs must stand.
// Idea: the condition names every attribute that was seen, with its value, and as absent every
// attribute that is about to appear. A change sets and removes single attributes instead of putting
// the item anew. Reason: an attribute that appears in between and that neither read showed cannot
// be named in a condition; it survives a change, where a put would have removed it.
//
// Limits of the service: 4 KB an expression, 300 operators. An item with more attributes than that
// allows is refused here, never written with less of a condition.
#pragma once

#include "base/error.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/names.h"

#include <string>
#include <vector>

namespace ddm::dynamodb {

struct conditional_write {
  enum class kind {
    put,     ///< `set` is the whole item, with its key
    update,  ///< `set` and `unset` are single attributes
    remove,
  };
  kind what = kind::put;
  attribute_map key;
  attribute_map set;
  std::vector<std::string> unset;
  /// Attributes that must have these values. Empty: the item must not exist.
  attribute_map expected;
  /// Attributes that must not exist.
  std::vector<std::string> expected_absent;
};

/// How the API is asked: the operation, and the members of the request beside TableName.
struct write_call {
  std::string operation;
  std::string members;
};

/// Fails (fatal) when the item has too many attributes for one condition.
[[nodiscard]] result<write_call> call_for(const conditional_write& write);

/// The key attributes of an item.
[[nodiscard]] attribute_map key_attributes(const attribute_map& item, const key_schema& schema);

}  // namespace ddm::dynamodb
