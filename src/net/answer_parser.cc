#include "net/answer_parser.h"

#include <boost/beast/http/error.hpp>

#include <cstring>

namespace ddm::net {
namespace {

constexpr std::uint32_t head_bytes_max = 32 * 1024;

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

answer_parser::answer_parser(http_response& into, std::size_t body_bytes_max)
    : into_(into), body_bytes_max_(body_bytes_max) {
  header_limit(head_bytes_max);
  body_limit(body_bytes_max);
}

void answer_parser::on_request_impl(boost::beast::http::verb /*method*/, string_view /*text*/,
                                    string_view /*target*/, int /*version*/, error_code& /*ec*/) {}

void answer_parser::on_response_impl(int code, string_view /*reason*/, int /*version*/,
                                     error_code& /*ec*/) {
  into_.status = code;
}

void answer_parser::on_field_impl(boost::beast::http::field /*id*/, string_view name,
                                  string_view value, error_code& ec) {
  into_.headers.add(plain(name), plain(value));
  if (into_.headers.text().size() > head_bytes_max) {
    ec = boost::beast::http::error::header_limit;
  }
}

void answer_parser::on_header_impl(error_code& /*ec*/) {}
void answer_parser::on_body_init_impl(const optional_size& /*length*/, error_code& /*ec*/) {}
void answer_parser::on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/,
                                         error_code& /*ec*/) {}
void answer_parser::on_finish_impl(error_code& /*ec*/) {}

std::size_t answer_parser::on_body_impl(string_view body, error_code& /*ec*/) {
  const auto before = into_.body.size();
  into_.body.resize(before + body.size());
  std::memcpy(into_.body.data() + before, body.data(), body.size());
  return body.size();
}

std::size_t answer_parser::on_chunk_body_impl(std::uint64_t /*remain*/, string_view body,
                                              error_code& ec) {
  return on_body_impl(body, ec);
}

}  // namespace ddm::net
