// Quantities as people write them: durations ("1m30s"), sizes ("512MiB"), and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace ddm {

/// "30s", "1m30s", "500ms", "2h", "1d"; fractions such as "1.5h"; "0" alone may go without a unit.
/// The error is a phrase that completes "… is not a duration: ".
[[nodiscard]] std::expected<std::chrono::milliseconds, std::string> parse_duration(
    std::string_view text);

/// "1m30s", "500ms", "0s": the shortest form that parse_duration reads back to the same value.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// For people, two units at most: "31 min 5 s", "2 h 3 min", "420 ms".
[[nodiscard]] std::string spoken_duration(std::chrono::milliseconds duration);

/// "512MiB", "1GiB", "64MB", "1048576"; bytes.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// 30000000 → "30,000,000".
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace ddm
