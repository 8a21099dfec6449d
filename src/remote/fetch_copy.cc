#include "remote/fetch_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ddm::remote {
namespace {

/// Of one who reads while another one writes: an epoch lasts longer than a reading, so that two in
/// a row already mean a holder that is stopped and replaced again and again.
constexpr int attempts_max = 5;

/// Gives each block's bytes to `take`, in order.
awaitable<result<void>> read_blocks(state_table& table, std::uint64_t epoch,
                                    std::vector<block_name> names,
                                    std::function<result<void>(std::string)> take) {
  for (std::size_t at = 0; at < names.size(); at += blocks_per_read_max) {
    const auto count = std::min(blocks_per_read_max, names.size() - at);
    const std::vector<block_name> some(names.begin() + static_cast<std::ptrdiff_t>(at),
                                       names.begin() + static_cast<std::ptrdiff_t>(at + count));
    auto sealed = co_await table.get_blocks(epoch, some);
    if (!sealed) {
      co_return fail(std::move(sealed.error()));
    }
    for (std::size_t i = 0; i < count; ++i) {
      auto bytes = unseal((*sealed)[i], some[i]);
      if (!bytes) {
        co_return fail(std::move(bytes.error()));
      }
      if (auto taken = take(*std::move(bytes)); !taken) {
        co_return taken;
      }
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> fetch_file(state_table& table, std::uint64_t epoch, copied_file file,
                                   const file_sink& sink) {
  std::uint64_t given = 0;
  if (file.blocks.empty()) {
    co_return sink(file.name, {});
  }
  auto read = co_await read_blocks(table, epoch, file.blocks, [&](std::string bytes) {
    given += bytes.size();
    return sink(file.name, bytes);
  });
  if (read && given != file.bytes) {
    co_return fatal(
        fmt::format("{} of the copy has {} bytes instead of {}: the copy cannot be used", file.name,
                    given, file.bytes));
  }
  co_return read;
}

/// What the list of a copy of so many bytes takes at most, in any level.
std::uint64_t names_bytes_bound(const copy_root& copy) {
  constexpr std::uint64_t for_the_files = std::uint64_t{64} << 10;
  return for_the_files + copy.bytes / block_bytes_max * sizeof(block_name);
}

/// Fails where they are not the files that the head told of.
result<void> check_files(const std::vector<copied_file>& files, const copy_root& copy) {
  std::uint64_t bytes = 0;
  std::set<std::string> names;
  for (const auto& file : files) {
    bytes += file.bytes;
    if (!names.insert(file.name).second) {
      return fatal("the copy has a file twice: it cannot be used");
    }
  }
  return bytes == copy.bytes && !files.empty()
             ? result<void>()
             : fatal("the copy is not as long as its head says: it cannot be used");
}

}  // namespace

awaitable<result<std::vector<copied_file>>> read_contents(state_table& table, copy_root copy) {
  auto bytes = copy.manifest.top;
  for (auto levels = copy.manifest.levels; levels > 0; --levels) {
    auto names = names_in(bytes);
    if (!names) {
      co_return fail(std::move(names.error()));
    }
    bytes.clear();
    auto read = co_await read_blocks(
        table, copy.epoch, *names, [&](const std::string& piece) -> result<void> {
          bytes += piece;
          return bytes.size() <= names_bytes_bound(copy)
                     ? result<void>()
                     : fatal(
                           "the list of the copy's blocks is longer than the copy: it is damaged");
        });
    if (!read) {
      co_return fail(std::move(read.error()));
    }
  }
  auto files = decode_manifest(bytes);
  if (!files) {
    co_return fail(std::move(files.error()));
  }
  if (auto checked = check_files(*files, copy); !checked) {
    co_return fail(std::move(checked.error()));
  }
  co_return files;
}

awaitable<result<void>> fetch_copy(state_table& table, copy_root copy, file_sink sink,
                                   file_choice chosen) {
  const auto files = co_await read_contents(table, copy);
  if (!files) {
    co_return fail(files.error());
  }
  for (const auto& file : *files) {
    if (chosen && !chosen(file.name)) {
      continue;
    }
    if (auto fetched = co_await fetch_file(table, copy.epoch, file, sink); !fetched) {
      co_return fetched;
    }
  }
  co_return result<void>{};
}

awaitable<result<std::optional<head>>> fetch_newest(state_table& table, std::function<void()> begin,
                                                    file_sink sink, file_choice chosen) {
  std::string read_before;
  for (int attempt = 1;; ++attempt) {
    auto found = co_await table.read_head();
    if (!found) {
      co_return fail(std::move(found.error()));
    }
    if (!*found || !(*found)->copy) {
      co_return std::nullopt;
    }
    begin();
    auto fetched = co_await fetch_copy(table, *(*found)->copy, sink, chosen);
    if (fetched) {
      co_return *std::move(found);
    }
    const auto which = fmt::format("{}/{}", (*found)->copy->epoch, (*found)->copy->number);
    if (fetched.error().code != block_missing || which == read_before || attempt == attempts_max) {
      co_return fail(std::move(fetched.error()));
    }
    read_before = which;
  }
}

}  // namespace ddm::remote
