#include "monitor/finding_news.h"

#include "monitor/findings_flow.h"

#include <utility>
#include <vector>

namespace ddm::monitor {
namespace {

constexpr std::size_t lines_per_time = 500;
/// With --show-values one may have hundreds of KB, and the control thread parses it.
constexpr std::size_t rows_per_step = 8;
constexpr std::size_t bytes_per_time = 8U << 20;

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
    : store_(store), book_(book), digests_(digests), lines_heard_(resumed.finding_lines) {}

awaitable<result<bool>> finding_news::hear(const std::uint64_t& commits_begun) {
  if (!book_.holds_all()) {
    co_return false;  // which of them are counted already is not known
  }
  auto told = co_await read_lines();
  if (!told) {
    co_return fail(std::move(told.error()));
  }
  for (auto next = told->open_by_key.begin(); next != told->open_by_key.end();) {
    std::vector<verify::digest128> keys;
    for (; next != told->open_by_key.end() && keys.size() < rows_per_step; ++next) {
      keys.push_back(next->first);
    }
    auto stored = co_await stored_findings(store_, std::move(keys), commits_begun);
    if (!stored) {
      co_return fail(std::move(stored.error()));
    }
    for (auto& entry : *stored) {
      const bool open = told->open_by_key.at(entry.key.hash);
      take_over(book_, std::move(entry), open);
    }
  }
  co_return told->all;
}

awaitable<result<finding_news::told_lines>> finding_news::read_lines() {
  told_lines told;
  const auto& made_with = digests_.settings();
  std::size_t bytes = 0;
  for (std::size_t read = 0; read < lines_per_time && bytes < bytes_per_time;
       read += rows_per_step) {
    const auto lines = co_await store_.finding_lines(lines_heard_, rows_per_step);
    if (!lines) {
      co_return fail(lines.error());
    }
    lines_heard_ += static_cast<std::int64_t>(lines->size());
    for (const auto& line : *lines) {
      bytes += line.size();
      if (const auto finding = verify::told_in(line, made_with.schema, made_with.secret)) {
        told.open_by_key[finding->key_hash] = finding->open;
      }
    }
    if (lines->size() < rows_per_step) {
      told.all = true;
      break;
    }
  }
  co_return told;
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
