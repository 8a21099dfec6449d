// How dense a sample is: one key in N.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace ddm::cli {

/// "50", "all", "1", "1%", "1/100" → N. The error is the rest of a sentence that begins with the
/// value.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_sample_rate(std::string_view text);

/// "1 key in 100 (1 %)", "every key".
[[nodiscard]] std::string describe_sample_rate(std::uint64_t rate);

}  // namespace ddm::cli
