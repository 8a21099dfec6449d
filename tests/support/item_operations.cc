#include "dynamodb/attribute_value.h"
#include "support/condition.h"
#include "support/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>

namespace ddm::support {
namespace {

using nlohmann::json;

constexpr std::size_t batch_keys_max = 100;
constexpr std::size_t batch_writes_max = 25;
constexpr std::size_t batch_bytes_max = 16UZ * 1024 * 1024;
constexpr std::size_t partition_bytes_max = 1024UZ * 1024;

/// A missing item costs as much as the smallest one.
double read_units(std::size_t bytes, bool consistent) {
  const auto blocks = std::max<std::size_t>(1, (bytes + 4095) / 4096);
  return static_cast<double>(blocks) * (consistent ? 1.0 : 0.5);
}

bool wants_capacity(const json& request) {
  return request.value("ReturnConsumedCapacity", "NONE") != "NONE";
}

std::string capacity_json(const fake_table& table, double units) {
  return fmt::format(R"({{"CapacityUnits":{:.1f},"TableName":"{}"}})", units,
                     table.settings().name);
}

/// PutItem and DeleteItem answer alike.
std::string write_answer(const operation_call& call, const fake_table& table, std::size_t bytes,
                         const item_ptr& old) {
  std::string members;
  if (old && call.request.value("ReturnValues", "NONE") == "ALL_OLD") {
    members += fmt::format(R"("Attributes":{})", old->json);
  }
  if (wants_capacity(call.request)) {
    const double units = std::max(1.0, std::ceil(static_cast<double>(bytes) / 1024));
    members += fmt::format(R"({}"ConsumedCapacity":{})", members.empty() ? "" : ",",
                           capacity_json(table, units));
  }
  return "{" + members + "}";
}

/// One write of a batch, checked before any of the batch is done.
struct planned_write {
  fake_table* table;
  item_ptr item;  ///< absent: a delete of `position`
  item_position position;
  const json* request;
};

answer_or<planned_write> plan_write(fake_table& table, const json& request) {
  planned_write planned{.table = &table, .item = nullptr, .position = {}, .request = &request};
  if (const auto put = request.find("PutRequest"); put != request.end() && put->contains("Item")) {
    auto item = make_item(put->at("Item").dump(), table.schema());
    if (!item) {
      return refusal(item.error());
    }
    planned.item = std::move(*item);
    planned.position = planned.item->position;
    return planned;
  }
  const auto gone = request.find("DeleteRequest");
  if (gone == request.end() || !gone->contains("Key")) {
    return validation("Supplied WriteRequest is empty, must contain PutRequest or DeleteRequest");
  }
  auto position = position_of_key(gone->at("Key"), table.schema());
  if (!position) {
    return refusal(position.error());
  }
  planned.position = std::move(*position);
  return planned;
}

answer_or<std::vector<planned_write>> plan_writes(const operation_call& call) {
  std::vector<planned_write> writes;
  std::set<std::pair<const fake_table*, item_position>> seen;
  const auto items = call.request.find("RequestItems");
  if (items == call.request.end() || !items->is_object() || items->empty()) {
    return validation("The requestItems parameter is required.");
  }
  for (const auto& [name, requests] : items->items()) {
    const auto table = call.account.find_table(name);
    if (!table) {
      return refusal(table.error());
    }
    for (const auto& request : requests) {
      auto planned = plan_write(**table, request);
      if (!planned) {
        return refusal(planned.error());
      }
      if (!seen.emplace(*table, planned->position).second) {
        return validation("Provided list of item keys contains duplicates");
      }
      writes.push_back(std::move(*planned));
    }
  }
  if (writes.empty() || writes.size() > batch_writes_max) {
    return validation("Too many items requested for the BatchWriteItem call");
  }
  return writes;
}

/// The item as an answer has it.
std::string shown_item(const operation_call& call, const stored_item& item,
                       const fake_table& table) {
  if (call.planned.type != fault::kind::other_keys) {
    return item.json;
  }
  auto other = json::parse(item.json);
  for (auto& value : other[table.schema().partition.name]) {
    value = value.get<std::string>() + "1";
  }
  return other.dump();
}

/// What one BatchGetItem has gathered for one table.
struct batch_reading {
  std::vector<const stored_item*> found;
  std::vector<const json*> unprocessed;
  std::map<std::uint64_t, std::size_t> partition_bytes;
  double units = 0;
};

struct batch_budget {
  std::size_t keys;
  std::size_t bytes = batch_bytes_max;
};

answer_or<batch_reading> read_batch(const operation_call& call, fake_table& table,
                                    const json& wanted, batch_budget& budget) {
  const bool consistent = wanted.value("ConsistentRead", false);
  const auto as_of = call.account.read_time(consistent);
  const auto keys = wanted.find("Keys");
  if (keys == wanted.end() || !keys->is_array() || keys->empty()) {
    return validation("The list of keys in RequestItems for BatchGetItem is required");
  }
  batch_reading reading;
  std::set<item_position> seen;
  for (const auto& key : *keys) {
    const auto position = position_of_key(key, table.schema());
    if (!position) {
      return refusal(position.error());
    }
    if (!seen.insert(*position).second) {
      return validation("Provided list of item keys contains duplicates");
    }
    const auto item = table.find(*position, as_of);
    const auto bytes = item ? item->bytes : 0;
    auto& of_partition = reading.partition_bytes[position->hash];
    if (budget.keys == 0 || bytes > budget.bytes ||
        (of_partition > 0 && of_partition + bytes > partition_bytes_max)) {
      reading.unprocessed.push_back(&key);
      continue;
    }
    --budget.keys;
    budget.bytes -= bytes;
    of_partition += bytes;
    reading.units += read_units(bytes, consistent);
    if (call.account.observer().on_read && arrives(call.planned)) {
      call.account.observer().on_read(*position, item, consistent);
    }
    if (item) {
      reading.found.push_back(item.get());
    }
  }
  std::ranges::shuffle(reading.found, call.account.random());
  call.account.count_read(table, reading.units, keys->size() - reading.unprocessed.size());
  return reading;
}

void append_member(std::string& out, std::string_view name) {
  fmt::format_to(std::back_inserter(out), "{}{}:", out.empty() ? "" : ",",
                 dynamodb::json_quote(name));
}

/// The request for one table with only the keys that were not served.
std::string unprocessed_json(const json& wanted, const std::vector<const json*>& keys) {
  json left = wanted;
  left["Keys"] = json::array();
  for (const auto* key : keys) {
    left["Keys"].push_back(*key);
  }
  return left.dump();
}

}  // namespace

answer_or<std::string> put_item(const operation_call& call) {
  const auto table = active_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto given = call.request.find("Item");
  if (given == call.request.end()) {
    return validation("1 validation error detected: Value null at 'item'");
  }
  auto item = make_item(given->dump(), (*table)->schema());
  if (!item) {
    return refusal(item.error());
  }
  const auto old = (*table)->find((*item)->position);
  if (const auto holds = condition_holds(call.request, old.get()); !holds || !*holds) {
    return holds ? condition_failed() : refusal(holds.error());
  }
  const auto bytes = std::max((*item)->bytes, old ? old->bytes : 0);
  (*table)->put(std::move(*item), call.account.now());
  return write_answer(call, **table, bytes, old);
}

answer_or<std::string> update_item(const operation_call& call) {
  const auto table = active_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto key = call.request.value("Key", json());
  const auto position = position_of_key(key, (*table)->schema());
  if (!position) {
    return refusal(position.error());
  }
  const auto old = (*table)->find(*position);
  if (const auto holds = condition_holds(call.request, old.get()); !holds || !*holds) {
    return holds ? condition_failed() : refusal(holds.error());
  }
  auto attributes =
      updated(call.request, old ? old->attributes() : dynamodb::parse_item(key.dump()).value());
  if (!attributes) {
    return refusal(attributes.error());
  }
  auto item = make_item(std::move(*attributes), (*table)->schema());
  if (!item) {
    return refusal(item.error());
  }
  if ((*item)->position != *position) {
    return validation("Cannot update attributes that are part of the key");
  }
  const auto bytes = std::max((*item)->bytes, old ? old->bytes : 0);
  (*table)->put(std::move(*item), call.account.now());
  return write_answer(call, **table, bytes, old);
}

answer_or<std::string> delete_item(const operation_call& call) {
  const auto table = active_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto position = position_of_key(call.request.value("Key", json()), (*table)->schema());
  if (!position) {
    return refusal(position.error());
  }
  const auto old = (*table)->find(*position);
  if (const auto holds = condition_holds(call.request, old.get()); !holds || !*holds) {
    return holds ? condition_failed() : refusal(holds.error());
  }
  (*table)->remove(*position, call.account.now());
  return write_answer(call, **table, old ? old->bytes : 0, old);
}

answer_or<std::string> get_item(const operation_call& call) {
  const auto table = readable_table(call);
  if (!table) {
    return refusal(table.error());
  }
  const auto position = position_of_key(call.request.value("Key", json()), (*table)->schema());
  if (!position) {
    return refusal(position.error());
  }
  const bool consistent = call.request.value("ConsistentRead", false);
  const auto item = (*table)->find(*position, call.account.read_time(consistent));
  const auto units = read_units(item ? item->bytes : 0, consistent);
  if (call.account.observer().on_read && arrives(call.planned)) {
    call.account.observer().on_read(*position, item, consistent);
  }
  call.account.count_read(**table, units, 1);
  std::string members = item ? fmt::format(R"("Item":{})", shown_item(call, *item, **table)) : "";
  if (wants_capacity(call.request)) {
    append_member(members, "ConsumedCapacity");
    members += capacity_json(**table, units);
  }
  return "{" + members + "}";
}

answer_or<std::string> batch_write_item(const operation_call& call) {
  auto writes = plan_writes(call);
  if (!writes) {
    return refusal(writes.error());
  }
  const bool partial = call.planned.type == fault::kind::partial_batch;
  const auto served =
      partial ? std::min(call.planned.batch_answered_max, writes->size()) : writes->size();
  json unprocessed = json::object();
  for (std::size_t i = 0; i < writes->size(); ++i) {
    auto& write = (*writes)[i];
    if (i >= served) {
      unprocessed[write.table->settings().name].push_back(*write.request);
    } else if (write.item) {
      write.table->put(std::move(write.item), call.account.now());
    } else {
      write.table->remove(write.position, call.account.now());
    }
  }
  return fmt::format(R"({{"UnprocessedItems":{}}})", unprocessed.dump());
}

answer_or<std::string> batch_get_item(const operation_call& call) {
  const auto items = call.request.find("RequestItems");
  if (items == call.request.end() || !items->is_object() || items->empty()) {
    return validation("The requestItems parameter is required.");
  }
  std::size_t wanted_keys = 0;
  for (const auto& wanted : *items) {
    wanted_keys += wanted.value("Keys", json::array()).size();
  }
  if (wanted_keys > batch_keys_max) {
    return validation("Too many items requested for the BatchGetItem call");
  }
  const bool partial = call.planned.type == fault::kind::partial_batch;
  batch_budget budget{.keys = partial ? call.planned.batch_answered_max : batch_keys_max};
  std::string responses;
  std::string unprocessed;
  std::string capacity;
  for (const auto& [name, wanted] : items->items()) {
    const auto table = call.account.find_table(name);
    if (!table || !(*table)->active(call.account.now())) {
      return table_not_found(name);
    }
    if ((*table)->throttles_reads(call.account.now())) {
      return throttling("ProvisionedThroughputExceededException");
    }
    const auto reading = read_batch(call, **table, wanted, budget);
    if (!reading) {
      return refusal(reading.error());
    }
    append_member(responses, name);
    responses += '[';
    for (const auto* item : reading->found) {
      responses += responses.back() == '[' ? "" : ",";
      responses += shown_item(call, *item, **table);
    }
    responses += ']';
    if (!reading->unprocessed.empty()) {
      append_member(unprocessed, name);
      unprocessed += unprocessed_json(wanted, reading->unprocessed);
    }
    capacity += (capacity.empty() ? "" : ",") + capacity_json(**table, reading->units);
  }
  return fmt::format(
      R"({{"Responses":{{{}}},"UnprocessedKeys":{{{}}}{}}})", responses, unprocessed,
      wants_capacity(call.request) ? fmt::format(R"(,"ConsumedCapacity":[{}])", capacity) : "");
}

}  // namespace ddm::support
