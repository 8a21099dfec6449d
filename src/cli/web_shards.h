// The shards of the present stream over HTTP, as a lineage.
//
// Problem: a stream may have thousands, and a picture shows a few hundred. Idea: the newest ones,
// and how many there are. Reason: they are read from the state, where all of them stand anyway, a
// second behind; nothing is asked of the reading itself.
#pragma once

#include "cli/shown_runs.h"
#include "runtime/asio.h"
#include "serve/http_message.h"

namespace ddm::cli {

/// At most 500, newest first. A run that reads no stream has none. 500 when the state cannot be
/// read.
[[nodiscard]] awaitable<serve::response> answer_shards(shown_run& run);

}  // namespace ddm::cli
