#include "serve/request_target.h"

#include "base/displayable.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace ddm::serve {
namespace {

std::unexpected<error> bad(std::string_view why) {
  return fail({.message = fmt::format("bad request: {}", why), .http_status = 400});
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? std::optional(lower - 'a' + 10) : std::nullopt;
}

enum class plus {
  is_itself,
  is_blank
};

result<std::string> decode(std::string_view text, plus meaning) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at] == '+' && meaning == plus::is_blank ? ' ' : text[at];
      continue;
    }
    const auto high = at + 2 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[at + 2]) : std::nullopt;
    if (!low) {
      return bad("a % is not followed by two hexadecimal digits");
    }
    decoded += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  if (decoded.contains('\t') || displayable(decoded) != decoded) {
    return bad("it holds control characters, or what is no UTF-8");
  }
  return decoded;
}

result<std::string> decode_segment(std::string_view text) {
  auto segment = decode(text, plus::is_itself);
  if (segment && (segment->empty() || *segment == "." || *segment == "..")) {
    return bad("a part of its path is empty, \".\" or \"..\"");
  }
  if (segment && segment->find_first_of("/\\") != std::string::npos) {
    return bad("a part of its path holds a slash");
  }
  return segment;
}

result<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") {
    return segments;
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    auto segment = decode_segment(path.substr(0, end));
    if (!segment) {
      return std::unexpected(std::move(segment.error()));
    }
    segments.push_back(std::move(*segment));
    path.remove_prefix(end);
  }
  return segments;
}

}  // namespace

result<std::vector<parameter>> parse_parameters(std::string_view text) {
  std::vector<parameter> parameters;
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (piece.empty()) {
      continue;
    }
    const auto equals = std::min(piece.find('='), piece.size());
    auto name = decode(piece.substr(0, equals), plus::is_blank);
    auto value = decode(piece.substr(std::min(equals + 1, piece.size())), plus::is_blank);
    if (!name || !value) {
      return std::unexpected(std::move(name ? value.error() : name.error()));
    }
    if (name->empty() || find_parameter(parameters, *name) != nullptr) {
      return bad("a parameter has no name, or is given twice");
    }
    parameters.push_back({std::move(*name), std::move(*value)});
  }
  return parameters;
}

result<request_target> parse_target(std::string_view target) {
  if (target.size() > target_bytes_max) {
    return bad(fmt::format("its target is longer than {} bytes", target_bytes_max));
  }
  if (!target.starts_with('/')) {
    return bad("its target does not begin with a slash");
  }
  if (std::ranges::any_of(
          target, [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == '#' || c == '\\'; })) {
    return bad("its target holds what has to be written as %XX");
  }
  const auto path_end = std::min(target.find('?'), target.size());
  auto path = parse_path(target.substr(0, path_end));
  if (!path) {
    return std::unexpected(std::move(path.error()));
  }
  auto query = parse_parameters(target.substr(std::min(path_end + 1, target.size())));
  if (!query) {
    return std::unexpected(std::move(query.error()));
  }
  return request_target{.path = std::move(*path), .query = std::move(*query)};
}

}  // namespace ddm::serve
