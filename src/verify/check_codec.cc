#include "verify/check_codec.h"

#include <type_traits>

namespace ddm::verify {
namespace {

/// Version 1 knew neither when unmet changes were made (the time at which they were read stands in)
/// nor which checks answer a comparison.
constexpr std::uint8_t codec_version = 2;
constexpr std::uint8_t codec_version_read_times = 1;

class writer {
 public:
  template <class Number>
    requires std::is_integral_v<Number>
  void put(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void put(wall_time time) { put(to_ms(time)); }
  void put(const digest128& digest) {
    put(digest.high);
    put(digest.low);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void put(const item_digest& digest) {
    put(digest.compared);
    put(digest.everything);
  }
  void put(const past_image& past) {
    put(past.digest);
    put(past.until);
    put(past.until_created);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(static_cast<std::uint8_t>(value.has_value()));
    if (value) {
      put(*value);
    }
  }
  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class reader {
 public:
  explicit reader(std::string_view bytes) : bytes_(bytes) { get(version_); }

  template <class Number>
    requires std::is_integral_v<Number>
  void get(Number& number) {
    if (take(sizeof number)) {
      taken_.copy(reinterpret_cast<char*>(&number), sizeof number);
    }
  }
  void get(bool& flag) {
    std::uint8_t byte = 0;
    get(byte);
    flag = byte != 0;
  }
  void get(wall_time& time) {
    std::int64_t ms = 0;
    get(ms);
    time = from_ms(ms);
  }
  void get(digest128& digest) {
    get(digest.high);
    get(digest.low);
  }
  void get(std::string& text) {
    std::uint32_t length = 0;
    get(length);
    if (take(length)) {
      text = taken_;
    }
  }
  void get(item_digest& digest) {
    get(digest.compared);
    get(digest.everything);
  }
  void get(past_image& past) {
    get(past.digest);
    get(past.until);
    past.until_created = past.until;
    if (version_ != codec_version_read_times) {
      get(past.until_created);
    }
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool present = false;
    get(present);
    if (present) {
      get(value.emplace());
    }
  }
  [[nodiscard]] bool complete() const { return good_ && bytes_.empty(); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::uint8_t version() const { return version_; }

 private:
  bool take(std::size_t length) {
    good_ = good_ && length <= bytes_.size();
    if (good_) {
      taken_ = bytes_.substr(0, length);
      bytes_.remove_prefix(length);
    }
    return good_;
  }
  std::string_view bytes_;
  std::string_view taken_;
  bool good_ = true;
  std::uint8_t version_ = 0;
};

}  // namespace

std::string encode_check(const check& open, std::string_view shard_id) {
  writer out;
  out.put(codec_version);
  const auto& [id, asked, expected, seen, at] = open;
  out.put(std::string_view(asked.key.json));
  out.put(asked.key.hash);
  out.put(shard_id);
  out.put(asked.sequence.str());
  out.put(expected.is_read);
  out.put(expected.value);
  out.put(expected.before);
  out.put(static_cast<std::uint32_t>(expected.history.size()));
  for (const auto& past : expected.history) {
    out.put(past);
  }
  out.put(expected.history_cut);
  out.put(asked.unproven_before);
  out.put(expected.ttl_delete_seen);
  out.put(asked.created);
  out.put(asked.read_at);
  out.put(asked.first_unmet_at);
  out.put(asked.unmet_created);
  out.put(asked.comparison_asks_since);
  const auto origin = seen.origin.value_or(origin_read{});
  out.put(seen.origin ? std::optional<image>(origin.value) : std::nullopt);
  out.put(origin.at);
  return std::move(out).take();
}

result<decoded_check> decode_check(check_id id, std::string_view body) {
  reader in(body);
  decoded_check decoded;
  auto& [own_id, asked, expected, seen, at] = decoded.value;
  own_id = id;
  std::string sequence;
  in.get(asked.key.json);
  in.get(asked.key.hash);
  in.get(decoded.shard_id);
  in.get(sequence);
  in.get(expected.is_read);
  in.get(expected.value);
  in.get(expected.before);
  std::uint32_t images = 0;
  in.get(images);
  for (std::uint32_t i = 0; i < images && in.good(); ++i) {
    in.get(expected.history.emplace_back());
  }
  expected.history.shrink_to_fit();  // the memory bound counts capacities
  in.get(expected.history_cut);
  in.get(asked.unproven_before);
  in.get(expected.ttl_delete_seen);
  in.get(asked.created);
  in.get(asked.read_at);
  in.get(asked.first_unmet_at);
  asked.unmet_created = asked.first_unmet_at;
  if (in.version() != codec_version_read_times) {
    in.get(asked.unmet_created);
    in.get(asked.comparison_asks_since);
  }
  std::optional<image> origin;
  wall_time origin_at;
  in.get(origin);
  in.get(origin_at);
  if (origin) {
    seen.origin = origin_read{*origin, origin_at};
  }
  auto number = sequence_number::parse(sequence);
  const bool known = in.version() == codec_version || in.version() == codec_version_read_times;
  if (!known || !in.complete() || (!number && !sequence.empty())) {
    return fatal(
        "an open check in the state file cannot be read: the file is damaged or was written "
        "by another version");
  }
  asked.sequence = number.value_or(sequence_number{});
  return decoded;
}

}  // namespace ddm::verify
