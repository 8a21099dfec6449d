#include "cli/run_teller.h"

#include "cli/conclusion.h"
#include "report/render.h"

namespace ddm::cli {

void printing_teller::print(const std::string& text) {
  if (!options_.quiet) {
    printer_.print(text);
  }
}

int printing_teller::ended(const result<void>& how, const report::status& last) {
  return conclude(printer_, options_.output, how,
                  {.status = last,
                   .block = options_.quiet ? report::render_ending(last) : render_(last),
                   .require_go = require_go_});
}

}  // namespace ddm::cli
