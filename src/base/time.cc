#include "base/time.h"

#include <fmt/format.h>

#include <charconv>

namespace ddm {
namespace {

/// Takes exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) {
    return std::nullopt;
  }
  const auto front = text.substr(0, digits);
  const auto [end, ec] = std::from_chars(front.data(), front.data() + front.size(), value);
  if (ec != std::errc{} || end != front.data() + front.size() || front[0] == '-') {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text[0] != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// ".123456" → 123 ms; nothing there → 0 ms.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) {
    return milliseconds{0};
  }
  int ms = 0;
  int scale = 100;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ms += (text[digits] - '0') * scale;
    scale /= 10;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional(milliseconds{ms});
}

std::optional<milliseconds> take_zone(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) {
    return milliseconds{0};
  }
  const bool west = !text.empty() && text[0] == '-';
  if (!take(text, '+') && !take(text, '-')) {
    return std::nullopt;
  }
  const auto hours = take_number(text, 2);
  const bool colon = take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const milliseconds offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return west ? -offset : offset;
}

}  // namespace

std::string format_rfc3339(wall_time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()),
                                unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                                clock.minutes().count(), clock.seconds().count());
  const auto fraction = clock.subseconds().count();
  return fraction == 0 ? text + "Z" : fmt::format("{}.{:03}Z", text, fraction);
}

std::optional<wall_time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  const bool dash1 = take(text, '-');
  const auto m = take_number(text, 2);
  const bool dash2 = take(text, '-');
  const auto d = take_number(text, 2);
  const bool separator = take(text, 'T') || take(text, 't') || take(text, ' ');
  const auto hh = take_number(text, 2);
  const bool colon1 = take(text, ':');
  const auto mm = take_number(text, 2);
  const bool colon2 = take(text, ':');
  const auto ss = take_number(text, 2);
  if (!y || !dash1 || !m || !dash2 || !d || !separator || !hh || !colon1 || !mm || !colon2 || !ss) {
    return std::nullopt;
  }
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  const year_month_day date{year{*y}, month{unsigned(*m)}, day{unsigned(*d)}};
  if (!fraction || !zone || !text.empty() || !date.ok() || *hh > 23 || *mm > 59 || *ss > 60) {
    return std::nullopt;
  }
  return sys_days{date} + hours{*hh} + minutes{*mm} + seconds{*ss} + *fraction - *zone;
}

}  // namespace ddm
