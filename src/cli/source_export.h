// The export that stands for a scan of the source: a folder, or the bucket that it was made into.
#pragma once

#include "base/error.h"
#include "cli/options.h"
#include "cli/process.h"
#include "dynamodb/table_description.h"
#include "exports/table_export.h"

#include <optional>

namespace ddm::cli {

/// Nothing: none is named, and the source is scanned. Its manifests are read. `source`: how the
/// table is reached.
[[nodiscard]] awaitable<result<std::optional<exports::table_export>>> open_source_export(
    process& host, const export_options& options, const connection_options& source);

/// Of the very table that is the source, as far as both tell.
[[nodiscard]] result<void> check_is_of_source(const exports::table_export& of,
                                              const dynamodb::table_description& source,
                                              wall_time now);

}  // namespace ddm::cli
