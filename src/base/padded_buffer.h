// Bytes with readable zeros behind them: simdjson reads up to 64 bytes past the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace ddm {

/// Owns `size()` bytes followed by `padding` readable zero bytes. Move-only; contents may be
/// written.
class padded_buffer {
 public:
  static constexpr std::size_t padding = 64;

  padded_buffer() : padded_buffer(std::size_t{0}) {}
  explicit padded_buffer(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<char[]>(size + padding)),
        size_(size),
        capacity_(size) {
    std::memset(bytes_.get() + size, 0, padding);
  }
  explicit padded_buffer(std::string_view text) : padded_buffer(text.size()) {
    std::ranges::copy(text, bytes_.get());
  }

  [[nodiscard]] char* data() { return bytes_.get(); }
  [[nodiscard]] const char* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

  /// Sets the size, keeping the bytes; grows by at least half, so appending is amortised.
  void resize(std::size_t size) {
    if (size > capacity_) {
      const auto capacity = std::max(size, capacity_ + capacity_ / 2);
      auto grown = std::make_unique_for_overwrite<char[]>(capacity + padding);
      std::memcpy(grown.get(), bytes_.get(), size_);
      bytes_ = std::move(grown);
      capacity_ = capacity;
    }
    size_ = size;
    std::memset(bytes_.get() + size, 0, padding);
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
  std::size_t capacity_;
};

}  // namespace ddm
