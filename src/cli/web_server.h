// The HTTP server of a process, if one was asked for.
#pragma once

#include "cli/options.h"
#include "cli/web_api.h"
#include "serve/http_server.h"

#include <memory>

namespace ddm::cli {

class web_server {
 public:
  /// Null where --listen is not given. Takes the address, and answers nobody before begin(). `runs`
  /// and `time` outlive it. Errors: the token cannot be read, or is none.
  [[nodiscard]] static result<std::unique_ptr<web_server>> open(
      const migration_options& options, const asio::any_io_executor& executor,
      const shown_runs& runs, clock& time);
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;
  ~web_server() = default;

  /// Whether the address could be had: told once nothing else is to be refused.
  [[nodiscard]] result<void> taken() const;
  /// Answers from now on, if it was taken; of several migrations the first to begin opens it for
  /// all.
  [[nodiscard]] result<void> begin();
  /// To be awaited before it is destroyed.
  [[nodiscard]] awaitable<void> close();

 private:
  web_server(const shown_runs& runs, clock& time) : api_(runs, time) {}

  web_api api_;
  std::unique_ptr<serve::http_server> server_;
  bool begun_ = false;
};

}  // namespace ddm::cli
