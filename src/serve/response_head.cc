#include "serve/response_head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ddm::serve {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";  // nobody reads it: a reason may be empty
  }
}

/// On every answer: nothing is kept by caches, guessed, framed, or loaded from elsewhere.
constexpr std::string_view always =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'\r\n";

}  // namespace

std::string response_head(const response& answer, std::optional<std::size_t> body_bytes,
                          bool keep_alive, wall_time now) {
  net::http_headers own;
  own.add("Date", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(to_ms(now) / 1000)));
  own.add("Content-Type", answer.content_type);
  if (body_bytes) {
    own.add("Content-Length", fmt::format("{}", *body_bytes));
  }
  own.add("Referrer-Policy", answer.has_form ? "same-origin" : "no-referrer");
  own.add("Connection", keep_alive ? "keep-alive" : "close");
  return fmt::format("HTTP/1.1 {} {}\r\n{}{}{}\r\n", answer.status, reason_of(answer.status),
                     own.text(), always, answer.headers.text());
}

}  // namespace ddm::serve
