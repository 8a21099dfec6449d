// The head of a request, as Beast's parser finds it.
//
// A body is not the parser's: who takes one reads as many bytes as were announced. One of unknown
// length (chunked) is refused, as no request that we answer has any.
#pragma once

#include "serve/request_head.h"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ddm::serve {

inline constexpr std::size_t request_head_bytes_max = 8192;

class request_parser final : private boost::beast::http::basic_parser<true> {
 public:
  request_parser();

  /// `input`: all that has come and was not taken yet. Says how much of it was taken; what was not
  /// is given again together with what comes next. Only as long as neither complete() nor
  /// refusal().
  [[nodiscard]] std::size_t take(std::string_view input);
  [[nodiscard]] bool complete() const { return is_header_done() && refusal_ == 0; }
  /// The status with which it is to be refused: 400, 411 or 431; 0: not at all.
  [[nodiscard]] int refusal() const { return refusal_; }

  /// Something has come of it.
  [[nodiscard]] bool begun() const { return got_some(); }
  [[nodiscard]] const request_head& head() const { return head_; }
  /// Whether the client may send another one on this connection: HTTP/1.1 without "close".
  [[nodiscard]] bool wants_more() const { return version_ == 11 && keep_alive(); }

 private:
  using error_code = boost::system::error_code;
  using string_view = boost::beast::string_view;
  using optional_size = boost::optional<std::uint64_t>;

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target,
                       int version, error_code& ec) override;
  void on_response_impl(int code, string_view reason, int version, error_code& ec) override;
  void on_field_impl(boost::beast::http::field id, string_view name, string_view value,
                     error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const optional_size& content_length, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  request_head head_;
  std::size_t taken_bytes_ = 0;
  int version_ = 0;
  int refusal_ = 0;
  bool has_host_ = false;
  bool has_unsized_body_ = false;
};

}  // namespace ddm::serve
