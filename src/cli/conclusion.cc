#include "cli/conclusion.h"

#include "cli/faults.h"
#include "cli/standard_output.h"
#include "report/render.h"
#include "report/verdict.h"

namespace ddm::cli {

int conclude(status_printer& printer, output_format output, const result<void>& ended,
             const conclusion& what) {
  using report::exit_code;
  printer.print(what.block);
  const bool told = output != output_format::json || print_report(report::render_json(what.status));
  if (!ended) {
    return refuse(ended.error());
  }
  const auto code = report::decide_exit(what.status, what.require_go);
  return static_cast<int>(!told && code == exit_code::equal ? exit_code::incomplete : code);
}

}  // namespace ddm::cli
