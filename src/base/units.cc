#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace ddm {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<unit, 5> duration_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr double longest_ms = 3650.0 * 86'400'000;

constexpr std::string_view duration_help = "write it with a unit, such as 500ms, 30s, 1m30s or 2h";

/// The number at the front of `text`, which may have a fraction; nothing for anything else.
bool take_decimal(std::string_view& text, double& value) {
  const auto length = text.find_first_not_of("0123456789.");
  const auto digits = text.substr(0, length);
  if (digits.empty()) {
    return false;
  }
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                         std::chars_format::fixed);
  if (ec != std::errc{} || end != digits.data() + digits.size()) {
    return false;
  }
  text.remove_prefix(digits.size());
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] >= 'a' && text[length] <= 'z') ||
                                  (text[length] >= 'A' && text[length] <= 'Z'))) {
    ++length;
  }
  const auto letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

}  // namespace

std::expected<milliseconds, std::string> parse_duration(std::string_view text) {
  if (text == "0") {
    return milliseconds{0};
  }
  if (text.empty()) {
    return std::unexpected(fmt::format("it is empty; {}", duration_help));
  }
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    if (!take_decimal(text, value)) {
      return std::unexpected(std::string(duration_help));
    }
    const auto name = take_letters(text);
    const unit* found = nullptr;
    for (const auto& candidate : duration_units) {
      if (candidate.name == name) {
        found = &candidate;
      }
    }
    if (name.empty()) {
      return std::unexpected(fmt::format("it has no unit; {}", duration_help));
    }
    if (found == nullptr) {
      return std::unexpected(fmt::format("\"{}\" is no unit; {}", name, duration_help));
    }
    total += value * static_cast<double>(found->ms);
  }
  if (total > longest_ms) {
    return std::unexpected(std::string("it is longer than ten years"));
  }
  return milliseconds{static_cast<std::int64_t>(std::llround(total))};
}

std::string format_duration(milliseconds duration) {
  if (duration.count() == 0) {
    return "0s";
  }
  std::string text = duration.count() < 0 ? "-" : "";
  auto rest = std::abs(duration.count());
  for (auto unit = duration_units.rbegin(); unit != duration_units.rend(); ++unit) {
    if (rest >= unit->ms) {
      text += fmt::format("{}{}", rest / unit->ms, unit->name);
      rest %= unit->ms;
    }
  }
  return text;
}

std::string spoken_duration(milliseconds duration) {
  const auto ms = std::max<std::int64_t>(0, duration.count());
  if (ms < 1000) {
    return fmt::format("{} ms", ms);
  }
  const auto s = ms / 1000;
  if (s < 60) {
    return s < 10 && ms % 1000 >= 100 ? fmt::format("{}.{} s", s, ms % 1000 / 100)
                                      : fmt::format("{} s", s);
  }
  const auto pair = [](std::int64_t big, std::string_view big_name, std::int64_t small,
                       std::string_view small_name) {
    return small == 0 ? fmt::format("{} {}", big, big_name)
                      : fmt::format("{} {} {} {}", big, big_name, small, small_name);
  };
  if (s < 3600) {
    return pair(s / 60, "min", s % 60, "s");
  }
  if (s < 2 * 86'400L) {
    return pair(s / 3600, "h", s % 3600 / 60, "min");
  }
  return pair(s / 86'400, "d", s % 86'400 / 3600, "h");
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  constexpr std::string_view help = "write it as 512MiB, 1GiB or a number of bytes";
  double value = 0;
  if (!take_decimal(text, value)) {
    return std::unexpected(std::string(help));
  }
  constexpr std::array<std::pair<std::string_view, double>, 8> units{{{"", 1},
                                                                      {"B", 1},
                                                                      {"KiB", 1024},
                                                                      {"MiB", 1048576},
                                                                      {"GiB", 1073741824},
                                                                      {"KB", 1e3},
                                                                      {"MB", 1e6},
                                                                      {"GB", 1e9}}};
  for (const auto& [name, factor] : units) {
    if (name == text && value * factor < 1e18) {
      return static_cast<std::uint64_t>(value * factor);
    }
  }
  return std::unexpected(std::string(help));
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> units{
      {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}}};
  for (const auto& [name, factor] : units) {
    if (bytes >= factor) {
      return bytes % factor == 0
                 ? fmt::format("{} {}", bytes / factor, name)
                 : fmt::format("{:.1f} {}",
                               static_cast<double>(bytes) / static_cast<double>(factor), name);
    }
  }
  return fmt::format("{} B", bytes);
}

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

}  // namespace ddm
