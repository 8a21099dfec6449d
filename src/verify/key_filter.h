// Which keys may be in a set that is kept elsewhere: never a wrong no, seldom a wrong yes.
//
// Problem: keys with a change that is not checked, or not now (deferred, left to the baseline), are
// held by the state or by nobody, and may be millions. Idea: two bits of 128 KiB for each (a Bloom
// filter); what it cannot know (a restart) it says yes to.
#pragma once

#include "dynamodb/item_digest.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ddm::verify {

class key_filter {
 public:
  void add(const dynamodb::digest128& key) {
    if (!bits_) {
      bits_ = std::make_unique<bits>();
    }
    bits_->set(place(key.low));
    bits_->set(place(key.high));
  }
  /// Yes to every key until clear().
  void add_unknown() { unknown_ = true; }
  void clear() {
    bits_.reset();
    unknown_ = false;
  }
  [[nodiscard]] bool may_contain(const dynamodb::digest128& key) const {
    return unknown_ || (bits_ && bits_->test(place(key.low)) && bits_->test(place(key.high)));
  }

 private:
  static constexpr std::size_t bit_count = std::size_t{1} << 20;
  using bits = std::bitset<bit_count>;
  [[nodiscard]] static std::size_t place(std::uint64_t hash) { return hash % bit_count; }

  std::unique_ptr<bits> bits_;
  bool unknown_ = false;
};

}  // namespace ddm::verify
