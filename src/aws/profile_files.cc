#include "aws/profile_files.h"

#include "aws/text_file.h"
#include "base/secret.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// A value without the comment behind it: '#' or ';' after a blank.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((text[at] == '#' || text[at] == ';') &&
        (at == 0 || blanks.find(text[at - 1]) != std::string_view::npos)) {
      return trimmed(text.substr(0, at));
    }
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

struct name_and_value {
  std::string name;
  std::string value;
};

std::optional<name_and_value> split_setting(std::string_view line) {
  const auto equals = line.find('=');
  const auto name = trimmed(line.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) {
    return std::nullopt;
  }
  return name_and_value{lower(name),
                        std::string(without_comment(trimmed(line.substr(equals + 1))))};
}

/// "[ profile  x ]" → {"profile", "x"}; "[default]" → {"", "default"}; nothing if it is no heading.
std::optional<std::pair<std::string, std::string>> split_heading(std::string_view line) {
  const auto close = line.find(']');
  if (close == std::string_view::npos) {
    return std::nullopt;
  }
  const auto inside = trimmed(line.substr(1, close - 1));
  const auto blank = inside.find_first_of(blanks);
  const auto unquoted = [](std::string_view text) {
    const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                        text.back() == text.front();
    return std::string(quoted ? text.substr(1, text.size() - 2) : text);
  };
  if (blank == std::string_view::npos) {
    return std::pair{std::string(), unquoted(inside)};
  }
  return std::pair{std::string(inside.substr(0, blank)), unquoted(trimmed(inside.substr(blank)))};
}

result<profile_file> read_file(std::string path) {
  auto text = read_text_file(path);
  if (text) {
    return profile_file{.path = std::move(path), .text = std::move(*text)};
  }
  if (text.error().kind == error_class::not_found) {
    return profile_file{.path = std::move(path)};
  }
  return fail(std::move(text).error().within("the AWS configuration"));
}

std::string path_of(const environment& variables, std::string_view variable,
                    std::string_view usual_name) {
  const auto home = variables.find("HOME").value_or("");
  auto path = variables.find(variable).value_or(fmt::format("~/.aws/{}", usual_name));
  if (path.starts_with("~/")) {
    path.replace(0, 1, home);
  }
  return path;
}

}  // namespace

std::optional<std::string> profile_section::find(std::string_view name) const {
  const auto at = settings.find(name);
  if (at == settings.end() || at->second.value.empty()) {
    return std::nullopt;
  }
  return at->second.value;
}

bool profile_section::has_in_credentials_file(std::string_view name) const {
  const auto at = settings.find(name);
  return at != settings.end() && !at->second.value.empty() && at->second.in_credentials_file;
}

std::optional<std::string> profile_section::find_member(std::string_view block,
                                                        std::string_view name) const {
  const auto at = settings.find(block);
  if (at == settings.end()) {
    return std::nullopt;
  }
  const auto member = at->second.members.find(name);
  return member == at->second.members.end() ? std::nullopt : std::optional(member->second);
}

result<profile_files> profile_files::load(const environment& variables) {
  auto config = read_file(path_of(variables, "AWS_CONFIG_FILE", "config"));
  if (!config) {
    return fail(std::move(config).error());
  }
  auto credentials = read_file(path_of(variables, "AWS_SHARED_CREDENTIALS_FILE", "credentials"));
  if (!credentials) {
    return fail(std::move(credentials).error());
  }
  auto parsed = parse(*config, *credentials);
  for (auto* file : {&*config, &*credentials}) {
    if (file->text) {
      wipe(*file->text);
    }
  }
  return parsed;
}

result<profile_files> profile_files::parse(const profile_file& config,
                                           const profile_file& credentials) {
  profile_files made;
  // The credentials file second: its settings take the place of the other's.
  for (const auto* const file : {&config, &credentials}) {
    made.files_looked_at_ += fmt::format("{}{}{}", file == &config ? "" : " and ", file->path,
                                         file->text ? "" : " (not there)");
    if (auto done = made.read(*file, file == &config); !done) {
      return fail(std::move(done).error());
    }
  }
  return made;
}

result<void> profile_files::read(const profile_file& file, bool is_config) {
  profile_section ignored;
  profile_section* section = nullptr;
  profile_setting* setting = nullptr;
  std::size_t number = 0;
  // Lines are never quoted in errors: they may hold a secret.
  const auto wrong = [&](std::string_view why) {
    return wrong_usage(fmt::format("{}:{}: {}", file.path, number, why));
  };
  for (const auto part : std::views::split(std::string_view(file.text ? *file.text : ""), '\n')) {
    const std::string_view raw(part.begin(), part.end());
    const auto line = trimmed(raw);
    ++number;
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      continue;
    }
    if (line.front() == '[') {
      const auto heading = split_heading(line);
      if (!heading) {
        return wrong("the section's name has no closing \"]\"");
      }
      section = find_or_make(heading->first, heading->second, is_config);
      section = section == nullptr ? &ignored : section;
      setting = nullptr;
      continue;
    }
    if (section == nullptr) {
      return wrong("a setting stands before the first [section]");
    }
    auto split = split_setting(line);
    const bool indented = blanks.find(raw.front()) != std::string_view::npos;
    if (indented && setting != nullptr && !setting->value.empty()) {
      setting->value.append("\n").append(line);
    } else if (!split) {
      return wrong("neither a [section] nor name = value");
    } else if (indented && setting != nullptr) {
      setting->members[split->name] = std::move(split->value);
    } else {
      setting = &section->settings[split->name];
      *setting = {.value = std::move(split->value), .in_credentials_file = !is_config};
    }
  }
  return {};
}

profile_section* profile_files::find_or_make(const std::string& kind, const std::string& name,
                                             bool is_config) {
  if (!is_config) {
    return kind.empty() ? &profiles_[name] : nullptr;
  }
  if (kind == "profile" || (kind.empty() && name == "default")) {
    return &profiles_[name];
  }
  if (kind == "services") {
    return &services_[name];
  }
  if (kind == "sso-session") {
    return &sso_sessions_[name];
  }
  if (kind.empty()) {
    misnamed_.push_back(name);
  }
  return nullptr;
}

const profile_section* profile_files::find(const sections& in, std::string_view name) {
  const auto at = in.find(name);
  return at == in.end() ? nullptr : &at->second;
}

result<const profile_section*> profile_files::require_profile(std::string_view name) const {
  if (const auto* const found = profile(name)) {
    return found;
  }
  const std::string known =
      profiles_.empty() ? std::string("there are none")
                        : fmt::format("there are {}", fmt::join(std::views::keys(profiles_), ", "));
  const std::string hint =
      std::ranges::find(misnamed_, name) == misnamed_.end()
          ? std::string()
          : fmt::format("; its section in the config file must be named [profile {}]", name);
  return wrong_usage(fmt::format("there is no AWS profile \"{}\": {} in {}{}", name, known,
                                 files_looked_at_, hint));
}

std::optional<std::string> named_profile(const std::optional<std::string>& named,
                                         const environment& variables) {
  if (named) {
    return named;
  }
  auto by_variable = variables.find("AWS_PROFILE");
  return by_variable ? by_variable : variables.find("AWS_DEFAULT_PROFILE");
}

}  // namespace ddm::aws
