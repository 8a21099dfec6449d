// The transport of production: one signed HTTP exchange for each attempt.
#pragma once

#include "aws/credentials_source.h"
#include "aws/sigv4.h"
#include "aws/transport.h"
#include "net/http_client.h"
#include "runtime/clock.h"

#include <memory>
#include <string>

namespace ddm::aws {

class http_transport final : public transport {
 public:
  /// `identity` may be shared by several transports (tables and streams of one side). `time`
  /// outlives the transport. Tables and streams are both signed for the service "dynamodb".
  http_transport(std::unique_ptr<net::http_client> http,
                 std::shared_ptr<credentials_provider> identity, std::string region, clock& time,
                 std::string_view service = "dynamodb");

  [[nodiscard]] awaitable<result<api_response>> send(api_request request) override;
  void renew_credentials() override { identity_->renew(refused_); }
  [[nodiscard]] std::string caller() const override;

  /// How far the server's clock was ahead of ours when it last complained about it; else zero. At
  /// most a day: whoever answers could have requests signed that are valid in years.
  [[nodiscard]] milliseconds clock_skew() const { return clock_skew_; }

 private:
  /// Takes the request's body.
  [[nodiscard]] net::http_request sign(api_request& request, const credentials& by);
  [[nodiscard]] net::http_request sign_get(const api_request& request, const credentials& by);
  void learn_clock_skew(const api_response& response);

  std::unique_ptr<net::http_client> http_;
  std::shared_ptr<credentials_provider> identity_;
  request_signer signer_;
  clock& clock_;
  std::string authority_;
  std::string path_;
  milliseconds clock_skew_{0};
  bool warned_of_skew_ = false;
  shared_credentials refused_;  ///< what signed the last request that did not succeed
};

}  // namespace ddm::aws
