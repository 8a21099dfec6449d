// A string that cannot be printed by accident: it has no formatter, no operator<<, no conversion.
// What it held is wiped from memory once it is not needed any more.
#pragma once

#include <openssl/crypto.h>

#include <string>
#include <utility>

namespace ddm {

/// Zeroes that no optimisation leaves out, over all that the string's memory held. Short strings
/// live in the object, and a move only copies them: wipe what was moved from too.
inline void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) { wipe(text); }
  secret(const secret&) = default;
  secret(secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  secret& operator=(const secret& other) {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
    }
    return *this;
  }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = std::move(other.text_);
      wipe(other.text_);
    }
    return *this;
  }
  ~secret() { wipe(text_); }

  /// The only way to the text; each call is a place to review.
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  bool operator==(const secret&) const = default;

 private:
  std::string text_;
};

}  // namespace ddm
