#include "serve/request_parser.h"

#include "net/http_headers.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <utility>

namespace ddm::serve {
namespace {

namespace http = boost::beast::http;

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

request_parser::request_parser() {
  // Beast applies it to the first line and to the fields, each; take() applies it to the sum.
  header_limit(request_head_bytes_max);
  skip(true);
}

std::size_t request_parser::take(std::string_view input) {
  error_code ec;
  const auto taken = put(boost::asio::buffer(input), ec);
  taken_bytes_ += taken;
  const bool needs_more = ec == http::error::need_more;
  const auto seen = taken_bytes_ + (needs_more ? input.size() - taken : 0);
  if (ec == http::error::header_limit || seen > request_head_bytes_max) {
    refusal_ = 431;
  } else if (ec && !needs_more) {
    refusal_ = 400;
  } else if (is_header_done() && has_unsized_body_) {
    refusal_ = 411;
  }
  return taken;
}

void request_parser::on_request_impl(http::verb /*method*/, string_view method_text,
                                     string_view target, int version, error_code& /*ec*/) {
  head_.method = text_of(method_text);
  head_.target = text_of(target);
  version_ = version;
}

void request_parser::on_response_impl(int /*code*/, string_view /*reason*/, int /*version*/,
                                      error_code& /*ec*/) {}

void request_parser::on_field_impl(http::field id, string_view name, string_view value,
                                   error_code& ec) {
  switch (id) {
    case http::field::host:
      if (std::exchange(has_host_, true)) {
        ec = http::error::bad_field;  // which of them a proxy on the way has looked at, who knows
      }
      head_.host = text_of(value);
      break;
    case http::field::origin:
      if (head_.origin) {
        ec = http::error::bad_field;
      }
      head_.origin = text_of(value);
      break;
    case http::field::authorization:
      head_.authorization = secret(text_of(value));
      break;
    case http::field::cookie:
      head_.cookie = secret(text_of(value));
      break;
    case http::field::accept:
      head_.accept = text_of(value);
      break;
    case http::field::content_type:
      head_.content_type = text_of(value);
      break;
    case http::field::transfer_encoding:
      has_unsized_body_ = true;
      break;
    default:
      if (net::equal_ignoring_case({name.data(), name.size()}, "Last-Event-ID")) {
        head_.last_event_id = text_of(value);
      }
      break;
  }
}

void request_parser::on_header_impl(error_code& /*ec*/) {
  head_.body_bytes = content_length().value_or(0);
}
void request_parser::on_body_init_impl(const optional_size& /*length*/, error_code& /*ec*/) {}
void request_parser::on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/,
                                          error_code& /*ec*/) {}
void request_parser::on_finish_impl(error_code& /*ec*/) {}

std::size_t request_parser::on_body_impl(string_view body, error_code& /*ec*/) {
  return body.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t /*remain*/, string_view body,
                                               error_code& /*ec*/) {
  return body.size();
}

}  // namespace ddm::serve
