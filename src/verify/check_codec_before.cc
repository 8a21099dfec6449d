// Open checks as versions before the present one wrote them: every number in full, in the order of
// `check`. Version 1 knew neither when unmet changes were made (the time at which they were read
// stands in) nor which checks answer a comparison.
#include "verify/check_codec.h"

#include <type_traits>

namespace ddm::verify {
namespace {

constexpr std::uint8_t without_times_made = 1;

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
    if (version_ != without_times_made) {
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

std::optional<decoded_check> decode_check_before(check_id id, std::string_view body) {
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
  if (in.version() != without_times_made) {
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
  if (!in.complete() || (!number && !sequence.empty())) {
    return std::nullopt;
  }
  asked.sequence = number.value_or(sequence_number{});
  return decoded;
}

}  // namespace ddm::verify
