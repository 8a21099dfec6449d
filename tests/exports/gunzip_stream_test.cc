#include "exports/gunzip_stream.h"

#include "exports/memory_store.h"

#include <gtest/gtest.h>

namespace ddm::exports {
namespace {

/// In parts of `part` bytes, `room` at a time.
result<std::string> unpacked(std::string_view packed, std::size_t part, std::size_t room) {
  gunzip_stream stream;
  std::string text;
  while (!packed.empty()) {
    auto input = packed.substr(0, part);
    const auto given = input.size();
    if (auto taken = stream.take(input, text, room); !taken) {
      return fail(std::move(taken.error()));
    }
    packed.remove_prefix(given - input.size());
  }
  return stream.is_whole() ? result<std::string>(text) : fail(error_class::fatal, "not whole");
}

std::string some_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(i * 7919) + "\n";
  }
  return text;
}

TEST(gunzip_stream, unpacks_in_any_parts) {
  const auto text = some_text();
  const auto packed = gzip(text);
  for (const auto& [part, room] : {std::pair{1UZ, 1UZ << 20}, {7UZ, 100UZ}, {1UZ << 20, 1000UZ}}) {
    EXPECT_EQ(unpacked(packed, part, room), text) << part << " " << room;
  }
}

TEST(gunzip_stream, takes_several_members_for_one_text) {
  EXPECT_EQ(unpacked(gzip("a\n") + gzip("") + gzip("b\n"), 5, 100), "a\nb\n");
}

TEST(gunzip_stream, refuses_what_is_cut_or_damaged) {
  const auto packed = gzip(some_text());
  EXPECT_FALSE(unpacked(packed.substr(0, packed.size() - 1), 1 << 20, 1 << 20));
  for (const auto at : {0UZ, 100UZ, packed.size() - 6}) {
    auto damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_FALSE(unpacked(damaged, 1 << 20, 1 << 20)) << at;
  }
  EXPECT_FALSE(unpacked("{\"Item\":{}}\n", 100, 100));
  EXPECT_FALSE(unpacked(packed + "x", 1 << 20, 1 << 20));
}

}  // namespace
}  // namespace ddm::exports
