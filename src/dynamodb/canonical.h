// From the tokens of an item to its canonical bytes, and from those to digests.
//
// A value is a tag and what follows; each form delimits itself, so no two different values share
// bytes:
//   S B        length, bytes; or length, hash of the bytes when they are more than 1 KB
//   N          digits and sign, exponent, digits (number.h)
//   T F 0      true, false, null
//   L          count (4 bytes), values
//   M          count (4 bytes), members sorted: name (length, bytes), value
//   s n b      count (4 bytes), elements sorted, each as its S, N or B without the tag
// An item is an M. A value without any type, `{}`, is an empty M: DynamoDB Local sends empty maps
// so inside the images of stream records. An element that a set holds twice counts once.
#pragma once

#include "dynamodb/canonical_bytes.h"
#include "dynamodb/item_digest.h"
#include "dynamodb/item_shape.h"
#include "dynamodb/json_cursor.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::dynamodb {

/// The service accepts 32 levels; beyond these the stack would be at the mercy of the sender.
inline constexpr int nesting_max = 64;

[[nodiscard]] digest128 hash128(std::string_view bytes, const digest_secret& secret);

/// Buffers of item_reader, kept by the caller from item to item so that nothing is allocated for
/// each.
struct canonical_scratch {
  canonical_bytes bytes;
  canonical_bytes sorted;
  canonical_bytes key;
  canonical_bytes decoded;
  std::string path;
  std::vector<canonical_piece> pieces;
  item_shape shape;
};

/// Reads items at a cursor. A failure leaves the cursor somewhere inside the item, with `refusal()`
/// saying why, unless the text itself is damaged; the caller goes back and skips the value.
class item_reader {
 public:
  item_reader(json_cursor& in, canonical_scratch& scratch, const digest_secret& secret,
              const ignore_list& ignored)
      : in_(in), scratch_(scratch), secret_(secret), ignored_(ignored) {}

  /// Takes an item or key document and finds its key.
  bool read_key(const key_schema& schema, digest128& hash, raw_key& raw);
  /// Takes an item.
  bool read_digest(item_digest& digest);
  /// Both in one walk. False says nothing: the two above, one after the other, tell what is wrong.
  bool read_both(const key_schema& schema, digest128& hash, raw_key& raw, item_digest& digest);

  /// Names neither attribute nor value. Empty when the text is damaged.
  [[nodiscard]] std::string_view refusal() const { return refusal_; }

 private:
  enum class ignored_attributes {
    kept,
    left_out,
  };
  bool key_value(json_cursor::place where, const key_attribute& attribute, std::string_view& raw);
  /// A key attribute of the item that is being walked.
  struct key_part {
    std::size_t begin = 0;  ///< of its value's canonical bytes
    std::size_t size = 0;
    std::string_view raw;
  };
  struct wanted_key {
    const key_schema& schema;
    key_part partition;
    key_part sort;
    digest128 hash;
    bool is_found = false;
  };
  key_part* wanted_key_part(std::string_view name);
  void hash_wanted_key();
  bool item(ignored_attributes treatment);
  /// `watched`: paths from here on may match the ignore list.
  bool members(int depth, bool watched);
  bool member(std::string_view name, int depth, bool watched);
  bool value(int depth, bool watched);
  bool value_of_any_form(int depth, bool watched);
  bool typed(std::string_view type, int depth, bool watched);
  bool list(int depth);
  bool set(char tag, bool (item_reader::*append_element)());
  bool text();
  bool number();
  bool binary();
  bool boolean();
  bool null();
  /// Of a text that is padded, as a page is.
  void append_sized(std::string_view text);
  std::size_t open(char tag);
  void set_count(std::size_t header, std::size_t count);
  void add_piece(std::size_t begin, std::size_t key_size, std::uint64_t head);
  /// Sorts the pieces from `first` on, which make up the end of `bytes`; false when two had the
  /// same key, of which one is dropped.
  bool close_sorted(std::size_t header, std::size_t first);
  void copy_in_order(std::size_t header, std::span<const canonical_piece> pieces);
  /// Why the walk stopped, unless a reason was given further inside or the text is damaged.
  bool refuse(std::string_view why);

  json_cursor& in_;
  canonical_scratch& scratch_;
  const digest_secret& secret_;
  const ignore_list& ignored_;
  ignored_attributes treatment_ = ignored_attributes::kept;
  wanted_key* wanted_ = nullptr;  ///< during the walk that finds it
  bool met_ignored_ = false;
  std::string_view refusal_;
};

}  // namespace ddm::dynamodb
