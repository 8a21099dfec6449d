// ~/.aws/config and ~/.aws/credentials: whatever they hold, an error tells where, never what.
// A NUL parts the two files.
#include "aws/profile_files.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace ddm::fuzz {
namespace {

constexpr std::string_view secret = "wJalrXUtnFEMI";

/// Each % stands for a secret.
std::string with_secrets(std::string_view text) {
  std::string made;
  for (const char c : text) {
    made += c == '%' ? secret : std::string_view(&c, 1);
  }
  return made;
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.contains(secret)) {
    return;  // nothing could be told from what is quoted rightly
  }
  const auto parting = std::min(input.find('\0'), input.size());
  const auto config = with_secrets(input.substr(0, parting));
  const auto credentials = with_secrets(input.substr(std::min(parting + 1, input.size())));
  const auto files = aws::profile_files::parse({.path = "config", .text = config},
                                               {.path = "credentials", .text = credentials});
  if (!files) {
    const auto& message = files.error().message;
    require(!message.empty() && message.find('\n') == std::string::npos, "an error is one line");
    require(message.find(secret) == std::string::npos, "an error does not quote the file");
    return;
  }
  for (const auto* name : {"default", "a", "source"}) {
    const auto* profile = files->profile(name);
    require((profile != nullptr) == files->require_profile(name).has_value(),
            "a profile is there or its absence an error");
    if (profile == nullptr) {
      continue;
    }
    for (const auto& [setting, value] : profile->settings) {
      require(!setting.empty(), "a setting has a name");
      require(profile->find(setting).value_or("") == value.value || value.value.empty(),
              "a setting is found by its name");
    }
  }
  (void)files->services("local");
  (void)files->sso_session("s");
}

}  // namespace ddm::fuzz
