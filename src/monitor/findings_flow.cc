#include "monitor/findings_flow.h"

#include "base/log.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ddm::monitor {

result<std::vector<verify::mismatch>> restore_findings(const state::snapshot& resumed,
                                                       verify::finding_book& book) {
  std::vector<verify::mismatch> open;
  for (const auto& row : resumed.open_mismatches) {
    auto entry = verify::decode_mismatch(row);
    if (!entry) {
      return fail(std::move(entry.error()));
    }
    open.push_back(std::move(*entry));
  }
  verify::kind_counts counts;
  for (const auto& [name, count] : resumed.open_mismatches_by_kind) {
    if (const auto kind = verify::mismatch_kind_of(name)) {
      counts.open.at(static_cast<std::size_t>(*kind)) = count;
    }
  }
  book.set_counts(counts);
  book.restore(open);
  return open;
}

void log_mismatch(const verify::mismatch& entry, std::string_view shown_key) {
  std::string paths;
  for (const auto& change : entry.paths) {
    paths += fmt::format("{}{}:{}", paths.empty() ? "" : ",", change.path, change.change);
  }
  log::event(entry.kind == verify::mismatch_kind::expired ? log::level::info : log::level::warning,
             "mismatch", {},
             {{"kind", verify::to_string(entry.kind)},
              {"key", shown_key},
              {"paths", paths},
              {"sequence_number", entry.sequence_number}});
}

awaitable<result<void>> commit_with_findings(state::state_store& store,
                                             verify::findings_file* findings,
                                             state::commit_batch batch) {
  const bool has_lines = !batch.finding_lines.empty();
  auto committed = co_await store.commit(std::move(batch));
  if (committed && findings != nullptr && has_lines) {
    committed = co_await findings->follow(store);
  }
  co_return committed;
}

}  // namespace ddm::monitor
