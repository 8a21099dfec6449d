#include "support/condition.h"

#include "dynamodb/attribute_value.h"

#include <algorithm>
#include <string_view>

namespace ddm::support {
namespace {

using nlohmann::json;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

refusal not_understood(std::string_view expression) {
  return validation("The fake does not understand the expression: " + std::string(expression));
}

/// "#name" by ExpressionAttributeNames, any other name as it is.
answer_or<std::string> resolve_name(const json& request, std::string_view name) {
  if (!name.starts_with('#')) {
    return std::string(name);
  }
  const auto names = request.find("ExpressionAttributeNames");
  if (names == request.end() || !names->contains(std::string(name))) {
    return validation("An expression attribute name used in the document path is not defined: " +
                      std::string(name));
  }
  return names->at(std::string(name)).get<std::string>();
}

answer_or<condition_clause> parse_clause(const json& request, std::string_view text) {
  const auto function =
      [&](std::string_view name,
          condition_clause::kind kind) -> std::optional<answer_or<condition_clause>> {
    if (!text.starts_with(name) || !text.ends_with(')')) {
      return std::nullopt;
    }
    auto attribute =
        resolve_name(request, trimmed(text.substr(name.size(), text.size() - name.size() - 1)));
    if (!attribute) {
      return refusal(attribute.error());
    }
    return condition_clause{.type = kind, .attribute = std::move(*attribute), .value = {}};
  };
  if (auto clause = function("attribute_not_exists(", condition_clause::kind::not_exists)) {
    return std::move(*clause);
  }
  if (auto clause = function("attribute_exists(", condition_clause::kind::exists)) {
    return std::move(*clause);
  }
  const auto mark = text.find('=');
  if (mark == std::string_view::npos || text.find_first_of("<>(") != std::string_view::npos) {
    return not_understood(text);
  }
  auto attribute = resolve_name(request, trimmed(text.substr(0, mark)));
  if (!attribute) {
    return refusal(attribute.error());
  }
  const auto placeholder = std::string(trimmed(text.substr(mark + 1)));
  const auto values = request.find("ExpressionAttributeValues");
  if (values == request.end() || !values->contains(placeholder)) {
    return validation("An expression attribute value used in expression is not defined: " +
                      placeholder);
  }
  return condition_clause{.type = condition_clause::kind::equals,
                          .attribute = std::move(*attribute),
                          .value = values->at(placeholder)};
}

answer_or<bool> clause_holds(const condition_clause& clause, const stored_item* item) {
  const dynamodb::attribute_value* present = nullptr;
  if (item != nullptr) {
    const auto found = item->attributes().find(clause.attribute);
    present = found == item->attributes().end() ? nullptr : &found->second;
  }
  switch (clause.type) {
    case condition_clause::kind::exists:
      return present != nullptr;
    case condition_clause::kind::not_exists:
      return present == nullptr;
    case condition_clause::kind::equals:
      break;
  }
  const auto wanted = dynamodb::parse_item(json{{"value", clause.value}}.dump());
  if (!wanted) {
    return validation(wanted.error().message);
  }
  return present != nullptr && dynamodb::equal(*present, wanted->begin()->second);
}

}  // namespace

answer_or<std::vector<condition_clause>> parse_condition(const json& request, const char* member) {
  std::vector<condition_clause> clauses;
  const auto found = request.find(member);
  if (found == request.end()) {
    return clauses;
  }
  const auto& expression = found->get_ref<const std::string&>();
  for (std::string_view rest = expression; !rest.empty();) {
    const auto end = std::min(rest.find(" AND "), rest.size());
    auto clause = parse_clause(request, trimmed(rest.substr(0, end)));
    if (!clause) {
      return refusal(clause.error());
    }
    clauses.push_back(std::move(*clause));
    rest.remove_prefix(std::min(end + 5, rest.size()));
  }
  return clauses;
}

namespace {

/// One element of SET or REMOVE.
answer_or<bool> apply_update(const json& request, std::string_view text, bool removes,
                             dynamodb::attribute_map& attributes) {
  if (removes) {
    const auto name = resolve_name(request, text);
    if (!name) {
      return refusal(name.error());
    }
    attributes.erase(*name);
    return true;
  }
  const auto clause = parse_clause(request, text);
  if (!clause || clause->type != condition_clause::kind::equals) {
    return clause ? not_understood(text) : refusal(clause.error());
  }
  auto value = dynamodb::parse_item(json{{"value", clause->value}}.dump());
  if (!value) {
    return validation(value.error().message);
  }
  attributes[clause->attribute] = std::move(value->begin()->second);
  return true;
}

}  // namespace

answer_or<dynamodb::attribute_map> updated(const json& request,
                                           dynamodb::attribute_map attributes) {
  const auto found = request.find("UpdateExpression");
  if (found == request.end()) {
    return attributes;
  }
  std::string_view rest = found->get_ref<const std::string&>();
  bool removes = false;
  while (!(rest = trimmed(rest)).empty()) {
    if (rest.starts_with("SET ") || rest.starts_with("REMOVE ")) {
      removes = rest.starts_with("REMOVE ");
      rest.remove_prefix(rest.find(' '));
      continue;
    }
    const auto end = std::min({rest.find(','), rest.find(" REMOVE "), rest.size()});
    const auto applied = apply_update(request, trimmed(rest.substr(0, end)), removes, attributes);
    if (!applied) {
      return refusal(applied.error());
    }
    rest.remove_prefix(end + (end < rest.size() && rest[end] == ',' ? 1 : 0));
  }
  return attributes;
}

answer_or<bool> condition_holds(const json& request, const stored_item* item) {
  const auto clauses = parse_condition(request, "ConditionExpression");
  if (!clauses) {
    return refusal(clauses.error());
  }
  for (const auto& clause : *clauses) {
    const auto holds = clause_holds(clause, item);
    if (!holds || !*holds) {
      return holds;
    }
  }
  return true;
}

}  // namespace ddm::support
