// The one interface to the outside: an API request goes in, the service's answer comes out.
//
// Problem: the decisions of this program must be tried against shard splits, throttling, damaged
// bodies and day-long outages, none of which a test can order from AWS.
// Idea: everything above this line (retry, classification, CRC check, paging, checking) is the same
// in production and under test; below it is either HTTP + SigV4 (http_transport) or an in-process
// DynamoDB under virtual time (tests/support/fake_dynamodb).
#pragma once

#include "base/error.h"
#include "base/padded_buffer.h"
#include "base/time.h"
#include "net/http_message.h"
#include "runtime/asio.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ddm::aws {

/// How far a request has come: what giving it up would mean.
enum class sending {
  unsent,     ///< the service has not seen it
  under_way,  ///< it may have been seen
  over,       ///< an attempt ended, whether it was answered or not
};

/// What S3 is asked: nothing is posted, and the names are in the path.
struct get_request {
  std::string path;                   ///< as sent: percent-encoded, and below that of the endpoint
  std::string query;                  ///< the same, without '?'; may be empty
  std::optional<std::uint64_t> from;  ///< the first byte of the part that is wanted; nothing: all
  std::uint64_t bytes = 0;            ///< of that part, at most
  std::string if_match;               ///< the ETag that it must have; empty: any
};

/// One attempt of one API call.
struct api_request {
  /// The X-Amz-Target header: "DynamoDB_20120810.GetItem", "DynamoDBStreams_20120810.GetRecords".
  /// Of S3 the operation: "S3.GetObject".
  std::string target;
  /// The JSON body.
  std::string body;
  /// In place of target and body on the wire.
  std::optional<get_request> get = std::nullopt;
  /// From the moment of sending to the last byte of the answer.
  milliseconds timeout{10'000};
  /// The limit of an answer that is large and comes steadily (net::http_request::longest).
  milliseconds longest{0};
  /// Of the answer's body; more is an error of its own (is_too_large).
  std::size_t answer_bytes_max = std::size_t{1} << 20;
  /// Kept up to date by the transport, where somebody asks; outlives the call.
  sending* progress = nullptr;

  /// "GetItem".
  [[nodiscard]] std::string_view operation() const {
    const auto dot = target.find('.');
    return std::string_view(target).substr(dot == std::string::npos ? 0 : dot + 1);
  }
  void note(sending now) const {
    if (progress != nullptr) {
      *progress = now;
    }
  }
};

/// The answer as it came, whatever its status.
struct api_response {
  int status = 0;
  padded_buffer body;
  net::http_headers headers;
  std::string request_id;                   ///< x-amzn-requestid, x-amz-request-id
  std::optional<std::uint32_t> crc32;       ///< x-amz-crc32
  std::optional<milliseconds> retry_after;  ///< x-amz-retry-after
  std::optional<wall_time> date;            ///< Date: the server's clock, whole seconds
  bool retried = false;                     ///< an earlier attempt of the call failed
  wall_time asked_at;                       ///< by our clock; after any wait for a pace
};

/// The answer was larger than `answer_bytes_max`: asking for less mends it, asking again does not.
[[nodiscard]] inline bool is_too_large(const error& failure) {
  return failure.code == net::answer_too_large;
}

class transport {
 public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  /// One attempt. Errors: `retry` (no connection, TLS failure, time-out, connection lost; the code
  /// tells which), `refresh_credentials` (no credentials to sign with), `fatal` (bad
  /// configuration). Cancellation throws. Safe to call many times at once on the control thread.
  [[nodiscard]] virtual awaitable<result<api_response>> send(api_request request) = 0;

  /// Asks that the next request be signed with credentials fetched anew, if there is a provider.
  virtual void renew_credentials() {}

  /// For errors: "account 123456789012" of who signed the last request that failed, if known.
  [[nodiscard]] virtual std::string caller() const { return {}; }
};

}  // namespace ddm::aws
