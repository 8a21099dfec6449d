#include "dynamodb/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ddm::dynamodb {
namespace {

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

/// Cuts `text` at the first `separator`; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return part;
}

std::unexpected<error> bad_arn(std::string_view text, std::string_view why) {
  return fatal(fmt::format(
      "reading the ARN \"{}\": {}; expected arn:aws:dynamodb:REGION:ACCOUNT:table/NAME, with "
      "/stream/LABEL behind it for a stream",
      text, why));
}

}  // namespace

result<sequence_number> sequence_number::parse(std::string_view text) {
  unsigned highest = 0;  // without an end before the last: several at a time
  for (const auto c : text) {
    highest = std::max(highest, static_cast<unsigned>(c) - '0');
  }
  if (text.empty() || text.size() > digits_max || highest > 9) {
    return fatal(fmt::format("reading a sequence number: \"{}\" is not 1 to {} decimal digits",
                             text.substr(0, 2 * digits_max), digits_max));
  }
  sequence_number number;
  std::ranges::copy(text, number.digits_.begin());
  number.length_ = static_cast<std::uint8_t>(text.size());
  return number;
}

std::strong_ordering sequence_number::operator<=>(const sequence_number& other) const {
  if (length_ == other.length_) {
    return std::memcmp(digits_.data(), other.digits_.data(), length_) <=> 0;
  }
  if (empty() || other.empty()) {
    return !empty() <=> !other.empty();
  }
  const auto mine = without_leading_zeros(str());
  const auto theirs = without_leading_zeros(other.str());
  if (mine.size() != theirs.size()) {
    return mine.size() <=> theirs.size();
  }
  return mine.compare(theirs) <=> 0;
}

char to_char(key_type type) {
  switch (type) {
    case key_type::string:
      return 'S';
    case key_type::number:
      return 'N';
    case key_type::binary:
      return 'B';
  }
  return '?';
}

std::string key_schema::describe() const {
  auto text = fmt::format("{} ({})", partition.name, to_char(partition.type));
  if (sort) {
    text += fmt::format(", {} ({})", sort->name, to_char(sort->type));
  }
  return text;
}

result<table_arn> table_arn::parse(std::string_view text) {
  auto rest = text;
  if (take_until(rest, ':') != "arn") {
    return bad_arn(text, "it does not begin with \"arn:\"");
  }
  const auto partition = take_until(rest, ':');
  const auto service = take_until(rest, ':');
  const auto region = take_until(rest, ':');
  const auto account = take_until(rest, ':');
  if (!account) {
    return bad_arn(text, "it has fewer than six parts");
  }
  if (!partition->starts_with("aws")) {
    return bad_arn(text, fmt::format("\"{}\" is no AWS partition", *partition));
  }
  if (service != "dynamodb") {
    return bad_arn(text, fmt::format("its service is \"{}\", not dynamodb", *service));
  }
  if (region->empty() || account->empty()) {
    return bad_arn(text, region->empty() ? "the region is empty" : "the account is empty");
  }
  constexpr std::string_view table_head = "table/";
  if (!rest.starts_with(table_head)) {
    return bad_arn(text, "it names no table");
  }
  rest.remove_prefix(table_head.size());
  table_arn arn{.partition = std::string(*partition),
                .region = std::string(*region),
                .account = std::string(*account),
                .table = std::string(rest.substr(0, rest.find('/'))),
                .stream_label = {}};
  if (arn.table.empty()) {
    return bad_arn(text, "the table's name is empty");
  }
  rest.remove_prefix(arn.table.size());
  if (rest.empty()) {
    return arn;
  }
  constexpr std::string_view stream_head = "/stream/";
  if (!rest.starts_with(stream_head) || rest.size() == stream_head.size() ||
      rest.find('/', stream_head.size()) != std::string_view::npos) {
    return bad_arn(text, "what follows the table's name is not /stream/LABEL");
  }
  arn.stream_label = rest.substr(stream_head.size());
  return arn;
}

bool is_local_arn(std::string_view arn) {
  return arn.contains(":ddblocal:") || arn.contains(":000000000000:");
}

}  // namespace ddm::dynamodb
