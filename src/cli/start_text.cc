#include "cli/start_text.h"

#include "base/displayable.h"
#include "base/units.h"
#include "cli/budgets.h"
#include "plan/estimate.h"
#include "verify/coverage.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::cli {

void append_line(std::string& text, std::string_view name, const std::string& value) {
  text += fmt::format("\n  {:<12} {}", name, displayable(value));
}

std::string describe_keys(const connection& link, const aws::credentials& keys) {
  return fmt::format("{}, access key {}, {}", link.description().identity, keys.access_key_id,
                     link.lifetime_of(keys));
}

std::string describe_ignored(const migration_options& options) {
  return options.ignore_attributes.empty()
             ? std::string("no attribute")
             : fmt::format("attributes {}: neither compared nor told of",
                           verify::join_patterns(options.ignore_attributes));
}

std::string describe_tables(const open_migration& migration) {
  auto text = fmt::format("dynamodb-migration-monitor {}", DDM_VERSION);
  const auto describe = [&](const reached_table& table, const dynamodb::table_description* facts) {
    append_line(text, to_string(table.side),
                facts == nullptr ? std::string("not there yet: awaited")
                                 : fmt::format("{} ({}), key {}, about {} items, {}", facts->name,
                                               facts->arn, facts->schema.describe(),
                                               grouped(facts->item_count), facts->status_text));
    const auto& link = table.link->description();
    append_line(text, "",
                fmt::format("{}, {}, at most {} read units", link.region, link.endpoint,
                            describe_budget(table.budget->rate())));
    append_line(text, "", describe_keys(*table.link, *table.keys));
  };
  const auto& facts = migration.facts;
  describe(*migration.source, &facts.source);
  describe(*migration.target, facts.target ? &*facts.target : nullptr);
  return text;
}

milliseconds reading_least(const open_migration& migration) {
  const auto& facts = migration.facts;
  const auto size = [](const dynamodb::table_description& table) {
    return plan::table_size{.items = table.item_count, .bytes = table.size_bytes};
  };
  // A target that is awaited is expected to become as large.
  return plan::estimate_compare(size(facts.source), size(facts.target.value_or(facts.source)),
                                migration.source->budget->rate(), migration.target->budget->rate())
      .duration;
}

void append_what_comes(std::string& text, const std::vector<std::string>& lines) {
  std::string_view name = "next";
  for (const auto& line : lines) {
    append_line(text, std::exchange(name, ""), line);
  }
}

}  // namespace ddm::cli
