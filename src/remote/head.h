// The one item that says who holds a state, and which copy of it counts.
//
// Problem: a copy is hundreds of items, written one after the other by a process that may die or be
// replaced at any of them; a reader must see all of a copy or none, and one who was replaced must
// not be able to put his own in the place of his successor's.
// Idea: nothing counts but what the head names, and each write of the head is conditional on the
// one before it. A write has an id that was never used before, so that a late, repeated or foreign
// write can never meet the condition by chance, not even after a state was deleted and begun anew.
// Reason: the order of things then needs no clock, and no other lock in the table.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "dynamodb/attribute_value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::remote {

/// Bytes that were cut into blocks, whose names were cut into blocks, and so on (block_tree.h).
struct tree_root {
  unsigned levels = 0;  ///< 0: `top` is the bytes themselves
  std::string top;
  bool operator==(const tree_root&) const = default;
};

/// A complete copy of a state.
struct copy_root {
  std::uint64_t epoch = 0;   ///< under which its blocks lie
  std::uint64_t number = 0;  ///< of copies since the state was begun
  wall_time taken_at{};      ///< by the holder's clock: for people, it decides nothing
  std::uint64_t bytes = 0;   ///< of its files
  tree_root manifest;
  bool operator==(const copy_root&) const = default;
};

struct head {
  std::string write;          ///< id of the write that made it: what the next one is conditional on
  std::uint64_t epoch = 0;    ///< one for each time that somebody took it, and more
  std::uint64_t counter = 0;  ///< of writes in this epoch: who stands still is dead
  std::string owner;          ///< id of the process that holds it; empty: nobody does
  std::string told;           ///< of that process, for people: "monitor on host a, process 4711"
  std::optional<copy_root> copy;
  bool operator==(const head&) const = default;
};

/// A write of the head, and what it is conditional on.
struct head_write {
  std::string expected;  ///< the id of the write before it; empty: there must be no head
  head next;
};

/// The text that an item has under a name, if it has one.
[[nodiscard]] std::optional<std::string> text_of(const dynamodb::attribute_map& item,
                                                 std::string_view name);

/// The attributes beside the key. Fails (fatal) where the item is not a head of this version.
[[nodiscard]] dynamodb::attribute_map attributes_of(const head& of);
[[nodiscard]] result<head> head_of(const dynamodb::attribute_map& attributes);

}  // namespace ddm::remote
