// Errors and reports of the commands, on streams that somebody may have closed.
#pragma once

#include <string>

namespace ddm::cli {

/// "error: …" on standard error. That nobody reads it any more is no error (fmt::print would
/// throw).
void complain(const std::string& fault);

/// A report and a line end on standard output. False, and a complaint, when it cannot be written:
/// whoever asked for it did not get it.
[[nodiscard]] bool print_report(const std::string& text);

}  // namespace ddm::cli
