// Prints the credentials and endpoints that the monitor's own connections would use, for comparison
// with other tools.   resolve_identity '{"profile": …, "region": …, "endpoint": …}'
#include "cli/connection.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>

namespace {

using namespace ddm;

std::optional<std::string> member(const nlohmann::json& flags, const char* name) {
  return flags.contains(name) ? std::optional(flags[name].get<std::string>()) : std::nullopt;
}

awaitable<void> resolve(const nlohmann::json& flags, nlohmann::json& out) {
  const auto variables = aws::environment::of_process();
  system_clock time;
  const auto executor = co_await asio::this_coro::executor;
  const auto files = aws::profile_files::load(variables);
  if (!files) {
    out = {{"error", files.error().describe()}};
    co_return;
  }
  const cli::connection_options options{.profile = member(flags, "profile"),
                                        .region = member(flags, "region"),
                                        .endpoint_url = member(flags, "endpoint")};
  const auto open = [&](cli::aws_service service) {
    return cli::connection::open({"table", service, options}, executor, time, variables, *files);
  };
  auto tables = open(cli::aws_service::tables);
  auto streams = open(cli::aws_service::streams);
  if (!tables || !streams) {
    out = {{"error", (tables ? streams : tables).error().describe()}};
    co_return;
  }
  const auto keys = co_await (*tables)->credentials();
  if (!keys) {
    out = {{"error", keys.error().describe()}};
    co_return;
  }
  out = {{"access_key_id", (*keys)->access_key_id},
         {"secret", (*keys)->secret_access_key.reveal()},
         {"token", (*keys)->session_token.reveal()},
         {"tables", (*tables)->description().endpoint},
         {"streams", (*streams)->description().endpoint},
         {"from", (*tables)->description().identity},
         {"lifetime", (*tables)->lifetime_of(**keys)}};
}

}  // namespace

int main(int, char** arguments) {
  const auto flags = nlohmann::json::parse(arguments[1]);
  nlohmann::json out;
  asio::io_context context(1);
  std::exception_ptr failure;
  asio::co_spawn(context, resolve(flags, out), [&](std::exception_ptr e) { failure = e; });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
  std::puts(out.dump().c_str());
}
