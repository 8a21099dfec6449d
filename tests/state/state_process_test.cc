// What needs a second process: kill -9, locks, other users, a full disk.
#include "state/state_file.h"
#include "state/store_testing.h"
#include "state/wal_lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ddm::state {
namespace {

using testing::HasSubstr;

/// A child that runs `body(write end of a pipe)` and is killed at the latest with its owner.
class child_process {
 public:
  template <class Body>
  explicit child_process(Body body) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::runtime_error("pipe failed");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    from_child_ = ends[0];
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    kill();
    ::close(from_child_);
  }

  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The next number that the child wrote; nothing when it has ended.
  std::optional<std::int64_t> next_number() {
    std::int64_t number = 0;
    return ::read(from_child_, &number, sizeof number) == sizeof number ? std::optional(number)
                                                                        : std::nullopt;
  }
  std::string all_text() {
    std::string text;
    std::array<char, 256> part{};
    for (ssize_t size = 0; (size = ::read(from_child_, part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  pid_t pid_ = 0;
  int from_child_ = -1;
};

void tell(int pipe, const std::string& text) {
  if (::write(pipe, text.data(), text.size()) < 0) {
    ::_exit(1);
  }
}

/// Step n of the history; a state that holds steps 1 … n can be checked against n alone.
commit_batch step(std::int64_t n) {
  commit_batch batch;
  for (std::int64_t i = 0; i < 20; ++i) {
    batch.checks.push_back({.id = n * 20 + i, .body = std::string(200, 'x')});
    batch.checks_closed.push_back((n - 3) * 20 + i);
  }
  batch.shards = {{.stream_arn = "arn", .shard_id = "shard", .last_sequence = std::to_string(n)}};
  batch.deferred = {{.key_hash = "key", .key_json = "{}", .changes = 1, .since_ms = n}};
  batch.finding_lines = {std::to_string(n)};
  batch.numbers = {{"n", n}};
  return batch;
}

void expect_exactly(state_store& store, std::int64_t n) {
  const auto state = complete(store.load(0)).value();
  ASSERT_EQ(state.shards.size(), 1U);
  EXPECT_EQ(state.shards[0].last_sequence, std::to_string(n));
  EXPECT_EQ(state.deferred_changes, n);
  EXPECT_EQ(state.finding_lines, n);
  EXPECT_EQ(state.checks.size(), static_cast<std::size_t>(std::min<std::int64_t>(n, 3) * 20));
  EXPECT_EQ(state.checks.back().id, n * 20 + 19);
  EXPECT_EQ(complete(store.finding_lines(n - 1, 10)).value(),
            std::vector<std::string>{std::to_string(n)});
}

void commit_for_ever(const std::string& path, int pipe, const std::string& command = "monitor") {
  const auto opened = open_sqlite_store({.path = path, .command = command});
  if (!opened) {
    ::_exit(1);
  }
  const auto& store = *opened;
  const auto state = complete(store->load(0)).value();
  const auto found = state.numbers.find("n");
  for (auto n = found == state.numbers.end() ? 1 : found->second + 1;; ++n) {
    if (!complete(store->commit(step(n))) || ::write(pipe, &n, sizeof n) != sizeof n) {
      ::_exit(1);
    }
  }
}

TEST(state_process, a_kill_at_any_moment_keeps_every_commit_that_returned_and_no_half_one) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < 12; ++round) {
    child_process child([&](int pipe) { commit_for_ever(path, pipe); });
    std::int64_t returned = 0;
    for (auto more = random() % 40 + 1; more > 0; --more) {
      const auto number = child.next_number();
      ASSERT_TRUE(number) << "the child failed";
      returned = *number;
    }
    // Somewhere within the next commits.
    for (volatile auto spin = random() % 3'000'000; spin > 0; spin = spin - 1) {
    }
    child.kill();
    while (const auto number = child.next_number()) {
      returned = *number;
    }
    const auto store = must_open(path);
    const auto n = complete(store->load(0)).value().numbers.at("n");
    EXPECT_GE(n, returned);
    EXPECT_LE(n, returned + 1);
    expect_exactly(*store, n);
  }
}

/// As sqlite does by itself after thousands of pages, but all the time and in every way.
void checkpoint_for_ever(const std::string& path, int pipe) {
  sqlite3* handle = nullptr;
  const auto seed = std::random_device{}();
  std::minstd_rand random(seed);
  const std::int64_t began = 0;
  if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK || ::write(pipe, &began, sizeof began) < 0) {
    ::_exit(1);
  }
  for (;;) {
    constexpr std::array modes{SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART,
                               SQLITE_CHECKPOINT_TRUNCATE};
    sqlite3_wal_checkpoint_v2(handle, nullptr, modes.at(random() % modes.size()), nullptr, nullptr);
    ::usleep(static_cast<useconds_t>(random() % 3000));
  }
}

/// A copy of the file beside the WAL that is there now.
std::string put_back(const std::string& copy, const std::string& path,
                     const temporary_directory& place) {
  const auto mixed = place / "mixed.db";
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(mixed + suffix);
  }
  std::filesystem::copy_file(copy, mixed);
  if (std::filesystem::exists(path + "-wal")) {
    std::filesystem::copy_file(path + "-wal", mixed + "-wal");
  }
  return mixed;
}

/// Whatever a kill leaves goes on; an earlier copy of the file beside the WAL that it left is
/// refused, or is complete because the WAL holds all that it lacks.
TEST(state_process, after_kills_within_checkpoints_only_what_is_of_one_history_goes_on) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  must_open(path);
  std::vector<std::string> copies;
  int refused = 0;
  // Where the kills fall decides whether any copy has to be refused: now and then it takes more.
  for (int round = 0; round < 20 || (refused == 0 && round < 100); ++round) {
    child_process writer([&](int pipe) { commit_for_ever(path, pipe); });
    child_process other([&](int pipe) { checkpoint_for_ever(path, pipe); });
    for (auto more = random() % 30 + 1; more > 0; --more) {
      ASSERT_TRUE(writer.next_number()) << "the child failed";
    }
    for (volatile auto spin = random() % 3'000'000; spin > 0; spin = spin - 1) {
    }
    writer.kill();
    other.kill();
    ASSERT_EQ(refusal({.path = put_back(path, path, place), .command = "monitor"}), "");
    const auto n = complete(must_open(place / "mixed.db")->load(0)).value().numbers.at("n");
    const bool holds_wal =
        std::filesystem::exists(path + "-wal") && std::filesystem::file_size(path + "-wal") > 0;
    for (const auto& copy : copies) {
      const auto mixed = put_back(copy, path, place);
      const auto text = refusal({.path = mixed, .command = ""});
      refused += text.empty() ? 0 : 1;
      if (!text.empty()) {
        EXPECT_THAT(text, HasSubstr("not of one history"));
      } else if (holds_wal) {
        const auto store = must_open(mixed);
        const auto found = complete(store->load(0)).value().numbers.at("n");
        EXPECT_EQ(found, n) << copy;
        expect_exactly(*store, n);
      }
    }
    copies.push_back(place / "copy" + std::to_string(round));
    std::filesystem::copy_file(path, copies.back());
  }
  EXPECT_GT(refused, 0);
}

TEST(state_process, a_check_beside_running_processes_never_takes_their_wal_for_a_foreign_one) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  child_process monitor([&](int pipe) { commit_for_ever(path, pipe); });
  ASSERT_TRUE(monitor.next_number());
  child_process compare([&](int pipe) { commit_for_ever(path, pipe, "compare"); });
  child_process other([&](int pipe) { checkpoint_for_ever(path, pipe); });
  ASSERT_TRUE(compare.next_number());
  for (int look = 0; look < 3000; ++look) {
    const auto belongs = check_wal_belongs(path);
    ASSERT_TRUE(belongs) << look << ": " << belongs.error().message;
  }
}

TEST(state_process, a_second_process_is_told_who_holds_the_state) {
  const temporary_directory place;
  const auto path = place / "s.db";
  child_process child([&](int pipe) { commit_for_ever(path, pipe); });
  ASSERT_TRUE(child.next_number());
  const auto text = refusal({.path = path, .command = "monitor"});
  EXPECT_THAT(text, HasSubstr("in use by process " + std::to_string(child.pid()) + " (monitor)"));
  EXPECT_THAT(text, HasSubstr("--state"));
  EXPECT_EQ(refusal({.path = path, .command = "compare"}), "");
  child.kill();
  EXPECT_EQ(refusal({.path = path, .command = "monitor"}), "");
}

TEST(state_process, a_lock_held_to_keep_a_command_away_is_not_that_commands_work) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  EXPECT_FALSE(in_use_since(path, "monitor"));
  {
    const auto monitor = open_sqlite_store({.path = path, .command = "monitor"});
    EXPECT_TRUE(in_use_since(path, "monitor"));
  }
  const auto repair = open_sqlite_store({.path = path, .command = "monitor", .holder = "repair"});
  ASSERT_TRUE(repair);
  EXPECT_FALSE(in_use_since(path, "monitor"));
  EXPECT_THAT(refusal({.path = path, .command = "monitor"}), HasSubstr(" (repair)"));
}

TEST(state_process, a_place_without_permission_is_refused) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "needs root, to become somebody else";
  }
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  child_process child([&](int pipe) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) {
      ::_exit(1);
    }
    tell(pipe, refusal({.path = path, .command = "monitor"}));
  });
  const auto text = child.all_text();
  EXPECT_THAT(text, HasSubstr("Permission denied"));
  EXPECT_THAT(text, HasSubstr("--state"));
}

TEST(state_process, a_full_disk_fails_the_commit_and_keeps_the_earlier_ones) {
  const temporary_directory place;
  const auto path = place / "s.db";
  child_process child([&](int pipe) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto store = must_open(path);
    auto outcome = complete(store->commit(step(1)));
    commit_batch big = step(2);
    for (std::int64_t id = 1000; id < 5000; ++id) {
      big.checks.push_back({.id = id, .body = std::string(1000, 'y')});
    }
    tell(pipe, outcome ? "" : "the first commit failed: " + outcome.error().message);
    outcome = complete(store->commit(std::move(big)));
    tell(pipe, outcome ? "no error" : outcome.error().message);
  });
  const auto text = child.all_text();
  EXPECT_THAT(text, testing::StartsWith("cannot commit to the state " + path));
  EXPECT_THAT(text, HasSubstr("make room"));
  expect_exactly(*must_open(path), 1);
}

TEST(state_process, a_disk_too_full_for_a_new_state_leaves_nothing_behind) {
  const temporary_directory place;
  child_process child([&](int pipe) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 8192, .rlim_max = 8192};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    tell(pipe, refusal({.path = place / "s.db", .command = "monitor"}));
  });
  EXPECT_THAT(child.all_text(), HasSubstr("make room"));
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
}

}  // namespace
}  // namespace ddm::state
