#include "cli/options_sources.h"

#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ddm::cli {
namespace {

/// Null: words belong to no flag.
const flag* flag_for_words(const flag_table& table) {
  for (const auto& group : table) {
    const auto found = std::ranges::find_if(group.flags, &flag::takes_words);
    if (found != group.flags.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::vector<std::string_view> names_of(const flag_table& table) {
  std::vector<std::string_view> names;
  for (const auto& group : table) {
    for (const auto& row : group.flags) {
      names.push_back(row.name);
    }
  }
  return names;
}

/// How many letters must be added, removed or replaced.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// "-x", "--x"; not "-5", which is a value, nor "-" alone.
bool looks_like_flag(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.';
}

std::string_view without_dashes(std::string_view word) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  return word;
}

/// A value as a fault may show it: what it holds may be secret, and longer than anybody reads.
std::string shown(const std::string& text, const flag& row) {
  constexpr std::size_t shown_max = 200;
  if (row.target.is_secret) {
    return "(a secret, not shown)";
  }
  const bool is_url = row.target.is_url || text.contains("://");
  auto quoted = is_url ? net::without_secrets(text) : text;
  const bool is_cut = quoted.size() > shown_max;
  quoted.resize(std::min(quoted.size(), shown_max));
  return fmt::format("\"{}{}\"", quoted, is_cut ? "…" : "");
}

/// Of two values one would be used, and which one its reader would have to know.
std::optional<std::string> given_twice(std::span<const raw_setting> values, const flag& row) {
  const auto other =
      std::ranges::find_if(values, [&](const auto& each) { return each.text != values[0].text; });
  if (other == values.end()) {
    return std::nullopt;
  }
  return fmt::format("--{} is given twice, as {} and as {}: leave one out", row.name,
                     shown(values[0].text, row), shown(other->text, row));
}

/// Walks through the arguments, one flag with its value at a time.
class argument_reader {
 public:
  argument_reader(const flag_table& table, std::span<const std::string> arguments,
                  std::vector<std::string>& faults)
      : table_(table), rest_(arguments), faults_(faults) {}

  parsed_arguments read() {
    while (!rest_.empty()) {
      const std::string_view word = rest_.front();
      rest_ = rest_.subspan(1);
      if (looks_like_flag(word)) {
        read_flag(without_dashes(word));
      } else if (const auto* taker = flag_for_words(table_)) {
        parsed_.settings[taker->name].push_back({std::string(taker->value), std::string(word)});
      } else {
        faults_.push_back(fmt::format("\"{}\" belongs to no flag", word));
      }
    }
    return std::move(parsed_);
  }

 private:
  void read_flag(std::string_view word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const bool has_value = equals != std::string_view::npos;
    if (name == "help" || name == "h") {
      parsed_.help = true;
    } else if (name == "version") {
      parsed_.version = true;
    } else if (const auto* known = find_flag(table_, name)) {
      const auto text = has_value ? fault(word.substr(equals + 1)) : value_of(*known);
      if (text) {
        parsed_.settings[known->name].push_back({fmt::format("--{}", name), *text});
      } else {
        faults_.push_back(
            fmt::format("--{} needs a value ({}): {}", name, known->value, known->help));
      }
    } else {
      faults_.push_back(fmt::format("--{} {}", name, unknown_flag(name, table_, "--")));
      if (!has_value) {
        std::ignore = next_value();
      }
    }
  }

  std::optional<std::string> value_of(const flag& known) {
    if (!known.target.is_switch) {
      return next_value();
    }
    // --verbose true: a following word counts only if the switch accepts it.
    bool ignored = false;
    const bool has_word = !rest_.empty() && !switch_into(ignored).apply(rest_.front());
    return has_word ? next_value() : "true";
  }

  std::optional<std::string> next_value() {
    if (rest_.empty() || looks_like_flag(rest_.front())) {
      return std::nullopt;
    }
    const auto& value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }

  const flag_table& table_;
  std::span<const std::string> rest_;
  std::vector<std::string>& faults_;
  parsed_arguments parsed_;
};

}  // namespace

const flag* find_flag(const flag_table& table, std::string_view name) {
  for (const auto& group : table) {
    for (const auto& candidate : group.flags) {
      if (candidate.name == name) {
        return &candidate;
      }
    }
  }
  return nullptr;
}

std::string unknown_flag(std::string_view written, const flag_table& table,
                         std::string_view dashes) {
  std::string name(written);
  std::ranges::replace(name, '_', '-');
  const auto commands =
      find_flag(table, name) == nullptr ? commands_with(name) : std::vector<std::string_view>();
  if (commands.empty()) {
    return fmt::format("is unknown{}", suggestion(written, names_of(table), dashes));
  }
  return fmt::format("is unknown here: {} is a flag of {}",
                     name == written ? "it" : fmt::format("{}{}", dashes, name),
                     enumeration(commands));
}

std::string suggestion(std::string_view written, const std::vector<std::string_view>& names,
                       std::string_view dashes) {
  const auto farness = [&](std::string_view name) {
    return name.starts_with(written) && written.size() > 2 ? 0 : edit_distance(written, name);
  };
  const auto nearest = std::ranges::min_element(names, {}, farness);
  const auto limit = std::max<std::size_t>(2, written.size() / 3);
  return nearest == names.end() || farness(*nearest) > std::min(limit, written.size() - 1)
             ? ""
             : fmt::format(": did you mean {}{}?", dashes, *nearest);
}

parsed_arguments read_arguments(const flag_table& table, std::span<const std::string> arguments,
                                std::vector<std::string>& faults) {
  return argument_reader(table, arguments, faults).read();
}

raw_settings read_variables(const flag_table& table, const aws::environment& variables) {
  raw_settings settings;
  for (const auto& group : table) {
    for (const auto& row : group.flags) {
      if (auto text = row.variable.empty() ? std::nullopt : variables.find(row.variable)) {
        settings[row.name].push_back({std::string(row.variable), *std::move(text)});
      }
    }
  }
  return settings;
}

void apply_settings(const flag_table& table, const raw_settings& settings,
                    std::vector<std::string>& faults, missing required) {
  for (const auto& group : table) {
    for (const auto& row : group.flags) {
      const auto found = settings.find(row.name);
      if (found == settings.end() || found->second.empty()) {
        if (row.required && required == missing::is_fault) {
          faults.push_back(fmt::format("--{} is missing: {}", row.name, row.help));
        }
        continue;
      }
      auto values = std::span(found->second);
      if (!row.target.repeatable) {
        if (auto wrong = given_twice(values, row)) {
          faults.push_back(*std::move(wrong));
          continue;
        }
        values = values.last(1);
      }
      for (const auto& value : values) {
        if (const auto wrong = row.target.apply(value.text)) {
          faults.push_back(fmt::format("{} {} {}", value.origin, shown(value.text, row), *wrong));
        }
      }
    }
  }
}

}  // namespace ddm::cli
