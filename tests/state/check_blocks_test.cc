#include "state/check_blocks.h"

#include "state/store_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

namespace ddm::state {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

/// What lies in the store, and what each check should be.
class stored_blocks {
 public:
  void commit(const std::vector<check_row>& rows, const std::vector<std::int64_t>& closed = {}) {
    const auto step = known_.commit(rows, closed, [this](std::int64_t number) {
      ++bodies_read;
      return std::optional(blocks.at(number));
    });
    ASSERT_TRUE(step);
    blocks.erase(blocks.begin(), blocks.upper_bound(step->dropped_up_to));
    for (const auto& [number, body] : step->written) {
      ASSERT_TRUE(blocks.empty() || blocks.rbegin()->first < number);
      blocks.emplace(number, body);
      bytes_written += body.size();
    }
    ASSERT_EQ(known_.bytes(), bytes());
    for (const auto& [id, body] : rows) {
      expected[id] = body;
    }
    for (const auto id : closed) {
      expected.erase(id);
    }
  }
  /// As a process that starts now finds them.
  [[nodiscard]] std::map<std::int64_t, std::string> found() const {
    check_blocks known;
    for (const auto& [number, body] : blocks) {
      EXPECT_TRUE(known.know(number, body));
    }
    EXPECT_EQ(known.bytes(), bytes());
    std::map<std::int64_t, std::string> open;
    for (const auto& [number, body] : blocks) {
      for (const auto& row : known.open_rows(number, body)) {
        EXPECT_TRUE(open.emplace(row.id, row.body).second) << row.id << " counts twice";
      }
    }
    EXPECT_EQ(known.open(), open.size());
    return open;
  }
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [number, body] : blocks) {
      sum += body.size();
    }
    return sum;
  }
  /// Another process goes on.
  void restart() {
    known_ = {};
    for (const auto& [number, body] : blocks) {
      ASSERT_TRUE(known_.know(number, body));
    }
  }

  std::map<std::int64_t, std::string> blocks;
  std::map<std::int64_t, std::string> expected;
  std::uint64_t bytes_written = 0;
  int bodies_read = 0;

 private:
  check_blocks known_;
};

check_row row(std::int64_t id, std::string body = "row") { return {id, std::move(body)}; }

std::vector<check_row> rows(std::int64_t from, std::int64_t to, std::size_t size) {
  std::vector<check_row> made;
  for (auto id = from; id < to; ++id) {
    made.push_back(row(id, std::string(size, 'x')));
  }
  return made;
}

std::vector<std::int64_t> ids(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> made;
  for (auto id = from; id < to; ++id) {
    made.push_back(id);
  }
  return made;
}

TEST(check_blocks, a_block_goes_when_none_of_its_rows_counts) {
  stored_blocks stored;
  stored.commit({row(1), row(2), row(3)});
  stored.commit({row(4, "four")}, {1, 3});
  EXPECT_THAT(stored.blocks, SizeIs(2));
  EXPECT_THAT(stored.found(), ElementsAre(Pair(2, "row"), Pair(4, "four")));
  stored.commit({}, {2});
  EXPECT_THAT(stored.blocks, ElementsAre(Pair(2, testing::_), Pair(3, testing::_)));
  EXPECT_THAT(stored.found(), ElementsAre(Pair(4, "four")));
  EXPECT_EQ(stored.bodies_read, 0);
}

TEST(check_blocks, nothing_is_kept_where_nothing_is_open) {
  stored_blocks stored;
  stored.commit({row(1), row(2)});
  stored.commit({row(3)}, {2, 1});
  stored.commit({row(4)}, {4, 3});
  EXPECT_THAT(stored.blocks, IsEmpty());
  stored.commit({row(4, "again")});
  EXPECT_THAT(stored.found(), ElementsAre(Pair(4, "again")));
}

TEST(check_blocks, the_newest_row_of_a_check_counts) {
  stored_blocks stored;
  stored.commit({row(1, "old"), row(2)});
  stored.commit({row(1, "new")});
  EXPECT_THAT(stored.found(), ElementsAre(Pair(1, "new"), Pair(2, "row")));
  stored.restart();
  stored.commit({}, {2});
  EXPECT_THAT(stored.blocks, SizeIs(2));  // the block that says so, and that of the newer row
  EXPECT_THAT(stored.found(), ElementsAre(Pair(1, "new")));
}

TEST(check_blocks, an_id_that_was_closed_may_come_again) {
  stored_blocks stored;
  stored.commit({row(1), row(5)});
  stored.commit({row(2)}, {5});
  stored.restart();  // knows no id above 2 now
  stored.commit({row(5, "another")});
  EXPECT_THAT(stored.found(), ElementsAre(Pair(1, "row"), Pair(2, "row"), Pair(5, "another")));
}

TEST(check_blocks, what_was_never_written_may_be_closed) {
  stored_blocks stored;
  stored.commit({}, {7});
  EXPECT_THAT(stored.blocks, IsEmpty());
  stored.commit({row(1)}, {7, 8});
  EXPECT_THAT(stored.found(), ElementsAre(Pair(1, "row")));
}

TEST(check_blocks, a_large_commit_is_many_blocks) {
  stored_blocks stored;
  stored.commit(rows(1, 10'001, 100));
  EXPECT_GT(stored.blocks.size(), 7U);
  for (const auto& [number, body] : stored.blocks) {
    EXPECT_LT(body.size(), check_blocks::block_bytes + 200);
  }
  EXPECT_EQ(stored.found(), stored.expected);
  stored.commit({}, ids(1, 10'000));
  EXPECT_THAT(stored.found(), ElementsAre(Pair(10'000, std::string(100, 'x'))));
}

/// One check in a thousand stays open for long: without carrying, all blocks since would stay.
TEST(check_blocks, takes_about_three_times_what_counts_at_most) {
  stored_blocks stored;
  std::int64_t next = 1;
  std::vector<std::int64_t> open;
  std::uint64_t bytes_given = 0;
  for (int second = 0; second < 400; ++second) {
    stored.commit(rows(next, next + 1000, 200), open);
    open = ids(next + 1, next + 1000);
    next += 1000;
    bytes_given += 200'000;
    if (second % 50 == 49) {
      stored.restart();
    }
    const auto counts = stored.expected.size() * 200;
    ASSERT_LT(stored.bytes(), 3 * counts + check_blocks::spare_bytes + 500'000) << second;
  }
  EXPECT_EQ(stored.found(), stored.expected);
  EXPECT_THAT(stored.expected, SizeIs(1399));
  EXPECT_GT(stored.bodies_read, 0);
  EXPECT_LT(stored.bytes_written, bytes_given * 3 / 2);
}

TEST(check_blocks, a_small_commit_carries_little) {
  stored_blocks stored;
  stored.commit(rows(1, 100'001, 200));
  std::vector<std::int64_t> most;
  for (std::int64_t id = 1; id <= 100'000; ++id) {
    if (id % 3 != 0) {
      most.push_back(id);
    }
  }
  stored.commit({}, most);
  auto written = stored.bytes_written;
  int commits = 0;
  for (std::int64_t id = 100'001;
       stored.bytes() > std::uint64_t{2} * 33'333 * 203 + check_blocks::spare_bytes; ++id) {
    stored.commit({row(id)});
    EXPECT_LT(stored.bytes_written - written,
              check_blocks::catching_up_bytes + 2 * check_blocks::block_bytes);
    written = stored.bytes_written;
    ASSERT_LT(++commits, 300);
  }
  EXPECT_GT(commits, 10);
  EXPECT_EQ(stored.found(), stored.expected);
}

TEST(check_blocks, any_history_leaves_what_it_says) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t bound) {
      return random() % std::max<std::size_t>(bound, 1);
    };
    stored_blocks stored;
    std::int64_t next = 1;
    for (int step = 0; step < 120; ++step) {
      std::vector<check_row> written;
      std::vector<std::int64_t> closed;
      for (const auto& [id, body] : stored.expected) {
        if (below(5) == 0) {
          closed.push_back(id);
        } else if (below(6) == 0) {
          written.push_back(row(id, std::string(below(9000), 'n')));
        }
      }
      std::ranges::shuffle(closed, random);
      for (auto left = below(12); left > 0; --left) {
        written.push_back(row(next++, std::string(below(60'000), 'w')));
      }
      stored.commit(written, closed);
      if (below(10) == 0) {
        stored.restart();
      }
      ASSERT_EQ(stored.found(), stored.expected) << seed << ", " << step;
    }
  }
}

TEST(check_blocks, a_block_that_cannot_be_read_is_no_quiet_loss) {
  check_blocks known;
  EXPECT_FALSE(known.know(1, ""));
  EXPECT_FALSE(known.know(1, "x"));
  EXPECT_FALSE(known.know(1, std::string_view("\0row", 4)));
  EXPECT_FALSE(known.know(1, "\x80"));
  ASSERT_TRUE(known.commit(rows(1, 60'000, 100), {}, {}));
  // What counts lies in the newest blocks: the oldest have to be carried.
  const auto gone = [](std::int64_t) { return std::nullopt; };
  EXPECT_FALSE(known.commit(rows(60'000, 60'100, 10'000), ids(2, 60'000), gone));
}

TEST(check_blocks, many_closings_are_many_blocks) {
  stored_blocks stored;
  stored.commit(rows(1, 200'002, 10));
  std::vector<std::int64_t> every_second;
  for (std::int64_t id = 200'000; id > 0; id -= 2) {
    every_second.push_back(id);
  }
  stored.commit({}, every_second);
  for (const auto& [number, body] : stored.blocks) {
    EXPECT_LT(body.size(), check_blocks::block_bytes + 200);
  }
  EXPECT_EQ(stored.found(), stored.expected);
}

TEST(check_blocks, of_a_check_that_is_given_twice_the_last_row_counts) {
  stored_blocks stored;
  stored.commit({row(7, "old"), row(8), row(7, "new")});
  EXPECT_THAT(stored.found(), ElementsAre(Pair(7, "new"), Pair(8, "row")));
}

TEST(check_blocks, numbers_that_no_commit_gives_are_damage) {
  check_block_writer writer;
  writer.put(7, "row");
  const auto body = writer.finish({});
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_FALSE(check_blocks().know(number, body)) << number;
  }
  check_blocks known;
  EXPECT_TRUE(known.know(2, body));
  EXPECT_FALSE(known.know(2, body));
  EXPECT_FALSE(known.know(1, body));
  EXPECT_TRUE(known.know(3, body));
}

TEST(check_blocks, a_block_whose_rows_have_changed_is_not_carried) {
  check_blocks known;
  ASSERT_TRUE(known.commit(rows(1, 60'000, 100), {}, {}));
  check_block_writer another;
  another.put(70'000, "another");
  const auto body = another.finish({});
  EXPECT_FALSE(known.commit(rows(60'000, 60'100, 10'000), ids(2, 60'000),
                            [&](std::int64_t) { return std::optional(body); }));
}

TEST(check_block, any_ids_come_back) {
  check_block_writer writer;
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  writer.put(most, "a");
  writer.put(least, "");
  writer.put(7, std::string(300, 'b'));
  const auto body = writer.finish(std::vector<std::int64_t>{least, -1, 0, most});
  const auto block = read_check_block(1, body);
  ASSERT_TRUE(block);
  EXPECT_THAT(block->rows,
              ElementsAre(Pair(most, "a"), Pair(least, ""), Pair(7, std::string(300, 'b'))));
  EXPECT_THAT(block->closed, ElementsAre(least, -1, 0, most));
  EXPECT_EQ(writer.size(), 0U);
}

TEST(check_block, fails_on_rows_that_end_too_early) {
  check_block_writer writer;
  writer.put(1, "first");
  writer.put(500, std::string(200, 'x'));
  const auto body = writer.finish({});
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(read_check_block(1, std::string_view(body).substr(0, length))) << length;
  }
  EXPECT_FALSE(read_check_block(1, body + "\xff"));
}

/// The row that an older version left is a block (state_upgrade).
TEST(check_block, a_row_of_an_older_format_is_a_block_of_its_id) {
  for (const std::string body : {"\x01row", "\x02row"}) {
    const auto block = read_check_block(42, body);
    ASSERT_TRUE(block);
    EXPECT_THAT(block->rows, ElementsAre(Pair(42, body)));
    EXPECT_THAT(block->closed, IsEmpty());
  }
}

}  // namespace
}  // namespace ddm::state
