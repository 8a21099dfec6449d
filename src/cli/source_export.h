// The export that stands for a scan of the source: a folder, or the bucket that it was made into.
#pragma once

#include "base/error.h"
#include "cli/options.h"
#include "cli/process.h"
#include "exports/table_export.h"

#include <optional>

namespace ddm::cli {

/// Nothing: none is named, and the source is scanned. Its manifests are read.
[[nodiscard]] awaitable<result<std::optional<exports::table_export>>> open_source_export(
    process& host, const compare_options& options);

}  // namespace ddm::cli
