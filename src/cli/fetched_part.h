// Another command's state of the same name, as it lies in the table: looked at, and fetched,
// without holding it.
#pragma once

#include "aws/service_client.h"
#include "cli/copied_files.h"
#include "dynamodb/names.h"
#include "monitor/handover.h"
#include "remote/dynamodb_state_table.h"
#include "remote/head.h"
#include "remote/state_address.h"
#include "runtime/clock.h"
#include "state/state_store.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::cli {

class fetched_part {
 public:
  struct of {
    remote::state_address address;
    std::string command;  ///< whose state it is
    std::string folder;   ///< of this process's own; the file goes when this object does
  };
  /// Both outlive it.
  fetched_part(aws::service_client& calls, clock& time, of whose);
  fetched_part(const fetched_part&) = delete;
  fetched_part& operator=(const fetched_part&) = delete;
  ~fetched_part();

  [[nodiscard]] const std::string& command() const { return whose_.command; }
  /// Strongly consistent.
  [[nodiscard]] awaitable<result<std::optional<remote::head>>> look() { return table_.read_head(); }
  /// Its newest copy, in place of what was fetched before. False: there is none.
  [[nodiscard]] awaitable<result<bool>> fetch();
  [[nodiscard]] const std::string& path() const { return files_.state_path; }
  /// The head that it was fetched by.
  [[nodiscard]] const std::optional<remote::head>& found() const { return found_; }
  /// What was fetched, brought to the present format. Errors: it is of a newer program, damaged.
  [[nodiscard]] result<std::unique_ptr<state::state_store>> open() const;
  /// For who has opened it no more.
  void remove() const;

 private:
  [[nodiscard]] std::string told() const;

  of whose_;
  remote::dynamodb_state_table table_;
  copied_files files_;
  std::optional<remote::head> found_;
};

}  // namespace ddm::cli
