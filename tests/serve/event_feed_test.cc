#include "serve/event_feed.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::serve {
namespace {

TEST(event_feed, writes_an_event_once_for_all_who_listen) {
  event_feed feed;
  EXPECT_EQ(feed.publish({.name = "status", .data = "{}"}), 1U);
  const auto one = feed.subscribe();
  const auto other = feed.subscribe();
  EXPECT_EQ(feed.publish({.name = "status", .data = "{\"a\":1}"}), 2U);
  const auto text = one->take();
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(*text, "id: 2\nevent: status\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(text, other->take()) << "one string, shared";
  EXPECT_EQ(one->take(), nullptr);
  EXPECT_FALSE(one->over());
}

TEST(event_feed, keeps_an_event_together_whatever_it_holds) {
  event_feed feed;
  const auto listener = feed.subscribe();
  feed.publish({.name = "a\nid: 9", .data = "x\n\nevent: y\r"});
  EXPECT_EQ(*listener->take(),
            "id: 1\nevent: a id: 9\ndata: x\ndata: \ndata: event: y\ndata: \n\n");
}

TEST(event_feed, begins_with_what_is_for_one_listener) {
  event_feed feed;
  const auto listener = feed.subscribe({{.name = "status", .data = "1"}});
  feed.publish({.name = "status", .data = "2"});
  EXPECT_EQ(*listener->take(), "event: status\ndata: 1\n\n");
  EXPECT_EQ(*listener->take(), "id: 1\nevent: status\ndata: 2\n\n");
}

TEST(event_feed, ends_who_falls_behind_and_nobody_else) {
  event_feed feed({.subscribers_max = 50, .events_max = 3, .bytes_max = 1000});
  const auto slow = feed.subscribe();
  const auto quick = feed.subscribe();
  const auto known = slow->news().count();
  for (int i = 0; i < 4; ++i) {
    feed.publish({.name = "a", .data = "b"});
    EXPECT_NE(quick->take(), nullptr);
  }
  EXPECT_TRUE(slow->over());
  EXPECT_GT(slow->news().count(), known);
  EXPECT_EQ(slow->take(), nullptr) << "what it did not take is gone at once";
  EXPECT_FALSE(quick->over());
  EXPECT_EQ(feed.subscribers(), 1U);
}

TEST(event_feed, bounds_a_queue_by_bytes_too) {
  event_feed feed({.subscribers_max = 50, .events_max = 1000, .bytes_max = 1000});
  const auto slow = feed.subscribe();
  feed.publish({.name = "a", .data = std::string(600, 'x')});
  EXPECT_FALSE(slow->over());
  feed.publish({.name = "a", .data = std::string(600, 'x')});
  EXPECT_TRUE(slow->over());
}

TEST(event_feed, one_event_alone_fits_however_large_it_is) {
  event_feed feed({.subscribers_max = 50, .events_max = 1000, .bytes_max = 1000});
  const auto listener = feed.subscribe({{.name = "a", .data = std::string(2000, 'x')}});
  EXPECT_FALSE(listener->over());
  EXPECT_NE(listener->take(), nullptr);
  feed.publish({.name = "a", .data = std::string(2000, 'y')});
  EXPECT_FALSE(listener->over());
  feed.publish({.name = "a", .data = "z"});
  EXPECT_TRUE(listener->over()) << "it had not taken the large one";
}

TEST(event_feed, takes_so_many_listeners_and_again_when_one_has_left) {
  event_feed feed({.subscribers_max = 2});
  auto one = feed.subscribe();
  const auto two = feed.subscribe();
  EXPECT_EQ(feed.subscribe(), nullptr);
  one.reset();
  EXPECT_NE(feed.subscribe(), nullptr);
}

TEST(event_feed, may_end_before_its_listeners) {
  std::unique_ptr<event_subscription> listener;
  {
    event_feed feed;
    listener = feed.subscribe();
    feed.publish({.name = "a", .data = "b"});
  }
  EXPECT_TRUE(listener->over());
  EXPECT_EQ(listener->take(), nullptr);
}

}  // namespace
}  // namespace ddm::serve
