#include "base/log.h"

#include "base/console.h"
#include "base/displayable.h"
#include "base/log_name.h"
#include "base/time.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace ddm::log {
namespace {

struct shared_settings {
  std::mutex mutex;
  format how = format::text;
  std::function<void(std::string_view)> diverted;
  std::function<void(std::string_view)> printer;
};

shared_settings& settings() {
  static shared_settings instance;
  return instance;
}

std::atomic<level> lowest_level = level::info;

thread_local const std::string* name_of_thread = nullptr;

std::string_view name_of(level severity) {
  switch (severity) {
    case level::debug:
      return "DEBUG";
    case level::info:
      return "INFO";
    case level::warning:
      return "WARN";
    case level::error:
      return "ERROR";
  }
  return "?";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Bare where that is unambiguous, else quoted as in JSON.
std::string text_value(std::string_view value) {
  const bool bare = !value.empty() && value.find_first_of(" \"=\n\t\\") == std::string_view::npos;
  return bare ? std::string(value) : json_string(value);
}

std::string compose(format how, level severity, std::string_view event, std::string_view message,
                    std::span<const field> fields) {
  const auto now =
      format_rfc3339(std::chrono::floor<milliseconds>(std::chrono::system_clock::now()));
  std::string line;
  if (how == format::json) {
    line = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"event\":{}", now, name_of(severity),
                       json_string(event));
    if (!present_name().empty()) {
      line += fmt::format(",\"migration\":{}", json_string(present_name()));
    }
    if (!message.empty()) {
      line += fmt::format(",\"message\":{}", json_string(message));
    }
    for (const auto& each : fields) {
      line += fmt::format(",{}:{}", json_string(each.name),
                          each.is_json ? each.value : json_string(each.value));
    }
    return line + "}";
  }
  line = fmt::format("{} {} event={}", now, name_of(severity), event);
  if (!present_name().empty()) {
    line += fmt::format(" migration={}", text_value(present_name()));
  }
  for (const auto& each : fields) {
    line += fmt::format(" {}={}", each.name, text_value(each.value));
  }
  if (!message.empty()) {
    line += fmt::format(" message={}", text_value(message));
  }
  return line;
}

void write(std::string_view text) {
  const auto line = displayable(text);
  auto& shared = settings();
  const std::lock_guard lock(shared.mutex);
  if (shared.diverted) {
    shared.diverted(line);
    return;
  }
  if (shared.printer) {
    shared.printer(line);
    return;
  }
  console::write(console::stream::error, line + "\n");
}

}  // namespace

name_scope::name_scope(const std::string& name) : before_(std::exchange(name_of_thread, &name)) {}

name_scope::~name_scope() { name_of_thread = before_; }

const std::string& present_name() {
  static const std::string none;
  return name_of_thread == nullptr ? none : *name_of_thread;
}

void configure(format how, level lowest) {
  settings().how = how;
  lowest_level = lowest;
}

void divert(std::function<void(std::string_view)> to) {
  const std::lock_guard lock(settings().mutex);
  settings().diverted = std::move(to);
}

void print_lines_by(std::function<void(std::string_view)> printer) {
  const std::lock_guard lock(settings().mutex);
  settings().printer = std::move(printer);
}

bool enabled(level severity) { return severity >= lowest_level.load(); }

void event(level severity, std::string_view name, std::string_view message,
           std::initializer_list<field> fields) {
  log::event(severity, name, message, std::span(fields));
}

void event(level severity, std::string_view name, std::string_view message,
           std::span<const field> fields) {
  if (const auto dropped = console::take_dropped(); dropped > 0) {
    log::event(log::level::warning, "output_dropped",
               "nobody read our output for a while: lines and status blocks were left out",
               {{"texts", dropped}});
  }
  if (enabled(severity)) {
    write(compose(settings().how, severity, name, message, fields));
  }
}

}  // namespace ddm::log
