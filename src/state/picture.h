// A picture of a state at one moment, as a file of its own.
//
// Problem: while a state is in use, its file and its WAL are of different moments, and change while
// they are read. Idea: SQLite's own backup, all pages in one read transaction: beside a WAL it
// waits for no writer, and none waits for it. Reason: what comes out is a whole database of the
// commit that was the newest one when it began, whoever commits meanwhile.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <map>
#include <string>

namespace ddm::state {

/// Writes the state at `path` to `picture` (mode 0600), anew. Takes as long as reading and writing
/// the file: not for the control thread. Safe beside any number of processes that use the state.
[[nodiscard]] result<void> take_picture(const std::string& path, const std::string& picture);

/// Takes out of a state of the present format that nobody uses what only the reading of a stream
/// needs: shards, open checks and what waits for one. Its file is then as small as what is left.
[[nodiscard]] result<void> forget_reading(const std::string& path);

/// And what SQLite left beside it.
void remove_picture(const std::string& picture);

/// The numbers, and the values, in a picture whose names begin with `prefix`.
[[nodiscard]] result<std::map<std::string, std::int64_t>> numbers_in(const std::string& picture,
                                                                     const std::string& prefix);
[[nodiscard]] result<std::map<std::string, std::string>> values_in(const std::string& picture,
                                                                   const std::string& prefix);

}  // namespace ddm::state
