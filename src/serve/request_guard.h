// Which requests may be answered, and to whom.
//
// Problem: a port on loopback can be reached by each page that a browser of this machine shows: its
// owner lets his own name point to 127.0.0.1 (DNS rebinding), and the browser takes our answers for
// his. Any other port can be reached by everybody on the way.
// Idea: a Host must name what we listen on, or what we were told; an Origin must be the Host; and
// beyond loopback a token is needed, in a header or by a login, never in a URL, which is logged and
// shared. No answer ever allows another site anything (CORS).
// Reason: all of it is decided here, by a function of the head alone, before anything is looked up.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"
#include "serve/http_message.h"
#include "serve/listen_address.h"
#include "serve/login_sessions.h"
#include "serve/request_head.h"
#include "serve/request_target.h"
#include "serve/token_digest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::serve {

/// How the command line calls what is needed; errors and refusals name them.
inline constexpr std::string_view token_option = "--listen-token-file";
inline constexpr std::string_view allowed_host_option = "--listen-allow-host";

inline constexpr std::size_t login_bytes_max = 4096;
/// A shorter token could be guessed, in spite of the pause after each wrong one.
inline constexpr std::size_t token_characters_min = 16;

struct access_options {
  std::optional<secret> token;  ///< none: everybody who reaches the port may read
  /// Further names under which it is reached, such as a proxy's: "monitor.example.com" with any
  /// port, "monitor.example.com:8443" with that one.
  std::vector<std::string> allowed_hosts;
  /// "/healthz": whoever asks for them, by whatever host and without a token, gets the status
  /// code, with no body. A platform's probe knows neither.
  std::vector<std::string> probes;
};

/// What becomes of a request.
struct judgement {
  enum class outcome {
    answer,  ///< `asked` goes to the handler
    login,   ///< its body, of at most login_bytes_max, goes to log_in()
    refuse,  ///< `refusal` is the answer
  };
  outcome what = outcome::refuse;
  request asked;
  response refusal;
  bool wrong_token = false;  ///< to be refused only after a pause
  bool only_status = false;  ///< of the answer: who asks may not read it
};

struct login_outcome {
  response answer;
  bool wrong_token = false;
};

class request_guard {
 public:
  /// Fails (`wrong_usage`) when `at` is not loopback and there is no token, when the token is short
  /// or cannot stand in a header, and when an allowed host is none.
  [[nodiscard]] static result<request_guard> create(const listen_address& at,
                                                    const access_options& options);

  /// `at`: the address and the port at which the connection has arrived.
  [[nodiscard]] judgement judge(const request_head& head, const listen_address& at,
                                wall_time now) const;
  /// `form` holds the field "token". `fresh` becomes a session if the token is right.
  [[nodiscard]] login_outcome log_in(std::string_view form, const session_key& fresh,
                                     wall_time now);

 private:
  request_guard() = default;
  /// Nothing: none of what stands in the head keeps it from being answered.
  [[nodiscard]] std::optional<response> refusal_by_site(const request_head& head,
                                                        const listen_address& at) const;
  [[nodiscard]] std::optional<response> refusal_by_method(const request_head& head,
                                                          bool logs_in) const;
  [[nodiscard]] bool is_probe(const request_head& head) const;
  [[nodiscard]] judgement judge_reader(const request_head& head, const listen_address& at,
                                       wall_time now) const;
  [[nodiscard]] bool is_ours(const authority& host, const listen_address& at) const;
  [[nodiscard]] bool has_session(std::string_view cookies, wall_time now) const;

  std::optional<token_digest> token_;
  std::vector<authority> allowed_;
  std::vector<std::string> probes_;
  login_sessions sessions_;
};

}  // namespace ddm::serve
