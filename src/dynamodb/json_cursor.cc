#include "dynamodb/json_cursor.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace ddm::dynamodb {
namespace {

/// A larger index, left behind by a rare page, is given back at the next opening.
constexpr std::size_t kept_capacity_bytes = 8 << 20;

constexpr bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// U+D800–U+DFFF in UTF-8: simdjson writes a lone low surrogate so.
bool has_surrogate(std::string_view text) {
  for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
      return true;
    }
  }
  return false;
}

/// What each token's first character does to the depth.
constexpr auto deeper_by = [] {
  std::array<int, 256> table{};
  table['{'] = table['['] = 1;
  table['}'] = table[']'] = -1;
  table['\0'] = std::numeric_limits<int>::min() / 2;
  return table;
}();

}  // namespace

json_cursor::json_cursor() = default;
json_cursor::~json_cursor() = default;

bool json_cursor::open(const padded_buffer& text) {
  static_assert(padded_buffer::padding >= simdjson::SIMDJSON_PADDING);
  constexpr std::size_t depth_max = 1;  // of simdjson's own tree, which is not built
  const auto needed = std::bit_ceil(std::max<std::size_t>(text.size(), 64));
  if (stage1_ && stage1_->capacity() > kept_capacity_bytes && needed <= kept_capacity_bytes) {
    stage1_.reset();
  }
  auto status = simdjson::SUCCESS;
  if (!stage1_) {
    status = simdjson::get_active_implementation()->create_dom_parser_implementation(
        needed, depth_max, stage1_);
  } else if (stage1_->capacity() < needed) {
    status = stage1_->allocate(needed, depth_max);
  }
  if (status == simdjson::SUCCESS) {
    status = stage1_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                             simdjson::stage1_mode::regular);
  }
  at_ = 0;
  damaged_ = status != simdjson::SUCCESS;
  if (damaged_) {
    static constexpr std::uint32_t nothing[] = {0};
    text_ = "";
    index_ = nothing;
    count_ = 0;
    return false;
  }
  text_ = text.data();
  index_ = stage1_->structural_indexes.get();
  count_ = stage1_->n_structural_indexes;
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  return true;
}

bool json_cursor::unescape(std::string_view escaped, std::string_view& text) {
  const auto room = escaped.size() + simdjson::SIMDJSON_PADDING;
  if (unescaped_.size() < room) {
    unescaped_.resize(room);
  }
  auto* out = reinterpret_cast<std::uint8_t*>(unescaped_.data());
  const auto* end =
      stage1_->parse_string(reinterpret_cast<const std::uint8_t*>(escaped.data()), out);
  if (end == nullptr) {
    return false;
  }
  text = {unescaped_.data(), static_cast<std::size_t>(end - out)};
  return !has_surrogate(text);
}

std::string_view json_cursor::scalar() const {
  const auto begin = index_[at_];
  auto end = at_end() ? begin : index_[at_ + 1];
  while (end > begin && is_blank(text_[end - 1])) {
    --end;
  }
  return {text_ + begin, end - begin};
}

bool json_cursor::take_number(double& number) {
  const auto text = scalar();
  const bool starts_well = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  if (!starts_well) {
    return other_kind();
  }
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return false;
  }
  ++at_;
  return true;
}

bool json_cursor::take_bool(bool& value) {
  const auto text = scalar();
  if (text != "true" && text != "false") {
    return other_kind();
  }
  value = text == "true";
  ++at_;
  return true;
}

bool json_cursor::take_null() {
  if (scalar() != "null") {
    return other_kind();
  }
  ++at_;
  return true;
}

bool json_cursor::skip_value() {
  const char first = peek();
  if (first == ':' || first == ',') {
    return damage();
  }
  // Behind the last token lies a zero, which ends every depth.
  int depth = 0;
  auto at = at_;
  do {
    depth += deeper_by[static_cast<unsigned char>(text_[index_[at]])];
    ++at;
  } while (depth > 0);
  if (depth < 0) {
    return damage();
  }
  at_ = at;
  return true;
}

bool json_cursor::is_whole() {
  seek(0);
  return skip_value() && at_end();
}

}  // namespace ddm::dynamodb
