#include "monitor/freeze_watch.h"

#include "state/stored.h"

#include <utility>

namespace ddm::monitor {
namespace {

using state::stored_or;

constexpr auto at_name = "freeze.at_ms";
constexpr auto writes_name = "freeze.writes";
constexpr auto ttl_deletes_name = "freeze.ttl_deletes";
constexpr auto first_key_name = "freeze.first_key";
constexpr auto newest_name = "source.newest_write_ms";
constexpr auto newest_key_name = "source.newest_write_key";

}  // namespace

freeze_watch::freeze_watch(std::optional<wall_time> at, const state::snapshot& resumed) : at_(at) {
  if (const auto ms = stored_or(resumed.numbers, newest_name); ms != 0) {
    newest_ = from_ms(ms);
    newest_key_ = stored_or(resumed.values, newest_key_name);
  }
  if (!at_) {
    return;
  }
  // Older versions counted without saying since when: what they did may be after this freeze.
  const auto counted_for = resumed.numbers.find(at_name);
  if (counted_for == resumed.numbers.end() || counted_for->second == to_ms(*at_)) {
    writes_ = stored_or(resumed.numbers, writes_name);
    ttl_deletes_ = stored_or(resumed.numbers, ttl_deletes_name);
    first_key_ = stored_or(resumed.values, first_key_name);
  }
  if (writes_ == 0 && newest_ && *newest_ > *at_) {
    writes_ = 1;
    first_key_ = newest_key_;
  }
}

bool freeze_watch::on_change(wall_time created, bool by_ttl) {
  if (!at_ || created <= *at_) {
    return false;
  }
  if (by_ttl) {
    ++ttl_deletes_;
    return false;
  }
  return writes_++ == 0;
}

void freeze_watch::note_newest(wall_time created, std::string key) {
  newest_ = created;
  newest_key_ = std::move(key);
}

void freeze_watch::save(state::commit_batch& batch) const {
  batch.numbers.insert_or_assign(at_name, at_ ? to_ms(*at_) : 0);
  batch.numbers.insert_or_assign(writes_name, writes_);
  batch.numbers.insert_or_assign(ttl_deletes_name, ttl_deletes_);
  batch.values.insert_or_assign(first_key_name, first_key_);
  if (newest_) {
    batch.numbers.insert_or_assign(newest_name, to_ms(*newest_));
    batch.values.insert_or_assign(newest_key_name, newest_key_);
  }
}

}  // namespace ddm::monitor
