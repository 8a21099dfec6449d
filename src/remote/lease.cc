#include "remote/lease.h"

#include <utility>

namespace ddm::remote {

void lease_watch::note(const std::optional<head>& seen, call_span call) {
  const bool is_the_same = seen && seen_ && seen->write == seen_->write;
  if (!is_the_same) {
    seen_since_ = call.answered;
  }
  seen_ = seen;
  may_take_ =
      !seen || seen->owner.empty() || (is_the_same && call.asked - seen_since_ >= times_.expiry);
}

head_write lease_watch::taking(std::string write, std::string owner, std::string told,
                               std::uint64_t first_epoch) const {
  return {.expected = seen_ ? seen_->write : std::string(),
          .next = {.write = std::move(write),
                   .epoch = seen_ ? seen_->epoch + 1 : first_epoch,
                   .counter = 0,
                   .owner = std::move(owner),
                   .told = std::move(told),
                   .copy = seen_ ? seen_->copy : std::nullopt}};
}

lease_hold::lease_hold(head taken, wall_time asked, lease_times times)
    : times_(times), known_(std::move(taken)), acts_until_(asked + times.act_for) {}

const head_write& lease_hold::begin(const head_change& change, std::string write, wall_time now) {
  if (pending_ || lost_) {
    broken_invariant("a head was to be written while another write of it was pending");
  }
  head_write made{.expected = known_.write, .next = known_};
  made.next.write = std::move(write);
  made.next.counter = change.new_epoch ? 0 : known_.counter + 1;
  made.next.epoch += change.new_epoch ? 1 : 0;
  if (change.copy || change.forget_copy) {
    made.next.copy = change.copy;
  }
  if (change.release) {
    acts_until_ = now;  // whoever sees it may begin, long before we hear of it
    made.next.owner.clear();
  }
  pending_ = std::move(made);
  pending_since_ = now;
  return *pending_;
}

void lease_hold::on_written() {
  known_ = std::move(pending_->next);
  pending_.reset();
  if (!known_.owner.empty()) {
    acts_until_ = pending_since_ + times_.act_for;
  }
}

void lease_hold::on_read(const std::optional<head>& seen) {
  if (seen && pending_ && seen->write == pending_->next.write) {
    on_written();
  } else if (!seen || seen->write != known_.write) {
    lost_ = true;
  }
}

}  // namespace ddm::remote
