// DynamoDB's own nouns as types.
#pragma once

#include "base/error.h"
#include "base/strong_string.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::dynamodb {

using table_name = strong_string<struct table_name_tag>;  ///< a name or an ARN: sent as TableName
using stream_arn = strong_string<struct stream_arn_tag>;
using shard_id = strong_string<struct shard_id_tag>;
using shard_iterator = strong_string<struct shard_iterator_tag>;

/// 21–40 decimal digits. Compared as a number ("9" < "10", leading zeros count for nothing), sent
/// back to the API as it came. Small and trivially copyable: there is one in every record and
/// check.
class sequence_number {
 public:
  static constexpr std::size_t digits_max = 40;

  sequence_number() = default;  ///< "no number": below every other
  /// Fails unless `text` is 1–40 decimal digits.
  [[nodiscard]] static result<sequence_number> parse(std::string_view text);

  [[nodiscard]] std::string_view str() const { return {digits_.data(), length_}; }
  [[nodiscard]] bool empty() const { return length_ == 0; }
  [[nodiscard]] std::strong_ordering operator<=>(const sequence_number& other) const;
  [[nodiscard]] bool operator==(const sequence_number& other) const {
    return (*this <=> other) == std::strong_ordering::equal;
  }

 private:
  std::array<char, digits_max> digits_{};
  std::uint8_t length_ = 0;
};

enum class key_type {
  string,
  number,
  binary,
};
[[nodiscard]] char to_char(key_type type);  ///< 'S', 'N', 'B'

struct key_attribute {
  std::string name;
  key_type type = key_type::string;
  bool operator==(const key_attribute&) const = default;
};

struct key_schema {
  key_attribute partition;
  std::optional<key_attribute> sort;
  bool operator==(const key_schema&) const = default;
  /// "user_id (S), timestamp (N)".
  [[nodiscard]] std::string describe() const;
};

/// "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000" taken
/// apart.
struct table_arn {
  std::string partition;
  std::string region;
  std::string account;
  std::string table;
  std::string stream_label;  ///< empty for a table's ARN

  /// Accepts the ARN of a table or of a stream; the error says which part is wrong.
  [[nodiscard]] static result<table_arn> parse(std::string_view text);
};

/// True for the ARNs that DynamoDB Local makes up, alike for every account.
[[nodiscard]] bool is_local_arn(std::string_view arn);

}  // namespace ddm::dynamodb
