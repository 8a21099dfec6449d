// The part of DynamoDB's expressions that the fake understands: clauses joined by AND, each of them
// attribute_exists(a), attribute_not_exists(a) or a = :value, with #placeholders. All else is
// refused with a ValidationException, never taken for true.
#pragma once

#include "dynamodb/attribute_value.h"
#include "support/service_error.h"
#include "support/stored_item.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace ddm::support {

struct condition_clause {
  enum class kind {
    exists,
    not_exists,
    equals,
  };
  kind type;
  std::string attribute;
  nlohmann::json value;  ///< of `equals`: {"S":"…"}
};

/// Parses `request[member]`; absent gives no clauses.
[[nodiscard]] answer_or<std::vector<condition_clause>> parse_condition(
    const nlohmann::json& request, const char* member);

/// Applies UpdateExpression to `attributes`: "SET a = :v, … REMOVE b, …" with #placeholders; all
/// else is refused.
[[nodiscard]] answer_or<dynamodb::attribute_map> updated(const nlohmann::json& request,
                                                         dynamodb::attribute_map attributes);

/// Whether `item` (null: absent) meets the request's ConditionExpression.
[[nodiscard]] answer_or<bool> condition_holds(const nlohmann::json& request,
                                              const stored_item* item);

}  // namespace ddm::support
