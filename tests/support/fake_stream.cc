#include "support/fake_stream.h"

#include "base/error.h"
#include "dynamodb/attribute_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace ddm::support {
namespace {

/// Records that a page may repeat (options::repeat_rate).
constexpr std::size_t repeated_max = 3;

/// What an iterator says, before and after it is made opaque.
struct iterator_content {
  std::string shard;
  sequence_value after = 0;
  wall_time issued;
  std::uint64_t epoch = 0;
};

std::optional<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

/// "<arn>|1|<base64 of shard|after|issued|epoch>".
std::optional<iterator_content> parse_iterator(std::string_view text) {
  const auto mark = text.find("|1|");
  if (mark == std::string_view::npos) {
    return std::nullopt;
  }
  const auto plain = dynamodb::base64_decode(text.substr(mark + 3));
  if (!plain) {
    return std::nullopt;
  }
  std::vector<std::string_view> parts;
  for (std::string_view rest = *plain; parts.size() < 4;) {
    const auto end = std::min(rest.find('|'), rest.size());
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto after = parse_sequence(parts[1]);
  const auto issued = parse_int(parts[2]);
  const auto epoch = parse_int(parts[3]);
  if (!after || !issued || !epoch) {
    return std::nullopt;
  }
  return iterator_content{.shard = std::string(parts[0]),
                          .after = *after,
                          .issued = from_ms(*issued),
                          .epoch = static_cast<std::uint64_t>(*epoch)};
}

bool shows_old_image(std::string_view view_type) {
  return view_type == "OLD_IMAGE" || view_type == "NEW_AND_OLD_IMAGES";
}

bool shows_new_image(std::string_view view_type) {
  return view_type == "NEW_IMAGE" || view_type == "NEW_AND_OLD_IMAGES";
}

std::size_t record_bytes(const stream_record& record, std::string_view view_type) {
  std::size_t bytes = record.any_image().key_json.size();
  if (record.old_image && shows_old_image(view_type)) {
    bytes += record.old_image->bytes;
  }
  if (record.new_image && shows_new_image(view_type)) {
    bytes += record.new_image->bytes;
  }
  return bytes;
}

}  // namespace

std::string to_decimal(sequence_value number) {
  constexpr std::uint64_t half = 10'000'000'000'000'000'000U;  // the most zeros that fit
  const auto low = static_cast<std::uint64_t>(number % half);
  const auto high = static_cast<std::uint64_t>(number / half);
  return high == 0 ? fmt::format("{}", low) : fmt::format("{}{:019}", high, low);
}

std::optional<sequence_value> parse_sequence(std::string_view text) {
  if (text.empty() || text.size() > 38) {
    return std::nullopt;
  }
  sequence_value number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

fake_stream::fake_stream(identity names, options settings, sequence_source& numbers, wall_time now)
    : names_(std::move(names)),
      options_(std::move(settings)),
      numbers_(numbers),
      listable_at_(now + options_.enabling_takes),
      random_(options_.seed) {
  constexpr auto hash_max = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t width = hash_max / options_.shards;
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    const bool is_last = i + 1 == options_.shards;
    add_shard(std::nullopt, i * width, is_last ? hash_max : (i + 1) * width - 1, listable_at_, now);
  }
}

std::string_view fake_stream::status(wall_time now) const {
  if (!enabled_) {
    return "DISABLED";
  }
  return now < listable_at_ ? "ENABLING" : "ENABLED";
}

fake_shard& fake_stream::add_shard(std::optional<std::string> parent, std::uint64_t low,
                                   std::uint64_t high, wall_time listed_at, wall_time now) {
  last_shard_ms_ = std::max(last_shard_ms_ + 1, to_ms(now));
  auto shard = std::make_unique<fake_shard>();
  shard->id =
      fmt::format("shardId-{:020}-{:08x}", last_shard_ms_, static_cast<std::uint32_t>(random_()));
  shard->parent = std::move(parent);
  shard->hash_low = low;
  shard->hash_high = high;
  shard->starting = numbers_.next();
  shard->last = shard->starting - 1;
  shard->listed_at = listed_at;
  shard->rolls_at = wall_time::max();
  if (options_.shard_lifetime > milliseconds{0}) {
    // Between three quarters and all of it, so that siblings do not end together.
    const auto lifetime = options_.shard_lifetime.count();
    const auto drawn = lifetime - static_cast<std::int64_t>(random_() % (lifetime / 4 + 1));
    shard->rolls_at = now + milliseconds{drawn};
    next_roll_over_ = std::min(next_roll_over_, shard->rolls_at);
  }
  auto& added = *shards_.emplace(shard->id, std::move(shard)).first->second;
  open_[low] = &added;
  return added;
}

fake_shard& fake_stream::open_shard(const std::string& id) {
  const auto found = shards_.find(id);
  if (found == shards_.end() || !found->second->open()) {
    broken_invariant(fmt::format("fake stream {} has no open shard {}", names_.arn, id));
  }
  return *found->second;
}

void fake_stream::close(fake_shard& shard, wall_time now) {
  shard.ending = numbers_.next();
  shard.closed_at = now;
  open_.erase(shard.hash_low);
}

const fake_shard& fake_stream::append(item_ptr old_image, item_ptr new_image, bool by_ttl,
                                      wall_time now) {
  roll_over_due(now);
  stream_record record{.sequence = numbers_.next(),
                       .old_image = std::move(old_image),
                       .new_image = std::move(new_image),
                       .created = now,
                       .by_ttl = by_ttl};
  const auto hash = record.any_image().position.hash;
  fake_shard& shard = *std::prev(open_.upper_bound(hash))->second;
  trim_records(shard, now - options_.retention);
  shard.last = record.sequence;
  shard.records.push_back(std::move(record));
  return shard;
}

void fake_stream::disable(wall_time now) {
  while (!open_.empty()) {
    close(*open_.begin()->second, now);
  }
  enabled_ = false;
  disabled_at_ = now;
}

std::vector<std::string> fake_stream::split(const std::string& shard, wall_time now) {
  fake_shard& parent = open_shard(shard);
  close(parent, now);
  const auto middle = parent.hash_low + (parent.hash_high - parent.hash_low) / 2;
  const auto listed_at = now + options_.children_listed_after;
  return {add_shard(parent.id, parent.hash_low, middle,
                    listed_at + options_.first_child_listed_after, now)
              .id,
          add_shard(parent.id, middle + 1, parent.hash_high, listed_at, now).id};
}

std::string fake_stream::roll_over(const std::string& shard, wall_time now) {
  fake_shard& parent = open_shard(shard);
  close(parent, now);
  return add_shard(parent.id, parent.hash_low, parent.hash_high,
                   now + options_.children_listed_after, now)
      .id;
}

void fake_stream::roll_over_due(wall_time now) {
  if (now < next_roll_over_) {
    return;
  }
  next_roll_over_ = wall_time::max();
  std::vector<std::string> due;
  for (const auto& [low, shard] : open_) {
    if (shard->rolls_at <= now) {
      due.push_back(shard->id);
    } else {
      next_roll_over_ = std::min(next_roll_over_, shard->rolls_at);
    }
  }
  for (const auto& id : due) {
    roll_over(id, now);
  }
}

void fake_stream::trim_records(fake_shard& shard, wall_time before) {
  while (!shard.records.empty() && shard.records.front().created < before) {
    shard.trimmed_through = shard.records.front().sequence;
    shard.records.pop_front();
  }
}

void fake_stream::forget_trimmed_shards(wall_time before) {
  std::erase_if(shards_, [before](const auto& entry) {
    return !entry.second->open() && entry.second->closed_at < before;
  });
}

void fake_stream::trim(wall_time before) {
  for (const auto& [id, shard] : shards_) {
    trim_records(*shard, before);
  }
  forget_trimmed_shards(before);
}

void fake_stream::trim_shard(const std::string& shard) {
  const auto found = shards_.find(shard);
  if (found == shards_.end()) {
    broken_invariant(fmt::format("fake stream {} has no shard {}", names_.arn, shard));
  }
  if (found->second->open()) {
    trim_records(*found->second, wall_time::max());
  } else {
    shards_.erase(found);
  }
}

std::vector<std::string> fake_stream::open_shards() const {
  std::vector<std::string> ids;
  ids.reserve(open_.size());
  for (const auto& [low, shard] : open_) {
    ids.push_back(shard->id);
  }
  return ids;
}

const fake_shard* fake_stream::find(const std::string& shard) const {
  const auto found = shards_.find(shard);
  return found == shards_.end() ? nullptr : found->second.get();
}

fake_stream::listing fake_stream::list(std::optional<std::string> start_after, std::size_t limit,
                                       wall_time now) {
  roll_over_due(now);
  forget_trimmed_shards(now - options_.retention);
  listing answer;
  for (auto at = start_after ? shards_.upper_bound(*start_after) : shards_.begin();
       at != shards_.end(); ++at) {
    if (at->second->listed_at > now) {
      continue;
    }
    if (answer.shards.size() == limit) {
      answer.last_evaluated = answer.shards.back()->id;
      break;
    }
    answer.shards.push_back(at->second.get());
  }
  return answer;
}

std::vector<const fake_shard*> fake_stream::children_of(const std::string& parent, wall_time now) {
  roll_over_due(now);
  std::vector<const fake_shard*> children;
  for (auto at = shards_.upper_bound(parent); at != shards_.end(); ++at) {
    if (at->second->parent == parent && at->second->listed_at <= now) {
      children.push_back(at->second.get());
    }
  }
  return children;
}

bool fake_stream::listed_open(const fake_shard& shard, wall_time now) const {
  return shard.open() || (enabled_ && now < shard.closed_at + options_.parent_listed_open_for);
}

std::string fake_stream::make_iterator(const fake_shard& shard, sequence_value after,
                                       wall_time now) const {
  return fmt::format("{}|1|{}", names_.arn,
                     dynamodb::base64_encode(fmt::format("{}|{}|{}|{}", shard.id, to_decimal(after),
                                                         to_ms(now), iterator_epoch_)));
}

answer_or<std::string> fake_stream::iterator(const std::string& shard, std::string_view type,
                                             std::optional<sequence_value> sequence,
                                             wall_time now) {
  roll_over_due(now);
  const auto found = shards_.find(shard);
  if (found == shards_.end()) {
    return shard_not_found(shard, names_.arn);
  }
  fake_shard& from = *found->second;
  trim_records(from, now - options_.retention);
  const bool by_number = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  if (by_number != sequence.has_value()) {
    return validation(fmt::format("SequenceNumber must {}be given with ShardIteratorType {}",
                                  by_number ? "" : "not ", type));
  }
  if (type == "TRIM_HORIZON") {
    return make_iterator(from, std::max(from.starting - 1, from.trimmed_through), now);
  }
  if (type == "LATEST") {
    const auto older = std::min<std::size_t>(options_.latest_returns_older, from.records.size());
    const auto after = older == 0 ? from.last : (from.records.end() - older)->sequence - 1;
    return make_iterator(from, after, now);
  }
  if (!by_number) {
    return validation(fmt::format("ShardIteratorType {} is unknown", type));
  }
  if (*sequence < from.starting || (from.ending && *sequence > *from.ending)) {
    return validation(
        fmt::format("Invalid SequenceNumber {} for shard {}", to_decimal(*sequence), shard));
  }
  if (*sequence <= from.trimmed_through) {
    return trimmed_data(shard);
  }
  return make_iterator(from, type == "AT_SEQUENCE_NUMBER" ? *sequence - 1 : *sequence, now);
}

answer_or<fake_stream::page> fake_stream::read(std::string_view iterator, std::size_t limit,
                                               wall_time now) {
  roll_over_due(now);
  const auto from = parse_iterator(iterator);
  if (!from) {
    return validation("Invalid ShardIterator");
  }
  if (from->epoch < iterator_epoch_ || now - from->issued > options_.iterator_lifetime) {
    return expired_iterator();
  }
  const auto found = shards_.find(from->shard);
  if (found == shards_.end()) {
    return shard_not_found(from->shard, names_.arn);
  }
  fake_shard& shard = *found->second;
  trim_records(shard, now - options_.retention);
  if (from->after < shard.trimmed_through) {
    return trimmed_data(from->shard);
  }
  page answer;
  sequence_value after = from->after;
  auto at = std::ranges::upper_bound(shard.records, after, {}, &stream_record::sequence);
  const auto chance = [this](double rate) {
    return rate > 0 && std::bernoulli_distribution(rate)(random_);
  };
  const bool held_back = at != shard.records.end() && chance(options_.empty_page_rate) &&
                         now - shard.held_back_since.value_or(now) < options_.empty_run_max;
  shard.held_back_since =
      held_back ? std::optional(shard.held_back_since.value_or(now)) : std::nullopt;
  if (at != shard.records.end() && limit > repeated_max && chance(options_.repeat_rate)) {
    at -= std::min<std::ptrdiff_t>(repeated_max, at - shard.records.begin());
  }
  if (!held_back) {
    std::size_t bytes = 0;
    for (; at != shard.records.end() && answer.records.size() < limit; ++at) {
      bytes += record_bytes(*at, options_.view_type);
      if (bytes > options_.page_bytes_max && !answer.records.empty()) {
        break;
      }
      answer.records.push_back(&*at);
      after = std::max(after, at->sequence);
    }
  }
  if (shard.open() || at != shard.records.end() ||
      now - shard.closed_at < options_.end_found_after) {
    answer.next = make_iterator(shard, after, now);
  }
  return answer;
}

std::string_view fake_stream::arn_of(std::string_view iterator) {
  return iterator.substr(0, iterator.find('|'));
}

std::string fake_stream::shard_of(std::string_view iterator) {
  auto content = parse_iterator(iterator);
  return content ? std::move(content->shard) : std::string();
}

}  // namespace ddm::support
