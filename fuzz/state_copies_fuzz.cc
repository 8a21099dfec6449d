// What others may have written to a table of states: a head, a list of files, a block, an address.
//
// Nothing may be read beyond, no memory be taken for what is only claimed, and what is accepted is
// the same after it was written and read again. The first byte says which of them it is.
#include "fuzz_target.h"
#include "remote/block_tree.h"
#include "remote/head.h"
#include "remote/state_address.h"

#include <string>
#include <string_view>

namespace ddm::fuzz {
namespace {

void read_head(std::string_view bytes) {
  const dynamodb::attribute_map attributes{{"write", {std::string("w")}},
                                           {"epoch", {dynamodb::number_text{"7"}}},
                                           {"counter", {dynamodb::number_text{"3"}}},
                                           {"copy", {dynamodb::binary{std::string(bytes)}}}};
  if (const auto head = remote::head_of(attributes)) {
    require(remote::head_of(remote::attributes_of(*head)) == *head, "a head is kept");
  }
}

void read_manifest(std::string_view bytes) {
  if (const auto files = remote::decode_manifest(bytes)) {
    require(remote::decode_manifest(remote::encode_manifest(*files)) == *files, "a list is kept");
  }
  if (const auto names = remote::names_in(bytes)) {
    require(names->size() * sizeof(remote::block_name) == bytes.size(), "names are all of it");
  }
}

/// Whatever is sealed, and whatever pretends to be.
void read_block(std::string_view bytes) {
  const auto piece = bytes.substr(0, remote::block_bytes_max);
  const auto name = remote::name_of(piece);
  require(remote::unseal(remote::seal(piece), name).value() == piece, "a block is kept");
  if (const auto opened = remote::unseal(bytes, name)) {
    require(*opened == piece, "a block is that of its name");
  }
}

void read_address(std::string_view text) {
  if (const auto address = remote::parse_state_address(text)) {
    require(address->describe() == text, "an address is kept");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const auto rest = input.substr(1);
  switch (input.front() % 4) {
    case 0:
      read_head(rest);
      break;
    case 1:
      read_manifest(rest);
      break;
    case 2:
      read_block(rest);
      break;
    default:
      read_address(rest);
  }
}

}  // namespace ddm::fuzz
