// What services, programs and files hand out as credentials: what is accepted is complete, and an
// error never quotes what was read, which may hold a secret. The first byte chooses the reader.
#include "aws/credential_json.h"
#include "aws/process_credentials.h"
#include "aws/sso_answer.h"
#include "aws/sso_token.h"
#include "aws/sts_answer.h"
#include "fuzz_target.h"

#include <string>
#include <string_view>

namespace ddm::fuzz {
namespace {

/// Shorter pieces may stand in a message by chance.
constexpr std::size_t quote_bytes_min = 24;

std::string error_of(const result<aws::credentials>& made) {
  return made ? std::string() : made.error().message;
}

/// `read` takes a document. A document may consist of the words of the very message that refuses
/// it: a message that is said of another one, too, quotes neither.
void judge(const auto& read, std::string_view input) {
  const result<aws::credentials> made = read(input);
  if (made) {
    require(!made->access_key_id.empty() && !made->secret_access_key.empty(), "keys are complete");
    return;
  }
  const auto& text = made.error().message;
  const bool quotes = input.size() >= quote_bytes_min && text.contains(input);
  require(!quotes || text == error_of(read("#")), "an error does not quote what was read");
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const char reader = input.front();
  input.remove_prefix(1);
  switch (reader) {
    case 'r':
      judge([](std::string_view text) { return aws::read_assumed_role(text, "AssumeRole"); },
            input);
      break;
    case 'i':
      if (const auto made = aws::read_caller_identity(input)) {
        require(!made->account.empty() && !made->arn.empty(), "an identity is complete");
      }
      break;
    case 'e':
      require(!aws::read_sts_error(input, 400).message.empty() || !input.empty(),
              "an error speaks");
      break;
    case 'p':
      judge([](std::string_view text) { return aws::read_credentials(text, "SessionToken"); },
            input);
      break;
    case 'm':
      judge([](std::string_view text) { return aws::read_credentials(text, "Token"); }, input);
      break;
    case 't':
      if (const auto token = aws::read_sso_token(input)) {
        require(!token->access_token.empty(), "a token is one");
      }
      break;
    case 's':
      if (const auto made = aws::read_role_credentials(input)) {
        require(!made->secret_access_key.empty() && !made->session_token.empty() && made->expires &&
                    !format_rfc3339(*made->expires).empty(),
                "a role's credentials are complete");
      }
      break;
    case 'o':
      if (const auto made = aws::read_created_token(input)) {
        require(!made->access_token.empty() && made->lifetime.count() > 0,
                "a token that was made is one");
      }
      break;
    case 'w':
      if (const auto words = aws::split_command(input)) {
        require(words->size() <= input.size(), "words are made of letters");
      }
      break;
    default:
      break;
  }
}

}  // namespace ddm::fuzz
