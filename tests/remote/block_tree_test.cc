#include "remote/block_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace ddm::remote {
namespace {

std::string noise(std::size_t bytes, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string made(bytes, '\0');
  for (auto& byte : made) {
    byte = static_cast<char>(random());
  }
  return made;
}

std::string join(const cut_tree& tree) {
  std::map<block_name, std::string> blocks;
  for (const auto& each : tree.blocks) {
    blocks[each.name] = each.bytes;
  }
  auto bytes = tree.root.top;
  for (auto levels = tree.root.levels; levels > 0; --levels) {
    std::string below;
    for (const auto& name : names_in(bytes).value()) {
      below += blocks.at(name);
    }
    bytes = std::move(below);
  }
  return bytes;
}

TEST(block, is_the_same_after_it_was_sealed) {
  for (const auto& bytes : {std::string(), std::string("a"), std::string(block_bytes_max, 'x'),
                            noise(block_bytes_max), noise(100)}) {
    const auto sealed = seal(bytes);
    EXPECT_LE(sealed.size(), bytes.size() + 1);
    EXPECT_EQ(unseal(sealed, name_of(bytes)).value(), bytes);
  }
}

TEST(block, of_what_repeats_is_stored_in_less) {
  EXPECT_LT(seal(std::string(block_bytes_max, 'x')).size(), 200U);
}

TEST(block, with_any_byte_changed_or_missing_is_refused) {
  const auto bytes = noise(300) + std::string(300, 'x');
  const auto sealed = seal(bytes);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const auto read = unseal(damaged, name_of(bytes));
    // A bit that deflate does not look at harms nothing.
    EXPECT_TRUE(!read || *read == bytes) << i;
    EXPECT_FALSE(unseal(sealed.substr(0, i), name_of(bytes))) << i;
  }
}

TEST(block, of_another_name_is_refused) { EXPECT_FALSE(unseal(seal("one"), name_of("another"))); }

TEST(block, that_would_unfold_beyond_a_blocks_size_is_refused) {
  const std::string bomb(block_bytes_max + 1, 'x');
  EXPECT_FALSE(unseal(seal(bomb), name_of(bomb)));
  const auto plain = std::string(1, '\0') + noise(block_bytes_max + 1);
  EXPECT_FALSE(unseal(plain, name_of(plain.substr(1))));
}

TEST(block_tree, of_little_is_its_bytes) {
  const auto tree = cut("little");
  EXPECT_EQ(tree.root.levels, 0U);
  EXPECT_EQ(tree.root.top, "little");
  EXPECT_TRUE(tree.blocks.empty());
}

TEST(block_tree, gives_its_bytes_again_whatever_their_number) {
  for (const std::size_t bytes :
       {std::size_t{0}, top_bytes_max, top_bytes_max + 1, names_bytes_max, names_bytes_max + 1,
        std::size_t{300'000}, std::size_t{3'000'000}}) {
    const auto whole = noise(bytes, bytes);
    const auto tree = cut(whole);
    EXPECT_LE(tree.root.top.size(), top_bytes_max);
    EXPECT_EQ(join(tree), whole) << bytes;
  }
}

TEST(block_tree, changes_one_block_a_level_with_one_byte) {
  auto whole = noise(1'000'000);
  const auto before = cut(whole);
  whole[500'000] = static_cast<char>(whole[500'000] + 1);
  const auto after = cut(whole);
  std::map<block_name, int> known;
  for (const auto& each : before.blocks) {
    known[each.name] = 1;
  }
  const auto changed = std::ranges::count_if(
      after.blocks, [&](const block& each) { return !known.contains(each.name); });
  EXPECT_EQ(static_cast<unsigned>(changed), after.root.levels);
}

std::vector<copied_file> two_files() {
  return {{.name = "leftovers", .bytes = 0, .blocks = {}},
          {.name = "state", .bytes = block_bytes_max + 1, .blocks = {name_of("a"), name_of("b")}}};
}

TEST(manifest, is_the_same_after_it_was_stored) {
  EXPECT_EQ(decode_manifest(encode_manifest(two_files())).value(), two_files());
  EXPECT_TRUE(decode_manifest(encode_manifest({})).value().empty());
}

TEST(manifest, cut_anywhere_or_longer_than_it_is_is_refused) {
  const auto whole = encode_manifest(two_files());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_manifest(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_manifest(whole + "x"));
}

TEST(manifest, that_claims_more_than_it_holds_is_refused_before_memory_is_taken) {
  EXPECT_FALSE(decode_manifest(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10)));
  std::string bytes("\x01\x01s", 3);
  bytes += std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
  EXPECT_FALSE(decode_manifest(bytes));
}

}  // namespace
}  // namespace ddm::remote
