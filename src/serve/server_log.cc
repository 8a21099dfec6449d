#include "serve/server_log.h"

#include "base/log.h"

namespace ddm::serve {

void server_log::warn(std::string_view event, std::string_view message, std::string_view client,
                      wall_time now) {
  auto& of_kind = kinds_[event];
  if (now < of_kind.silent_until) {
    ++of_kind.passed_over;
    return;
  }
  log::event(log::level::warning, event, message,
             {{"client", client}, {"passed_over", of_kind.passed_over}});
  of_kind = {.silent_until = now + std::chrono::minutes{1}, .passed_over = 0};
}

}  // namespace ddm::serve
