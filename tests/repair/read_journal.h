// A journal with all its items, which only a test holds at once.
#pragma once

#include "repair/repair_journal.h"
#include "support/disk_of_bytes.h"

#include <string>
#include <vector>

namespace ddm::repair {

using support::disk_of_bytes;

::setrlimit(RLIMIT_FSIZE, &small);
}
disk_of_bytes(const disk_of_bytes&) = delete;
disk_of_bytes& operator=(const disk_of_bytes&) = delete;
~disk_of_bytes() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  std::signal(SIGXFSZ, before_signal_);
}

private:
rlimit before_{};
void (*before_signal_)(int);
}
;

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
