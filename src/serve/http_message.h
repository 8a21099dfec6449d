// A request as a handler sees it, and the answer that it gives: plain values.
#pragma once

#include "net/http_headers.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::serve {

/// One of a query or a form; both decoded.
struct parameter {
  std::string name;
  std::string value;

  bool operator==(const parameter&) const = default;
};

/// Null when there is none of that name. There is never more than one (request_target.h).
[[nodiscard]] const std::string* find_parameter(const std::vector<parameter>& parameters,
                                                std::string_view name);

/// Only what may be answered becomes one: its host, its token and its target have been examined.
struct request {
  std::string method;  ///< GET or HEAD; a handler answers both alike, the body of HEAD is dropped
  std::vector<std::string> path;  ///< decoded segments; none for "/"
  std::vector<parameter> query;
  std::string accept;
  std::string last_event_id;  ///< as the client says; of an event stream that it had
};

struct response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  net::http_headers headers;  ///< beside those that every answer has (response_head.h)
  /// Under Referrer-Policy no-referrer a browser sends a form with "Origin: null", which the guard
  /// takes for another site's. A page with a form therefore says same-origin.
  bool has_form = false;
};

/// A plain text with that status, for people; it gets its line break.
[[nodiscard]] response plain_text(int status, std::string_view text);
/// A JSON document, in which anybody may have written: it is escaped as base/displayable.h says.
[[nodiscard]] response json_document(int status, std::string_view text);

}  // namespace ddm::serve
