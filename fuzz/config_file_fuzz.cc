// Config files: whatever they hold, each fault is told on a line of its own, and what is accepted
// is what the same settings would be as flags.
#include "cli/options.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  const auto read_file = [&](const std::string&) -> result<std::string> {
    return std::string(input);
  };
  const std::vector<std::string> arguments{"monitor", "--config", "m.toml"};
  const auto parsed = cli::parse_command_line(arguments, aws::environment{}, read_file);
  if (parsed) {
    const auto* options = std::get_if<cli::monitor_options>(&*parsed);
    require(options != nullptr, "a config file chooses no other command");
    require(!options->target_table.empty(), "what is required is there");
    return;
  }
  require(!parsed.error().faults.empty(), "a refusal says why");
  const auto text = parsed.error().text();
  require(std::ranges::count(text, '\n') ==
              static_cast<std::ptrdiff_t>(parsed.error().faults.size()) + 1,
          "each fault is one line");
  require(std::ranges::none_of(
              text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; }),
          "no fault commands a terminal");
}

}  // namespace ddm::fuzz
