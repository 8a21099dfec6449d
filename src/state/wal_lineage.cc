#include "state/wal_lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ddm::state {
namespace {

constexpr std::string_view magic = "ddmm lineage 001";
constexpr std::size_t number_bytes = 8;
constexpr std::size_t id_bytes = sizeof(commit_id::run) + number_bytes;
constexpr std::size_t mark_bytes = magic.size() + 2 * id_bytes;

// The row as SQLite keeps it (https://www.sqlite.org/fileformat2.html, section 2): a table's leaf
// page with one cell: payload of 68 bytes, row id 1, a header of 4 bytes (itself, NULL for the row
// id, a BLOB of 64 bytes), the BLOB.
constexpr unsigned char table_leaf = 0x0d;
constexpr std::size_t cell_count_at = 3;
constexpr std::size_t first_cell_at = 8;
constexpr std::string_view cell_head{"\x44\x01\x04\x00\x81\x0c", 6};
static_assert(mark_bytes == 64);

// The WAL (same document, section 4).
constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t wal_magic = 0x377f0682;  // the lowest bit: sums of big-endian words
constexpr std::size_t page_bytes_min = 512;
constexpr std::size_t page_bytes_max = 65536;
/// Another process began its WAL anew each time that both files were read.
constexpr int attempts_max = 100;

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t size = 4) {
  std::uint32_t value = 0;
  for (const auto byte : bytes.substr(at, size)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

class readable_file {
 public:
  explicit readable_file(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  readable_file(const readable_file&) = delete;
  readable_file& operator=(const readable_file&) = delete;
  ~readable_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  /// Empty where there are not so many.
  [[nodiscard]] std::string bytes(std::size_t at, std::size_t size) const {
    std::string read(size, '\0');
    const auto got = ::pread(descriptor_, read.data(), size, static_cast<off_t>(at));
    return got == static_cast<ssize_t>(size) ? read : std::string();
  }

 private:
  int descriptor_;
};

/// The row, if it is this page that holds it.
std::optional<lineage_mark> mark_in(std::string_view page) {
  if (page.size() < page_bytes_min || static_cast<unsigned char>(page[0]) != table_leaf ||
      big_endian(page, cell_count_at, 2) != 1) {
    return std::nullopt;
  }
  const auto cell = page.substr(std::min<std::size_t>(big_endian(page, first_cell_at, 2),  //
                                                      page.size()));
  return cell.starts_with(cell_head)
             ? lineage_mark::parse(cell.substr(cell_head.size(), mark_bytes))
             : std::nullopt;
}

/// SQLite's sum over what precedes it in the WAL; a frame with another one ends the WAL.
struct running_sum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const running_sum&) const = default;

  void add(std::string_view bytes, bool of_big_endian) {
    const auto word = [&](std::size_t at) {
      std::uint32_t value = 0;
      std::memcpy(&value, bytes.data() + at, sizeof value);
      return of_big_endian ? __builtin_bswap32(value) : value;
    };
    static_assert(std::endian::native == std::endian::little);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word(at) + second;
      second += word(at + 4) + first;
    }
  }
};

/// What SQLite would replay, as far as it concerns the row.
struct wal_content {
  std::string header;  ///< of the file; its salts tell one beginning of the WAL from the next
  bool commits = false;
  std::uint32_t page = 0;           ///< which one holds the row; 0: none
  std::vector<lineage_mark> marks;  ///< one or more of each commit, in order
  std::size_t page_bytes = 0;
};

wal_content read_wal(const std::string& path) {
  const readable_file file(path);
  wal_content wal{.header = file.bytes(0, wal_header_bytes)};
  if (wal.header.empty() || (big_endian(wal.header, 0) & ~1U) != wal_magic) {
    return wal;
  }
  const bool of_big_endian = (big_endian(wal.header, 0) & 1U) != 0;
  wal.page_bytes = big_endian(wal.header, 8);
  running_sum sum;
  sum.add(std::string_view(wal.header).substr(0, 24), of_big_endian);
  if (sum != running_sum{big_endian(wal.header, 24), big_endian(wal.header, 28)} ||
      wal.page_bytes < page_bytes_min || wal.page_bytes > page_bytes_max) {
    return wal;
  }
  const auto salts = std::string_view(wal.header).substr(16, 8);
  std::vector<lineage_mark> uncommitted;
  for (std::size_t at = wal_header_bytes;; at += frame_header_bytes + wal.page_bytes) {
    const auto frame = file.bytes(at, frame_header_bytes + wal.page_bytes);
    if (frame.empty() || std::string_view(frame).substr(8, 8) != salts) {
      return wal;
    }
    const auto page = std::string_view(frame).substr(frame_header_bytes);
    sum.add(std::string_view(frame).substr(0, 8), of_big_endian);
    sum.add(page, of_big_endian);
    if (sum != running_sum{big_endian(frame, 16), big_endian(frame, 20)}) {
      return wal;
    }
    if (const auto mark = mark_in(page)) {
      wal.page = big_endian(frame, 0);
      uncommitted.push_back(*mark);
    }
    if (big_endian(frame, 4) != 0) {
      wal.commits = true;
      wal.marks.insert(wal.marks.end(), uncommitted.begin(), uncommitted.end());
      uncommitted.clear();
    }
  }
}

/// What the database file says without its WAL.
struct file_content {
  std::uint32_t format = 0;
  commit_id last;  ///< the commit that left it; none in a file of an older format
};

file_content read_file(const std::string& path, const wal_content& wal) {
  const readable_file file(path);
  file_content found;
  if (const auto header = file.bytes(0, 100); !header.empty()) {
    found.format = big_endian(header, 60);
  }
  if (wal.page > 0) {
    const auto mark = mark_in(file.bytes((wal.page - 1) * wal.page_bytes, wal.page_bytes));
    found.last = mark ? mark->own : commit_id{};
  }
  return found;
}

bool belongs(const file_content& file, const wal_content& wal) {
  if (!wal.commits) {
    return true;
  }
  if (wal.marks.empty()) {
    // The WAL of a program that knew no row yet: then so is the file.
    return file.format < lineage_format;
  }
  return file.last == wal.marks.front().before ||
         std::ranges::any_of(wal.marks,
                             [&](const lineage_mark& mark) { return mark.own == file.last; });
}

std::unexpected<error> refusal(const std::string& path) {
  return wrong_usage(fmt::format(
      "the state {0} and {0}-wal beside it are not of one history: one of them was copied from "
      "another moment, and together they would tell of a state that never was. Put back a copy of "
      "both that was taken together, while nothing ran; or, of a state whose last run ended by "
      "itself, {0} alone, and move {0}-wal and {0}-shm away; or begin anew with `monitor --fresh`",
      path));
}

void append(std::string& bytes, const commit_id& id) {
  bytes.append(reinterpret_cast<const char*>(id.run.data()), id.run.size());
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(id.number >> shift & 0xff));
  }
}

commit_id take(std::string_view bytes) {
  commit_id id;
  std::memcpy(id.run.data(), bytes.data(), id.run.size());
  for (const auto byte : bytes.substr(id.run.size(), number_bytes)) {
    id.number = id.number << 8 | static_cast<unsigned char>(byte);
  }
  return id;
}

}  // namespace

commit_id begin_run() {
  std::random_device random;
  commit_id id;
  for (auto& byte : id.run) {
    byte = static_cast<unsigned char>(random());
  }
  return id;
}

std::string lineage_mark::bytes() const {
  std::string out(magic);
  append(out, before);
  append(out, own);
  return out;
}

std::optional<lineage_mark> lineage_mark::parse(std::string_view bytes) {
  if (bytes.size() != mark_bytes || !bytes.starts_with(magic)) {
    return std::nullopt;
  }
  bytes.remove_prefix(magic.size());
  return lineage_mark{.before = take(bytes), .own = take(bytes.substr(id_bytes))};
}

result<void> check_wal_belongs(const std::string& path) {
  const auto wal_path = path + "-wal";
  auto wal = read_wal(wal_path);
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    if (belongs(read_file(path, wal), wal)) {
      return {};
    }
    // A process that runs may have made a checkpoint since the WAL was read. Read after the file,
    // the WAL holds whatever commit left the file, unless it has begun anew in between.
    const auto file = read_file(path, wal);
    auto later = read_wal(wal_path);
    if (later.header == wal.header && !belongs(file, later)) {
      return refusal(path);
    }
    wal = std::move(later);
  }
  return {};
}

}  // namespace ddm::state
