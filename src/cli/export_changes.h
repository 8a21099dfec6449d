// What changed in the source since its export was made, asked of its stream: before a comparison
// with the export begins.
#pragma once

#include "cli/connection.h"
#include "cli/open_migration.h"
#include "compare/changed_keys.h"
#include "compare/comparison_progress.h"
#include "exports/table_export.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddm::cli {

/// What cannot be known is told in words, as no error; `cancelled`: a signal came.
[[nodiscard]] awaitable<result<compare::changes_since_export>> read_changes_since(
    open_migration& migration, const compare_options& options,
    const exports::table_export& source_export, const dynamodb::page_decoder& decoder);

/// Of the source's stream, reached so.
[[nodiscard]] std::shared_ptr<stream::listing_pace> pace_of_source_stream(
    const open_migration& migration, const connection& link);

/// For the first screen, without a break: what the comparison counts for, and what its keys cost.
/// `changed`: so many keys; nothing: they were read by an earlier process.
[[nodiscard]] std::vector<std::string> describe_standing(
    const compare::comparison_progress& progress, std::optional<std::uint64_t> changed,
    const dynamodb::table_description& source);

}  // namespace ddm::cli
