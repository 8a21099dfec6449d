// One request and its answer.
#pragma once

#include "base/padded_buffer.h"
#include "base/time.h"
#include "net/http_headers.h"

#include <string>
#include <string_view>

namespace ddm::net {

/// The code of an answer with status 200 whose body is larger than `answer_bytes_max`. It is fatal:
/// the same question would be answered in the same way.
inline constexpr std::string_view answer_too_large = "AnswerTooLarge";

struct http_request {
  std::string method = "GET";  ///< not HEAD: an answer is taken to have the body it announces
  std::string target = "/";    ///< path and query as sent
  http_headers headers;        ///< without Host and Content-Length: the client adds them
  std::string body;
  std::size_t answer_bytes_max = std::size_t{1} << 20;  ///< of the answer's body; more is an error
  /// From the moment a connection is free to the last byte of the answer: name lookup, connecting
  /// and TLS included.
  milliseconds timeout{10'000};
  /// Where this is longer, it is the limit for as long as 32 KiB of the answer's body come each
  /// second. Heads and what else is no body do not count.
  milliseconds longest{0};
};

struct http_response {
  int status = 0;
  http_headers headers;
  padded_buffer body;
};

}  // namespace ddm::net
