// An executor that makes a name known to the log lines of whatever runs on it.
//
// Problem: the coroutines of several migrations take turns on one thread, and each of them logs.
// Idea: a coroutine's every step is run by its executor, also when it awaits what belongs to
// somebody else; so the executor sets the name before a step and takes it back after it. What such
// a coroutine spawns on its own executor inherits it.
// Reason: nobody on the way has to know a name. A process with one migration does without, and pays
// nothing.
#pragma once

#include "base/log_name.h"
#include "runtime/asio.h"

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <memory>
#include <string>
#include <utility>

namespace ddm {

/// To be held as asio::any_io_executor.
class named_executor {
 public:
  named_executor(asio::any_io_executor inner, std::string name)
      : named_executor(std::move(inner), std::make_shared<const std::string>(std::move(name))) {}

  template <class Work>
  void execute(Work&& work) const {
    inner_.execute([name = name_, step = std::forward<Work>(work)]() mutable {
      const log::name_scope scope(*name);
      std::move(step)();
    });
  }

  // Asio asks for variants of an executor, and about its properties: those of the inner one.

  template <class Property>
    requires(asio::can_require_v<asio::any_io_executor, Property>)
  [[nodiscard]] named_executor require(const Property& wanted) const {
    return {asio::require(inner_, wanted), name_};
  }
  template <class Property>
    requires(asio::can_prefer_v<asio::any_io_executor, Property>)
  [[nodiscard]] named_executor prefer(const Property& wanted) const {
    return {asio::prefer(inner_, wanted), name_};
  }
  template <class Property>
    requires(asio::can_query_v<asio::any_io_executor, Property>)
  [[nodiscard]] auto query(const Property& asked) const -> decltype(auto) {
    return asio::query(inner_, asked);
  }

  [[nodiscard]] bool operator==(const named_executor& other) const noexcept = default;

 private:
  named_executor(asio::any_io_executor inner, std::shared_ptr<const std::string> name)
      : inner_(std::move(inner)), name_(std::move(name)) {}

  asio::any_io_executor inner_;
  std::shared_ptr<const std::string> name_;
};

}  // namespace ddm
