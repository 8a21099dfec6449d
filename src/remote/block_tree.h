// Bytes of any length as blocks that are named by what is in them.
//
// Problem: of a state of megabytes little changes in half a minute, an item holds 400 KB at most,
// and each KB that is written is paid for.
// Idea: cut the bytes at fixed places; a block's name is the hash of its bytes, so one that is
// there already need not be written. The names are bytes too, and are cut the same way, until what
// is left fits into the head. Reason: a change then costs its own block and one of names above it.
//
// Example: a file of 3 MB is 96 blocks of 32 KB; their names (1.5 KB, with the file's) are longer
// than the 1 KB that a head takes, so they are one more block, whose name stands in the head.
//
// A name is half of a SHA-256: what a state holds may be chosen by somebody else, who must not be
// able to make two blocks of one name.
#pragma once

#include "base/error.h"
#include "remote/head.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::remote {

inline constexpr std::size_t block_bytes_max = std::size_t{32} << 10;
/// Of a block of names: a change of one rewrites it.
inline constexpr std::size_t names_bytes_max = std::size_t{4} << 10;
inline constexpr std::size_t top_bytes_max = std::size_t{1} << 10;

struct block_name {
  std::array<unsigned char, 16> bytes{};
  auto operator<=>(const block_name&) const = default;
  /// 32 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;
};

[[nodiscard]] block_name name_of(std::string_view bytes);

/// As it is stored: compressed where that makes it shorter.
[[nodiscard]] std::string seal(std::string_view bytes);
/// The bytes again. Fails (fatal) unless they are those of the name.
[[nodiscard]] result<std::string> unseal(std::string_view sealed, const block_name& name);

/// A block in memory, on its way to the table.
struct block {
  block_name name;
  std::string bytes;
};

struct cut_tree {
  tree_root root;
  std::vector<block> blocks;
};
[[nodiscard]] cut_tree cut(std::string bytes);
/// The names in one level's bytes. Fails (fatal) where these are no names.
[[nodiscard]] result<std::vector<block_name>> names_in(std::string_view bytes);

/// A file of a copy. Its blocks, joined, are its bytes.
struct copied_file {
  std::string name;  ///< what it is: "state", "leftovers"
  std::uint64_t bytes = 0;
  std::vector<block_name> blocks;
  bool operator==(const copied_file&) const = default;
};

[[nodiscard]] std::string encode_manifest(const std::vector<copied_file>& files);
/// Fails (fatal) where the bytes are damaged.
[[nodiscard]] result<std::vector<copied_file>> decode_manifest(std::string_view bytes);

}  // namespace ddm::remote
