#include "cli/sample_rate.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace ddm::cli {
namespace {

constexpr std::uint64_t rate_max = 1'000'000'000;

std::unexpected<std::string> wrong() {
  return std::unexpected(
      std::string("is no sample rate: write how many keys one is taken from, such as 50, or all, "
                  "1%, 1/100"));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_sample_rate(std::string_view text) {
  if (text == "all") {
    return 1;
  }
  if (text.ends_with('%')) {
    text.remove_suffix(text.ends_with(" %") ? 2 : 1);
    const auto percent = parse_number<double>(text);
    if (!percent || !(*percent >= 100.0 / rate_max) || *percent > 100) {
      return wrong();
    }
    const double rate = 100 / *percent;
    const double whole = std::round(rate);
    if (std::abs(rate - whole) > rate / 50) {
      return std::unexpected(fmt::format("is not one key in a whole number: write {} or {}",
                                         std::floor(rate), std::ceil(rate)));
    }
    return static_cast<std::uint64_t>(whole);
  }
  if (text.starts_with("1/")) {
    text.remove_prefix(2);
  }
  const auto rate = parse_number<std::uint64_t>(text);
  if (!rate || *rate == 0 || *rate > rate_max) {
    return wrong();
  }
  return *rate;
}

std::string describe_sample_rate(std::uint64_t rate) {
  return rate == 1 ? "every key"
                   : fmt::format("1 key in {} ({:.3g} %)", rate, 100.0 / static_cast<double>(rate));
}

}  // namespace ddm::cli
