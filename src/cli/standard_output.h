// Errors and reports of the commands, on streams that somebody may have closed.
#pragma once

#include <string>
#include <string_view>

namespace ddm::cli {

/// "error: …" on standard error. That nobody reads it any more is no error (fmt::print would
/// throw).
void complain(const std::string& fault);

/// On standard output. False, and a complaint, when it cannot be written: whoever asked for it did
/// not get it.
[[nodiscard]] bool print_text(const std::string& text, std::string_view what);
/// What an exit code becomes when the last that was printed by the console could not be written: 3
/// in place of 0, with a complaint. A reader that has left is no reason.
[[nodiscard]] int code_after_output(int code);
/// A report and a line end.
[[nodiscard]] bool print_report(const std::string& text);

}  // namespace ddm::cli
