#include "cli/web_shards.h"

#include "base/foreign_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ddm::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t shards_max = 500;

/// "shardId-00000001764288000123-1a2b3c4d" has the time in ms in it. That is a custom of the
/// service, not a promise: whatever is no time of streams is not taken for one.
std::optional<wall_time> created_by_id(std::string_view shard_id) {
  constexpr std::string_view prefix = "shardId-";
  constexpr wall_time no_streams_before = std::chrono::sys_days(std::chrono::year(2014) / 1 / 1);
  constexpr wall_time no_streams_after = std::chrono::sys_days(std::chrono::year(2100) / 1 / 1);
  if (!shard_id.starts_with(prefix)) {
    return std::nullopt;
  }
  shard_id.remove_prefix(prefix.size());
  std::int64_t ms = 0;
  const auto [end, failed] =
      std::from_chars(shard_id.data(), shard_id.data() + shard_id.size(), ms);
  if (failed != std::errc{} || from_ms(ms) < no_streams_before || from_ms(ms) > no_streams_after) {
    return std::nullopt;
  }
  return from_ms(ms);
}

json time_or_null(const std::optional<wall_time>& time) {
  return time ? json(format_rfc3339(*time)) : json(nullptr);
}

/// Everything that was created before has been read.
std::optional<wall_time> read_up_to(const state::shard_row& row) {
  return std::max(row.last_created, row.caught_up_at);
}

json shard(const state::shard_row& row) {
  auto parents = json::array();
  if (!row.parent_id.empty()) {
    parents.push_back(row.parent_id);
  }
  return {{"id", row.shard_id},
          {"parents", parents},
          {"state", row.life == "reading" ? "open" : row.life},
          {"created", time_or_null(created_by_id(row.shard_id))},
          {"read_up_to", time_or_null(read_up_to(row))},
          {"ended", time_or_null(row.ended_at)}};
}

}  // namespace

awaitable<serve::response> answer_shards(shown_run& run) {
  state::shard_page page;
  const auto stream = run.latest()->about.stream;
  if (stream) {
    auto found = co_await run.store().newest_shards(stream->arn, shards_max);
    if (!found) {
      co_return serve::plain_text(500, "the state cannot be read");
    }
    page = *std::move(found);
  }
  auto list = json::array();
  for (const auto& row : page.rows) {
    list.push_back(shard(row));
  }
  co_return serve::json_document(200, json_text(json{{"shards", list}, {"total", page.total}}));
}

}  // namespace ddm::cli
