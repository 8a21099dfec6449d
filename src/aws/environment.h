// The process's environment as a value: what depends on it can be tried with any.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::aws {

class environment {
 public:
  environment() = default;
  explicit environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}
  /// What the process was started with.
  [[nodiscard]] static environment of_process();

  /// An empty variable counts as none, as in AWS's own tools.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  /// "true" in any case; anything else is false.
  [[nodiscard]] bool is_true(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace ddm::aws
