// The head of an answer, and bodies without a Content-Length, as Beast's parser finds them, put
// straight into an http_response: no list of fields, no intermediate body.
#pragma once

#include "net/http_message.h"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ddm::net {

class answer_parser final : public boost::beast::http::basic_parser<false> {
 public:
  answer_parser(http_response& into, std::size_t body_bytes_max);

  [[nodiscard]] int status() const { return into_.status; }
  [[nodiscard]] std::size_t body_bytes_max() const { return body_bytes_max_; }

  /// How many bytes put() must be given at least. Beast (1.81) aborts the process when it is given
  /// the last chunk's size first and then less than the shortest end of a chunked body; before
  /// that end there are always so many bytes to come.
  [[nodiscard]] std::size_t bytes_wanted() const {
    constexpr std::string_view shortest_end = "0\r\n\r\n";
    return is_header_done() && chunked() ? shortest_end.size() : 1;
  }

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

  http_response& into_;
  std::size_t body_bytes_max_;
};

}  // namespace ddm::net
