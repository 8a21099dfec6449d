// From a flag's text to a value, or to the words that tell what would be right.
#include "aws/process_credentials.h"
#include "base/units.h"
#include "cli/options_flag.h"
#include "cli/sample_rate.h"
#include "dynamodb/item_digest.h"
#include "net/url.h"
#include "report/text_parts.h"
#include "serve/listen_address.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <ranges>

namespace ddm::cli {
namespace {

constexpr std::array<std::string_view, 3> words_for_true{"true", "yes", "1"};
constexpr std::array<std::string_view, 3> words_for_false{"false", "no", "0"};

std::string joined(const std::vector<std::string_view>& names, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? last : ", ", names[i]);
  }
  return text;
}

bool is_one_of(const auto& words, std::string_view text) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return equal_ignoring_case(word, text); });
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

std::expected<milliseconds, std::string> duration_of(const std::string& text, milliseconds least) {
  if (text != "0" && parse_number<std::uint64_t>(text)) {
    return std::unexpected(
        fmt::format("is not a duration: it has no unit, write {0}s or {0}ms", text));
  }
  const auto duration = parse_duration(text);
  if (!duration) {
    return std::unexpected("is not a duration: " + duration.error());
  }
  if (*duration < least) {
    return std::unexpected(fmt::format("is too short: at least {}", format_duration(least)));
  }
  return *duration;
}

std::string possible_durations(milliseconds least) {
  return least == milliseconds(0)   ? "*D*, `0s` too"
         : least == milliseconds(1) ? "*D*"
                                    : fmt::format("*D* from {} on", format_duration(least));
}

/// "512MiB", as it is written in a flag.
std::string written_size(std::uint64_t bytes) {
  auto text = format_size(bytes);
  std::erase(text, ' ');
  return text;
}

template <class Value>
binding bind_duration(Value& value, milliseconds least) {
  return {.apply = [&value, least](const std::string& text) -> fault {
            const auto duration = duration_of(text, least);
            if (!duration) {
              return duration.error();
            }
            value = *duration;
            return std::nullopt;
          },
          .fallback = {},
          .possible = possible_durations(least)};
}

template <class Value>
binding bind_count(Value& value, std::uint64_t least, std::uint64_t most) {
  return {.apply = [&value, least, most](const std::string& text) -> fault {
            const auto count = parse_number<std::uint64_t>(text);
            if (!count || *count < least || *count > most) {
              return fmt::format("is no number from {} to {}", least, most);
            }
            const std::uint64_t number = *count;
            value = number;
            return std::nullopt;
          },
          .fallback = {},
          .possible = fmt::format("{} to {}", report::number(static_cast<std::int64_t>(least)),
                                  report::number(static_cast<std::int64_t>(most)))};
}

template <class Value>
binding bind_text(Value& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            if (text.empty()) {
              return "is empty: give a value, or leave the flag out";
            }
            value = text;
            return std::nullopt;
          },
          .fallback = std::optional<std::string>(value).value_or("")};
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string alternatives(const std::vector<std::string_view>& names) {
  return joined(names, " or ");
}

std::string enumeration(const std::vector<std::string_view>& names) {
  return joined(names, " and ");
}

flag_group debugging(bool& allow_core_dumps) {
  return {"Debugging",
          {{.name = "allow-core-dumps",
            .value = "",
            .target = switch_into(allow_core_dumps),
            .help = "let the system write core dumps and debuggers attach: the memory holds "
                    "credentials and items",
            .of_process = true}}};
}

std::vector<report::setting> settings_of(const flag_table& flags) {
  std::vector<report::setting> found;
  for (const auto& group : flags) {
    for (const auto& each : group.flags) {
      const auto& value = each.target.fallback;
      if (!value.empty()) {
        found.push_back({.name = std::string(each.name),
                         .value = each.target.is_url ? net::without_secrets(value) : value});
      }
    }
  }
  return found;
}

binding text_into(std::string& value) { return bind_text(value); }
binding text_into(std::optional<std::string>& value) { return bind_text(value); }

binding listen_address_into(std::optional<std::string>& value) {
  auto made = bind_text(value);
  made.possible = "address and port, such as `127.0.0.1:8080`";
  made.apply = [take = std::move(made.apply)](const std::string& text) -> fault {
    const auto address = serve::parse_listen_address(text);
    return address ? take(text) : fault("is no place to listen: " + address.error().message);
  };
  return made;
}

binding webhook_into(secret& value) {
  return {.apply = [&value](std::string text) -> fault {
            if (text.ends_with('\n')) {
              text.pop_back();  // of a file that holds it
            }
            if (!net::is_printable(text) || !net::parse_url(text.substr(0, text.find('?')))) {
              return "is no address: write it as https://host/path";
            }
            value = secret(text);
            return std::nullopt;
          },
          .fallback = {},
          .is_url = true,
          .is_secret = true,
          .possible = "URL"};
}

binding command_into(std::string& value) {
  auto made = bind_text(value);
  made.possible = "a program with its arguments";
  // What follows the program's name may be a secret.
  const auto given = aws::split_command(value);
  if (given && !given->empty()) {
    made.fallback = given->front() + (given->size() > 1 ? " …" : "");
  }
  made.apply = [take = std::move(made.apply)](const std::string& text) -> fault {
    const auto words = aws::split_command(text);
    return text.empty() || (words && !words->empty() && !words->front().empty())
               ? take(text)
               : fault("is no command: a quotation mark or a backslash is left open");
  };
  return made;
}

binding namespace_into(std::string& value) {
  auto made = bind_text(value);
  made.possible = "a CloudWatch namespace: letters, digits and `. - _ / # :`";
  made.apply = [take = std::move(made.apply)](const std::string& text) -> fault {
    const bool fits = std::ranges::all_of(text, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view(".-_/#:").contains(c);
    });
    if (!fits || text.size() > 255 || text.starts_with("AWS/")) {
      return fault(
          "is no namespace of CloudWatch: letters, digits and . - _ / # : (255 at most), and not "
          "AWS/ at the beginning");
    }
    return take(text);
  };
  return made;
}

binding list_into(std::vector<std::string>& values) {
  return {.apply = [&values, first = true](const std::string& text) mutable -> fault {
            if (std::exchange(first, false)) {
              values.clear();
            }
            values.push_back(text);
            return text.empty() ? fault("is empty: give a value, or leave the flag out")
                                : std::nullopt;
          },
          .fallback = fmt::format("{}", fmt::join(values, ", ")),
          .repeatable = true};
}

binding purposes_into(plan::purposes& wanted) {
  const auto name = [](plan::purpose each) { return plan::to_string(each); };
  return {
      .apply = [&wanted](const std::string& text) -> fault {
        if (text.empty()) {
          return std::string(
              "names nothing: name some of plan, monitor, baseline, compare and "
              "repair, or leave the flag out");
        }
        std::vector<plan::purpose> named;
        for (const auto part : std::views::split(text, ',')) {
          const auto purpose = plan::purpose_of(std::string_view(part));
          if (!purpose) {
            return fmt::format(
                "names \"{}\", which is none of plan, monitor, baseline, compare and repair",
                std::string_view(part));
          }
          named.push_back(*purpose);
        }
        wanted.clear();
        std::ranges::copy_if(plan::all_purposes, std::back_inserter(wanted), [&](auto each) {
          return std::ranges::find(named, each) != named.end();
        });
        return std::nullopt;
      },
      .fallback = fmt::format("{}", fmt::join(wanted | std::views::transform(name), ",")),
      .possible = fmt::format("some of `{}`, with commas between them",
                              fmt::join(plan::all_purposes | std::views::transform(name), "`, `"))};
}

binding patterns_into(std::vector<std::string>& values) {
  auto made = list_into(values);
  made.possible = "path of an attribute, also inside maps (`meta.at`)";
  made.apply = [take = std::move(made.apply)](const std::string& text) -> fault {
    const auto wrong = take(text);
    const auto refusal = dynamodb::ignore_list::refusal(text);
    return refusal ? fault(std::string(*refusal)) : wrong;
  };
  return made;
}

binding switch_into(bool& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            value = is_one_of(words_for_true, text);
            return value || is_one_of(words_for_false, text) ? std::nullopt
                                                             : fault("is neither true nor false");
          },
          .fallback = value ? "true" : "",
          .is_switch = true,
          .possible = "switch"};
}

binding duration_into(milliseconds& value, milliseconds least) {
  auto made = bind_duration(value, least);
  made.fallback = format_duration(value);
  return made;
}

binding duration_into(std::optional<milliseconds>& value, milliseconds least) {
  auto made = bind_duration(value, least);
  made.fallback = value ? format_duration(*value) : "";
  return made;
}

binding pause_into(milliseconds& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            const auto plain = parse_number<std::uint32_t>(text);
            const auto pause = plain ? milliseconds(*plain) : duration_of(text, milliseconds(0));
            if (!pause) {
              return "is no pause: write milliseconds, such as 100, or a duration, such as 2s";
            }
            value = *pause;
            return std::nullopt;
          },
          .fallback = fmt::format("{}", value.count()),
          .possible = "milliseconds, or *D*"};
}

binding count_into(std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
  auto made = bind_count(value, least, most);
  made.fallback = fmt::format("{}", value);
  return made;
}

binding count_into(std::optional<std::uint64_t>& value, std::uint64_t least, std::uint64_t most) {
  auto made = bind_count(value, least, most);
  made.fallback = value ? fmt::format("{}", *value) : "";
  return made;
}

binding size_into(std::uint64_t& value, std::uint64_t least) {
  return {.apply = [&value, least](const std::string& text) -> fault {
            const auto size = parse_size(text);
            if (!size) {
              return "is not a size: " + size.error();
            }
            if (*size < least) {
              return "is too small: at least " + written_size(least);
            }
            value = *size;
            return std::nullopt;
          },
          .fallback = written_size(value),
          .possible = fmt::format("*SIZE* from {} on", written_size(least))};
}

binding sample_rate_into(std::uint64_t& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            const auto rate = parse_sample_rate(text);
            if (!rate) {
              return rate.error();
            }
            value = *rate;
            return std::nullopt;
          },
          .fallback = fmt::format("{}", value),
          .possible = "*N*, `all`, `1%`, `1/100`"};
}

binding rate_into(std::optional<double>& value) {
  const auto written = [](double rate) {
    return std::isinf(rate) ? std::string("unlimited") : fmt::format("{}", rate);
  };
  return {.apply = [&value](const std::string& text) -> fault {
            if (equal_ignoring_case(text, "unlimited")) {
              value = std::numeric_limits<double>::infinity();
              return std::nullopt;
            }
            value = parse_number<double>(text);
            return value && *value > 0 && *value <= 1e9
                       ? std::nullopt
                       : fault("is no rate: write a number above 0, or unlimited");
          },
          .fallback = value ? written(*value) : "",
          .possible = "a number above 0, `unlimited`"};
}

binding amount_into(std::optional<double>& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            value = parse_number<double>(text);
            return value && *value > 0 && *value <= 1e9
                       ? std::nullopt
                       : fault("is no amount: write a number above 0");
          },
          .fallback = value ? fmt::format("{}", *value) : "",
          .possible = "a number above 0"};
}

binding time_into(std::optional<wall_time>& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            value = parse_rfc3339(text);
            return value ? std::nullopt
                         : fault(
                               "is no time: write it as 2026-01-31T22:00:00Z or "
                               "2026-01-31T22:00:00+09:00");
          },
          .fallback = value ? format_rfc3339(*value) : "",
          .possible = "RFC 3339, such as `2026-01-31T22:00:00Z` or `2026-01-31T22:00:00+09:00`"};
}

binding url_into(std::optional<std::string>& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            if (!net::parse_url(text)) {
              return "is no endpoint: write it as http://localhost:8000 or https://host";
            }
            value = text;
            return std::nullopt;
          },
          .fallback = value.value_or(""),
          .is_url = true,
          .possible = "URL"};
}

binding stream_arn_into(std::optional<std::string>& value) {
  return {.apply = [&value](const std::string& text) -> fault {
            // Compatible stores have stream names of their own; only a table's ARN is surely a
            // mix-up.
            if (text.empty() ||
                (text.starts_with("arn:") && text.find("/stream/") == std::string::npos)) {
              return "is not the ARN of a stream, which ends in /stream/ and a time: "
                     "`aws dynamodb describe-table` shows it as LatestStreamArn";
            }
            value = text;
            return std::nullopt;
          },
          .fallback = value.value_or(""),
          .possible = "ARN of a stream"};
}

}  // namespace ddm::cli
