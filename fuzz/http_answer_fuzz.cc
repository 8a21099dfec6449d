// Heads and bodies of HTTP answers: in whatever pieces they come, they mean the same, and memory
// stays within its limits.
#include "fuzz_target.h"
#include "net/answer_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>

namespace ddm::fuzz {
namespace {

constexpr std::size_t body_bytes_max = 4096;
constexpr std::size_t head_bytes_max = 64UZ * 1024;

struct outcome {
  net::http_response answer;
  bool complete = false;
};

/// As a connection does it: what the parser leaves is given again with what comes next.
outcome parsed(std::string_view input, std::size_t piece_bytes) {
  outcome seen;
  net::answer_parser parser(seen.answer, body_bytes_max);
  parser.eager(true);
  std::string waiting;
  for (std::size_t at = 0; at < input.size() && !parser.is_done(); at += piece_bytes) {
    waiting += input.substr(at, piece_bytes);
    for (bool more = false;
         waiting.size() >= parser.bytes_wanted() && !more && !parser.is_done();) {
      boost::system::error_code ec;
      waiting.erase(0, parser.put(boost::asio::buffer(waiting), ec));
      more = ec == boost::beast::http::error::need_more;
      if (ec && !more) {
        return seen;
      }
    }
  }
  seen.complete = parser.is_done();
  return seen;
}

std::string_view text_of(const padded_buffer& body) { return {body.data(), body.size()}; }

}  // namespace

void fuzz_one(std::string_view input) {
  const auto whole = parsed(input, input.size() + 1);
  const auto& headers = whole.answer.headers.text();
  require(whole.answer.body.size() <= body_bytes_max, "a body stays within its limit");
  require(headers.size() <= head_bytes_max, "a head stays within its limit");
  for (const std::size_t piece : {1, 7}) {
    const auto pieces = parsed(input, piece);
    // A head that never ends well may be refused at once, or waited for.
    require(pieces.complete == whole.complete, "pieces end as the whole does");
    require(!whole.complete || (pieces.answer.status == whole.answer.status &&
                                pieces.answer.headers.text() == headers &&
                                text_of(pieces.answer.body) == text_of(whole.answer.body)),
            "pieces say what the whole says");
  }
  (void)whole.answer.headers.find("content-type");
}

}  // namespace ddm::fuzz
