#include "cli/web_findings.h"

#include "base/raised.h"
#include "verify/mismatch.h"
#include "verify/path_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ddm::cli {
namespace {

constexpr std::size_t limit_usual = 100;
constexpr std::size_t limit_max = 1000;
constexpr std::size_t rows_at_first = 50;
constexpr std::size_t rows_at_once = 500;
constexpr std::size_t rows_a_page = 10'000;
constexpr std::size_t read_a_page = std::size_t{64} << 20;  // bytes, and what is read with them
constexpr std::size_t decoded_a_page = 2'000;
constexpr std::size_t bytes_a_page = 1 << 20;  // or one line

/// Open ones come newest first, as the state has an index of these alone. Where healed ones are
/// asked for too, all come in the order of their keys' hashes.
enum class wanted_state {
  open,
  healed,
  all,
};

struct question {
  wanted_state state = wanted_state::open;
  std::optional<std::string> kind;
  std::optional<std::string> path;
  std::string after;
  std::size_t limit = limit_usual;
};

struct page {
  std::vector<std::string> lines;
  std::string next;  ///< empty: there is nothing more
};

template <class Number>
std::optional<Number> whole_number(std::string_view text, int base) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failed == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

std::optional<std::size_t> number_of(std::string_view text) {
  const auto number = whole_number<std::int64_t>(text, 10);
  return number && *number >= 0 ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

// Where a page ends: "<when its last was confirmed, Unix ms>-<the hash of its key>".

std::string cursor_of(const state::mismatch_row& row) {
  std::string text = fmt::format("{}-", row.confirmed_ms);
  for (const char byte : row.key_hash) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::optional<state::mismatch_row> row_at(std::string_view cursor) {
  state::mismatch_row row;
  const auto dash = cursor.find('-', 1);
  const auto when = whole_number<std::int64_t>(cursor.substr(0, dash), 10);
  auto hash = dash == std::string_view::npos ? std::string_view() : cursor.substr(dash + 1);
  if (!when || hash.size() != 32) {
    return std::nullopt;
  }
  row.confirmed_ms = *when;
  for (; !hash.empty(); hash.remove_prefix(2)) {
    const auto byte = whole_number<unsigned>(hash.substr(0, 2), 16);
    if (!byte) {
      return std::nullopt;
    }
    row.key_hash += static_cast<char>(*byte);
  }
  return row;
}

std::optional<wanted_state> state_of(std::string_view text) {
  return text == "open"     ? std::optional(wanted_state::open)
         : text == "healed" ? std::optional(wanted_state::healed)
         : text == "all"    ? std::optional(wanted_state::all)
                            : std::nullopt;
}

/// Nothing: `fault` says what is wrong.
std::optional<question> question_of(const serve::request& asked, std::string& fault) {
  question found;
  const auto text = [&](std::string_view name) {
    const auto* value = serve::find_parameter(asked.query, name);
    return value == nullptr ? std::optional<std::string>() : std::optional(*value);
  };
  found.kind = text("kind");
  found.path = text("path");
  found.after = text("after").value_or("");
  const auto limit = number_of(text("limit").value_or(std::to_string(limit_usual)));
  const auto state = state_of(text("state").value_or("open"));
  if (!state) {
    fault = "state is open, healed or all";
  } else if (found.kind && !verify::mismatch_kind_of(*found.kind)) {
    fault = "kind is none that there is";
  } else if (!limit || *limit == 0 || *limit > limit_max) {
    fault = fmt::format("limit is a number from 1 to {}", limit_max);
  } else if (!found.after.empty() && !row_at(found.after)) {
    fault = "after is the `next` of an earlier answer";
  } else {
    found.state = *state;
    found.limit = *limit;
    return found;
  }
  return std::nullopt;
}

/// What stands in the JSON of each row that fits. To look for it takes a fiftieth of decoding the
/// row.
struct marks {
  std::string kind;
  std::string path;
};

/// As far as it is spelled in one way in JSON, and is no list's index: that may be left out.
std::string_view beginning_of(std::string_view path) {
  return {path.begin(), std::ranges::find_if(path, [](char c) {
            return c < ' ' || c > '~' || c == '[' || c == '"' || c == '\\' || c == '/';
          })};
}

marks marks_of(const question& asked) {
  return {
      .kind = asked.kind ? fmt::format(R"("kind":"{}")", *asked.kind) : std::string(),
      .path = asked.path ? fmt::format(R"("path":"{})", beginning_of(*asked.path)) : std::string()};
}

bool may_fit(const question& asked, const marks& in, const state::mismatch_row& row) {
  return (asked.state != wanted_state::healed || !row.open) && row.body.contains(in.kind) &&
         row.body.contains(in.path);
}

bool fits(const question& asked, const verify::mismatch& entry) {
  return (asked.state != wanted_state::healed || !entry.open) &&
         (!asked.kind || to_string(entry.kind) == *asked.kind) &&
         (!asked.path || std::ranges::any_of(entry.paths, [&](const verify::path_change& each) {
           return each.path == *asked.path || verify::group_path(each.path) == *asked.path;
         }));
}

awaitable<result<std::vector<state::mismatch_row>>> next_rows(
    state::state_store& store, wanted_state wanted, const std::optional<state::mismatch_row>& last,
    std::size_t rows_max) {
  if (wanted == wanted_state::open) {
    co_return co_await store.open_mismatches(last, rows_max);
  }
  co_return co_await store.mismatches_by_key(last ? last->key_hash : std::string(), rows_max);
}

awaitable<result<page>> page_of(shown_run& run, const question& asked) {
  page found;
  const auto marks = marks_of(asked);
  std::size_t bytes = 0;
  std::size_t bytes_read = 0;
  std::size_t decoded = 0;
  std::optional<state::mismatch_row> last =
      asked.after.empty() ? std::nullopt : row_at(asked.after);
  for (std::size_t read = 0; read < rows_a_page && bytes_read < read_a_page;) {
    const auto wanted = std::min(read == 0 ? rows_at_first : rows_at_once, rows_a_page - read);
    auto rows = co_await next_rows(run.store(), asked.state, last, wanted);
    if (!rows) {
      co_return fail(std::move(rows.error()));
    }
    if (rows->empty()) {
      co_return found;
    }
    for (auto& row : *rows) {
      bytes_read += row.body.size();
      if (found.lines.size() == asked.limit || bytes > bytes_a_page || decoded == decoded_a_page) {
        found.next = cursor_of(*last);
        co_return found;
      }
      if (may_fit(asked, marks, row)) {
        const auto entry = verify::decode_mismatch(row);
        if (!entry) {
          co_return fail(entry.error());
        }
        ++decoded;
        if (fits(asked, *entry)) {
          found.lines.push_back(verify::finding_line(*entry, run.lines()));
          bytes += found.lines.back().size();
        }
      }
      last = std::move(row);
    }
    read += rows->size();
  }
  found.next = cursor_of(*last);
  co_return found;
}

}  // namespace

awaitable<serve::response> web_findings::answer(shown_run& run, const serve::request& asked) {
  std::string fault;
  const auto wanted = question_of(asked, fault);
  if (!wanted) {
    co_return serve::plain_text(400, fault);
  }
  if (busy_) {
    co_return serve::plain_text(503, "findings are being read for somebody else: ask again");
  }
  const raised up(busy_);
  auto found = co_await page_of(run, *wanted);
  if (!found) {
    co_return serve::plain_text(500, "the state cannot be read");
  }
  co_return serve::response{
      .content_type = "application/json",
      .body = fmt::format(R"({{"findings":[{}],"next":{}}})", fmt::join(found->lines, ","),
                          found->next.empty() ? "null" : '"' + found->next + '"')};
}

}  // namespace ddm::cli
