// Reading a part of a file, wherever its position is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ddm {

/// Fills `into` with what stands there from `from` on, and says with how much: less than it has
/// room for only where the file ends. Goes on after interruptions and short reads. Nothing: errno
/// says why.
[[nodiscard]] std::optional<std::size_t> read_at(int file, std::span<char> into,
                                                 std::uint64_t from);

}  // namespace ddm
