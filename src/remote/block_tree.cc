#include "remote/block_tree.h"

#include "aws/sha256.h"
#include "base/varint.h"

#include <fmt/format.h>

#include <algorithm>
#include <libdeflate.h>
#include <memory>
#include <optional>
#include <utility>

namespace ddm::remote {
namespace {

constexpr std::size_t name_bytes = sizeof(block_name::bytes);
constexpr int compression_level = 6;

// The first byte of a sealed block.
constexpr char stored_as_it_is = 0;
constexpr char deflated = 1;

struct compressor_freer {
  void operator()(libdeflate_compressor* made) const { libdeflate_free_compressor(made); }
};
struct decompressor_freer {
  void operator()(libdeflate_decompressor* made) const { libdeflate_free_decompressor(made); }
};

std::unexpected<error> damaged_block(const block_name& name, std::string_view how) {
  return fatal(fmt::format("block {} of the copy {}: the copy cannot be used", name.hex(), how));
}

std::unexpected<error> damaged_manifest() {
  return fatal("the list of the copy's blocks is damaged: the copy cannot be used");
}

std::string_view view_of(const block_name& name) {
  return {reinterpret_cast<const char*>(name.bytes.data()), name.bytes.size()};
}

std::optional<std::string> take_text(std::string_view& bytes) {
  const auto size = take_varint(bytes);
  if (!size || *size > bytes.size()) {
    return std::nullopt;
  }
  std::string text(bytes.substr(0, *size));
  bytes.remove_prefix(*size);
  return text;
}

}  // namespace

std::string block_name::hex() const {
  std::string text;
  for (const auto byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  }
  return text;
}

block_name name_of(std::string_view bytes) {
  const auto digest = aws::sha256(bytes);
  block_name name;
  std::copy_n(digest.begin(), name.bytes.size(), name.bytes.begin());
  return name;
}

std::string seal(std::string_view bytes) {
  const std::unique_ptr<libdeflate_compressor, compressor_freer> made(
      libdeflate_alloc_compressor(compression_level));
  std::string sealed(bytes.size() + 1, stored_as_it_is);
  const auto size = made == nullptr
                        ? 0
                        : libdeflate_deflate_compress(made.get(), bytes.data(), bytes.size(),
                                                      sealed.data() + 1, bytes.size());
  if (size == 0) {  // it does not fit into as many bytes
    std::ranges::copy(bytes, sealed.begin() + 1);
    return sealed;
  }
  sealed.front() = deflated;
  sealed.resize(size + 1);
  return sealed;
}

result<std::string> unseal(std::string_view sealed, const block_name& name) {
  if (sealed.empty() || (sealed.front() != stored_as_it_is && sealed.front() != deflated)) {
    return damaged_block(name, "is not a block of this program");
  }
  const auto rest = sealed.substr(1);
  std::string bytes(rest.substr(0, block_bytes_max));
  if (sealed.front() == deflated) {
    const std::unique_ptr<libdeflate_decompressor, decompressor_freer> made(
        libdeflate_alloc_decompressor());
    std::size_t size = 0;
    bytes.assign(block_bytes_max, '\0');
    if (made == nullptr ||
        libdeflate_deflate_decompress(made.get(), rest.data(), rest.size(), bytes.data(),
                                      bytes.size(), &size) != LIBDEFLATE_SUCCESS) {
      return damaged_block(name, "is damaged");
    }
    bytes.resize(size);
  }
  if (name_of(bytes) != name) {
    return damaged_block(name, "is damaged, or of another copy");
  }
  return bytes;
}

cut_tree cut(std::string bytes) {
  cut_tree made{.root = {.levels = 0, .top = std::move(bytes)}, .blocks = {}};
  while (made.root.top.size() > top_bytes_max) {
    std::string names;
    const std::string_view whole(made.root.top);
    for (std::size_t at = 0; at < whole.size(); at += names_bytes_max) {
      const auto piece = whole.substr(at, names_bytes_max);
      made.blocks.push_back({.name = name_of(piece), .bytes = std::string(piece)});
      names += view_of(made.blocks.back().name);
    }
    made.root.top = std::move(names);
    ++made.root.levels;
  }
  return made;
}

result<std::vector<block_name>> names_in(std::string_view bytes) {
  if (bytes.size() % name_bytes != 0) {
    return damaged_manifest();
  }
  std::vector<block_name> names(bytes.size() / name_bytes);
  for (auto& name : names) {
    std::copy_n(bytes.begin(), name_bytes, name.bytes.begin());
    bytes.remove_prefix(name_bytes);
  }
  return names;
}

std::string encode_manifest(const std::vector<copied_file>& files) {
  std::string bytes;
  put_varint(bytes, files.size());
  for (const auto& file : files) {
    put_varint(bytes, file.name.size());
    bytes += file.name;
    put_varint(bytes, file.bytes);
    for (const auto& name : file.blocks) {
      bytes += view_of(name);
    }
  }
  return bytes;
}

result<std::vector<copied_file>> decode_manifest(std::string_view bytes) {
  const auto count = take_varint(bytes);
  std::vector<copied_file> files;
  for (std::uint64_t i = 0; count && i < *count; ++i) {
    auto name = take_text(bytes);
    const auto size = take_varint(bytes);
    if (!name || !size || *size / block_bytes_max > bytes.size() / name_bytes) {
      return damaged_manifest();
    }
    const auto names = (*size + block_bytes_max - 1) / block_bytes_max * name_bytes;
    if (names > bytes.size()) {
      return damaged_manifest();
    }
    auto blocks = names_in(bytes.substr(0, names));
    bytes.remove_prefix(names);
    files.push_back({.name = *std::move(name), .bytes = *size, .blocks = *std::move(blocks)});
  }
  if (!count || !bytes.empty()) {
    return damaged_manifest();
  }
  return files;
}

}  // namespace ddm::remote
