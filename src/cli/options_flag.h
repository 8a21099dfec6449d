// A flag as a row of a table: its name, what its text becomes, and what its help says.
#pragma once

#include "base/time.h"
#include "cli/options.h"
#include "report/run_facts.h"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::cli {

/// The rest of a sentence that begins with the name and the value; nothing when the value is right.
using fault = std::optional<std::string>;

/// Where a flag's text goes.
struct binding {
  std::function<fault(const std::string& text)> apply;
  std::string fallback;  ///< the value without the flag, as a user would write it
  std::vector<std::string_view> choices = {};  ///< that there are; empty: anything
  bool is_switch = false;                      ///< may stand without a value
  bool repeatable = false;                     ///< each occurrence counts; else there is one
  bool is_url = false;                         ///< may hold a password, which no fault shows
  bool is_secret = false;                      ///< no fault shows any of it
  std::string possible = {};  ///< values, for the reference; empty: what `value` says, or `choices`
};

struct flag {
  std::string_view name;   ///< without dashes
  std::string_view value;  ///< how help calls the value
  binding target;
  std::string_view help;
  std::string_view fallback = {};  ///< for defaults that are no value
  std::string_view variable = {};  ///< of the environment
  bool required = false;
  /// Why it must not be switched on in a configuration file; empty: it may.
  std::string_view never_in_config = {};
  bool takes_words = false;  ///< arguments without a flag are values of this one
  // Of a fleet (config_file.h):
  bool of_process = false;         ///< one for all its migrations
  bool of_migration = false;       ///< of each its own
  bool not_from_fleet = false;     ///< what its file says by this name is meant for `monitor`
  std::string_view more = {};      ///< what the reference says behind `help`; Markdown
  std::string_view possible = {};  ///< values, where the binding cannot know them; Markdown
};

struct flag_group {
  std::string_view title;
  std::vector<flag> flags;
};

using flag_table = std::vector<flag_group>;

/// What --help of a command says beside its flags.
struct command_description {
  std::string_view name;
  std::string_view purpose;  ///< two lines
  std::string_view usage;    ///< behind the program's name
  std::string_view examples;
  std::string_view exit_codes;
  bool asks_services = true;  ///< and takes the variables of every AWS tool
};

/// The rows refer to `options`, which must live as long as they are used.
[[nodiscard]] flag_table flags_of(monitor_options& options);
[[nodiscard]] flag_table flags_of(compare_options& options);
[[nodiscard]] flag_table flags_of(plan_options& options);
[[nodiscard]] flag_table flags_of(repair_options& options);
[[nodiscard]] flag_table flags_of(report_options& options);
[[nodiscard]] flag_table flags_of(state_options& options);
[[nodiscard]] flag_table flags_of(datagen_options& options);
[[nodiscard]] flag_table flags_of(datadel_options& options);

/// The commands that have a flag of this name.
[[nodiscard]] std::vector<std::string_view> commands_with(std::string_view name);

/// The flags that have a value, with the one in force; of an address without what may be secret.
[[nodiscard]] std::vector<report::setting> settings_of(const flag_table& flags);

/// Completes what follows from other values, and lists contradictions between them.
[[nodiscard]] std::vector<std::string> complete(monitor_options& options);
[[nodiscard]] std::vector<std::string> complete(compare_options& options);
[[nodiscard]] std::vector<std::string> complete(plan_options& options);
[[nodiscard]] std::vector<std::string> complete(repair_options& options);
[[nodiscard]] std::vector<std::string> complete(report_options& options);
[[nodiscard]] std::vector<std::string> complete(state_options& options);
[[nodiscard]] std::vector<std::string> complete(datagen_options& options);
[[nodiscard]] std::vector<std::string> complete(datadel_options& options);

/// The last group of every command.
[[nodiscard]] flag_group debugging(bool& allow_core_dumps);

[[nodiscard]] binding text_into(std::string& value);
[[nodiscard]] binding text_into(std::optional<std::string>& value);
/// Of this machine, with a port.
[[nodiscard]] binding listen_address_into(std::optional<std::string>& value);
/// Never shown again.
[[nodiscard]] binding webhook_into(secret& value);
/// A program and its arguments.
[[nodiscard]] binding command_into(std::string& value);
/// Of CloudWatch's metrics.
[[nodiscard]] binding namespace_into(std::string& value);
[[nodiscard]] binding list_into(std::vector<std::string>& values);
/// Names with commas between them.
[[nodiscard]] binding purposes_into(plan::purposes& wanted);
/// Attribute paths that can be left out of comparisons.
[[nodiscard]] binding patterns_into(std::vector<std::string>& values);
[[nodiscard]] binding switch_into(bool& value);
[[nodiscard]] binding duration_into(milliseconds& value, milliseconds least);
[[nodiscard]] binding duration_into(std::optional<milliseconds>& value, milliseconds least);
/// A plain number counts as milliseconds.
[[nodiscard]] binding pause_into(milliseconds& value);
[[nodiscard]] binding count_into(std::uint64_t& value, std::uint64_t least, std::uint64_t most);
[[nodiscard]] binding count_into(std::optional<std::uint64_t>& value, std::uint64_t least,
                                 std::uint64_t most);
[[nodiscard]] binding size_into(std::uint64_t& value, std::uint64_t least);
[[nodiscard]] binding sample_rate_into(std::uint64_t& value);
/// A number above 0, or "unlimited".
[[nodiscard]] binding rate_into(std::optional<double>& value);
/// A number above 0.
[[nodiscard]] binding amount_into(std::optional<double>& value);
[[nodiscard]] binding time_into(std::optional<wall_time>& value);
[[nodiscard]] binding url_into(std::optional<std::string>& value);
[[nodiscard]] binding stream_arn_into(std::optional<std::string>& value);

/// "text or json".
[[nodiscard]] std::string alternatives(const std::vector<std::string_view>& names);
/// "monitor, compare and plan".
[[nodiscard]] std::string enumeration(const std::vector<std::string_view>& names);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// One of several words, in any case. An optional value has no default to show.
template <class Value, class Choice>
[[nodiscard]] binding choice_into(Value& value,
                                  std::vector<std::pair<std::string_view, Choice>> choices) {
  binding made;
  for (const auto& [name, choice] : choices) {
    made.choices.push_back(name);
    if (value == Value(choice)) {
      made.fallback = name;
    }
  }
  made.apply = [&value, choices = std::move(choices)](const std::string& text) -> fault {
    std::vector<std::string_view> names;
    for (const auto& [name, choice] : choices) {
      if (equal_ignoring_case(name, text)) {
        value = choice;
        return std::nullopt;
      }
      names.push_back(name);
    }
    return "is not known: write " + alternatives(names);
  };
  return made;
}

}  // namespace ddm::cli
