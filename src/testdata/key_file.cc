#include "testdata/key_file.h"

#include "base/private_file.h"
#include "base/write_all.h"
#include "dynamodb/base64.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <unistd.h>
#include <utility>

namespace ddm::testdata {
namespace {

using dynamodb::attribute_map;
using dynamodb::attribute_value;
using dynamodb::key_attribute;
using dynamodb::key_schema;
using dynamodb::key_type;

std::string quoted_where_needed(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    return field;
  }
  std::string quoted = "\"";
  for (const char c : field) {
    quoted += c;
    if (c == '"') {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string row_of(const key_schema& schema, auto field_of) {
  auto row = quoted_where_needed(field_of(schema.partition));
  if (schema.sort) {
    row += ',' + quoted_where_needed(field_of(*schema.sort));
  }
  return row + '\n';
}

struct csv_row {
  std::size_t line = 0;
  std::vector<std::string> fields;
};

std::unexpected<error> wrong(std::size_t line, std::string_view what) {
  return wrong_usage(fmt::format("line {} {}", line, what));
}

/// Splits CSV text into rows, one character at a time.
class csv_reader {
 public:
  explicit csv_reader(std::string_view text) : rest_(text) {}

  result<std::vector<csv_row>> read() {
    std::vector<csv_row> rows;
    while (!rest_.empty()) {
      rows.push_back({.line = line_, .fields = {}});
      bool more = true;
      while (more) {
        auto field = rest_.starts_with('"') ? quoted_field() : plain_field();
        if (!field) {
          return fail(std::move(field.error()));
        }
        rows.back().fields.push_back(*std::move(field));
        if (rest_.empty()) {
          return wrong(line_, "has no end; it may be cut off: complete it, or delete it");
        }
        more = rest_.front() == ',';
        rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
      }
      ++line_;
    }
    return rows;
  }

 private:
  result<std::string> plain_field() {
    const auto end = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
    std::string field(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (rest_.starts_with('"') || (rest_.starts_with('\r') && !rest_.starts_with("\r\n"))) {
      return wrong(line_, "has a quote or a line break inside of a field without quotes");
    }
    return field;
  }

  result<std::string> quoted_field() {
    std::string field;
    for (rest_.remove_prefix(1);;) {
      const auto quote = rest_.find('"');
      if (quote == std::string_view::npos) {
        return wrong(line_, "opens a quote that nothing closes; it may be cut off");
      }
      const auto part = rest_.substr(0, quote);
      line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
      field += part;
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) {
        break;
      }
      field += '"';
      rest_.remove_prefix(1);
    }
    if (!rest_.empty() && !rest_.starts_with(',') && !rest_.starts_with('\n') &&
        !rest_.starts_with("\r\n")) {
      return wrong(line_, "has text behind a closing quote");
    }
    return field;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

/// "pk:S".
std::optional<key_attribute> parse_attribute(const std::string& field) {
  if (field.size() < 3 || field[field.size() - 2] != ':') {
    return std::nullopt;
  }
  for (const auto type : {key_type::string, key_type::number, key_type::binary}) {
    if (field.back() == to_char(type)) {
      return key_attribute{.name = field.substr(0, field.size() - 2), .type = type};
    }
  }
  return std::nullopt;
}

result<key_schema> parse_header(const csv_row& row) {
  const auto partition = parse_attribute(row.fields[0]);
  const auto sort = row.fields.size() > 1 ? parse_attribute(row.fields[1]) : std::nullopt;
  if (!partition || row.fields.size() > 2 || sort.has_value() != (row.fields.size() == 2)) {
    return wrong(row.line, "must name the key's attributes with their types, such as pk:S,sk:N");
  }
  if (sort && sort->name == partition->name) {
    return wrong(row.line, fmt::format("names {} twice: a key has two attributes", sort->name));
  }
  return key_schema{.partition = *partition, .sort = sort};
}

result<attribute_value> parse_value(const key_attribute& attribute, const csv_row& row,
                                    const std::string& field) {
  if (field.empty()) {
    return wrong(row.line, fmt::format("has no value for {}", attribute.name));
  }
  switch (attribute.type) {
    case key_type::string:
      return attribute_value{field};
    case key_type::number:
      return attribute_value{dynamodb::number_text{field}};
    case key_type::binary:
      break;
  }
  auto bytes = dynamodb::base64_decode(field);
  if (!bytes) {
    return wrong(row.line, fmt::format("has a value for {} that is not base64", attribute.name));
  }
  return attribute_value{dynamodb::binary{*std::move(bytes)}};
}

result<attribute_map> parse_key(const key_schema& schema, const csv_row& row) {
  const std::size_t fields = schema.sort ? 2 : 1;
  if (row.fields.size() != fields) {
    return wrong(row.line, fmt::format("has {} fields, not {}", row.fields.size(), fields));
  }
  attribute_map key;
  for (std::size_t i = 0; i < fields; ++i) {
    const auto& attribute = i == 0 ? schema.partition : *schema.sort;
    auto value = parse_value(attribute, row, row.fields[i]);
    if (!value) {
      return fail(std::move(value.error()));
    }
    key.emplace(attribute.name, *std::move(value));
  }
  return key;
}

}  // namespace

std::string key_file_header(const key_schema& schema) {
  return row_of(schema, [](const key_attribute& attribute) {
    return fmt::format("{}:{}", attribute.name, to_char(attribute.type));
  });
}

std::string key_file_row(const key_schema& schema, const attribute_map& item) {
  return row_of(schema, [&](const key_attribute& attribute) {
    const auto& value = item.find(attribute.name)->second.value;
    switch (attribute.type) {
      case key_type::number:
        return std::get<dynamodb::number_text>(value).text;
      case key_type::binary:
        return dynamodb::base64_encode(std::get<dynamodb::binary>(value).bytes);
      case key_type::string:
        break;
    }
    return std::get<std::string>(value);
  });
}

result<key_table> parse_key_file(std::string_view text) {
  const auto rows = csv_reader(text).read();
  if (!rows) {
    return fail(rows.error());
  }
  if (rows->empty()) {
    return wrong_usage(
        "it is empty; the first line must name the key's attributes, such as pk:S,sk:N");
  }
  auto schema = parse_header(rows->front());
  if (!schema) {
    return fail(std::move(schema.error()));
  }
  key_table table{.schema = *std::move(schema), .keys = {}};
  std::set<std::vector<std::string>> seen;
  for (const auto& row : std::span(*rows).subspan(1)) {
    auto key = parse_key(table.schema, row);
    if (!key) {
      return fail(std::move(key.error()));
    }
    if (seen.insert(row.fields).second) {
      table.keys.push_back(*std::move(key));
    }
  }
  return table;
}

result<key_file_writer> key_file_writer::create(const std::string& path, key_schema schema) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    const int reason = errno;
    if (reason == EEXIST) {
      return wrong_usage(
          fmt::format("--output {} exists and is not written over: its keys would be lost for "
                      "datadel. Name another file, or remove it",
                      path));
    }
    return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
                fmt::format("--output {} cannot be created: {}", path, std::strerror(reason)));
  }
  key_file_writer file(path, descriptor, std::move(schema));
  if (auto written = file.write(key_file_header(file.schema_)); !written) {
    ::unlink(path.c_str());
    return fail(std::move(written.error()));
  }
  return file;
}

key_file_writer::key_file_writer(key_file_writer&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      schema_(std::move(other.schema_)) {}

key_file_writer::~key_file_writer() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

result<void> key_file_writer::append(std::span<const attribute_map> keys) {
  std::string rows;
  for (const auto& key : keys) {
    rows += key_file_row(schema_, key);
  }
  return write(rows);
}

result<void> key_file_writer::write(std::string_view text) {
  if (!write_all(descriptor_, text)) {
    return fatal(fmt::format("--output {} cannot be written: {}", path_, std::strerror(errno)));
  }
  return {};
}

}  // namespace ddm::testdata
