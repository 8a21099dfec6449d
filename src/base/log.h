// One line per event, on standard error, with stable names that can be searched for and counted:
//   2026-01-31T23:59:58.123Z INFO event=shard_finished shard_id=… sequence_number=…
// or the same as a JSON object. Item values never come here unless --show-values put them there.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace ddm::log {

enum class level {
  debug,
  info,
  warning,
  error,
};

enum class format {
  text,
  json,
};

struct field {
  std::string_view name;
  std::string value;
  bool is_json = false;  ///< `value` is JSON (a number, a list) and stays so in a line of JSON

  field(std::string_view field_name, std::string text) : name(field_name), value(std::move(text)) {}
  field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  field(std::string_view field_name, Number number)
      : name(field_name), value(fmt::format("{}", number)) {}
  /// `json` is JSON on one line.
  [[nodiscard]] static field of_json(std::string_view field_name, std::string json) {
    field made(field_name, std::move(json));
    made.is_json = true;
    return made;
  }
};

/// Set once, before the first event. Lines below `lowest` are dropped.
void configure(format how, level lowest);

/// Diverts complete lines (without newline) from standard error, for tests; nullptr restores.
void divert(std::function<void(std::string_view)> sink);

/// Who writes complete lines (without newline) to the terminal that standard error is, where
/// something stands below them; nullptr for nobody. What is diverted does not get there.
void print_lines_by(std::function<void(std::string_view)> printer);

[[nodiscard]] bool enabled(level severity);

/// `event` is a stable snake_case name; `message`, if any, is a sentence for people.
void event(level severity, std::string_view event, std::string_view message = {},
           std::initializer_list<field> fields = {});
void event(level severity, std::string_view event, std::string_view message,
           std::span<const field> fields);

}  // namespace ddm::log
