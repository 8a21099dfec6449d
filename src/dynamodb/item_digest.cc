#include "dynamodb/item_digest.h"

#include "base/padded_buffer.h"
#include "dynamodb/canonical.h"
#include "dynamodb/json_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace ddm::dynamodb {
namespace {

/// Why one document could not be read. What is cut off may come whole the next time.
std::unexpected<error> unreadable(std::string_view what, json_cursor& in,
                                  const item_reader& reader) {
  const auto place = in.offset();
  if (in.damaged() || !in.is_whole()) {
    return fail(
        error_class::retry,
        fmt::format("reading {}: its JSON is damaged near byte {}; read it again", what, place));
  }
  return fatal(fmt::format("reading {}: it holds {}", what, reader.refusal()));
}

/// "[3]", "[]" or "[*" somewhere.
bool names_list_element(std::string_view pattern) {
  for (auto at = pattern.find('['); at != std::string_view::npos; at = pattern.find('[', at + 1)) {
    const auto end = pattern.find_first_not_of("0123456789", at + 1);
    if (end != std::string_view::npos && (pattern[end] == ']' || pattern[end] == '*')) {
      return true;
    }
  }
  return false;
}

/// All paths that `inner` matches are matched by `outer`.
bool covers_pattern(std::string_view outer, std::string_view inner) {
  return outer == inner ||
         (outer.ends_with('*') && inner.starts_with(outer.substr(0, outer.size() - 1)));
}

bool is_covered(std::string_view pattern, const std::vector<std::string>& by) {
  return std::ranges::any_of(by,
                             [pattern](const auto& each) { return covers_pattern(each, pattern); });
}

}  // namespace

std::string digest128::hex() const { return fmt::format("{:016x}{:016x}", high, low); }

std::string digest128::bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }

std::optional<digest128> digest128::from_bytes(std::string_view bytes) {
  digest128 digest;
  if (bytes.size() != sizeof digest) {
    return std::nullopt;
  }
  std::memcpy(&digest, bytes.data(), sizeof digest);
  return digest;
}

ignore_list::ignore_list(std::vector<std::string> patterns)
    : patterns_(std::move(patterns)),
      reaches_into_maps_(
          std::ranges::any_of(patterns_, [](const auto& each) { return each.contains('.'); })) {
  for (const std::string_view pattern : patterns_) {
    if (pattern == "*") {
      may_begin_.set();
    } else if (!pattern.empty()) {
      may_begin_.set(static_cast<unsigned char>(pattern.front()));
    }
  }
}

std::optional<std::string_view> ignore_list::refusal(std::string_view pattern) {
  if (pattern.empty()) {
    return "is empty: give the path of an attribute, or leave the flag out";
  }
  if (names_list_element(pattern)) {
    return "names an element of a list: values inside lists are always compared; ignore the whole "
           "list, by its own path";
  }
  if (pattern.substr(0, pattern.size() - 1).contains('*')) {
    return "holds a * before its end: only one at the end is understood, and matches any rest";
  }
  if (pattern.starts_with('.') || pattern.ends_with('.') || pattern.contains("..")) {
    return "holds an empty name: write the names of a path with one dot between them, such as "
           "meta.updated_at";
  }
  return std::nullopt;
}

bool ignore_list::matches_any(std::string_view path) const {
  return std::ranges::any_of(patterns_, [path](std::string_view pattern) {
    return pattern.ends_with('*') ? path.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : path == pattern;
  });
}

bool ignore_list::covers(const ignore_list& other) const {
  return std::ranges::all_of(other.patterns_,
                             [this](const auto& each) { return is_covered(each, patterns_); });
}

/// Two patterns lie one within the other, or have nothing in common.
ignore_list ignore_list::common_with(const ignore_list& other) const {
  std::vector<std::string> common;
  std::ranges::copy_if(patterns_, std::back_inserter(common),
                       [&](const auto& each) { return is_covered(each, other.patterns_); });
  std::ranges::copy_if(other.patterns_, std::back_inserter(common), [&](const auto& each) {
    return is_covered(each, patterns_) && std::ranges::find(common, each) == common.end();
  });
  return ignore_list(std::move(common));
}

result<item_digest> digest_item(std::string_view item_json, const digest_secret& secret,
                                const ignore_list& ignored) {
  const padded_buffer text(item_json);
  json_cursor in;
  canonical_scratch scratch;
  item_reader reader(in, scratch, secret, ignored);
  item_digest digest;
  if (!in.open(text) || !reader.read_digest(digest) || !in.at_end()) {
    return unreadable("an item", in, reader);
  }
  return digest;
}

result<item_key> key_of(std::string_view item_json, const key_schema& schema,
                        const digest_secret& secret) {
  const padded_buffer text(item_json);
  const ignore_list nothing_ignored;
  json_cursor in;
  canonical_scratch scratch;
  item_reader reader(in, scratch, secret, nothing_ignored);
  item_key key;
  raw_key raw;
  if (!in.open(text) || !reader.read_key(schema, key.hash, raw) || !in.at_end()) {
    return unreadable(fmt::format("the key {}", schema.describe()), in, reader);
  }
  key.json = raw.json(schema);
  return key;
}

}  // namespace ddm::dynamodb
