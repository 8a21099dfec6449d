#include "remote/state_address.h"

#include <gtest/gtest.h>

namespace ddm::remote {
namespace {

TEST(state_address, is_a_table_and_a_name) {
  const auto read = parse_state_address("dynamodb://migration-states/orders_2.eu");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->table, "migration-states");
  EXPECT_EQ(read->name, "orders_2.eu");
  EXPECT_EQ(read->describe(), "dynamodb://migration-states/orders_2.eu");
}

TEST(state_address, says_what_is_wrong_about_it) {
  const auto complaint = [](std::string_view text) {
    const auto read = parse_state_address(text);
    return read ? std::string("nothing") : read.error().message;
  };
  EXPECT_NE(complaint("dynamodb://").find("names no table"), std::string::npos);
  EXPECT_NE(complaint("dynamodb://ab/x").find("names no table"), std::string::npos);
  EXPECT_NE(complaint("dynamodb:///x").find("names no table"), std::string::npos);
  EXPECT_NE(complaint("dynamodb://states").find("no name of its own"), std::string::npos);
  EXPECT_NE(complaint("dynamodb://states/").find("no name of its own"), std::string::npos);
  EXPECT_NE(complaint("dynamodb://states/a/b").find("characters"), std::string::npos);
  EXPECT_NE(complaint("dynamodb://states/" + std::string(101, 'x')).find("characters"),
            std::string::npos);
  EXPECT_NE(complaint("./monitor.db").find("is not in a table"), std::string::npos);
  EXPECT_EQ(complaint("dynamodb://states/\x1b[31m").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace ddm::remote
