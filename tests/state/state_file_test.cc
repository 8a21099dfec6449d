// Each wrong --state: one clear text with a remedy, and nothing changed on the disk.
#include "state/state_file.h"

#include "state/store_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace ddm::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal_of(const std::string& path, bool fresh = false) {
  return refusal({.path = path, .command = "monitor", .fresh = fresh});
}

/// While it lives, a user to whom nothing belongs; the modes of what he must not do have to say so
/// where the tests run as somebody who cannot become him.
class as_nobody {
 public:
  as_nobody() : was_(::geteuid()) { static_cast<void>(::seteuid(65534)); }
  as_nobody(const as_nobody&) = delete;
  as_nobody& operator=(const as_nobody&) = delete;
  ~as_nobody() { static_cast<void>(::seteuid(was_)); }

 private:
  uid_t was_;
};

error error_of(const sqlite_options& options) {
  const as_nobody user;
  const auto opened = open_sqlite_store(options);
  return opened ? error{} : opened.error();
}

std::size_t files_in(const temporary_directory& place) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(place.path()), {}));
}

TEST(state_file, a_missing_directory_is_refused_with_the_command_that_makes_it) {
  const temporary_directory place;
  EXPECT_THAT(
      refusal_of(place / "no/such/s.db"),
      AllOf(HasSubstr("there is no directory"), HasSubstr("mkdir -p"), HasSubstr("--state")));
  EXPECT_EQ(files_in(place), 0U);
}

TEST(state_file, a_directory_is_refused) {
  const temporary_directory place;
  EXPECT_THAT(refusal_of(place.path().native()), HasSubstr("is a directory"));
}

TEST(state_file, what_is_no_file_is_refused_without_being_opened) {
  const temporary_directory place;
  const auto pipe = place / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const bool fresh : {false, true}) {
    EXPECT_THAT(refusal_of(pipe, fresh), AllOf(HasSubstr(pipe), HasSubstr("is a named pipe")));
    EXPECT_THAT(refusal_of("/dev/null", fresh), HasSubstr("/dev/null is a device"));
  }
  std::filesystem::create_symlink("/dev/null", place / "link");
  EXPECT_THAT(refusal_of(place / "link"), HasSubstr("/dev/null is a device"));
  EXPECT_EQ(files_in(place), 2U);
}

TEST(state_file, a_place_that_may_not_be_used_is_a_fault_of_the_command_line) {
  const temporary_directory place;
  const auto path = place / "s.db";
  ASSERT_EQ(::chmod(place.path().c_str(), 0555), 0);
  const auto absent = error_of({.path = path, .command = "monitor"});
  EXPECT_EQ(absent.kind, error_class::wrong_usage);
  EXPECT_THAT(absent.message, AllOf(HasSubstr(path), HasSubstr("who may write there")));

  ASSERT_EQ(::chmod(place.path().c_str(), 0777), 0);
  must_open(path);
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  const auto not_ours = error_of({.path = path, .command = "monitor"});
  EXPECT_EQ(not_ours.kind, error_class::wrong_usage);
  EXPECT_THAT(not_ours.message, HasSubstr("who may write there"));

  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const auto unreadable = error_of({.path = path});
  EXPECT_EQ(unreadable.kind, error_class::wrong_usage);
  EXPECT_THAT(unreadable.message,
              AllOf(HasSubstr(path), HasSubstr("who may read there"), Not(HasSubstr("write"))));
}

TEST(state_file, a_reader_must_be_able_to_write_beside_it) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  ASSERT_EQ(::chmod(place.path().c_str(), 0555), 0);
  const auto refused = error_of({.path = path});
  ASSERT_EQ(::chmod(place.path().c_str(), 0777), 0);
  EXPECT_EQ(refused.kind, error_class::wrong_usage);
  EXPECT_THAT(refused.message, AllOf(HasSubstr(path), HasSubstr("no permission")));
}

TEST(state_file, a_file_of_another_kind_is_refused_and_kept_even_with_fresh) {
  const temporary_directory place;
  const auto path = place / "notes.txt";
  std::ofstream(path) << "my notes";
  for (const bool fresh : {false, true}) {
    EXPECT_THAT(refusal_of(path, fresh),
                AllOf(HasSubstr(path), HasSubstr("some other file"), HasSubstr("untouched")));
    EXPECT_EQ(bytes_of(path), "my notes");
    EXPECT_EQ(files_in(place), 1U);
  }
}

TEST(state_file, a_database_of_another_program_is_refused_and_kept_even_with_fresh) {
  const temporary_directory place;
  const auto path = place / "other.db";
  run_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  const auto before = bytes_of(path);
  for (const bool fresh : {false, true}) {
    EXPECT_THAT(refusal_of(path, fresh), HasSubstr("database of another program"));
    EXPECT_EQ(bytes_of(path), before);
    EXPECT_EQ(files_in(place), 1U);
  }
}

TEST(state_file, a_newer_format_is_refused) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  run_sql(path, "PRAGMA user_version = 999");
  const auto before = bytes_of(path);
  EXPECT_THAT(refusal_of(path),
              AllOf(HasSubstr("newer version"), HasSubstr("999"), HasSubstr("name another state")));
  EXPECT_EQ(bytes_of(path), before);
  EXPECT_EQ(refusal_of(path, true), "");
}

TEST(state_file, damage_is_found_when_the_file_is_opened) {
  const temporary_directory place;
  const auto path = place / "s.db";
  {
    commit_batch batch;
    for (std::int64_t id = 0; id < 1000; ++id) {
      batch.checks.push_back({.id = id, .body = std::string(100, 'x')});
    }
    ASSERT_TRUE(complete(must_open(path)->commit(batch)));
  }
  auto bytes = bytes_of(path);
  bytes.replace(bytes.size() / 2, 3000, 3000, '\xee');
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_THAT(refusal_of(path), AllOf(HasSubstr("damaged"), HasSubstr("--fresh")));
  EXPECT_EQ(bytes_of(path), bytes);

  std::filesystem::resize_file(path, bytes.size() / 2);
  EXPECT_THAT(refusal_of(path), AllOf(HasSubstr("damaged"), HasSubstr("--fresh")));
  EXPECT_EQ(refusal_of(path, true), "");
}

TEST(state_file, an_empty_file_becomes_a_state) {
  const temporary_directory place;
  std::ofstream(place / "s.db").flush();
  EXPECT_EQ(refusal_of(place / "s.db"), "");
  EXPECT_EQ(version_of(place / "s.db").value(), format_version);
}

TEST(state_file, a_reader_needs_an_existing_state) {
  const temporary_directory place;
  EXPECT_THAT(refusal({.path = place / "s.db"}), HasSubstr("there is no state"));
  EXPECT_EQ(files_in(place), 0U);
}

TEST(state_file, is_the_same_under_another_name) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  std::filesystem::create_symlink(place / "s.db", place / "link.db");
  EXPECT_THAT(refusal_of(place / "link.db"), HasSubstr("in use"));
}

TEST(state_file, fresh_does_not_pull_it_from_under_another_command) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto store = must_open(path);
  EXPECT_EQ(refusal({.path = path, .command = "compare"}), "");
  EXPECT_THAT(refusal({.path = path, .command = "compare", .fresh = true}),
              AllOf(HasSubstr("in use"), HasSubstr("monitor")));
  ASSERT_TRUE(complete(store->commit({.numbers = {{"n", 1}}})));
}

TEST(network_filesystem, is_recognised_by_the_mount_of_the_device) {
  constexpr std::string_view mountinfo =
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
      "36 22 0:53 / /mnt/with\\040space rw,noatime shared:1 master:2 - nfs4 server:/export rw\n"
      "37 22 0:54 / /mnt/ssh rw,nosuid - fuse.sshfs me@host:/ rw\n"
      "38 22 0:55 / /mnt/usb rw - fuse.ntfs-3g /dev/sdb1 rw\n";
  EXPECT_EQ(network_filesystem(mountinfo, "0:53"), "nfs4");
  EXPECT_EQ(network_filesystem(mountinfo, "0:54"), "fuse.sshfs");
  EXPECT_FALSE(network_filesystem(mountinfo, "0:55"));
  EXPECT_FALSE(network_filesystem(mountinfo, "254:0"));
  EXPECT_FALSE(network_filesystem(mountinfo, "9:9"));
  EXPECT_FALSE(network_filesystem("", "0:53"));
}

}  // namespace
}  // namespace ddm::state
