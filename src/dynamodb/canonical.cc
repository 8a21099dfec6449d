#include "dynamodb/canonical.h"

#include "dynamodb/attribute_value.h"
#include "dynamodb/base64.h"
#include "dynamodb/number.h"

#if DDM_XXHASH_DISPATCH
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

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

using piece = canonical_piece;

/// Where the count of an item's members stands: behind its tag, the first byte.
constexpr std::size_t item_header = 1;

/// The length of a shorter one is written in one byte.
constexpr std::size_t short_name = 128;

std::uint64_t big_endian(std::uint64_t word) {
  return std::endian::native == std::endian::little ? std::byteswap(word) : word;
}

std::uint64_t head_of(std::string_view key) {
  std::uint64_t head = 0;
  std::memcpy(&head, key.data(), std::min(key.size(), sizeof head));
  return big_endian(head);
}

/// The same of a name with its length, one byte, before it: from the page, as what was just written
/// elsewhere cannot be read back at once. Eight bytes may be read at `name`.
std::uint64_t head_of_short(std::string_view name) {
  constexpr std::size_t named = sizeof(std::uint64_t) - 1;
  std::uint64_t head = 0;
  std::memcpy(&head, name.data(), sizeof head);
  head = big_endian(head) >> 8;
  if (name.size() < named) {
    head &= ~std::uint64_t{0} << (8 * (named - name.size()));
  }
  return static_cast<std::uint64_t>(name.size()) << 56 | head;
}

void append_member(std::string_view name, std::string_view value, std::string& text) {
  const bool is_plain = std::ranges::all_of(
      name, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (is_plain) {
    text += '"';
    text += name;
    text += '"';
  } else {
    text += json_quote(name);
  }
  text += ':';
  text += value;
}

}  // namespace

digest128 hash128(std::string_view bytes, const digest_secret& secret) {
  const auto hash =
      XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size());
  return {.high = hash.high64, .low = hash.low64};
}

std::string raw_key::json(const key_schema& schema) const {
  constexpr std::size_t punctuation = 16;
  std::string text;
  text.reserve(schema.partition.name.size() + partition.size() +
               (schema.sort ? schema.sort->name.size() : 0) + sort.size() + punctuation);
  text += '{';
  append_member(schema.partition.name, partition, text);
  if (schema.sort) {
    text += ',';
    append_member(schema.sort->name, sort, text);
  }
  text += '}';
  return text;
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
  hash = hash128(scratch_.bytes.view(), secret_);
  in_.seek(end);
  return true;
}

bool item_reader::read_both(const key_schema& schema, digest128& hash, raw_key& raw,
                            item_digest& digest) {
  wanted_key wanted{.schema = schema, .partition = {}, .sort = {}};
  wanted_ = &wanted;
  const bool taken = read_digest(digest);
  wanted_ = nullptr;
  if (!taken) {
    return false;
  }
  raw = {.partition = wanted.partition.raw, .sort = wanted.sort.raw};
  hash = wanted.hash;
  return wanted.is_found;
}

bool item_reader::key_value(json_cursor::place where, const key_attribute& attribute,
                            std::string_view& raw) {
  in_.seek(where);
  const auto begin = scratch_.bytes.size();
  if (!value(1, false)) {
    return false;
  }
  if (scratch_.bytes.data()[begin] != to_char(attribute.type)) {
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
  digest.everything = hash128(scratch_.bytes.view(), secret_);
  digest.compared = digest.everything;
  if (met_ignored_) {
    in_.seek(start);
    if (!item(ignored_attributes::left_out)) {
      return false;
    }
    digest.compared = hash128(scratch_.bytes.view(), secret_);
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
  if (depth == 0 && wanted_ != nullptr) {
    hash_wanted_key();  // while its parts lie where they were written
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
  auto& bytes = scratch_.bytes;
  auto* const key_part = depth == 0 ? wanted_key_part(name) : nullptr;
  const auto begin = bytes.size();
  const bool is_short = name.size() < short_name;
  const auto head = is_short ? head_of_short(name) : 0;  // the name is gone behind its value
  bytes.put_varint(name.size());
  bytes.put_padded(name);
  const auto key_size = bytes.size() - begin;
  const auto value_place = in_.at();
  if (!value(depth + 1, watched_below)) {
    return false;
  }
  if (key_part != nullptr) {
    *key_part = {.begin = begin + key_size,
                 .size = bytes.size() - begin - key_size,
                 .raw = in_.since(value_place)};
  }
  add_piece(begin, key_size, is_short ? head : head_of(bytes.view(begin, key_size)));
  path.resize(parent_size);
  return true;
}

item_reader::key_part* item_reader::wanted_key_part(std::string_view name) {
  if (wanted_ == nullptr) {
    return nullptr;
  }
  const auto& [partition, sort] = wanted_->schema;
  return name == partition.name       ? &wanted_->partition
         : sort && name == sort->name ? &wanted_->sort
                                      : nullptr;
}

void item_reader::hash_wanted_key() {
  auto& [schema, partition, sort, hash, is_found] = *std::exchange(wanted_, nullptr);
  const auto is_key = [this](const key_part& part, const key_attribute& attribute) {
    return part.size > 0 && scratch_.bytes.data()[part.begin] == to_char(attribute.type) &&
           part.raw.size() <= key_value_json_max;
  };
  is_found = is_key(partition, schema.partition) && (!schema.sort || is_key(sort, *schema.sort));
  if (!is_found) {
    return;
  }
  scratch_.key.clear();
  scratch_.key.put(scratch_.bytes.view(partition.begin, partition.size));
  scratch_.key.put(scratch_.bytes.view(sort.begin, sort.size));
  hash = hash128(scratch_.key.view(), secret_);
}

bool item_reader::value(int depth, bool watched) {
  if (depth > nesting_max) {
    return refuse("values nested deeper than 64 levels");
  }
  const auto start = in_.at();
  const auto written = scratch_.bytes.size();
  char letter = 0;
  if (in_.enter_lone_member(letter)) {
    const std::string_view type(&letter, 1);
    if (!typed(type, depth, watched)) {
      return false;
    }
    if (in_.leave_lone_member()) {
      return true;
    }
    in_.seek(start);
    scratch_.bytes.shrink(written);
  }
  return value_of_any_form(depth, watched);
}

bool item_reader::value_of_any_form(int depth, bool watched) {
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
        bytes.put('S');
        return text();
      case 'N':
        bytes.put('N');
        return number();
      case 'B':
        bytes.put('B');
        return binary();
      case 'L':
        return list(depth);
      case 'M':
        return members(depth, watched);
      default:
        break;
    }
  }
  if (is_name(type, "BOOL")) {
    return boolean();
  }
  if (is_name(type, "NULL")) {
    return null();
  }
  if (is_name(type, "SS")) {
    return set('s', &item_reader::text);
  }
  if (is_name(type, "NS")) {
    return set('n', &item_reader::number);
  }
  if (is_name(type, "BS")) {
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
    const auto size = scratch_.bytes.size() - begin;
    add_piece(begin, size, head_of(scratch_.bytes.view(begin, size)));
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
  auto& decoded = scratch_.decoded;
  decoded.clear();
  const auto size = in_.take_string(text) ? base64_decoded_size(text) : std::nullopt;
  if (!size) {
    return refuse("a binary value that is not base64");
  }
  const auto begin = decoded.leave(*size);
  if (!base64_decode_into(text, decoded.data() + begin)) {
    return refuse("a binary value that is not base64");
  }
  append_sized(decoded.view());
  return true;
}

bool item_reader::boolean() {
  bool value = false;
  if (!in_.take_bool(value)) {
    return refuse("a BOOL that is neither true nor false");
  }
  scratch_.bytes.put(value ? 'T' : 'F');
  return true;
}

bool item_reader::null() {
  bool value = false;
  if (!in_.take_bool(value) || !value) {
    return refuse("a NULL that is not true");
  }
  scratch_.bytes.put('0');
  return true;
}

void item_reader::append_sized(std::string_view text) {
  auto& bytes = scratch_.bytes;
  bytes.put_varint(text.size());
  if (text.size() <= literal_bytes_max) {
    bytes.put_padded(text);
    return;
  }
  const auto hash = hash128(text, secret_);
  const std::array words{hash.high, hash.low};
  bytes.put(std::string_view(reinterpret_cast<const char*>(words.data()), sizeof words));
}

std::size_t item_reader::open(char tag) {
  scratch_.bytes.put(tag);
  const auto header = scratch_.bytes.leave(sizeof(std::uint32_t));
  set_count(header, 0);
  return header;
}

void item_reader::set_count(std::size_t header, std::size_t count) {
  const auto small = static_cast<std::uint32_t>(count);
  std::memcpy(scratch_.bytes.data() + header, &small, sizeof small);
}

void item_reader::add_piece(std::size_t begin, std::size_t key_size, std::uint64_t head) {
  // One by one: made as a whole it would be read back while it is still being written.
  auto& made = scratch_.pieces.emplace_back();
  made.head = head;
  made.begin = static_cast<std::uint32_t>(begin);
  made.key_size = static_cast<std::uint32_t>(key_size);
  made.size = static_cast<std::uint32_t>(scratch_.bytes.size() - begin);
}

bool item_reader::close_sorted(std::size_t header, std::size_t first) {
  auto& bytes = scratch_.bytes;
  const auto less = [&bytes](const piece& a, const piece& b) {
    return a.head != b.head ? a.head < b.head
                            : bytes.view(a.begin, a.key_size) < bytes.view(b.begin, b.key_size);
  };
  const auto not_before = [&less](const piece& a, const piece& b) { return !less(a, b); };
  const std::span pieces(scratch_.pieces.begin() + static_cast<std::ptrdiff_t>(first),
                         scratch_.pieces.end());
  const bool in_order = std::ranges::adjacent_find(pieces, not_before) == pieces.end();
  const bool is_item = header == item_header;
  auto kept = pieces;
  if (!in_order && !(is_item && scratch_.shape.arrange(pieces))) {
    std::ranges::sort(pieces, less);
    kept = pieces.first(pieces.size() - std::ranges::unique(pieces, not_before).size());
    if (is_item && kept.size() == pieces.size()) {
      scratch_.shape.remember(kept);
    }
  }
  if (!in_order) {
    copy_in_order(header, kept);
  }
  set_count(header, kept.size());
  const bool all_different = kept.size() == pieces.size();
  scratch_.pieces.resize(first);
  return all_different;
}

void item_reader::copy_in_order(std::size_t header, std::span<const piece> pieces) {
  auto& bytes = scratch_.bytes;
  auto& sorted = scratch_.sorted;
  const auto begin = header + sizeof(std::uint32_t);
  sorted.clear();
  if (header == item_header) {  // nothing lies before it, so that nothing need be copied back
    sorted.put(bytes.view(0, begin));
  }
  for (const auto& each : pieces) {
    sorted.put_padded(bytes.view(each.begin, each.size));
  }
  if (header == item_header) {
    std::swap(bytes, sorted);
    return;
  }
  bytes.shrink(begin);
  bytes.put(sorted.view());
}

bool item_reader::refuse(std::string_view why) {
  if (refusal_.empty() && !in_.damaged()) {
    refusal_ = why;
  }
  return false;
}

}  // namespace ddm::dynamodb
