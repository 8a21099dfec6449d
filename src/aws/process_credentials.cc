#include "aws/process_credentials.h"

#include "aws/credential_json.h"
#include "base/foreign_json.h"
#include "base/secret.h"
#include "runtime/child_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::aws {
namespace {

constexpr milliseconds patience{60'000};
constexpr std::size_t output_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t complaint_bytes_max = 500;

/// What the program said on standard error, on one line: it is meant for people, as its standard
/// output is not.
std::string complaint(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  const auto last = text.find_last_not_of(' ');
  return last == std::string::npos ? std::string("it said nothing on standard error")
                                   : "it said: " + text.substr(0, last + 1);
}

class process_credentials final : public credentials_source {
 public:
  process_credentials(std::vector<std::string> words, std::string origin)
      : words_(std::move(words)), origin_(std::move(origin)) {}

  awaitable<result<credentials>> fetch() override {
    auto ended = co_await run_child(words_, patience, output_bytes_max);
    if (!ended) {
      auto& failure = ended.error();
      if (worked_ && failure.kind == error_class::wrong_usage) {
        failure.kind = error_class::refresh_credentials;  // the program is being replaced, maybe
      }
      co_return fail(std::move(failure).within(name()));
    }
    worked_ = true;
    if (ended->exit_code != 0) {
      ended->errors.resize(std::min(ended->errors.size(), complaint_bytes_max));
      co_return fail(error_class::refresh_credentials,
                     fmt::format("{} ended with code {}; {}", name(), ended->exit_code,
                                 complaint(std::move(ended->errors))));
    }
    if (auto version = require_version(ended->output); !version) {
      co_return fail(std::move(version).error().within(name()));
    }
    auto made = read_credentials(ended->output, "SessionToken");
    wipe(ended->output);
    if (!made) {
      co_return fail(std::move(made).error().within(name()));
    }
    co_return made;
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{}, by its credential_process", origin_);
  }

 private:
  static result<void> require_version(std::string_view output) {
    const auto object = parse_object(output);
    if (object && integer_member(*object, "Version") == 1) {
      return {};
    }
    return fail(error_class::refresh_credentials,
                object ? "its answer's Version is not 1" : "what it printed is no JSON object");
  }

  /// Without the arguments, which may hold a secret.
  [[nodiscard]] std::string name() const {
    return fmt::format("the credential_process {} of {}", words_[0], origin_);
  }

  std::vector<std::string> words_;
  std::string origin_;
  bool worked_ = false;  ///< it could be started
};

}  // namespace

std::optional<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) {
      in_word = false;
      continue;
    }
    if (!in_word) {
      words.emplace_back();
      in_word = true;
    }
    const bool escapes = c == '\\' && quote != '\'';
    if (escapes && at + 1 == line.size()) {
      return std::nullopt;
    }
    if (escapes && (quote == '\0' || line[at + 1] == '"' || line[at + 1] == '\\')) {
      words.back() += line[++at];
    } else if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return quote == '\0' ? std::optional(std::move(words)) : std::nullopt;
}

result<std::unique_ptr<credentials_source>> make_process_credentials(std::string_view command,
                                                                     std::string origin) {
  auto words = split_command(command);
  if (!words || words->empty() || words->front().empty()) {
    return wrong_usage(fmt::format(
        "the credential_process of {} is no command: a quotation mark or a backslash is left open",
        origin));
  }
  return std::make_unique<process_credentials>(std::move(*words), std::move(origin));
}

}  // namespace ddm::aws
