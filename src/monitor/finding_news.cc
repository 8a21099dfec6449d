#include "monitor/finding_news.h"

#include "monitor/findings_flow.h"
#include "state/stored.h"

#include <map>
#include <ranges>
#include <utility>
#include <vector>

namespace ddm::monitor {
namespace {

constexpr std::size_t lines_per_time = 500;

void take_over(verify::finding_book& book, verify::mismatch&& stored, bool told_open) {
  // What was told here meanwhile is newer than the row; its own line is heard once it is committed.
  const auto key = stored.key.hash;
  if (book.is_dirty(key)) {
    return;
  }
  if (!stored.open) {
    book.on_healed_elsewhere(key);
    return;
  }
  book.on_open_in_state(std::move(stored));
  if (!told_open) {
    book.repeat_line(key);
  }
}

}  // namespace

finding_news::finding_news(state::state_store& store, verify::finding_book& book,
                           const dynamodb::page_decoder& digests, const state::snapshot& resumed)
    : store_(store),
      book_(book),
      digests_(digests),
      lines_heard_(resumed.finding_lines),
      lines_before_(state::stored_or(resumed.values, state::lines_before_name)) {}

awaitable<result<bool>> finding_news::hear(const std::uint64_t& commits_begun) {
  if (!book_.holds_all()) {
    co_return false;  // which of them are counted already is not known
  }
  const auto figures = co_await store_.news_of({state::lines_before_name});
  if (!figures) {
    co_return fail(figures.error());
  }
  if (auto before = state::stored_or(figures->values, state::lines_before_name);
      before != lines_before_) {
    lines_before_ = std::move(before);
    lines_heard_ = 0;
  }
  const auto lines = co_await store_.finding_lines(lines_heard_, lines_per_time);
  if (!lines) {
    co_return fail(lines.error());
  }
  lines_heard_ += static_cast<std::int64_t>(lines->size());
  std::map<verify::digest128, bool> told_open;  // by the last line of each key
  const auto& made_with = digests_.settings();
  for (const auto& line : *lines) {
    if (const auto told = verify::told_in(line, made_with.schema, made_with.secret)) {
      told_open[told->key_hash] = told->open;
    }
  }
  const auto keys = told_open | std::views::keys;
  auto stored = co_await stored_findings(store_, {keys.begin(), keys.end()}, commits_begun);
  if (!stored) {
    co_return fail(std::move(stored.error()));
  }
  for (auto& entry : *stored) {
    const bool open = told_open.at(entry.key.hash);
    take_over(book_, std::move(entry), open);
  }
  co_return lines->size() < lines_per_time;
}

awaitable<result<void>> finding_news::hear_out(const std::uint64_t& commits_begun) {
  while (book_.holds_all()) {
    const auto heard_all = co_await hear(commits_begun);
    if (!heard_all) {
      co_return fail(heard_all.error());
    }
    if (*heard_all) {
      break;
    }
  }
  co_return result<void>{};
}

}  // namespace ddm::monitor
