// Texts of others in our log: one line each, in UTF-8, without a byte that a terminal obeys; a line
// of JSON is JSON.
#include "base/foreign_json.h"
#include "base/log.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ddm::fuzz {
namespace {

std::vector<std::string> lines_of(log::format how, std::string_view text) {
  std::vector<std::string> lines;
  log::configure(how, log::level::debug);
  log::divert([&](std::string_view line) { lines.emplace_back(line); });
  log::event(log::level::info, "fuzzed", text, {{"value", text}, {"number", 7}});
  log::divert(nullptr);
  return lines;
}

void judge(const std::string& line) {
  require(std::ranges::none_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
          "no control byte");
  require(line.find("\xc2\x9b") == std::string::npos, "no C1 control");
  require(line.find("\xe2\x80\xae") == std::string::npos, "no mark of direction");
  require(parse_json(json_text(nlohmann::json(line))) == nlohmann::json(line), "valid UTF-8");
}

}  // namespace

void fuzz_one(std::string_view input) {
  for (const auto how : {log::format::text, log::format::json}) {
    const auto lines = lines_of(how, input);
    require(lines.size() == 1, "one event is one line");
    judge(lines.front());
    require(how == log::format::text || parse_json(lines.front()).is_object(), "JSON is JSON");
  }
}

}  // namespace ddm::fuzz
