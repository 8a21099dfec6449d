// Server-sent events: what the program tells, and those who listen.
//
// Problem: a browser that sleeps takes nothing for hours, and what is told goes on.
// Idea: a text is written once and shared by the queues of all who listen. Each queue has a bound;
// whose is full has fallen behind and is disconnected, at once and without being asked. His browser
// connects anew, and begins with the present state.
// Reason: telling never waits, and costs the same whatever the listeners do.
//
// All calls are made on one thread.
#pragma once

#include "runtime/signal.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::serve {

struct event_limits {
  std::size_t subscribers_max = 50;
  // Of each subscriber's queue:
  std::size_t events_max = 64;
  std::size_t bytes_max = 256UZ * 1024;
};

/// Written as one `data:` line for each of its lines; JSON has one.
struct event {
  std::string_view name;  ///< such as "status"; line breaks become blanks
  std::string_view data;
};

class event_feed;

/// What one listener has not been sent yet. May outlive the feed; it is over then.
class event_subscription {
 public:
  using text = std::shared_ptr<const std::string>;

  event_subscription(const event_subscription&) = delete;
  event_subscription& operator=(const event_subscription&) = delete;
  ~event_subscription();

  /// The oldest one, in wire form; null when there is none.
  [[nodiscard]] text take();
  /// The listener fell behind, or the feed has ended: nothing more will come.
  [[nodiscard]] bool over() const { return feed_ == nullptr; }
  /// Notified when there is something to take, and when it is over.
  [[nodiscard]] signal& news() { return news_; }

 private:
  friend class event_feed;
  explicit event_subscription(event_feed& feed) : feed_(&feed) {}
  void end();

  event_feed* feed_;
  std::deque<text> waiting_;
  std::size_t waiting_bytes_ = 0;
  signal news_;
};

class event_feed {
 public:
  explicit event_feed(event_limits limits = {}) : limits_(limits) {}
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;
  ~event_feed();

  /// To all who listen now. Its id is one more than that of the one before; the first is 1.
  std::uint64_t publish(const event& what);
  /// Null when as many listen as may. `first` is for this listener alone, without an id: the
  /// present state.
  [[nodiscard]] std::unique_ptr<event_subscription> subscribe(const std::vector<event>& first = {});
  [[nodiscard]] std::size_t subscribers() const { return subscribers_.size(); }

 private:
  friend class event_subscription;
  /// False: it did not fit, and the subscription is over.
  bool add(event_subscription& to, const event_subscription::text& text);

  event_limits limits_;
  std::uint64_t last_id_ = 0;
  std::vector<event_subscription*> subscribers_;
};

}  // namespace ddm::serve
