#include "dynamodb/canonical.h"

#include "dynamodb/attribute_value.h"
#include "dynamodb/base64.h"
#include "dynamodb/number.h"
#include "dynamodb/varint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

namespace ddm::dynamodb {
namespace {

/// Longer strings and binary values enter the canonical bytes as their hash.
constexpr std::size_t literal_bytes_max = 1024;

using piece = canonical_scratch::piece;

std::uint64_t head_of(std::string_view key) {
  std::uint64_t head = 0;
  std::memcpy(&head, key.data(), std::min(key.size(), sizeof head));
  return std::endian::native == std::endian::little ? std::byteswap(head) : head;
}

}  // namespace

digest128 hash128(std::string_view bytes, const digest_secret& secret) {
  const auto hash =
      XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size());
  return {.high = hash.high64, .low = hash.low64};
}

std::string raw_key::json(const key_schema& schema) const {
  auto text = fmt::format("{{{}:{}", json_quote(schema.partition.name), partition);
  if (schema.sort) {
    text += fmt::format(",{}:{}", json_quote(schema.sort->name), sort);
  }
  return text + '}';
}

bool item_reader::read_key(const key_schema& schema, digest128& hash, raw_key& raw) {
  refusal_ = {};
  std::optional<json_cursor::place> partition;
  std::optional<json_cursor::place> sort;
  const bool taken = in_.each_member([&](std::string_view name) {
    if (name == schema.partition.name) {
      partition = in_.at();
    } else if (schema.sort && name == schema.sort->name) {
      sort = in_.at();
    }
    return in_.skip_value();
  });
  if (!taken) {
    return refuse("an item that is no JSON object");
  }
  if (!partition || (schema.sort && !sort)) {
    return refuse("an item without its key attributes");
  }
  const auto end = in_.at();
  scratch_.bytes.clear();
  scratch_.pieces.clear();
  if (!key_value(*partition, schema.partition, raw.partition) ||
      (schema.sort && !key_value(*sort, *schema.sort, raw.sort))) {
    return false;
  }
  hash = hash128(scratch_.bytes, secret_);
  in_.seek(end);
  return true;
}

bool item_reader::key_value(json_cursor::place where, const key_attribute& attribute,
                            std::string_view& raw) {
  in_.seek(where);
  const auto begin = scratch_.bytes.size();
  if (!value(1, false)) {
    return false;
  }
  if (scratch_.bytes[begin] != to_char(attribute.type)) {
    return refuse("a key attribute of another type than the table's key schema says");
  }
  raw = in_.since(where);
  return raw.size() <= key_value_json_max || refuse("a key attribute longer than keys can be");
}

bool item_reader::read_digest(item_digest& digest) {
  refusal_ = {};
  met_ignored_ = false;
  const auto start = in_.at();
  if (!item(ignored_attributes::kept)) {
    return false;
  }
  digest.everything = hash128(scratch_.bytes, secret_);
  digest.compared = digest.everything;
  if (met_ignored_) {
    in_.seek(start);
    if (!item(ignored_attributes::left_out)) {
      return false;
    }
    digest.compared = hash128(scratch_.bytes, secret_);
  }
  return true;
}

bool item_reader::item(ignored_attributes treatment) {
  treatment_ = treatment;
  scratch_.bytes.clear();
  scratch_.pieces.clear();
  scratch_.path.clear();
  return members(0, !ignored_.empty());
}

bool item_reader::members(int depth, bool watched) {
  const auto header = open('M');
  const auto first = scratch_.pieces.size();
  if (!in_.each_member([&](std::string_view name) { return member(name, depth, watched); })) {
    return refuse("an item or map that is no JSON object");
  }
  return close_sorted(header, first) || refuse("an attribute name twice in one item or map");
}

bool item_reader::member(std::string_view name, int depth, bool watched) {
  auto& path = scratch_.path;
  const auto parent_size = path.size();
  const bool watched_below = watched && ignored_.reaches_into_maps();
  if (watched) {
    if (depth > 0) {
      path += '.';
    }
    if (depth > 0 || watched_below) {
      path += name;
    }
    if (ignored_.matches(depth > 0 ? path : name)) {
      met_ignored_ = true;
      if (treatment_ == ignored_attributes::left_out) {
        path.resize(parent_size);
        return in_.skip_value();
      }
    }
  }
  const auto begin = scratch_.bytes.size();
  append_varint(name.size(), scratch_.bytes);
  scratch_.bytes += name;
  const auto key_size = scratch_.bytes.size() - begin;
  if (!value(depth + 1, watched_below)) {
    return false;
  }
  add_piece(begin, key_size);
  path.resize(parent_size);
  return true;
}

bool item_reader::value(int depth, bool watched) {
  if (depth > nesting_max) {
    return refuse("values nested deeper than 64 levels");
  }
  bool any = false;
  const bool taken = in_.each_member([&](std::string_view type) {
    if (std::exchange(any, true)) {
      return refuse("an attribute value of more than one type");
    }
    return typed(type, depth, watched);
  });
  if (!taken) {
    return refuse("an attribute value that is no JSON object");
  }
  if (!any) {
    open('M');
  }
  return true;
}

bool item_reader::typed(std::string_view type, int depth, bool watched) {
  auto& bytes = scratch_.bytes;
  if (type.size() == 1) {
    switch (type[0]) {
      case 'S':
        bytes += 'S';
        return text();
      case 'N':
        bytes += 'N';
        return number();
      case 'B':
        bytes += 'B';
        return binary();
      case 'L':
        return list(depth);
      case 'M':
        return members(depth, watched);
      default:
        break;
    }
  }
  if (type == "BOOL") {
    return boolean();
  }
  if (type == "NULL") {
    return null();
  }
  if (type == "SS") {
    return set('s', &item_reader::text);
  }
  if (type == "NS") {
    return set('n', &item_reader::number);
  }
  if (type == "BS") {
    return set('b', &item_reader::binary);
  }
  return refuse("an attribute type that this program does not know");
}

bool item_reader::list(int depth) {
  const auto header = open('L');
  std::size_t count = 0;
  const bool taken = in_.each_element([&] {
    ++count;
    return value(depth + 1, false);
  });
  set_count(header, count);
  return taken || refuse("a list that is no JSON array");
}

bool item_reader::set(char tag, bool (item_reader::*append_element)()) {
  const auto header = open(tag);
  const auto first = scratch_.pieces.size();
  const bool taken = in_.each_element([&] {
    const auto begin = scratch_.bytes.size();
    if (!(this->*append_element)()) {
      return false;
    }
    add_piece(begin, scratch_.bytes.size() - begin);
    return true;
  });
  if (!taken) {
    return refuse("a set that is no JSON array");
  }
  (void)close_sorted(header, first);
  return true;
}

bool item_reader::text() {
  std::string_view text;
  if (!in_.take_string(text)) {
    return refuse("a string value that is no valid JSON string");
  }
  append_sized(text);
  return true;
}

bool item_reader::number() {
  std::string_view text;
  if (!in_.take_string(text) || !append_number(text, scratch_.bytes)) {
    return refuse("a malformed number");
  }
  return true;
}

bool item_reader::binary() {
  std::string_view text;
  scratch_.decoded.clear();
  if (!in_.take_string(text) || !append_base64_decoded(text, scratch_.decoded)) {
    return refuse("a binary value that is not base64");
  }
  append_sized(scratch_.decoded);
  return true;
}

bool item_reader::boolean() {
  bool value = false;
  if (!in_.take_bool(value)) {
    return refuse("a BOOL that is neither true nor false");
  }
  scratch_.bytes += value ? 'T' : 'F';
  return true;
}

bool item_reader::null() {
  bool value = false;
  if (!in_.take_bool(value) || !value) {
    return refuse("a NULL that is not true");
  }
  scratch_.bytes += '0';
  return true;
}

void item_reader::append_sized(std::string_view text) {
  auto& bytes = scratch_.bytes;
  append_varint(text.size(), bytes);
  if (text.size() <= literal_bytes_max) {
    bytes += text;
    return;
  }
  const auto hash = hash128(text, secret_);
  const std::array words{hash.high, hash.low};
  bytes.append(reinterpret_cast<const char*>(words.data()), sizeof words);
}

std::size_t item_reader::open(char tag) {
  scratch_.bytes += tag;
  const auto header = scratch_.bytes.size();
  scratch_.bytes.append(sizeof(std::uint32_t), '\0');
  return header;
}

void item_reader::set_count(std::size_t header, std::size_t count) {
  const auto small = static_cast<std::uint32_t>(count);
  std::memcpy(scratch_.bytes.data() + header, &small, sizeof small);
}

void item_reader::add_piece(std::size_t begin, std::size_t key_size) {
  const auto size = scratch_.bytes.size() - begin;
  scratch_.pieces.push_back({.head = head_of({scratch_.bytes.data() + begin, key_size}),
                             .begin = static_cast<std::uint32_t>(begin),
                             .key_size = static_cast<std::uint32_t>(key_size),
                             .size = static_cast<std::uint32_t>(size)});
}

bool item_reader::close_sorted(std::size_t header, std::size_t first) {
  auto& [bytes, sorted, decoded, path, pieces] = scratch_;
  const auto key = [&bytes](const piece& each) {
    return std::string_view(bytes).substr(each.begin, each.key_size);
  };
  const auto less = [&key](const piece& a, const piece& b) {
    return a.head != b.head ? a.head < b.head : key(a) < key(b);
  };
  const auto begin = pieces.begin() + static_cast<std::ptrdiff_t>(first);
  const auto not_before = [&less](const piece& a, const piece& b) { return !less(a, b); };
  const bool in_order = std::adjacent_find(begin, pieces.end(), not_before) == pieces.end();
  auto end = pieces.end();
  if (!in_order) {
    std::sort(begin, end, less);
    end = std::unique(begin, end, not_before);
    sorted.clear();
    for (const auto& each : std::span(begin, end)) {
      sorted.append(bytes, each.begin, each.size);
    }
    bytes.resize(header + sizeof(std::uint32_t));
    bytes += sorted;
  }
  set_count(header, static_cast<std::size_t>(end - begin));
  const bool all_different = end == pieces.end();
  pieces.resize(first);
  return all_different;
}

bool item_reader::refuse(std::string_view why) {
  if (refusal_.empty() && !in_.damaged()) {
    refusal_ = why;
  }
  return false;
}

}  // namespace ddm::dynamodb
