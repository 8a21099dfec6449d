#include "cli/config_file.h"

#include "cli/shared_flags.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace ddm::cli {
namespace {

constexpr std::string_view section_of_all = "defaults";
constexpr std::string_view section_of_one = "migration";
constexpr std::string_view name_mark = "{name}";
constexpr std::size_t name_size_max = 100;

/// The text that a flag would have had; nothing for what no flag can be.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  std::ostringstream out;
  if (const auto* number = node.as_integer()) {
    out << number->get();
  } else if (const auto* decimal = node.as_floating_point()) {
    return fmt::format("{}", decimal->get());
  } else if (const auto* truth = node.as_boolean()) {
    return truth->get() ? "true" : "false";
  } else if (const auto* time = node.as_date_time()) {
    out << time->get();
  } else {
    return std::nullopt;
  }
  return out.str();
}

/// Where in the file a setting stands.
enum class place {
  only_migration,  ///< no fleet's
  of_all,
  of_one,
};

/// Commands with a flag of this name that one file can be for.
bool is_of_another_command(std::string_view name) {
  constexpr std::array fleet_commands{"monitor", "compare", "plan", "repair"};
  return std::ranges::any_of(commands_with(name), [&](std::string_view command) {
    return std::ranges::find(fleet_commands, command) != fleet_commands.end();
  });
}

/// Why a flag does not belong there; nothing: it does.
std::optional<std::string> misplaced(const flag& known, place at) {
  if (at == place::of_all && known.of_migration) {
    return fmt::format("belongs into each [[{}]]: it is not the same for all", section_of_one);
  }
  if (at == place::of_one && known.of_process) {
    return fmt::format("belongs into [{}]: it is one for the whole process", section_of_all);
  }
  return std::nullopt;
}

class config_reader {
 public:
  config_reader(const flag_table& table, const std::string& path, std::vector<std::string>& faults)
      : table_(table), path_(path), faults_(faults) {}

  config_file read(const toml::table& document);

 private:
  [[nodiscard]] std::string origin_of(std::string_view name, const toml::node& node) const {
    return fmt::format("{} line {}: {}", path_, node.source().begin.line, name);
  }
  raw_settings read_section(const toml::table& section, place at);
  void read_setting(std::string_view name, const toml::node& node, place at,
                    raw_settings& settings);
  void read_fleet(const toml::table& document, config_file& file);
  void read_migration(const toml::node& node, config_file& file);
  void name_migration(const toml::table& section, config_migration& made);

  const flag_table& table_;
  const std::string& path_;
  std::vector<std::string>& faults_;
  std::map<std::string, std::string> named_;  ///< where each name was first given
};

void config_reader::read_setting(std::string_view name, const toml::node& node, place at,
                                 raw_settings& settings) {
  const auto origin = origin_of(name, node);
  const auto fault = [&](std::string_view rest) {
    faults_.push_back(fmt::format("{} {}", origin, rest));
  };
  const auto* known = find_flag(table_, name);
  if (known == nullptr && node.is_table()) {
    fault("is a section: write the flags' names without any");
  } else if (name == "config" || name == section_of_one) {
    fault("belongs on the command line only");
  } else if (known == nullptr && at != place::only_migration && is_of_another_command(name)) {
    return;
  } else if (known == nullptr) {
    fault(unknown_flag(name, table_, ""));
  } else if (const auto wrong = misplaced(*known, at)) {
    fault(*wrong);
  } else if (at == place::only_migration || !known->not_from_fleet) {
    auto& values = settings[known->name];
    const auto add = [&](const toml::node& value) {
      auto scalar = scalar_text(value);
      bool is_on = false;
      if (scalar && !known->never_in_config.empty() && !switch_into(is_on).apply(*scalar) &&
          is_on) {
        fault(fmt::format("belongs on the command line only: {}", known->never_in_config));
      } else if (scalar) {
        values.push_back({origin, *std::move(scalar)});
      } else {
        fault(fmt::format("must be {}", known->target.repeatable ? "a text or a list of texts"
                                                                 : "a single value"));
      }
    };
    if (const auto* list = node.as_array(); list != nullptr && known->target.repeatable) {
      std::ranges::for_each(*list, add);
    } else {
      add(node);
    }
  }
}

raw_settings config_reader::read_section(const toml::table& section, place at) {
  raw_settings settings;
  for (const auto& [key, node] : section) {
    if (at != place::of_one || key.str() != "name") {
      read_setting(key.str(), node, at, settings);
    }
  }
  return settings;
}

void config_reader::name_migration(const toml::table& section, config_migration& made) {
  const auto* node = section.get("name");
  const auto given = node == nullptr ? std::nullopt : scalar_text(*node);
  const auto table = made.settings.find("target-table");
  if (node != nullptr && !given) {
    faults_.push_back(origin_of("name", *node) + " must be a single value");
    return;
  }
  if (!given && table == made.settings.end()) {
    faults_.push_back(
        fmt::format("{}: a [[{}]] needs a target-table", made.origin, section_of_one));
    return;
  }
  made.name = given ? *given : name_of_table(table->second.front().text);
  const auto [first, is_new] = named_.try_emplace(made.name, made.origin);
  if (!is_fit_for_a_name(made.name)) {
    faults_.push_back(fmt::format(
        "{}: the name \"{}\" is not fit for files: letters, digits, \".\", \"_\" and \"-\", {} at "
        "most; give the migration a name = \"...\"",
        made.origin, made.name, name_size_max));
  } else if (!is_new) {
    faults_.push_back(fmt::format(
        "{}: {} has the name \"{}\" already: give one of them a name = \"...\" of its own",
        made.origin, first->second, made.name));
  }
}

void config_reader::read_migration(const toml::node& node, config_file& file) {
  const auto* section = node.as_table();
  config_migration made{.name = {},
                        .origin = fmt::format("{} line {}", path_, node.source().begin.line),
                        .settings = {}};
  if (section == nullptr) {
    faults_.push_back(fmt::format("{}: write each migration as [[{}]] with its settings below",
                                  made.origin, section_of_one));
    return;
  }
  made.settings = read_section(*section, place::of_one);
  name_migration(*section, made);
  file.migrations.push_back(std::move(made));
}

void config_reader::read_fleet(const toml::table& document, config_file& file) {
  file.is_fleet = true;
  for (const auto& [key, node] : document) {
    const std::string_view name = key.str();
    if (name == section_of_all && node.is_table()) {
      file.settings = read_section(*node.as_table(), place::of_all);
    } else if (name == section_of_one && node.is_array()) {
      for (const auto& each : *node.as_array()) {
        read_migration(each, file);
      }
    } else if (name == section_of_one) {
      faults_.push_back(fmt::format("{} needs two brackets, for each migration: [[{}]]",
                                    origin_of(name, node), section_of_one));
    } else {
      faults_.push_back(fmt::format("{} belongs into [{}] or a [[{}]] of this fleet",
                                    origin_of(name, node), section_of_all, section_of_one));
    }
  }
  if (file.migrations.empty() && faults_.empty()) {
    faults_.push_back(
        fmt::format("{} has [{}] and no [[{}]]", path_, section_of_all, section_of_one));
  }
}

config_file config_reader::read(const toml::table& document) {
  config_file file;
  if (document.contains(section_of_all) || document.contains(section_of_one)) {
    read_fleet(document, file);
  } else {
    file.settings = read_section(document, place::only_migration);
  }
  return file;
}

}  // namespace

config_file read_config(const flag_table& table, const std::string& path, const std::string& text,
                        std::vector<std::string>& faults) {
  try {
    return config_reader(table, path, faults).read(toml::parse(text, path));
  } catch (const toml::parse_error& failed) {
    faults.push_back(fmt::format("{} line {} is not TOML: {}", path, failed.source().begin.line,
                                 failed.description()));
    return {};
  }
}

bool is_fit_for_a_name(std::string_view name) {
  return !name.empty() && name.size() <= name_size_max && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::string with_name(std::string text, const std::string& name) {
  for (auto at = text.find(name_mark); at != std::string::npos;
       at = text.find(name_mark, at + name.size())) {
    text.replace(at, name_mark.size(), name);
  }
  return text;
}

raw_settings said_of(raw_settings for_all, const std::string& name) {
  for (auto& [flag, values] : for_all) {
    for (auto& value : values) {
      value.text = with_name(std::move(value.text), name);
    }
  }
  return for_all;
}

}  // namespace ddm::cli
