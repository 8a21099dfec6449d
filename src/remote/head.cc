#include "remote/head.h"

#include "base/varint.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace ddm::remote {
namespace {

/// Raised when a head, a manifest or a block is written in another way.
constexpr std::uint64_t copy_format = 1;
constexpr std::uint64_t levels_max = 3;  // of 4 KB each: more than a terabyte

std::unexpected<error> strange(std::string_view what) {
  return fatal(fmt::format(
      "the head of the state has {}: it is damaged, or of something else; nothing was changed",
      what));
}

std::string bytes_of(const copy_root& copy) {
  std::string bytes;
  put_varint(bytes, copy_format);
  put_varint(bytes, copy.epoch);
  put_varint(bytes, copy.number);
  put_varint(bytes, static_cast<std::uint64_t>(to_ms(copy.taken_at)));
  put_varint(bytes, copy.bytes);
  put_varint(bytes, copy.manifest.levels);
  return bytes + copy.manifest.top;
}

result<copy_root> copy_of(std::string_view bytes) {
  const auto format = take_varint(bytes);
  if (format && *format > copy_format) {
    return wrong_usage(
        fmt::format("the copy is of format {}, and this program knows up to {}: use the program "
                    "that wrote it, or a newer one",
                    *format, copy_format));
  }
  const auto epoch = take_varint(bytes);
  const auto number = take_varint(bytes);
  const auto taken_at = take_varint(bytes);
  const auto size = take_varint(bytes);
  const auto levels = take_varint(bytes);
  if (format != copy_format || !levels || *levels > levels_max) {
    return strange("a copy that cannot be read");
  }
  return copy_root{
      .epoch = *epoch,
      .number = *number,
      .taken_at = from_ms(static_cast<std::int64_t>(*taken_at)),
      .bytes = *size,
      .manifest = {.levels = static_cast<unsigned>(*levels), .top = std::string(bytes)}};
}

std::optional<std::uint64_t> number_in(const dynamodb::attribute_map& attributes,
                                       std::string_view name) {
  const auto found = attributes.find(name);
  const auto* number = found == attributes.end()
                           ? nullptr
                           : std::get_if<dynamodb::number_text>(&found->second.value);
  std::uint64_t value = 0;
  if (number == nullptr) {
    return std::nullopt;
  }
  const auto* end = number->text.data() + number->text.size();
  const auto read = std::from_chars(number->text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::string> text_of(const dynamodb::attribute_map& item, std::string_view name) {
  const auto found = item.find(name);
  const auto* text = found == item.end() ? nullptr : std::get_if<std::string>(&found->second.value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

dynamodb::attribute_map attributes_of(const head& of) {
  const auto number = [](std::uint64_t value) {
    return dynamodb::attribute_value{dynamodb::number_text{fmt::to_string(value)}};
  };
  dynamodb::attribute_map attributes{{"write", {of.write}},
                                     {"epoch", number(of.epoch)},
                                     {"counter", number(of.counter)},
                                     {"told", {of.told}}};
  if (!of.owner.empty()) {
    attributes.emplace("owner", dynamodb::attribute_value{of.owner});
  }
  if (of.copy) {
    attributes.emplace("copy", dynamodb::attribute_value{dynamodb::binary{bytes_of(*of.copy)}});
  }
  return attributes;
}

result<head> head_of(const dynamodb::attribute_map& attributes) {
  auto write = text_of(attributes, "write");
  const auto epoch = number_in(attributes, "epoch");
  const auto counter = number_in(attributes, "counter");
  if (!write || write->empty() || !epoch || !counter) {
    return strange("no write, epoch or counter");
  }
  head found{.write = *std::move(write),
             .epoch = *epoch,
             .counter = *counter,
             .owner = text_of(attributes, "owner").value_or(""),
             .told = text_of(attributes, "told").value_or(""),
             .copy = {}};
  if (const auto copy = attributes.find("copy"); copy != attributes.end()) {
    const auto* bytes = std::get_if<dynamodb::binary>(&copy->second.value);
    auto read = bytes == nullptr ? strange("a copy of another type") : copy_of(bytes->bytes);
    if (!read) {
      return fail(std::move(read.error()));
    }
    found.copy = *std::move(read);
  }
  return found;
}

}  // namespace ddm::remote
