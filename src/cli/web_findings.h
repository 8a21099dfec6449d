// Findings over HTTP, by pages. A page reads a bounded number of rows, whatever is asked for: where
// few of them fit, a page may be short or empty and there is a next one all the same.
#pragma once

#include "cli/shown_runs.h"
#include "runtime/asio.h"
#include "serve/http_message.h"

namespace ddm::cli {

/// Of `state=open` (newest first) or `state=all` (lines of the findings file, oldest first), those
/// of a `kind` and with a changed attribute `path`; at most `limit` (100, 1,000 at most) behind
/// `after`, which an earlier page gave as `next`.
[[nodiscard]] awaitable<serve::response> answer_findings(shown_run& run,
                                                         const serve::request& asked);

}  // namespace ddm::cli
