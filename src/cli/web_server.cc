#include "cli/web_server.h"

#include "base/log.h"
#include "serve/listen_address.h"

#include <algorithm>
#include <utility>

namespace ddm::cli {
namespace {

/// The file's text without the line break at its end.
result<std::optional<secret>> read_token(const std::optional<std::string>& path) {
  if (!path) {
    return std::optional<secret>();
  }
  auto text = read_text_file(*path);
  if (!text) {
    return wrong_usage("--listen-token-file: " + text.error().message);
  }
  while (text->ends_with('\n') || text->ends_with('\r')) {
    text->pop_back();
  }
  return secret(*std::move(text));
}

}  // namespace

result<std::unique_ptr<web_server>> web_server::open(const migration_options& options,
                                                     const asio::any_io_executor& executor,
                                                     const shown_runs& runs, clock& time) {
  if (!options.listen) {
    return nullptr;
  }
  const auto address = serve::parse_listen_address(*options.listen);
  if (!address) {
    return fail(address.error());
  }
  auto token = read_token(options.listen_token_file);
  if (!token) {
    return fail(std::move(token.error()));
  }
  auto made = std::unique_ptr<web_server>(new web_server(runs, time));
  auto server = serve::http_server::open(
      executor, time,
      {.at = *address,
       .access = {.token = *std::move(token),
                  .allowed_hosts = options.listen_allow_hosts,
                  .probes = {"/healthz", "/readyz"}}},
      [api = &made->api_](const serve::request& asked) { return api->answer(asked); });
  if (!server) {
    return fail(std::move(server.error()).within("--listen"));
  }
  made->server_ = *std::move(server);
  return made;
}

result<void> web_server::taken() const {
  auto taken = server_->taken();
  return taken ? taken : fail(std::move(taken.error()).within("--listen"));
}

result<void> web_server::begin() {
  if (begun_) {
    return {};
  }
  if (auto begun = server_->begin(); !begun) {
    return fail(std::move(begun.error()).within("--listen"));
  }
  begun_ = true;
  log::event(log::level::info, "listening",
             "the live page, status, metrics and findings are served there",
             {{"at", "http://" + server_->address().text() + "/"}});
  return {};
}

awaitable<void> web_server::close() {
  server_->stop();
  co_await server_->join();
}

}  // namespace ddm::cli
