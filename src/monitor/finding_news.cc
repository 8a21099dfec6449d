#include "monitor/finding_news.h"

#include "monitor/findings_flow.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ddm::monitor {
namespace {

constexpr std::size_t lines_per_time = 500;

/// What the last line of a key says, and what the state has of it.
struct heard_finding {
  bool told_open = true;
  std::optional<verify::mismatch> stored;
};

void take_over(verify::finding_book& book, const verify::digest128& key, heard_finding&& heard) {
  // What was told here meanwhile is newer than the row; its own line is heard once it is committed.
  if (book.is_dirty(key) || !heard.stored) {
    return;
  }
  if (!heard.stored->open) {
    book.on_healed_elsewhere(key);
    return;
  }
  book.on_open_in_state(*std::move(heard.stored));
  if (!heard.told_open) {
    book.repeat_line(key);
  }
}

}  // namespace

finding_news::finding_news(state::state_store& store, verify::finding_book& book,
                           const dynamodb::page_decoder& digests, std::int64_t lines_known)
    : store_(store), book_(book), digests_(digests), lines_heard_(lines_known) {}

awaitable<result<bool>> finding_news::hear(const std::uint64_t& commits_begun) {
  if (!book_.holds_all()) {
    co_return false;  // which of them are counted already is not known
  }
  const auto lines = co_await store_.finding_lines(lines_heard_, lines_per_time);
  if (!lines) {
    co_return fail(lines.error());
  }
  lines_heard_ += static_cast<std::int64_t>(lines->size());
  std::map<verify::digest128, heard_finding> heard;
  const auto& made_with = digests_.settings();
  for (const auto& line : *lines) {
    if (const auto told = verify::told_in(line, made_with.schema, made_with.secret)) {
      heard[told->key_hash].told_open = told->open;
    }
  }
  for (auto commits_before = commits_begun + 1; commits_before != commits_begun;) {
    // What a commit changes between two look-ups would be taken over as it was before.
    commits_before = commits_begun;
    for (auto& [key, finding] : heard) {
      auto stored = co_await stored_finding(store_, key);
      if (!stored) {
        co_return fail(std::move(stored.error()));
      }
      finding.stored = *std::move(stored);
    }
  }
  for (auto& [key, finding] : heard) {
    take_over(book_, key, std::move(finding));
  }
  co_return lines->size() < lines_per_time;
}

}  // namespace ddm::monitor
