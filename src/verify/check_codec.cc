#include "verify/check_codec.h"

#include "base/varint.h"

#include <array>
#include <charconv>
#include <initializer_list>
#include <type_traits>
#include <utility>

namespace ddm::verify {
namespace {

constexpr std::uint8_t codec_version = 3;

/// "shardId-00000001710936000000-1a2b3c4d": what the service calls shards.
constexpr std::string_view shard_prefix = "shardId-";
constexpr std::size_t shard_number_digits = 20;
constexpr std::size_t shard_end_digits = 8;
constexpr std::size_t shard_end_at = shard_prefix.size() + shard_number_digits + 1;
constexpr std::size_t usual_shard_size = shard_end_at + shard_end_digits;

/// A shard's usual name is these two; 0 stands before them, else one more than its size.
struct shard_name {
  std::uint64_t number = 0;
  std::uint32_t end = 0;
};

std::string usual_name(const shard_name& shard) {
  std::array<char, shard_number_digits> number{};
  std::array<char, shard_end_digits> end{};
  const auto fill = [](auto& digits, auto value, int base) {
    std::array<char, shard_number_digits> made{};
    const auto [after, failed] = std::to_chars(made.data(), made.data() + made.size(), value, base);
    digits.fill('0');
    std::copy(made.data(), after, digits.end() - (after - made.data()));
  };
  fill(number, shard.number, 10);
  fill(end, shard.end, 16);
  std::string name(shard_prefix);
  name.append(number.data(), number.size()).push_back('-');
  return name.append(end.data(), end.size());
}

/// Nothing: it has another form.
std::optional<shard_name> usual_parts(std::string_view name) {
  if (name.size() != usual_shard_size || !name.starts_with(shard_prefix) ||
      name[shard_end_at - 1] != '-') {
    return std::nullopt;
  }
  shard_name found;
  const auto take = [](std::string_view digits, std::string_view allowed, auto& number, int base) {
    return digits.find_first_not_of(allowed) == std::string_view::npos &&
           std::from_chars(digits.begin(), digits.end(), number, base).ec == std::errc{};
  };
  const bool taken =
      take(name.substr(shard_prefix.size(), shard_number_digits), "0123456789", found.number, 10) &&
      take(name.substr(shard_end_at), "0123456789abcdef", found.end, 16);
  return taken ? std::optional(found) : std::nullopt;
}

class writer {
 public:
  explicit writer(wall_time times_from) : time_(to_ms(times_from)) {
    constexpr std::size_t usual_size = 192;
    bytes_.reserve(usual_size);
    bytes_.push_back(static_cast<char>(codec_version));
    put_varint(bytes_, zigzag_step(0, time_));
  }

  template <class... Flags>
  void flags(Flags... set) {
    std::uint64_t bits = 0;
    unsigned at = 0;
    ((bits |= std::uint64_t{set} << at++), ...);
    put_varint(bytes_, bits);
  }
  void number(std::uint64_t value) { put_varint(bytes_, value); }
  /// As a step from the time with which the bytes begin.
  void time(wall_time at) { put_varint(bytes_, zigzag_step(time_, to_ms(at))); }
  void text(std::string_view value) {
    put_varint(bytes_, value.size());
    bytes_.append(value);
  }
  void digest(const digest128& value) {
    fixed(value.high);
    fixed(value.low);
  }
  /// Whether it is there, and whether both digests are one, flags have told.
  void item(const image& value) {
    if (value) {
      digest(value->compared);
      if (value->compared != value->everything) {
        digest(value->everything);
      }
    }
  }
  void past(const past_image& value) {
    flags(value.digest.has_value());
    if (value.digest) {
      digest(*value.digest);
    }
    time(value.until);
    time(value.until_created);
  }
  void digits(std::string_view decimal) {
    put_varint(bytes_, decimal.size());
    for (std::size_t at = 0; at < decimal.size(); at += 2) {
      const auto high = decimal[at] - '0';
      const auto low = at + 1 < decimal.size() ? decimal[at + 1] - '0' : 0;
      bytes_.push_back(static_cast<char>(high << 4 | low));
    }
  }
  void shard(std::string_view name) {
    if (const auto parts = usual_parts(name)) {
      number(0);
      fixed(parts->number);
      fixed(parts->end);
    } else {
      number(name.size() + 1);
      bytes_.append(name);
    }
  }
  std::string take() && { return std::move(bytes_); }

 private:
  template <class Number>
  void fixed(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  std::int64_t time_;
  std::string bytes_;
};

/// Zeros once the bytes have ended too early.
class reader {
 public:
  explicit reader(std::string_view bytes) : bytes_(bytes) {
    take(1);
    time_ = after_zigzag_step(0, number());
  }

  template <std::size_t Count>
  std::array<bool, Count> flags() {
    std::array<bool, Count> set{};
    const auto bits = number();
    for (unsigned at = 0; at < Count; ++at) {
      set.at(at) = (bits >> at & 1U) != 0;
    }
    return set;
  }
  std::uint64_t number() {
    const auto value = take_varint(bytes_);
    good_ = good_ && value;
    return good_ ? *value : 0;
  }
  wall_time first_time() const { return from_ms(time_); }
  wall_time time() { return from_ms(after_zigzag_step(time_, number())); }
  std::string text() { return std::string(take(number())); }
  digest128 digest() {
    digest128 value;
    value.high = fixed<std::uint64_t>();
    value.low = fixed<std::uint64_t>();
    return value;
  }
  image item(bool present, bool is_one) {
    if (!present) {
      return std::nullopt;
    }
    const auto compared = digest();
    return item_digest{.compared = compared, .everything = is_one ? compared : digest()};
  }
  past_image past() {
    past_image value;
    if (flags<1>()[0]) {
      value.digest = digest();
    }
    value.until = time();
    value.until_created = time();
    return value;
  }
  sequence_number sequence() {
    const auto size = number();
    std::string decimal;
    for (const unsigned char pair : take(size / 2 + size % 2)) {
      decimal.push_back(static_cast<char>('0' + (pair >> 4U)));
      decimal.push_back(static_cast<char>('0' + (pair & 0xfU)));
    }
    decimal.resize(good_ ? size : 0);
    const auto parsed = sequence_number::parse(decimal);
    good_ = good_ && (parsed || decimal.empty());
    return good_ && parsed ? *parsed : sequence_number{};
  }
  std::string shard() {
    if (const auto size = number(); size > 0) {
      return std::string(take(size - 1));
    }
    shard_name usual;
    usual.number = fixed<std::uint64_t>();
    usual.end = fixed<std::uint32_t>();
    return usual_name(usual);
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool complete() const { return good_ && bytes_.empty(); }

 private:
  std::string_view take(std::uint64_t length) {
    good_ = good_ && length <= bytes_.size();
    if (!good_) {
      return {};
    }
    const auto taken = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return taken;
  }
  template <class Number>
  Number fixed() {
    Number value = 0;
    if (const auto taken = take(sizeof value); good_) {
      taken.copy(reinterpret_cast<char*>(&value), sizeof value);
    }
    return value;
  }

  std::string_view bytes_;
  std::int64_t time_ = 0;
  bool good_ = true;
};

bool is_one(const image& value) { return value && value->compared == value->everything; }

std::optional<decoded_check> decode_present(check_id id, std::string_view body) {
  reader in(body);
  decoded_check decoded;
  auto& [own_id, asked, expected, seen, at] = decoded.value;
  own_id = id;
  asked.read_at = in.first_time();
  const auto [is_read, present, present_is_one, has_before, history_cut, unproven_before,
              ttl_delete_seen, answers_comparison, has_origin, origin_present, origin_is_one] =
      in.flags<11>();
  asked.key.json = in.text();
  asked.key.hash = in.digest();
  decoded.shard_id = in.shard();
  asked.sequence = in.sequence();
  asked.created = in.time();
  asked.first_unmet_at = in.time();
  asked.unmet_created = in.time();
  asked.unproven_before = unproven_before;
  expected.is_read = is_read;
  expected.value = in.item(present, present_is_one);
  expected.history_cut = history_cut;
  expected.ttl_delete_seen = ttl_delete_seen;
  if (has_before) {
    expected.before = in.past();
  }
  for (auto images = in.number(); images > 0 && in.good(); --images) {
    expected.history.push_back(in.past());
  }
  expected.history.shrink_to_fit();  // the memory bound counts capacities
  if (answers_comparison) {
    asked.comparison_asks_since = in.time();
  }
  if (has_origin) {
    const auto value = in.item(origin_present, origin_is_one);
    seen.origin = origin_read{value, in.time()};
  }
  return in.complete() ? std::optional(std::move(decoded)) : std::nullopt;
}

}  // namespace

std::string encode_check(const check& open, std::string_view shard_id) {
  const auto& [id, asked, expected, seen, at] = open;
  const bool origin_present = seen.origin && seen.origin->value;
  writer out(asked.read_at);
  out.flags(expected.is_read, expected.value.has_value(), is_one(expected.value),
            expected.before.has_value(), expected.history_cut, asked.unproven_before,
            expected.ttl_delete_seen, asked.comparison_asks_since.has_value(),
            seen.origin.has_value(), origin_present, origin_present && is_one(seen.origin->value));
  out.text(asked.key.json);
  out.digest(asked.key.hash);
  out.shard(shard_id);
  out.digits(asked.sequence.str());
  out.time(asked.created);
  out.time(asked.first_unmet_at);
  out.time(asked.unmet_created);
  out.item(expected.value);
  if (expected.before) {
    out.past(*expected.before);
  }
  out.number(expected.history.size());
  for (const auto& past : expected.history) {
    out.past(past);
  }
  if (asked.comparison_asks_since) {
    out.time(*asked.comparison_asks_since);
  }
  if (seen.origin) {
    out.item(seen.origin->value);
    out.time(seen.origin->at);
  }
  return std::move(out).take();
}

result<decoded_check> decode_check(check_id id, std::string_view body) {
  const auto version = body.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(body.front());
  auto decoded = version == codec_version       ? decode_present(id, body)
                 : version == 1 || version == 2 ? decode_check_before(id, body)
                                                : std::nullopt;
  if (!decoded) {
    return fatal(
        "an open check in the state file cannot be read: the file is damaged or was written "
        "by another version");
  }
  return *std::move(decoded);
}

}  // namespace ddm::verify
