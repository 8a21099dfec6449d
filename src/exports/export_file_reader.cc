#include "exports/export_file_reader.h"

#include "base/units.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace ddm::exports {
namespace {

constexpr std::size_t part_bytes = std::size_t{1} << 20;
constexpr std::size_t page_bytes = std::size_t{1} << 20;
/// An item of 400 KB, whose numbers a store spells out, and whose text is escaped.
constexpr std::size_t line_bytes_max = std::size_t{16} << 20;
constexpr std::string_view spaces = " \t\r";

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(spaces);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// Takes `expected` off the beginning of `text`, with the spaces before it.
bool take(std::string_view& text, std::string_view expected) {
  text = without_spaces(text);
  const bool is_there = text.starts_with(expected);
  text.remove_prefix(is_there ? expected.size() : 0);
  return is_there;
}

/// The item of `{"Item": {…}}`; empty: the line is none. What is inside is the decoder's to judge.
std::string_view item_of(std::string_view line) {
  line = without_spaces(line);
  if (!take(line, "{") || !take(line, "\"Item\"") || !take(line, ":") || !line.ends_with('}')) {
    return {};
  }
  line.remove_suffix(1);
  line = without_spaces(line);
  return line.starts_with('{') && line.ends_with('}') ? line : std::string_view();
}

}  // namespace

void md5_sum::free_context::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

md5_sum::md5_sum() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_.get()), EVP_md5(), nullptr);
}

md5_sum::~md5_sum() = default;

void md5_sum::add(std::string_view bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(), bytes.size());
}

std::string md5_sum::take() {
  std::string sum(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()),
                     reinterpret_cast<unsigned char*>(sum.data()), &size);
  sum.resize(size);
  return sum;
}

export_file_reader::export_file_reader(export_store& store, worker_pool& pool, export_file file)
    : store_(store), pool_(pool), file_(std::move(file)) {}

error export_file_reader::damaged(std::string_view why) const {
  return error{.message = fmt::format("{} of the export is damaged: {}; fetch it again, or export "
                                      "the table anew",
                                      file_.name, why)};
}

awaitable<result<padded_buffer>> export_file_reader::next() {
  for (;;) {
    if (packed_at_ == packed_.size() && !all_read_) {
      auto part = co_await store_.read(file_.name, read_bytes_, part_bytes);
      if (!part) {
        co_return fail(std::move(part.error()));
      }
      all_read_ = part->size() < part_bytes;
      read_bytes_ += part->size();
      packed_ = *std::move(part);
      packed_at_ = 0;
    }
    auto page = co_await pool_.run([this] { return page_of_parts(); });
    if (!page || page->size() > 0 || ended_) {
      co_return page;
    }
  }
}

/// Empty while there is not enough for one.
result<padded_buffer> export_file_reader::page_of_parts() {
  if (auto unpacked = unpack(); !unpacked) {
    return fail(std::move(unpacked.error()));
  }
  const bool is_last = all_read_ && packed_at_ == packed_.size();
  if (is_last && !text_.empty() && text_.back() != '\n') {
    text_ += '\n';
  }
  const auto whole = text_.rfind('\n') + 1;  // 0: not one line is whole
  if (!is_last && (whole == 0 || text_.size() < page_bytes)) {
    return text_.size() <= line_bytes_max ? result<padded_buffer>(padded_buffer{})
                                          : fail(damaged("a line is longer than any item"));
  }
  std::string page = R"({"Items":[)";
  std::uint64_t items = 0;
  for (std::string_view rest(text_.data(), whole); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (without_spaces(line).empty()) {
      continue;
    }
    const auto item = item_of(line);
    if (item.empty()) {
      return fail(damaged(
          fmt::format("item {} is no line {{\"Item\": {{…}}}}", grouped(items_ + items + 1))));
    }
    page += items++ == 0 ? "" : ",";
    page += item;
  }
  items_ += items;
  text_.erase(0, whole);
  if (is_last) {
    if (auto checked = check_whole(); !checked) {
      return fail(std::move(checked.error()));
    }
    ended_ = true;
  }
  page += fmt::format(R"(],"Count":{0},"ScannedCount":{0}}})", items);
  return padded_buffer(page);
}

result<void> export_file_reader::unpack() {
  auto rest = std::string_view(packed_).substr(packed_at_);
  const auto before = rest.size();
  const auto text_before = text_.size();
  if (auto taken = unpacked_.take(rest, text_, page_bytes); !taken) {
    return fail(damaged(taken.error().message));
  }
  of_file_.add(std::string_view(packed_).substr(packed_at_, before - rest.size()));
  of_text_.add(std::string_view(text_).substr(text_before));
  packed_at_ += before - rest.size();
  return {};
}

/// An empty partition has an empty file.
result<void> export_file_reader::check_whole() {
  if (read_bytes_ > 0 && !unpacked_.is_whole()) {
    return fail(damaged("it ends too early"));
  }
  if (items_ != file_.items) {
    return fail(damaged(fmt::format("it holds {} items, and the manifest says {}", grouped(items_),
                                    grouped(file_.items))));
  }
  // Of which of the two it is, the format's description does not say.
  if (of_file_.take() != file_.md5 && of_text_.take() != file_.md5) {
    return fail(damaged("its checksum is not that of the manifest"));
  }
  return {};
}

}  // namespace ddm::exports
