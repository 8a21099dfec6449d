#include "verify/findings_file.h"

#include "state/store_testing.h"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <random>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ddm::verify {
namespace {

using state::bytes_of;
using state::complete;
using testing::HasSubstr;

struct findings_on_disk : testing::Test {
  findings_on_disk() {
    auto opened = state::open_sqlite_store(
        {.path = place / "s.db", .command = "monitor", .own_thread = false});
    EXPECT_TRUE(opened);
    store = *std::move(opened);
  }
  void commit(std::vector<std::string> lines) {
    state::commit_batch batch;
    batch.finding_lines = std::move(lines);
    ASSERT_TRUE(complete(store->commit(std::move(batch))));
  }
  void write(std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
  /// Opens the file as at a start; the error's text, if any.
  std::string open() {
    std::string refusal;
    // A result of a move-only type cannot come through complete(), so it is looked at inside.
    complete(look_at(*this, refusal));
    return refusal;
  }
  static awaitable<bool> look_at(findings_on_disk& self, std::string& refusal) {
    auto opened = co_await findings_file::open(self.path, *self.store, {}, self.patience);
    if (!opened) {
      refusal = opened.error().message;
    } else if (self.then) {
      self.then();
      EXPECT_TRUE(co_await opened->follow(*self.store));
    }
    co_return true;
  }

  const state::temporary_directory place;
  const std::string path = place / "findings.jsonl";
  std::unique_ptr<state::state_store> store;
  milliseconds patience = findings_file::start_patience;
  std::function<void()> then;  ///< happens while the file is open, which then follows
};

TEST_F(findings_on_disk, are_created_for_their_owner_only_and_appended_to) {
  commit({"one", "two"});
  then = [this] { commit({"three", "four"}); };
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), "one\ntwo\nthree\nfour\n");
  struct stat file{};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(findings_on_disk, hold_each_line_once_when_another_command_appends_too) {
  commit({"one"});
  then = [this] {
    commit({"two", "three"});
    write("one\ntwo\n");  // the other command, which was killed before its last line
    commit({"four"});
  };
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(open(), "");
}

/// Its lock is let go after 300 ms, by the loop that waits for it.
awaitable<bool> look_while_locked(findings_on_disk& self, std::string& refusal) {
  const int other = ::open(self.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(::flock(other, LOCK_EX), 0);
  asio::steady_timer release(co_await asio::this_coro::executor, std::chrono::milliseconds{300});
  release.async_wait([other](const boost::system::error_code&) { ::close(other); });
  co_return co_await findings_on_disk::look_at(self, refusal);
}

TEST_F(findings_on_disk, wait_at_a_start_while_another_command_starts) {
  commit({"one"});
  std::string refusal;
  complete(look_while_locked(*this, refusal));
  EXPECT_EQ(refusal, "");
  EXPECT_EQ(bytes_of(path), "one\n");
}

TEST_F(findings_on_disk, are_refused_where_another_program_holds_them_for_long) {
  patience = std::chrono::milliseconds{100};
  commit({"one"});
  std::string refusal;
  complete(look_while_locked(*this, refusal));
  EXPECT_THAT(refusal, HasSubstr("another program holds the lock"));
}

TEST_F(findings_on_disk, cut_what_a_killed_command_tore) {
  commit({"one"});
  then = [this] {
    commit({"two"});
    write("one\ntw");
  };
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), "one\ntwo\n");
}

TEST_F(findings_on_disk, lose_a_torn_last_line_and_get_what_is_missing) {
  commit({R"({"line":1})", R"({"line":2})", R"({"line":3})"});
  write("{\"line\":1}\n{\"li");
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), "{\"line\":1}\n{\"line\":2}\n{\"line\":3}\n");
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), "{\"line\":1}\n{\"line\":2}\n{\"line\":3}\n");
}

TEST_F(findings_on_disk, are_mended_however_many_lines_are_missing) {
  std::vector<std::string> lines;
  std::string text;
  for (int i = 0; i < 2500; ++i) {
    lines.push_back("line " + std::to_string(i));
    text += lines.back() + "\n";
  }
  commit(lines);
  write("line 0\nli");
  EXPECT_EQ(open(), "");
  EXPECT_EQ(bytes_of(path), text);
}

TEST_F(findings_on_disk, of_another_state_are_refused_and_left_alone) {
  commit({"one", "two"});
  for (const auto* foreign : {"other\n", "one\nother\n", "one\ntwo\nthree\n", "no newline at all",
                              "one\nother torn", "one\ntwo\nbeyond the state"}) {
    write(foreign);
    EXPECT_THAT(open(), HasSubstr("does not belong to this state")) << foreign;
    EXPECT_EQ(bytes_of(path), foreign);
  }
}

TEST_F(findings_on_disk, whose_first_line_never_ends_are_refused_before_they_fill_the_memory) {
  commit({"one"});
  const auto text = "one" + std::string(17U << 20, 'x');
  write(text);
  EXPECT_THAT(open(), HasSubstr("does not belong to this state"));
  EXPECT_EQ(std::filesystem::file_size(path), text.size());
}

TEST_F(findings_on_disk, of_an_empty_state_are_a_new_file_only) {
  write("precious");
  EXPECT_THAT(open(), HasSubstr("--findings"));
  EXPECT_EQ(bytes_of(path), "precious");
}

TEST_F(findings_on_disk, name_the_path_when_they_cannot_be_opened) {
  std::filesystem::create_directory(path);
  EXPECT_THAT(open(), HasSubstr(path));
}

// Lines begun anew

state::mismatch_row open_row(char key) {
  return {.key_hash = std::string(16, key), .open = true, .confirmed_ms = key, .body = "{}"};
}

result<std::string> line_of(const state::mismatch_row& row) {
  return std::string("still ") + row.key_hash.front();
}

/// As a start does it.
awaitable<std::string> open_and_renew(std::string path, state::state_store& store, bool renew) {
  const auto resumed = (co_await store.load(0)).value();
  const auto before = resumed.values.find(state::lines_before_name);
  auto opened = co_await findings_file::open(
      std::move(path), store,
      before == resumed.values.end() ? std::nullopt : std::optional(before->second));
  if (!opened) {
    co_return opened.error().message;
  }
  if (renew) {
    const auto renewed = co_await opened->renew(store, line_of);
    co_return renewed && *renewed ? "" : "not renewed";
  }
  co_return "";
}

TEST(findings_renewed, are_worth_it_where_most_lines_are_of_healed_ones) {
  EXPECT_FALSE(worth_renewing(99'999, 0)) << "a small file keeps its history";
  EXPECT_TRUE(worth_renewing(100'000, 0));
  EXPECT_FALSE(worth_renewing(1'900'000, 1'000'000));
  EXPECT_TRUE(worth_renewing(2'000'000, 1'000'000));
}

TEST_F(findings_on_disk, are_renewed_with_what_is_open_and_followed_from_there) {
  commit({"one", "two", "three"});
  ASSERT_TRUE(complete(store->commit({.mismatches = {open_row('a'), open_row('b')}})));
  ASSERT_EQ(complete(open_and_renew(path, *store, true)), "");
  EXPECT_EQ(bytes_of(path), "still a\nstill b\n");
  commit({"four"});
  EXPECT_EQ(complete(open_and_renew(path, *store, false)), "");
  EXPECT_EQ(bytes_of(path), "still a\nstill b\nfour\n");
}

TEST_F(findings_on_disk, of_before_the_renewal_are_known_and_written_anew) {
  commit({"one", "two", "three"});
  ASSERT_TRUE(complete(store->commit({.mismatches = {open_row('a')}})));
  ASSERT_EQ(complete(open_and_renew(path, *store, false)), "");
  // Killed between the state's commit and the file.
  ASSERT_TRUE(complete(store->renew_findings(line_of)).value());
  std::ofstream(path + ".draft-aB3dE9") << "still";
  std::ofstream(path + ".new") << "my notes";
  commit({"four"});
  EXPECT_EQ(complete(open_and_renew(path, *store, false)), "");
  EXPECT_EQ(bytes_of(path), "still a\nfour\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".draft-aB3dE9"));
  EXPECT_EQ(bytes_of(path + ".new"), "my notes") << "it is somebody else's";
  write("one\ntwo\nother\n");
  EXPECT_THAT(complete(open_and_renew(path, *store, false)), HasSubstr("does not belong"));
}

TEST_F(findings_on_disk, survive_a_kill_at_any_moment_of_the_renewal) {
  std::minstd_rand random(std::random_device{}());
  for (char key = 'a'; key <= 'z'; ++key) {
    ASSERT_TRUE(complete(store->commit({.mismatches = {open_row(key)}})));
  }
  store.reset();
  for (int round = 0; round < 12; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      const auto own = state::must_open(place / "s.db");
      for (;;) {
        if (!complete(own->commit({.finding_lines = {std::string(30'000, 'x')}})) ||
            !complete(open_and_renew(path, *own, true)).empty()) {
          ::_exit(1);
        }
      }
    }
    ::usleep(30'000 + static_cast<useconds_t>(random() % 60'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto own = state::must_open(place / "s.db");
    ASSERT_EQ(complete(open_and_renew(path, *own, false)), "");
    std::string expected;
    for (const auto& line : complete(own->finding_lines(0, 1000)).value()) {
      expected += line + "\n";
    }
    EXPECT_EQ(bytes_of(path), expected);
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(path).parent_path())) {
      EXPECT_FALSE(file.path().string().contains(".draft-")) << file.path();
    }
  }
}

}  // namespace
}  // namespace ddm::verify
