// A state that lies in a table, held by this process while its command works on a file.
//
// Problem: a command knows a state as a file; a host's disk may not outlive the host.
// Idea: take the lease, write the newest copy into a folder of one's own, and work on that file as
// on any other; the keeper (remote/state_keeper.h) copies it back. Whoever finds the lease held
// waits for it: that is the standby.
// Reason: nothing of a command changes but where its state comes from and goes to.
#pragma once

#include "cli/connection.h"
#include "cli/copied_files.h"
#include "cli/options.h"
#include "cli/process.h"
#include "remote/dynamodb_state_table.h"
#include "remote/file_source.h"
#include "remote/state_address.h"
#include "remote/state_keeper.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ddm::cli {

class held_state {
 public:
  struct request {
    remote::state_address address;
    connection_options access;
    milliseconds copy_each{30'000};
    std::string command;  ///< whose state it is of those of one name (copied_files' kind_of)
    std::string doing;    ///< what this process does with it, for people
  };

  /// The connection; nothing is asked of the table.
  [[nodiscard]] static result<std::unique_ptr<held_state>> prepare(process& host, request wanted);
  held_state(process& host, request wanted, std::unique_ptr<connection> link,
             asio::any_io_executor executor);
  held_state(const held_state&) = delete;
  held_state& operator=(const held_state&) = delete;
  ~held_state();

  /// The file, in a folder that is this process's own; after take().
  [[nodiscard]] const std::string& path() const { return files_.state_path; }
  [[nodiscard]] std::string address() const { return wanted_.address.describe(); }
  [[nodiscard]] const remote::state_address& place() const { return wanted_.address; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Over which the table is reached, for looks at other states of the name.
  [[nodiscard]] aws::service_client& calls() { return link_->calls(); }
  /// Whether nobody else can have taken it, as far as this process knows.
  [[nodiscard]] bool may_act() const { return keeper_.may_act(); }
  /// What keeping it there costs, for people.
  [[nodiscard]] std::string cost_told() const;

  /// What it begins with, beside its newest copy (cli/state_beginning.h).
  struct beginning {
    dynamodb::key_schema schema;
    bool forgets_state = false;  ///< it begins with nothing
    bool begins_anew = false;    ///< a comparison does, by --fresh
    bool begins_alone = false;   ///< with its own copy, or nothing: not with what others have
  };
  /// Waits until nobody else holds the state, takes it, and makes the file at path() what it begins
  /// with; there is no file where that is nothing.
  [[nodiscard]] awaitable<result<void>> take(beginning how);
  /// Waits and takes as above, and no more: so that nobody else works on it.
  [[nodiscard]] awaitable<result<void>> hold();
  /// A file like that of take(), of what is in the table now; nothing is held, nor copied back.
  [[nodiscard]] awaitable<result<void>> borrow(beginning how);
  /// The file is open: it is copied from now on.
  void begin_copying();
  /// What is in the file by now stands in the table, and nobody else can have taken the state: an
  /// effect outside may begin. Waits while that is in doubt; an error: it never will be so.
  [[nodiscard]] awaitable<result<void>> may_begin_effect();
  /// Called when another process has taken the state; at once, where that has happened already.
  /// Nothing: nobody listens any more.
  void on_lost(std::function<void(const error&)> told);
  /// The last copy; then nobody holds it. An error: the table has an older copy; the file is kept,
  /// and the error says where.
  [[nodiscard]] awaitable<result<void>> end();

 private:
  [[nodiscard]] awaitable<result<void>> prepare_to_work(beginning how);
  [[nodiscard]] awaitable<result<void>> begin_with_others(beginning how);
  [[nodiscard]] result<void> make_folder();
  [[nodiscard]] awaitable<result<void>> restore(remote::copy_root copy);
  [[nodiscard]] awaitable<result<void>> fetch_newest();
  void remove_files() const;
  /// Until it succeeds, or waiting cannot mend it.
  [[nodiscard]] awaitable<result<void>> patiently(std::function<awaitable<result<void>>()> what);
  void tell_lost();
  void tell_waiting(const remote::lease_watch& watch);

  process& host_;
  request wanted_;
  std::unique_ptr<connection> link_;
  std::string folder_;
  copied_files files_;
  remote::dynamodb_state_table table_;
  remote::state_keeper keeper_;
  std::optional<remote::file_source> source_;
  std::function<void(const error&)> on_lost_;
  std::optional<error> lost_;
  bool lost_is_told_ = false;
  bool giving_up_ = false;
  std::optional<wall_time> told_waiting_at_;
  bool keeps_folder_ = false;
  bool is_borrowed_ = false;
};

/// While it lives: that another process has taken the state ends what works on it.
class ends_when_lost {
 public:
  /// `state` null: it lies in a file, and is lost to nobody. It outlives this.
  ends_when_lost(held_state* state, std::function<void(const error&)> end) : state_(state) {
    if (state_ != nullptr) {
      state_->on_lost(std::move(end));
    }
  }
  ends_when_lost(const ends_when_lost&) = delete;
  ends_when_lost& operator=(const ends_when_lost&) = delete;
  ~ends_when_lost() {
    if (state_ != nullptr) {
      state_->on_lost({});
    }
  }

 private:
  held_state* state_;
};

}  // namespace ddm::cli
