#include "exports/gunzip_stream.h"

#include "exports/memory_store.h"

#include <fmt/format.h>
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

TEST(gunzip_stream, knows_every_part_of_a_header) {
  const std::string plain = gzip("text\n");
  const std::string name("name\0", 5);
  const std::string comment("a comment\0", 10);
  const std::string extra(
      "\x03\x00"
      "abc",
      5);
  const auto with = [&](unsigned char flags, const std::string& parts) {
    auto made = plain;
    made[3] = static_cast<char>(flags);
    return made.insert(10, parts);
  };
  const auto all = fmt::format("{}{}{}xx", extra, name, comment);
  for (const auto part : {1UZ, 100UZ}) {
    EXPECT_EQ(unpacked(with(0x04, extra), part, 100), "text\n");
    EXPECT_EQ(unpacked(with(0x08, name), part, 100), "text\n");
    EXPECT_EQ(unpacked(with(0x10, comment), part, 100), "text\n");
    EXPECT_EQ(unpacked(with(0x1F, all), part, 100), "text\n");
  }
  EXPECT_FALSE(unpacked(with(0x20, ""), 100, 100)) << "what nobody has defined";
  EXPECT_FALSE(unpacked(with(0x08, std::string(70'000, 'n')), 100'000, 100));
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
