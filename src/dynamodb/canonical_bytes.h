// Bytes that grow at their end.
//
// Problem: an item becomes a hundred pieces of a few bytes each, and a call for each piece costs
// more than its bytes. Idea: behind the end there is always room for a block more, so that a short
// piece is copied as whole blocks, in line; what was written too much the next piece overwrites.
// Reason: std::string does the same work in twice the time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ddm::dynamodb {

class canonical_bytes {
 public:
  static constexpr std::size_t block = 16;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] char* data() { return bytes_.get(); }
  [[nodiscard]] const char* data() const { return bytes_.get(); }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t begin, std::size_t size) const {
    return {bytes_.get() + begin, size};
  }

  /// The room stays.
  void clear() { size_ = 0; }
  void shrink(std::size_t size) { size_ = size; }
  /// Bytes that are written later.
  std::size_t leave(std::size_t size) {
    make_room(size);
    return std::exchange(size_, size_ + size);
  }
  void put(char byte) {
    make_room(1);
    bytes_[size_++] = byte;
  }
  void put(std::string_view text) {
    make_room(text.size());
    std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  /// As put(), of a text behind which a block less one byte may be read: a page, or these bytes.
  void put_padded(std::string_view text) {
    if (text.size() > 4 * block) {
      put(text);
      return;
    }
    make_room(text.size());
    for (std::size_t at = 0; at < text.size(); at += block) {
      std::memcpy(bytes_.get() + size_ + at, text.data() + at, block);
    }
    size_ += text.size();
  }
  /// In base 128, low digits first.
  void put_varint(std::uint64_t value) {
    constexpr std::size_t digits_max = 10;
    make_room(digits_max);
    while (value >= 0x80) {
      bytes_[size_++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes_[size_++] = static_cast<char>(value);
  }

 private:
  void make_room(std::size_t more) {
    if (size_ + more + block > capacity_) [[unlikely]] {
      grow(size_ + more + block);
    }
  }
  void grow(std::size_t needed) {
    const auto capacity = std::max(needed, 2 * capacity_);
    auto grown = std::make_unique<char[]>(capacity);
    std::copy_n(bytes_.get(), size_, grown.get());
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_ = std::make_unique<char[]>(first_capacity);
  std::size_t size_ = 0;
  std::size_t capacity_ = first_capacity;

  static constexpr std::size_t first_capacity = 256;
};

}  // namespace ddm::dynamodb
