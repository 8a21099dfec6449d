// A table of an in-process account as its export: one file, in memory.
#pragma once

#include "exports/export_file_reader.h"
#include "exports/memory_store.h"
#include "exports/table_export.h"
#include "monitor/monitor_world.h"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace ddm::monitor {

/// What the source holds now.
inline exports::table_export export_of(support::fake_dynamodb& account, wall_time now) {
  constexpr auto* table = monitor_world::table;
  std::string lines;
  const auto items = account.table(table).items();
  for (const auto& item : items) {
    lines += fmt::format("{{\"Item\":{}}}\n", item->json);
  }
  auto store = std::make_shared<exports::memory_store>();
  const auto data = exports::gzip(lines);
  store->objects["data/a.json.gz"] = data;
  exports::md5_sum sum;
  sum.add(data);
  return {.store = store,
          .summary = {.export_arn = "arn:export",
                      .table_arn = account.table(table).settings().arn,
                      .table_id = {},
                      .as_of = now,
                      .items = items.size(),
                      .files_key = {}},
          .files = {{.name = "data/a.json.gz", .items = items.size(), .md5 = sum.take()}}};
}

}  // namespace ddm::monitor
