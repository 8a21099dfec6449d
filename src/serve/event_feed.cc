#include "serve/event_feed.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::serve {
namespace {

constexpr std::string_view line_ends = "\r\n";

/// "event: status\ndata: {…}\n\n", after `id_line`.
event_subscription::text wire_form(std::string id_line, const event& what) {
  auto text = std::move(id_line);
  text += "event: ";
  for (const char c : what.name) {
    text += line_ends.contains(c) ? ' ' : c;
  }
  text += '\n';
  auto rest = what.data;
  for (bool more = true; more;) {
    const auto end = std::min(rest.find_first_of(line_ends), rest.size());
    text.append("data: ").append(rest.substr(0, end)).append("\n");
    more = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  text += '\n';
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

event_subscription::~event_subscription() { end(); }

event_subscription::text event_subscription::take() {
  if (waiting_.empty()) {
    return nullptr;
  }
  auto oldest = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= oldest->size();
  return oldest;
}

void event_subscription::end() {
  if (feed_ != nullptr) {
    std::erase(feed_->subscribers_, this);
    feed_ = nullptr;
    waiting_.clear();
    waiting_bytes_ = 0;
    news_.notify();
  }
}

event_feed::~event_feed() {
  while (!subscribers_.empty()) {
    subscribers_.back()->end();
  }
}

bool event_feed::add(event_subscription& to, const event_subscription::text& text) {
  // One event alone always fits, or who asks for it would never see any.
  const bool fits = to.waiting_.empty() || to.waiting_bytes_ + text->size() <= limits_.bytes_max;
  if (to.waiting_.size() == limits_.events_max || !fits) {
    to.end();
    return false;
  }
  to.waiting_.push_back(text);
  to.waiting_bytes_ += text->size();
  to.news_.notify();
  return true;
}

std::uint64_t event_feed::publish(const event& what) {
  ++last_id_;
  if (subscribers_.empty()) {
    return last_id_;
  }
  const auto text = wire_form(fmt::format("id: {}\n", last_id_), what);
  for (std::size_t at = 0; at < subscribers_.size();) {
    at += add(*subscribers_[at], text) ? 1 : 0;  // one that is over has left the list
  }
  return last_id_;
}

std::unique_ptr<event_subscription> event_feed::subscribe(const std::vector<event>& first) {
  if (subscribers_.size() >= limits_.subscribers_max) {
    return nullptr;
  }
  std::unique_ptr<event_subscription> made(new event_subscription(*this));
  subscribers_.push_back(made.get());
  for (const auto& each : first) {
    if (!add(*made, wire_form("", each))) {
      break;
    }
  }
  return made;
}

}  // namespace ddm::serve
