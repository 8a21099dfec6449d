#include "summary/markup.h"

#include "base/displayable.h"

#include <array>
#include <cctype>

namespace ddm::summary {
namespace {

/// What CommonMark and GitHub's dialect give a meaning to, where it may be anywhere in a line.
constexpr std::string_view marks = R"(\`*_{}[]()#!|~$^+=)";

/// Entities for what a backslash does not disarm: tags, entities, mentions.
std::string_view entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '@':
      return "&#64;<!-- -->";  // who is mentioned would be notified, entity or not
    default:
      return {};
  }
}

/// A dialect makes a link of what looks like an address.
std::string without_links(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> links{
      {{"://", "&#58;//"}, {"www.", "www&#46;"}}};
  for (const auto& [written, harmless] : links) {
    for (auto at = text.find(written); at != std::string::npos;
         at = text.find(written, at + harmless.size())) {
      text.replace(at, written.size(), harmless);
    }
  }
  return text;
}

/// GitHub makes an issue of "#26" and "GH-26", backslash or not.
std::string without_references(std::string text) {
  for (const std::string_view mark : {"\\#", "GH-", "gh-", "Gh-", "gH-"}) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      at += mark.size();
      if (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
        text.insert(at, "<!-- -->");
      }
    }
  }
  return text;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string safe;
  for (const char c : displayable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string escape_markdown(std::string_view text) {
  std::string safe;
  for (const char c : displayable(text)) {
    if (const auto entity = entity_of(c); !entity.empty()) {
      safe += entity;
    } else if (marks.contains(c)) {
      safe += '\\';
      safe += c;
    } else {
      safe += c == '\t' ? ' ' : c;
    }
  }
  return without_references(without_links(std::move(safe)));
}

}  // namespace ddm::summary
