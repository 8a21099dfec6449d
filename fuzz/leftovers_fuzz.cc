// Blocks of the file in which a comparison keeps what it has not settled: whatever lies in one,
// nothing is read past its end. With a checksum of our own the records are looked at too.
#include "compare/leftover_file.h"
#include "fuzz_target.h"

#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace ddm::fuzz {
namespace {

std::uint64_t records_in(const compare::leftover_file& file) {
  std::uint64_t records = 0;
  const auto read = file.read([&](compare::leftover&& entry, compare::leftover_origin) {
    require(entry.key_json.size() <= 65'535, "a key fits its length");
    ++records;
  });
  require(read.has_value() || !read.error().message.empty(), "an error speaks");
  return read ? records : 0;
}

/// As it lies on the disk, checksums and all.
void read_as_it_is(std::string_view input) {
  const std::string path = "leftovers_fuzz." + std::to_string(::getpid());
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  require(
      file >= 0 && ::write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()),
      "the input is written");
  ::close(file);
  (void)compare::leftover_file::holds(path, input.size(), 0);
  if (const auto opened = compare::leftover_file::open(path, input.size())) {
    (void)records_in(*opened);
  }
  ::unlink(path.c_str());
}

}  // namespace

void fuzz_one(std::string_view input) {
  read_as_it_is(input);
  auto file = compare::leftover_file::open_nameless("leftovers_fuzz");
  require(file.has_value() && file->append(input).has_value(), "a block is written");
  const auto records = records_in(*file);
  require(records <= input.size() / 56, "no record is made of nothing");
}

}  // namespace ddm::fuzz
