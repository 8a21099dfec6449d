#include "report/success_text.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ddm::report {
namespace {

constexpr int digits_after_point_max = 12;
constexpr double close_enough = 0.03;  // of what is shown

double rounded(double value, rounding how) {
  switch (how) {
    case rounding::down:
      // What is a whole number but for the last bit stays it.
      return std::floor(value + 1e-9);
    case rounding::up:
      return std::ceil(value - 1e-9);
    case rounding::nearest:
      return std::round(value);
  }
  return value;
}

std::uint64_t items_of(double share, std::uint64_t items, rounding how) {
  return std::min(items,
                  static_cast<std::uint64_t>(rounded(share * static_cast<double>(items), how)));
}

/// " (35 of 4,000 items)", where the keys stand for more than themselves.
std::string in_items(double low, double high, const success& of, const success_context& known) {
  if (known.out_of <= of.keys) {
    return {};
  }
  const auto most = items_of(high, known.out_of, rounding::up);
  // So many were seen.
  const auto least = std::max(of.wrong, items_of(low, known.out_of, rounding::down));
  return least == 0
             ? fmt::format(" ({} of {} {})", grouped(most), grouped(known.out_of), known.named)
             : fmt::format(" ({} to {} of {} {})", grouped(least), grouped(most),
                           grouped(known.out_of), known.named);
}

std::string what_may_be(const success& of, const success_context& known) {
  if (of.wrong == 0 && known.some_only_counted) {
    return "; mismatches that are only counted may be among them";
  }
  if (known.every_key) {
    return of.wrong == 0 ? "; every key was compared" : "";
  }
  if (of.wrong == 0) {
    const auto most = std::min(1.0, 3.0 / static_cast<double>(of.keys));
    return fmt::format("; 95 % confidence: at most {}{}", percent_text(most, rounding::up),
                       in_items(0, most, of, known));
  }
  const auto low = 1 - of.rate.high;
  const auto high = 1 - of.rate.low;
  return fmt::format("; 95 % confidence: {} to {}{}", percent_text(low, rounding::down),
                     percent_text(high, rounding::up), in_items(low, high, of, known));
}

}  // namespace

std::string percent_text(double share, rounding how) {
  if (share <= 0 || share >= 1) {
    return share <= 0 ? "0 %" : "100 %";
  }
  const auto percent = share * 100;
  const auto nearest_end = std::min(percent, 100 - percent);
  // Of 0.87 % a single digit says nearly as much, of 0.15 % it does not.
  const int two_digits = 1 - static_cast<int>(std::floor(std::log10(nearest_end)));
  std::string text;
  for (const int wanted : {two_digits - 1, two_digits}) {
    const auto places = std::clamp(wanted, 0, digits_after_point_max);
    const auto scale = std::pow(10.0, places);
    const auto shown = rounded(percent * scale, how) / scale;
    text = fmt::format("{:.{}f}", shown, places);
    if (std::abs(shown - percent) <= close_enough * nearest_end) {
      break;
    }
  }
  // An end that rounding would reach is what it is not.
  if (text == "0" || text == "100") {
    return fmt::format("{} {} %", text == "0" ? "more than" : "less than", text);
  }
  return text + " %";
}

std::string describe_success(const success& of, const success_context& known) {
  auto line = fmt::format("{} of {}{} {} wrong", grouped(of.wrong), known.about ? "about " : "",
                          grouped(of.keys), of.keys == 1 ? "key" : "keys");
  if (of.wrong > 0) {
    line += fmt::format(" ({})",
                        percent_text(static_cast<double>(of.wrong) / static_cast<double>(of.keys)));
  }
  line += what_may_be(of, known);
  if (of.unlisted > 0) {
    line += fmt::format("; {} of them only counted, a key perhaps more than once",
                        grouped(of.unlisted));
  }
  return line;
}

}  // namespace ddm::report
