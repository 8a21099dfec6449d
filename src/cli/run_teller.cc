#include "cli/run_teller.h"

#include "cli/standard_output.h"
#include "report/render.h"
#include "report/verdict.h"

namespace ddm::cli {

using report::exit_code;

void printing_teller::print(const std::string& text) {
  if (!options_.quiet) {
    printer_.print(text);
  }
}

int printing_teller::ended(const result<void>& how, const report::status& last) {
  printer_.print(options_.quiet ? report::render_ending(last) : render_(last));
  const bool told =
      options_.output != output_format::json || print_report(report::render_json(last));
  if (!how) {
    return refuse(how.error());
  }
  const auto code = report::decide_exit(last, require_go_);
  return static_cast<int>(!told && code == exit_code::equal ? exit_code::incomplete : code);
}

}  // namespace ddm::cli
