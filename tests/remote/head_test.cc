#include "remote/head.h"

#include <gtest/gtest.h>

namespace ddm::remote {
namespace {

head full_head() {
  return {.write = "w7",
          .epoch = 3,
          .counter = 18,
          .owner = "o1",
          .told = "monitor on host a",
          .copy = copy_root{.epoch = 2,
                            .number = 40,
                            .taken_at = from_ms(1'700'000'000'000),
                            .bytes = 5'000'000,
                            .manifest = {.levels = 2, .top = std::string("\0name", 5)}}};
}

TEST(head, is_the_same_after_it_was_stored) {
  const auto read = head_of(attributes_of(full_head()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, full_head());
}

TEST(head, of_nobody_and_without_a_copy_is_the_same_after_it_was_stored) {
  const head bare{.write = "w1", .epoch = 1, .counter = 0, .owner = {}, .told = {}, .copy = {}};
  EXPECT_EQ(head_of(attributes_of(bare)).value(), bare);
}

TEST(head, without_one_of_its_attributes_is_refused) {
  for (const auto* name : {"write", "epoch", "counter"}) {
    auto attributes = attributes_of(full_head());
    attributes.erase(name);
    EXPECT_FALSE(head_of(attributes)) << name;
  }
}

TEST(head, with_an_attribute_of_another_type_is_refused) {
  for (const auto* name : {"write", "epoch", "counter", "copy"}) {
    auto attributes = attributes_of(full_head());
    attributes.insert_or_assign(name, dynamodb::attribute_value{true});
    EXPECT_FALSE(head_of(attributes)) << name;
  }
}

TEST(head, whose_copy_is_cut_anywhere_in_its_numbers_is_refused) {
  const auto whole = std::get<dynamodb::binary>(attributes_of(full_head()).at("copy").value).bytes;
  for (std::size_t size = 0; size < whole.size() - full_head().copy->manifest.top.size(); ++size) {
    auto attributes = attributes_of(full_head());
    attributes.insert_or_assign("copy",
                                dynamodb::attribute_value{dynamodb::binary{whole.substr(0, size)}});
    EXPECT_FALSE(head_of(attributes)) << size;
  }
}

TEST(head, of_a_newer_program_says_so) {
  auto attributes = attributes_of(full_head());
  auto& copy = std::get<dynamodb::binary>(attributes.at("copy").value).bytes;
  copy.front() = 2;
  const auto read = head_of(attributes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, error_class::wrong_usage);
  EXPECT_NE(read.error().message.find("format 2"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace ddm::remote
