// A summary as people read it: on a terminal, in a ticket, on paper. Every text of it is escaped.
#pragma once

#include "summary/summary.h"

#include <span>
#include <string>

namespace ddm::summary {

/// Lines for a terminal, no trailing newline; of tables the first rows, no plots.
[[nodiscard]] std::string render_text(const summary& of);
[[nodiscard]] std::string render_text(const overview& of);

/// For a ticket: headings, lists and tables as GitHub, GitLab and Jira's editor take them.
[[nodiscard]] std::string render_markdown(const summary& of);
[[nodiscard]] std::string render_markdown(const overview& of);

/// One file that asks for nothing else: no script, its own style and drawings, for a screen, light
/// or dark, and for paper.
[[nodiscard]] std::string render_html(const summary& of);
/// The table of all, then each of `each` on a page of its own.
[[nodiscard]] std::string render_html(const overview& of, std::span<const summary> each);

}  // namespace ddm::summary
