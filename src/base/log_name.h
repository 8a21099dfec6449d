// Whose log lines they are, where one process works on several things at once.
//
// Problem: whoever logs knows its shard or its table, and not for which of several migrations it
// works; handing a name down to each of them would change every signature on the way.
// Idea: the thread knows it while it works for one (runtime/named_executor.h sets it around each
// step of a coroutine), and the log asks the thread.
#pragma once

#include <string>

namespace ddm::log {

/// While it lives this thread's lines carry `migration=NAME`; none with an empty name.
class name_scope {
 public:
  /// `name` outlives the scope.
  explicit name_scope(const std::string& name);
  name_scope(const name_scope&) = delete;
  name_scope& operator=(const name_scope&) = delete;
  ~name_scope();

 private:
  const std::string* before_;
};

/// Empty outside of any scope.
[[nodiscard]] const std::string& present_name();

}  // namespace ddm::log
