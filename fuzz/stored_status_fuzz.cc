// A status of a state that somebody has changed: what is read can be told in every form, and be
// kept again.
#include "fuzz_target.h"
#include "report/derive.h"
#include "report/render.h"
#include "report/stored_status.h"

#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  auto read = report::decode_figures(input);
  if (!read) {
    return;
  }
  const auto kept = report::encode_figures(*read);
  const auto again = report::decode_figures(kept);
  require(again.has_value(), "what was read is kept");
  require(report::encode_figures(*again) == kept, "and kept the same");
  report::derive(*read);
  require(!report::render_text(*read).empty(), "it has a text");
  if (!read->follows_stream) {
    require(!report::render_comparison(*read).empty(), "a comparison has another one");
  }
  require(report::render_json(*read).find('\n') == std::string::npos, "one line");
}

}  // namespace ddm::fuzz
