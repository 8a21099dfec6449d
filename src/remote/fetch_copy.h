// Reading a copy, block by block, each held against its name.
#pragma once

#include "remote/state_table.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::remote {

/// Takes a file's bytes in order, at most a few MB at a time. `name` is one of the copy's files.
using file_sink = std::function<result<void>(const std::string& name, std::string_view bytes)>;

/// The files that the copy is made of.
/// Errors: of the code `block_missing` where one is not there (who holds no lease reads the head
/// anew: it may have moved on); fatal where one is damaged; what the table has.
[[nodiscard]] awaitable<result<std::vector<copied_file>>> read_contents(state_table& table,
                                                                        copy_root copy);

/// Of a copy's files; nothing: all.
using file_choice = std::function<bool(const std::string& name)>;

/// All files of it that are chosen. The same errors, and the sink's. A file of no bytes is given to
/// it once.
[[nodiscard]] awaitable<result<void>> fetch_copy(state_table& table, copy_root copy, file_sink sink,
                                                 file_choice chosen = {});

/// The newest copy that is complete while it is read, though its holder goes on and deletes what it
/// has replaced: the head is read again when a block is missing. Nothing: there is no copy.
/// `begin` is called before each attempt; what an attempt gave to the sink counts no more then.
[[nodiscard]] awaitable<result<std::optional<head>>> fetch_newest(state_table& table,
                                                                  std::function<void()> begin,
                                                                  file_sink sink,
                                                                  file_choice chosen = {});

}  // namespace ddm::remote
