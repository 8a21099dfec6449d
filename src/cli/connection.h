// The whole stack to one service of one side: settings, credentials, HTTP, signing, retries.
#pragma once

#include "aws/client_settings.h"
#include "aws/credentials_source.h"
#include "aws/environment.h"
#include "aws/http_transport.h"
#include "aws/profile_files.h"
#include "aws/service_client.h"
#include "aws/sts_client.h"
#include "base/side.h"
#include "cli/options.h"
#include "report/run_facts.h"
#include "runtime/clock.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ddm::cli {

enum class aws_service {
  tables,   ///< DynamoDB
  streams,  ///< DynamoDB Streams
};

struct connection_request {
  std::string name;  ///< put before error messages: "source", "target", "stream"
  aws_service service = aws_service::tables;
  connection_options options;
};

/// What may be shown of a connection.
struct connection_description {
  std::string profile;  ///< empty: the default chain
  std::string region;
  std::string endpoint;
  bool endpoint_is_public = false;  ///< the region's own, chosen by no setting
  std::string identity;             ///< where the credentials come from
};

/// How the stream is reached: its side lends it what its own flags do not say.
[[nodiscard]] connection_options stream_connection(const migration_options& sides,
                                                   connection_options stream,
                                                   const std::optional<std::string>& stream_arn);

/// A table's ARN of another region than the one that is called: the fault in words. Nothing for
/// names, and where an endpoint of its own was chosen: what serves there is not known.
[[nodiscard]] std::optional<std::string> region_fault(side which, const std::string& name_or_arn,
                                                      const connection_description& called);

/// What connections that are reached alike may share: HTTP connections and credentials.
struct service_link {
  /// Fails without any I/O to the service: unknown profile, bad endpoint, no credentials to be had.
  [[nodiscard]] static result<std::shared_ptr<service_link>> open(
      const connection_request& request, const asio::any_io_executor& executor, clock& time,
      const aws::environment& variables, const aws::profile_files& files);

  connection_description description;
  int attempts_max = 0;
  std::shared_ptr<aws::credentials_provider> identity;
  result<aws::sts_client> sts;  ///< its fault is told when it is asked
  aws::http_transport transport;
};

/// One user's way over a link: retries, a pace and a name in messages of its own.
class connection {
 public:
  /// Over a link of its own; as service_link::open.
  [[nodiscard]] static result<std::unique_ptr<connection>> open(
      const connection_request& request, const asio::any_io_executor& executor, clock& time,
      const aws::environment& variables, const aws::profile_files& files);
  /// `name` as in the request; `time` outlives it.
  connection(std::shared_ptr<service_link> over, std::string_view name, clock& time);

  [[nodiscard]] aws::service_client& calls() { return calls_; }
  [[nodiscard]] const connection_description& description() const { return link_->description; }
  /// "ends 2026-01-31T23:59:58Z, renewed unattended before that".
  [[nodiscard]] std::string lifetime_of(const aws::credentials& present) const {
    return aws::describe_lifetime(present, *link_->identity);
  }
  /// As they are now, or were last, as far as they may be shown; nothing: none have been at hand.
  [[nodiscard]] std::optional<report::credential_facts> credential_facts(std::string_view of);
  /// The credentials as they are now; never to be shown but for the access key id and the end.
  [[nodiscard]] awaitable<result<aws::shared_credentials>> credentials() {
    return link_->identity->get();
  }
  /// Who the credentials belong to, by STS.
  [[nodiscard]] awaitable<result<aws::caller_identity>> caller_identity();
  /// Called for each throttled answer from now on.
  void on_throttled(std::function<void()> slow_down) { *slow_down_ = std::move(slow_down); }

 private:
  std::shared_ptr<service_link> link_;
  std::shared_ptr<std::function<void()>> slow_down_ = std::make_shared<std::function<void()>>();
  aws::service_client calls_;
  std::optional<report::credential_facts> shown_;
};

}  // namespace ddm::cli
