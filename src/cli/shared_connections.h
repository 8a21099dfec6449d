// The connections of one process: what is reached in the same way is reached over the same ones.
//
// Problem: several migrations between the same two accounts would each keep pools of HTTP
// connections, and each ask for the credentials, by a program or a role that is asked once.
// Idea: a service reached by the same settings is opened once; each migration has a client of its
// own above it, with its own retries, its own pace and its own name in messages.
// Source, target and stream stay apart though they be reached alike: reading the one must not use
// up the other's connections.
#pragma once

#include "cli/connection.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace ddm::cli {

class shared_connections {
 public:
  /// All outlive it; it outlives the connections.
  shared_connections(asio::any_io_executor executor, clock& time,
                     const aws::environment& variables);

  /// As connection::open. The profiles are read where nothing is reached in that way yet.
  [[nodiscard]] result<std::unique_ptr<connection>> open(const connection_request& request);

  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

 private:
  using key = std::tuple<std::string, aws_service, std::optional<std::string>,
                         std::optional<std::string>, std::optional<std::string>>;

  asio::any_io_executor executor_;
  clock& clock_;
  const aws::environment& variables_;
  std::map<key, std::shared_ptr<service_link>> links_;
};

}  // namespace ddm::cli
