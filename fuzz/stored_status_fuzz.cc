// A status of a state that somebody has changed: what is read can be told in every form, and be
// kept again.
#include "base/display_width.h"
#include "base/displayable.h"
#include "fuzz_target.h"
#include "report/derive.h"
#include "report/panel.h"
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
  for (const report::panel_size size : {report::panel_size{1, 1}, {20, 3}, {80, 24}}) {
    const auto panel = report::render_panel(*read, {}, size);
    require(!panel.lines.empty() && panel.lines.size() <= size.rows, "a panel has its rows");
    for (const auto& line : panel.lines) {
      require(display_width(line) <= size.columns, "no line of a panel runs over");
      require(displayable(line) == line, "and none has what a terminal obeys");
    }
  }
  require(report::render_json(*read).find('\n') == std::string::npos, "one line");
}

}  // namespace ddm::fuzz
