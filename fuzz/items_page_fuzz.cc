// A page of items is refused, or each of its items has the digest and key that it has alone.
#include "dynamodb/page_decoder.h"
#include "fuzz_target.h"

namespace ddm::fuzz {
namespace {

using namespace dynamodb;

void check(const result<items_page>& page, const page_decoder::options& settings) {
  if (!page) {
    return;
  }
  require(page->items.size() <= page->returned, "no item is invented");
  for (const auto& item : page->items) {
    const auto alone = digest_item(item.json, settings.secret, settings.ignored);
    require(alone.has_value() == item.digest.has_value(), "readable in a page means readable");
    require(!alone || *alone == *item.digest, "the digest is that of the item alone");
    const auto key = key_of(item.json, settings.schema, settings.secret);
    require(key.has_value() && key->hash == item.key_hash, "the key is that of the item alone");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const page_decoder decoder(
      {.schema = {{"p", key_type::string}, key_attribute{"s", key_type::number}},
       .secret = {7},
       .ignored = ignore_list({"i*"}),
       .sample = {}});
  const padded_buffer body(input);
  check(decoder.decode_items(body), decoder.settings());
  check(decoder.decode_batch_get(body), decoder.settings());
}

}  // namespace ddm::fuzz
