#include "remote/copy_ledger.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace ddm::remote {

std::size_t copy_ledger::name_hash::operator()(const block_name& name) const {
  std::size_t hash = 0;
  std::memcpy(&hash, name.bytes.data(), sizeof hash);
  return hash;
}

void copy_ledger::begin_epoch(std::uint64_t epoch) {
  *this = copy_ledger(bounds_);
  epoch_ = epoch;
}

void copy_ledger::note_put(const block_name& name, std::size_t sealed_bytes) {
  if (known_.emplace(name, sealed_bytes).second) {
    known_bytes_ += sealed_bytes;
  }
}

void copy_ledger::note_copy(const std::vector<block_name>& needed) {
  needed_bytes_ = 0;
  std::unordered_set<block_name, name_hash> seen;
  for (const auto& name : needed) {
    if (const auto found = known_.find(name); found != known_.end() && seen.insert(name).second) {
      needed_bytes_ += found->second;
    }
  }
  copied_ = true;
}

bool copy_ledger::worth_a_new_epoch() const {
  const auto garbage = known_bytes_ - needed_bytes_;
  return copied_ && collected_ &&
         garbage > std::max(bounds_.garbage_bytes_min, bounds_.garbage_factor * needed_bytes_);
}

}  // namespace ddm::remote
