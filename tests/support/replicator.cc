#include "support/replicator.h"

#include "base/error.h"
#include "dynamodb/attribute_value.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace ddm::support {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;

item_ptr must(answer_or<item_ptr> item) {
  if (!item) {
    broken_invariant("the replicator made an item that is none: " + item.error().message);
  }
  return std::move(*item);
}

bool is_key(const dynamodb::key_schema& schema, const std::string& name) {
  return name == schema.partition.name || (schema.sort && name == schema.sort->name);
}

std::string respelled(const std::string& number) {
  if (number.find_first_of("eE") != std::string::npos) {
    return number;
  }
  return number + (number.contains('.') ? "0" : ".0");
}

/// The same value in other words.
void respell(attribute_value& value) {
  if (auto* number = std::get_if<dynamodb::number_text>(&value.value)) {
    number->text = respelled(number->text);
  } else if (auto* numbers = std::get_if<dynamodb::number_set>(&value.value)) {
    std::ranges::reverse(numbers->values);
    std::ranges::transform(numbers->values, numbers->values.begin(), respelled);
  } else if (auto* strings = std::get_if<dynamodb::string_set>(&value.value)) {
    std::ranges::reverse(strings->values);
  } else if (auto* list = std::get_if<dynamodb::attribute_list>(&value.value)) {
    std::ranges::for_each(*list, respell);
  } else if (auto* map = std::get_if<attribute_map>(&value.value)) {
    for (auto& [name, member] : *map) {
      respell(member);
    }
  }
}

/// A key value that differs from the given one.
attribute_value beside(attribute_value key) {
  if (auto* text = std::get_if<std::string>(&key.value)) {
    *text += "~unexpected";
  } else if (auto* number = std::get_if<dynamodb::number_text>(&key.value)) {
    number->text = number->text.starts_with('-') ? "7" : "-7" + number->text;
  } else if (auto* binary = std::get_if<dynamodb::binary>(&key.value)) {
    binary->bytes += "~";
  }
  return key;
}

}  // namespace

std::string_view to_string(defect_kind kind) {
  switch (kind) {
    case defect_kind::missing:
      return "missing";
    case defect_kind::different:
      return "different";
    case defect_kind::stale:
      return "stale";
    case defect_kind::undeleted:
      return "undeleted";
    case defect_kind::unexpected:
      return "unexpected";
  }
  broken_invariant("unknown defect_kind");
}

std::vector<difference> differences(const fake_table& source, const fake_table& target) {
  std::vector<difference> found;
  for (const auto& item : source.items()) {
    const auto other = target.find(item->position);
    if (!same_item(item, other)) {
      found.push_back({item->key_json, other ? defect_kind::different : defect_kind::missing});
    }
  }
  for (const auto& item : target.items()) {
    if (!source.find(item->position)) {
      found.push_back({item->key_json, defect_kind::unexpected});
    }
  }
  return found;
}

replicator::replicator(asio::any_io_executor executor, table_side source, table_side target,
                       replicator_options settings)
    : source_(std::move(source)),
      target_(std::move(target)),
      options_(std::move(settings)),
      clock_(target_.account.time()),
      random_(options_.seed),
      listening_(std::make_shared<replicator*>(this)),
      target_made_(executor, asio::steady_timer::time_point::max()),
      deliveries_(std::move(executor)) {
  listen();
}

void replicator::listen() {
  source_.account.table(source_.table).on_change([owner = listening_](const table_change& change) {
    if (*owner != nullptr) {
      (*owner)->hear(change);
    }
  });
}

replicator::~replicator() { *listening_ = nullptr; }

awaitable<void> replicator::stop() {
  *listening_ = nullptr;
  deliveries_.cancel();
  co_await deliveries_.join();
}

fake_table& replicator::target_table() { return target_.account.table(target_.table); }

void replicator::copy_existing() {
  for (const auto& item : source_.account.table(source_.table).items()) {
    apply(item, item->position);
  }
}

milliseconds replicator::draw(milliseconds low, milliseconds high) {
  return milliseconds{
      std::uniform_int_distribution<std::int64_t>(low.count(), high.count())(random_)};
}

bool replicator::chance(double share) { return std::bernoulli_distribution(share)(random_); }

replicator::plan replicator::choose(const table_change& change) {
  const auto& key = (change.new_image ? change.new_image : change.old_image)->key_json;
  if (change.time >= key_lost_from_ && key == lost_key_) {
    return plan::lose;
  }
  if (change.time < fails_.first || change.time > fails_.second) {
    return plan::deliver;
  }
  if (!change.new_image) {
    if (chance(options_.lost_delete)) {
      return plan::lose;
    }
  } else if (chance(options_.lost)) {
    return plan::lose;
  } else if (chance(options_.altered)) {
    return plan::alter;
  }
  if (chance(options_.stale)) {
    return plan::stale;
  }
  return chance(options_.replayed) ? plan::replay : plan::deliver;
}

void replicator::hear(const table_change& change) {
  const auto chosen = choose(change);
  plant(change, chosen);
  const auto& image = change.new_image ? *change.new_image : *change.old_image;
  const bool fails = change.time >= fails_.first && change.time <= fails_.second;
  if (fails && chance(options_.unexpected)) {
    plant_unexpected(image, change.time);
  }
  if (chosen == plan::lose) {
    return;
  }
  auto& due = key_due_[image.position];
  due = std::max(due, change.time + draw(options_.delay_min, options_.delay_max));
  deliveries_.spawn(deliver(change, chosen, due));
}

void replicator::plant(const table_change& change, plan chosen) {
  if (chosen == plan::deliver || chosen == plan::replay) {
    return;
  }
  auto kind = defect_kind::different;
  if (chosen != plan::alter) {
    kind = !change.new_image   ? defect_kind::undeleted
           : !change.old_image ? defect_kind::missing
                               : defect_kind::stale;
  }
  const auto& image = change.new_image ? *change.new_image : *change.old_image;
  planted_.push_back({.key_json = image.key_json,
                      .position = image.position,
                      .kind = kind,
                      .time = change.time,
                      .stale_image = chosen == plan::alter ? nullptr : change.old_image});
}

void replicator::plant_unexpected(const stored_item& near, wall_time time) {
  const auto& schema = source_.account.table(source_.table).schema();
  auto attributes = near.attributes();
  auto& key = attributes.find(schema.partition.name)->second;
  key = beside(std::move(key));
  auto phantom = must(make_item(std::move(attributes), schema));
  planted_.push_back({.key_json = phantom->key_json,
                      .position = phantom->position,
                      .kind = defect_kind::unexpected,
                      .time = time,
                      .stale_image = nullptr});
  const table_change change{.old_image = nullptr, .new_image = std::move(phantom), .time = time};
  deliveries_.spawn(deliver(change, plan::deliver, time + options_.delay_max));
}

awaitable<void> replicator::deliver(table_change change, plan chosen, wall_time due) {
  co_await turn(due);
  const auto position = change.new_image ? change.new_image->position : change.old_image->position;
  apply(chosen == plan::alter ? altered(change.new_image) : change.new_image, position);
  const auto turn_of_key = ++applied_[position];
  if (delivered_) {
    delivered_(change);
  }
  if (const auto latest = key_due_.find(position);
      latest != key_due_.end() && latest->second == due) {
    key_due_.erase(latest);
  }
  if (chosen != plan::stale && chosen != plan::replay) {
    co_return;
  }
  co_await clock_.sleep_for(draw(milliseconds{1}, options_.replay_max));
  // A later change of the key that has come in between wins.
  if (applied_[position] != turn_of_key) {
    co_return;
  }
  apply(change.old_image, position);
  if (chosen == plan::replay) {
    co_await clock_.sleep_for(draw(milliseconds{1}, options_.replay_max));
    if (applied_[position] == turn_of_key) {
      apply(change.new_image, position);
    }
  }
}

awaitable<void> replicator::wait_for_stalls() {
  for (;;) {
    const auto now = clock_.now();
    const auto stall = std::ranges::find_if(
        stalls_, [now](const auto& span) { return span.first <= now && now < span.second; });
    if (stall == stalls_.end()) {
      co_return;
    }
    co_await clock_.sleep_until(stall->second);
  }
}

/// One delivery asks each second, all others wait for it: the table may be created after days.
awaitable<void> replicator::wait_for_target() {
  const auto is_made = [this] { return target_.account.find_table(target_.table).has_value(); };
  if (is_made()) {
    co_return;
  }
  if (std::exchange(target_awaited_, true)) {
    co_await target_made_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return;
  }
  while (!is_made()) {
    co_await clock_.sleep_for(std::chrono::seconds{1});
  }
  target_awaited_ = false;
  target_made_.cancel();
}

awaitable<void> replicator::turn(wall_time due) {
  co_await clock_.sleep_until(due);
  co_await wait_for_stalls();
  co_await wait_for_target();
  if (options_.changes_per_second_max > 0) {
    const auto slot_ms = std::max(next_slot_ms_, static_cast<double>(to_ms(clock_.now())));
    next_slot_ms_ = slot_ms + 1000 / options_.changes_per_second_max;
    co_await clock_.sleep_until(from_ms(static_cast<std::int64_t>(slot_ms)));
    co_await wait_for_stalls();
  }
}

void replicator::apply(const item_ptr& image, const item_position& position) {
  auto& table = target_table();
  if (!image) {
    table.remove(position, clock_.now());
    return;
  }
  if (!options_.respell) {
    table.put(image, clock_.now());
    return;
  }
  auto attributes = image->attributes();
  for (auto& [name, value] : attributes) {
    if (!is_key(table.schema(), name)) {
      respell(value);
    }
  }
  table.put(must(make_item(std::move(attributes), table.schema())), clock_.now());
}

item_ptr replicator::altered(const item_ptr& item) {
  const auto& schema = target_table().schema();
  auto attributes = item->attributes();
  const auto mark = "altered-" + std::to_string(random_() % 1'000'000);
  if (const auto only = attributes.find(options_.alters); only != attributes.end()) {
    only->second.value = mark;
    return must(make_item(std::move(attributes), schema));
  }
  const auto victim = std::ranges::find_if(
      attributes, [&schema](const auto& attribute) { return !is_key(schema, attribute.first); });
  switch (victim == attributes.end() ? 0 : random_() % 3) {
    case 0:
      attributes[mark].value = true;
      break;
    case 1:
      victim->second.value = mark;
      break;
    default:
      attributes.erase(victim);
      break;
  }
  return must(make_item(std::move(attributes), schema));
}

std::map<std::string, defect_kind> replicator::open_defects() {
  const auto& source = source_.account.table(source_.table);
  const auto& target = target_table();
  std::map<std::string, defect_kind> open;
  for (const auto& defect : planted_) {
    const auto expected = source.find(defect.position);
    const auto actual = target.find(defect.position);
    if (same_item(expected, actual)) {
      open.erase(defect.key_json);
    } else if (!actual) {
      open[defect.key_json] = defect_kind::missing;
    } else if (!expected) {
      open[defect.key_json] =
          defect.kind == defect_kind::unexpected ? defect_kind::unexpected : defect_kind::undeleted;
    } else {
      open[defect.key_json] = defect.stale_image && same_item(actual, defect.stale_image)
                                  ? defect_kind::stale
                                  : defect_kind::different;
    }
  }
  return open;
}

}  // namespace ddm::support
