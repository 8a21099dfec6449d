// The fake behind a real socket, for wire tests and benchmarks.
//
// Idea: a small HTTP server on 127.0.0.1 with one thread of its own; the access key in a request's
// Credential chooses the account, as DynamoDB Local does. Signatures are not checked.
#pragma once

#include "runtime/task_group.h"
#include "support/fake_dynamodb.h"

#include <boost/asio/ip/tcp.hpp>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace ddm::support {

class fake_server {
 public:
  /// Accounts are made with these options at their first use; each has a number of its own.
  explicit fake_server(fake_options defaults = without_latency());
  fake_server(const fake_server&) = delete;
  fake_server& operator=(const fake_server&) = delete;
  /// Ends all connections and waits for the thread.
  ~fake_server();

  /// Requests are answered as fast as they come.
  [[nodiscard]] static fake_options without_latency();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Runs `work(account)` on the server's thread and waits for it: the only way to an account.
  template <class Work>
  auto with_account(const std::string& access_key, Work work) {
    using answer = std::invoke_result_t<Work, fake_dynamodb&>;
    std::packaged_task<answer()> task(
        [this, &access_key, &work] { return work(account(access_key)); });
    auto done = task.get_future();
    asio::post(context_, [&task] { task(); });
    return done.get();
  }

 private:
  [[nodiscard]] fake_dynamodb& account(const std::string& access_key);
  [[nodiscard]] aws::transport& connection(const std::string& access_key);
  [[nodiscard]] awaitable<void> accept();
  [[nodiscard]] awaitable<void> converse(asio::ip::tcp::socket socket);

  struct tenant {
    std::unique_ptr<fake_dynamodb> account;
    std::unique_ptr<aws::transport> connection;
  };
  tenant& tenant_of(const std::string& access_key);

  fake_options defaults_;
  system_clock clock_;
  asio::io_context context_;
  std::map<std::string, tenant> tenants_;
  task_group tasks_;
  bool stopping_ = false;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace ddm::support
