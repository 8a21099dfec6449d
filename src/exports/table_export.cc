#include "exports/table_export.h"

#include "base/units.h"
#include "dynamodb/base64.h"
#include "exports/export_file_reader.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ddm::exports {
namespace {

/// 100,000 files, a line of some 250 bytes each, and as much again.
constexpr std::size_t manifest_bytes_max = std::size_t{64} << 20;
constexpr std::size_t checksum_bytes_max = 4096;
/// As exports have them, and as AWS's guide calls them.
constexpr std::array checksum_suffixes{".md5", ".checksum"};

awaitable<result<std::string>> read_whole(export_store& store, std::string name,
                                          std::size_t bytes_max) {
  auto text = co_await store.read(name, 0, bytes_max + 1);
  if (text && text->size() > bytes_max) {
    co_return wrong_usage(
        fmt::format("{} of the export is larger than {}", name, format_size(bytes_max)));
  }
  co_return text;
}

/// Base64 of 16 bytes; in an older kind of file their hexadecimal digits.
bool is_sum_of(std::string_view written, std::string_view text) {
  md5_sum sum;
  sum.add(text);
  const auto bytes = sum.take();
  std::string digits;
  for (const char byte : bytes) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  const auto first = written.find_first_not_of(" \r\n\t\"");
  const auto last = written.find_last_not_of(" \r\n\t\"");
  const auto trimmed = first == std::string_view::npos ? std::string_view()
                                                       : written.substr(first, last - first + 1);
  return trimmed == dynamodb::base64_encode(bytes) || trimmed == digits;
}

awaitable<result<std::string>> read_manifest(export_store& store, std::string stem) {
  const auto name = stem + ".json";
  auto text = co_await read_whole(store, name, manifest_bytes_max);
  if (!text) {
    if (text.error().kind != error_class::not_found) {
      co_return fail(std::move(text.error()));
    }
    co_return wrong_usage(
        fmt::format("there is no {} in {}: {}", name, store.describe(), co_await store.remedy()));
  }
  for (const auto* suffix : checksum_suffixes) {
    const auto sum = co_await read_whole(store, stem + suffix, checksum_bytes_max);
    if (!sum && sum.error().kind != error_class::not_found) {
      co_return fail(sum.error());
    }
    if (sum && !is_sum_of(*sum, *text)) {
      co_return wrong_usage(
          fmt::format("{} of the export is damaged: it is not what {}{} says; fetch both again",
                      name, stem, suffix));
    }
  }
  co_return text;
}

}  // namespace

std::string table_export::describe() const {
  return fmt::format("{}, of {}: {} items in {} file{}", store->describe(),
                     format_rfc3339(summary.as_of), grouped(summary.items), grouped(files.size()),
                     files.size() == 1 ? "" : "s");
}

awaitable<result<table_export>> open_export(std::shared_ptr<export_store> store) {
  const auto summary_text = co_await read_manifest(*store, "manifest-summary");
  if (!summary_text) {
    co_return fail(summary_text.error());
  }
  auto summary = read_export_summary(*summary_text);
  if (!summary) {
    co_return fail(std::move(summary.error()));
  }
  const auto files_text = co_await read_manifest(*store, "manifest-files");
  if (!files_text) {
    co_return fail(files_text.error());
  }
  auto files = read_export_files(*files_text, *summary);
  if (!files) {
    co_return fail(std::move(files.error()));
  }
  co_return table_export{
      .store = std::move(store), .summary = *std::move(summary), .files = *std::move(files)};
}

}  // namespace ddm::exports
