#include "state/stored_checks.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace ddm::state {

result<stored_checks> stored_checks::open(sqlite_connection& connection) {
  preparation sql(connection);
  statements prepared{.put = sql("INSERT INTO check_block VALUES (?, ?)"),
                      .drop = sql("DELETE FROM check_block WHERE number <= ?"),
                      .read_one = sql("SELECT body FROM check_block WHERE number = ?"),
                      .read_all = sql("SELECT number, body FROM check_block ORDER BY number"),
                      .highest = sql("SELECT coalesce(max(number), 0) FROM check_block")};
  if (sql.failure()) {
    return fail(*sql.failure());
  }
  return stored_checks(std::move(prepared));
}

bool stored_checks::write(const std::vector<check_row>& rows,
                          const std::vector<std::int64_t>& closed) {
  if (rows.empty() && closed.empty()) {
    return true;
  }
  std::vector<std::int64_t> highest;
  if (!sql_.highest.read(highest, [](const statement& row) { return row.integer(0); })) {
    return false;
  }
  // A lock keeps any other process from writing checks. If one did, its blocks are not ours.
  if ((!blocks_ || blocks_->highest_number() != highest.front()) && !know_blocks()) {
    return false;
  }
  bool unreadable = false;
  const auto read = [&](std::int64_t number) {
    std::vector<std::string> bodies;
    unreadable =
        !sql_.read_one.read(bodies, [](const statement& row) { return row.text(0); }, number);
    return bodies.empty() ? std::nullopt : std::optional(std::move(bodies.front()));
  };
  const auto step = blocks_->commit(rows, closed, read);
  damaged_ = !step && !unreadable;
  return step && (step->dropped_up_to == 0 || sql_.drop.run(step->dropped_up_to)) &&
         std::ranges::all_of(step->written, [this](const check_blocks::stored_block& each) {
           return sql_.put.run(each.number, blob{each.body});
         });
}

bool stored_checks::know_blocks() {
  check_blocks known;
  const auto take = [&](const statement& row) {
    damaged_ = !known.know(row.integer(0), row.text(1));
    return !damaged_;
  };
  if (!sql_.read_all.each(take)) {
    return false;
  }
  blocks_ = std::move(known);
  return true;
}

/// Twice through the blocks: what counts is known at their end only.
bool stored_checks::read(std::vector<check_row>& rows) {
  if (!know_blocks()) {
    return false;
  }
  rows.reserve(blocks_->open());
  const auto take = [&](const statement& row) {
    std::ranges::move(blocks_->open_rows(row.integer(0), row.text(1)), std::back_inserter(rows));
    return true;
  };
  if (!sql_.read_all.each(take)) {
    return false;
  }
  std::ranges::sort(rows, {}, &check_row::id);
  return true;
}

}  // namespace ddm::state
