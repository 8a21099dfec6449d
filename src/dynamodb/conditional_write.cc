#include "dynamodb/conditional_write.h"

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <string_view>

namespace ddm::dynamodb {
namespace {

constexpr std::size_t expression_bytes_max = 4096;
constexpr std::size_t operators_max = 300;

/// Expressions of one request. Names and values become placeholders: a name may be a reserved word
/// or hold a dot.
class expressions {
 public:
  [[nodiscard]] std::string name(const std::string& attribute) {
    const auto [found, is_new] = names_.try_emplace(attribute, fmt::format("#{}", names_.size()));
    return found->second;
  }
  [[nodiscard]] std::string value(const attribute_value& value) {
    values_ +=
        fmt::format("{}\":{}\":{}", values_.empty() ? "" : ",", value_count_, to_json(value));
    return fmt::format(":{}", value_count_++);
  }
  [[nodiscard]] std::string members() const {
    std::string text;
    for (const auto& [attribute, placeholder] : names_) {
      text += fmt::format("{}\"{}\":{}", text.empty() ? R"(,"ExpressionAttributeNames":{)" : ",",
                          placeholder, json_quote(attribute));
    }
    text += names_.empty() ? "" : "}";
    return values_.empty() ? text
                           : text + fmt::format(R"(,"ExpressionAttributeValues":{{{}}})", values_);
  }

 private:
  std::map<std::string, std::string> names_;
  std::string values_;
  std::size_t value_count_ = 0;
};

/// Clauses joined by `joint`; counts what the service counts.
struct clause_list {
  std::string_view joint;
  std::string text;
  std::size_t operators = 0;

  void add(const std::string& clause) {
    operators += text.empty() ? 1 : 2;
    text += text.empty() ? clause : fmt::format("{}{}", joint, clause);
  }
  [[nodiscard]] bool fits() const {
    return text.size() <= expression_bytes_max && operators <= operators_max;
  }
};

clause_list condition_of(const conditional_write& write, expressions& in) {
  clause_list condition{.joint = " AND ", .text = {}};
  for (const auto& [name, value] : write.expected) {
    condition.add(fmt::format("{} = {}", in.name(name), in.value(value)));
  }
  for (const auto& name : write.expected_absent) {
    condition.add(fmt::format("attribute_not_exists({})", in.name(name)));
  }
  if (write.expected.empty()) {
    condition.add(fmt::format("attribute_not_exists({})", in.name(write.key.begin()->first)));
  }
  return condition;
}

clause_list update_of(const conditional_write& write, expressions& in) {
  clause_list update{.joint = ", ", .text = {}};
  for (const auto& [name, value] : write.set) {
    update.add(fmt::format("{} = {}", in.name(name), in.value(value)));
  }
  update.text = update.text.empty() ? "" : "SET " + update.text;
  clause_list removal{.joint = ", ", .text = {}};
  for (const auto& name : write.unset) {
    removal.add(in.name(name));
  }
  if (!removal.text.empty()) {
    update.text += (update.text.empty() ? "REMOVE " : " REMOVE ") + removal.text;
    update.operators += removal.operators;
  }
  return update;
}

}  // namespace

result<write_call> call_for(const conditional_write& write) {
  expressions in;
  const auto condition = condition_of(write, in);
  write_call call;
  bool fits = condition.fits();
  switch (write.what) {
    case conditional_write::kind::put:
      call = {.operation = "PutItem", .members = fmt::format("\"Item\":{}", to_json(write.set))};
      break;
    case conditional_write::kind::update: {
      const auto update = update_of(write, in);
      fits = fits && update.fits();
      call = {.operation = "UpdateItem",
              .members = fmt::format("\"Key\":{},\"UpdateExpression\":{}", to_json(write.key),
                                     json_quote(update.text))};
      break;
    }
    case conditional_write::kind::remove:
      call = {.operation = "DeleteItem", .members = fmt::format("\"Key\":{}", to_json(write.key))};
      break;
  }
  if (!fits) {
    return fatal(fmt::format(
        "the item has {} attributes, too many to name in one condition (the service takes 4 KB and "
        "300 operators): write it by hand",
        write.expected.size() + write.expected_absent.size()));
  }
  call.members +=
      fmt::format(",\"ConditionExpression\":{}{}", json_quote(condition.text), in.members());
  return call;
}

attribute_map key_attributes(const attribute_map& item, const key_schema& schema) {
  attribute_map key;
  const auto take = [&](const key_attribute& attribute) {
    if (const auto found = item.find(attribute.name); found != item.end()) {
      key.insert(*found);
    }
  };
  take(schema.partition);
  if (schema.sort) {
    take(*schema.sort);
  }
  return key;
}

}  // namespace ddm::dynamodb
