// Whatever comes in, what is shown is valid UTF-8 that no terminal obeys, and showing it again
// changes nothing.
#include "base/displayable.h"
#include "base/foreign_json.h"
#include "fuzz_target.h"

#include <algorithm>
#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  for (const auto breaks : {line_breaks::kept, line_breaks::escaped}) {
    const auto shown = displayable(input, breaks);
    require(std::ranges::none_of(shown,
                                 [breaks](unsigned char c) {
                                   const bool kept =
                                       c == '\t' || (c == '\n' && breaks == line_breaks::kept);
                                   return (c < 0x20 && !kept) || c == 0x7f;
                                 }),
            "no control byte");
    require(shown.find("\xc2\x9b") == std::string::npos, "no C1 control");
    require(shown.find("\xe2\x80\xae") == std::string::npos, "no mark of direction");
    require(displayable(shown, breaks) == shown, "shown once or twice is the same");
    // The parser of JSON refuses what is no UTF-8.
    const auto document = json_text(nlohmann::json(shown));
    require(parse_json(document) == nlohmann::json(shown), "valid UTF-8");
  }
  if (const auto document = parse_json(input); !document.is_discarded()) {
    require(parse_json(displayable(input, line_breaks::kept)) == document,
            "a document stays the same document");
  }
}

}  // namespace ddm::fuzz
