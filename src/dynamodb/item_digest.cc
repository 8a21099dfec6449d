#include "dynamodb/item_digest.h"

#include "base/padded_buffer.h"
#include "dynamodb/canonical.h"
#include "dynamodb/json_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

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
          std::ranges::any_of(patterns_, [](const auto& each) { return each.contains('.'); })) {}

bool ignore_list::matches(std::string_view path) const {
  return std::ranges::any_of(patterns_, [path](std::string_view pattern) {
    return pattern.ends_with('*') ? path.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : path == pattern;
  });
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
