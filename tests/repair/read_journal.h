// A journal with all its items, which only a test holds at once.
#pragma once

#include "repair/repair_journal.h"
#include "support/disk_of_bytes.h"

#include <string>
#include <vector>

namespace ddm::repair {

using support::disk_of_bytes;

[[nodiscard]] inline result<std::vector<journal_entry>> read_journal(const std::string& path) {
  const auto journal = repair_journal::open_to_read(path);
  if (!journal) {
    return fail(journal.error());
  }
  std::vector<journal_entry> entries;
  for (const auto& place : journal->places()) {
    auto entry = journal->entry_at(place);
    if (!entry) {
      return fail(entry.error());
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace ddm::repair
