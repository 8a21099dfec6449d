// One bound on memory for several that work beside each other, divided by need.
//
// Problem: of two hundred migrations a few are busy, and it is never the same few. An equal share
// each would send the busy ones to the disk while most of the memory lies idle; one common pot
// would be emptied by the first of them. Idea: each may always have a small share. What it holds
// beyond that is its own until it gives it back, and what is free goes to those who have used up
// what they had, in equal parts. Reason: nobody is ever allowed less than it holds, so the sum of
// what is allowed is a bound on the sum of what is held.
//
// Example, of 800 with two members: each may always have 100, a quarter of its half. One holds 300
// of 300, the other 0. So 300 and 100 are theirs, and 400 are free. The first has used up what it
// had: it may have 300 + 400 = 700 now, the other 100.
#pragma once

#include <cstdint>
#include <list>
#include <vector>

namespace ddm {

struct memory_use {
  std::uint64_t held = 0;
  std::uint64_t allowed = 0;  ///< until now
};

/// What each is allowed from now on.
[[nodiscard]] std::vector<std::uint64_t> divide_memory(std::uint64_t total,
                                                       const std::vector<memory_use>& uses);

/// Who has a share.
class memory_user {
 public:
  memory_user() = default;
  memory_user(const memory_user&) = delete;
  memory_user& operator=(const memory_user&) = delete;
  virtual ~memory_user() = default;
  [[nodiscard]] virtual std::uint64_t memory_held() const = 0;
  virtual void allow_memory(std::uint64_t bytes) = 0;
};

/// Those who share. On one thread.
class memory_shares {
  struct entry {
    memory_user* user;
    std::uint64_t allowed = 0;
  };

 public:
  explicit memory_shares(std::uint64_t total) : total_(total) {}

  /// Has a share for as long as it lives.
  class place {
   public:
    /// Both outlive it.
    place(memory_shares& among, memory_user& user);
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place();

   private:
    memory_shares& among_;
    std::list<entry>::iterator at_;
  };

  /// About each second.
  void divide();

 private:
  std::uint64_t total_;
  std::list<entry> users_;
};

}  // namespace ddm
