#include "dynamodb/page_decoder.h"

#include "dynamodb/canonical.h"
#include "dynamodb/json_cursor.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace ddm::dynamodb {
namespace {

/// One a thread, reused from page to page: in steady state nothing is allocated but results.
struct workspace {
  json_cursor cursor;
  canonical_scratch scratch;
};

workspace& this_thread() {
  thread_local workspace mine;
  return mine;
}

event_kind event_kind_of(std::string_view name) {
  return is_name(name, "INSERT")   ? event_kind::insert
         : is_name(name, "MODIFY") ? event_kind::modify
         : is_name(name, "REMOVE") ? event_kind::remove
                                   : event_kind::unknown;
}

/// Reads one page. Functions return false when the page cannot be used; `failure` then says why.
class page_reader {
 public:
  page_reader(std::string_view operation, const padded_buffer& body,
              const page_decoder::options& options)
      : operation_(operation),
        body_(body),
        options_(options),
        in_(this_thread().cursor),
        items_(in_, this_thread().scratch, options.secret, options.ignored) {}

  bool records(records_page& page);
  bool batch_get(items_page& page);
  bool items(items_page& page);

  [[nodiscard]] std::unexpected<error> failure();

 private:
  /// Where the parts of one record lie: its members come in any order.
  struct record_parts {
    std::optional<json_cursor::place> keys;
    std::optional<json_cursor::place> new_image;
    std::optional<json_cursor::place> old_image;
    bool has_time = false;
  };
  template <class OnMember>
  bool whole_page(std::string_view required, OnMember&& on_member);
  bool record(change_record& out);
  bool stream_data(change_record& out, record_parts& parts);
  bool user_identity(change_record& out);
  bool creation_time(change_record& out);
  bool images(change_record& out, const record_parts& parts);
  /// Takes the item at the cursor, whose digest is absent when it cannot be read.
  bool digest(std::optional<item_digest>& out);
  bool read_items(items_page& page, bool by_sample);
  bool unprocessed_keys(items_page& page);
  bool consumed_capacity(items_page& page);
  bool consumed_of_table(items_page& page);
  bool last_evaluated_key(items_page& page);
  bool refuse(std::string_view why) {
    if (refusal_.empty()) {
      refusal_ = why;
    }
    return false;
  }
  bool take_string(std::string_view& text, std::string_view what) {
    return in_.take_string(text) || refuse(what);
  }

  std::string_view operation_;
  const padded_buffer& body_;
  const page_decoder::options& options_;
  json_cursor& in_;
  item_reader items_;
  std::string_view refusal_;
  bool incomplete_ = false;
};

std::unexpected<error> page_reader::failure() {
  const auto place = in_.offset();
  if (in_.damaged() || incomplete_ || !in_.is_whole()) {
    return fail(error_class::retry,
                fmt::format("reading the answer of {} ({} bytes): it is damaged near byte {}; it "
                            "must be asked for again",
                            operation_, body_.size(), place));
  }
  if (!body_.view().starts_with('{')) {
    return fail(error_class::unknown_answer,
                fmt::format("reading the answer of {} ({} bytes): it is no JSON object; a proxy "
                            "may have answered",
                            operation_, body_.size()));
  }
  return fatal(fmt::format(
      "reading the answer of {} ({} bytes): it holds {} near byte {}; the "
      "service speaks in a way that this program does not know",
      operation_, body_.size(), refusal_.empty() ? "something unexpected" : refusal_, place));
}

/// `on_member(name)` for each member of the page, of which `required` must be there.
template <class OnMember>
bool page_reader::whole_page(std::string_view required, OnMember&& on_member) {
  bool found = false;
  if (!in_.open(body_) || !in_.each_member([&](std::string_view name) {
        found = found || name == required;
        return on_member(name);
      })) {
    return false;
  }
  incomplete_ = !found || !in_.at_end();
  return !incomplete_;
}

bool page_reader::records(records_page& page) {
  page.bytes = body_.size();
  return whole_page("Records", [&](std::string_view name) {
    if (is_name(name, "Records")) {
      return in_.each_element([&] {
        const auto begin = in_.offset();
        if (!record(page.records.emplace_back())) {
          return false;
        }
        if (page.records.size() == 1) {
          page.records.reserve(body_.size() / (in_.offset() - begin) + 1);  // they look alike
        }
        return true;
      });
    }
    if (is_name(name, "NextShardIterator")) {
      if (in_.take_null()) {
        return true;
      }
      std::string_view iterator;
      if (!take_string(iterator, "a NextShardIterator that is no string")) {
        return false;
      }
      page.next.emplace(std::string(iterator));
      return true;
    }
    return in_.skip_value();
  });
}

bool page_reader::record(change_record& out) {
  record_parts parts;
  bool has_data = false;
  const bool taken = in_.each_member([&](std::string_view name) {
    if (is_name(name, "dynamodb")) {
      has_data = true;
      return stream_data(out, parts);
    }
    if (is_name(name, "eventName")) {
      std::string_view event;
      if (!take_string(event, "an eventName that is no string")) {
        return false;
      }
      out.kind = event_kind_of(event);
      return true;
    }
    if (is_name(name, "userIdentity")) {
      return user_identity(out);
    }
    return in_.skip_value();
  });
  if (!taken) {
    return refuse("a record that is no JSON object");
  }
  if (!has_data || !parts.keys || !parts.has_time || out.sequence.empty()) {
    return refuse("a record without its Keys, SequenceNumber or ApproximateCreationDateTime");
  }
  const auto end = in_.at();
  if (!images(out, parts)) {
    return false;
  }
  in_.seek(end);
  return true;
}

bool page_reader::stream_data(change_record& out, record_parts& parts) {
  return in_.each_member([&](std::string_view name) {
    if (is_name(name, "ApproximateCreationDateTime")) {
      parts.has_time = true;
      return creation_time(out);
    }
    if (is_name(name, "SequenceNumber")) {
      std::string_view digits;
      if (!take_string(digits, "a SequenceNumber that is no string")) {
        return false;
      }
      const auto number = sequence_number::parse(digits);
      if (!number) {
        return refuse("a SequenceNumber that is not 1 to 40 digits");
      }
      out.sequence = *number;
      return true;
    }
    auto* const part = is_name(name, "Keys")       ? &parts.keys
                       : is_name(name, "NewImage") ? &parts.new_image
                       : is_name(name, "OldImage") ? &parts.old_image
                                                   : nullptr;
    if (part != nullptr && !in_.take_null()) {
      *part = in_.at();
      return in_.skip_value();
    }
    return part != nullptr || in_.skip_value();
  });
}

bool page_reader::creation_time(change_record& out) {
  constexpr double seconds_max = 253'402'300'800;  // the year 10000
  double seconds = 0;
  if (!in_.take_number(seconds) || seconds < 0 || seconds >= seconds_max) {
    return refuse("an ApproximateCreationDateTime that is no time");
  }
  out.created = from_ms(std::llround(seconds * 1000));
  return true;
}

bool page_reader::user_identity(change_record& out) {
  if (in_.take_null()) {
    return true;
  }
  bool service = false;
  bool dynamodb = false;
  const bool taken = in_.each_member([&](std::string_view name) {
    const bool is_type = is_name(name, "type") || is_name(name, "Type");
    if (!is_type && !is_name(name, "principalId") && !is_name(name, "PrincipalId")) {
      return in_.skip_value();
    }
    std::string_view text;
    if (!take_string(text, "a userIdentity whose members are no strings")) {
      return false;
    }
    (is_type ? service : dynamodb) = text == (is_type ? "Service" : "dynamodb.amazonaws.com");
    return true;
  });
  out.by_ttl = service && dynamodb;
  return taken || refuse("a userIdentity that is no JSON object");
}

bool page_reader::images(change_record& out, const record_parts& parts) {
  in_.seek(*parts.keys);
  raw_key raw;
  if (!items_.read_key(options_.schema, out.key.hash, raw)) {
    return refuse(items_.refusal());
  }
  out.chosen = options_.sample.chooses(out.key.hash);
  if (!out.chosen) {
    return true;
  }
  out.key.json = raw.json(options_.schema);
  const auto image = [&](std::optional<json_cursor::place> place,
                         std::optional<item_digest>& result) {
    if (!place) {
      return true;
    }
    in_.seek(*place);
    if (!digest(result)) {
      return false;
    }
    out.unreadable = out.unreadable || !result;
    return true;
  };
  return image(parts.new_image, out.new_image) && image(parts.old_image, out.old_image);
}

bool page_reader::digest(std::optional<item_digest>& out) {
  const auto start = in_.at();
  if (items_.read_digest(out.emplace())) {
    return true;
  }
  out.reset();
  in_.seek(start);
  return !in_.damaged() && in_.skip_value();
}

bool page_reader::batch_get(items_page& page) {
  return whole_page("Responses", [&](std::string_view name) {
    if (is_name(name, "Responses")) {
      return in_.each_member([&](std::string_view) { return read_items(page, false); });
    }
    if (is_name(name, "UnprocessedKeys")) {
      return in_.take_null() || unprocessed_keys(page);
    }
    if (is_name(name, "ConsumedCapacity")) {
      return consumed_capacity(page);
    }
    return in_.skip_value();
  });
}

bool page_reader::items(items_page& page) {
  std::optional<double> count;
  const bool taken = whole_page("Items", [&](std::string_view name) {
    if (is_name(name, "Items")) {
      return read_items(page, true);
    }
    if (is_name(name, "Count")) {
      return in_.take_number(count.emplace()) || refuse("a Count that is no number");
    }
    if (is_name(name, "LastEvaluatedKey")) {
      return last_evaluated_key(page);
    }
    if (is_name(name, "ConsumedCapacity")) {
      return consumed_capacity(page);
    }
    return in_.skip_value();
  });
  incomplete_ = incomplete_ || (taken && count && *count != static_cast<double>(page.returned));
  return taken && !incomplete_;
}

bool page_reader::read_items(items_page& page, bool by_sample) {
  const bool taken = in_.each_element([&] {
    ++page.returned;
    const auto start = in_.at();
    const bool all_are_chosen = !by_sample || options_.sample.rate <= 1;
    auto& item = page.items.emplace_back();
    if (all_are_chosen &&
        items_.read_both(options_.schema, item.key_hash, item.key, item.digest.emplace())) {
      item.json = in_.since(start);
      if (page.returned == 1) {
        page.items.reserve(body_.size() / item.json.size() + 1);  // items of a table look alike
      }
      return true;
    }
    in_.seek(start);
    if (!items_.read_key(options_.schema, item.key_hash, item.key)) {
      return refuse(items_.refusal());
    }
    if (by_sample && !options_.sample.chooses(item.key_hash)) {
      page.items.pop_back();
      return true;
    }
    in_.seek(start);
    if (!digest(item.digest)) {
      return false;
    }
    item.json = in_.since(start);
    return true;
  });
  return taken || refuse("a list of items that is no JSON array");
}

bool page_reader::unprocessed_keys(items_page& page) {
  const auto key = [&] {
    const auto start = in_.at();
    if (in_.peek() != '{' || !in_.skip_value()) {
      return refuse("an unprocessed key that is no JSON object");
    }
    page.unprocessed_keys.push_back(in_.since(start));
    return true;
  };
  const bool taken = in_.each_member([&](std::string_view) {
    return in_.each_member([&](std::string_view name) {
      return is_name(name, "Keys") ? in_.each_element(key) : in_.skip_value();
    });
  });
  return taken || refuse("UnprocessedKeys of an unknown form");
}

bool page_reader::consumed_capacity(items_page& page) {
  if (in_.take_null()) {
    return true;
  }
  const bool taken = in_.peek() == '[' ? in_.each_element([&] { return consumed_of_table(page); })
                                       : consumed_of_table(page);
  return taken || refuse("a ConsumedCapacity of an unknown form");
}

bool page_reader::consumed_of_table(items_page& page) {
  return in_.each_member([&](std::string_view name) {
    if (!is_name(name, "CapacityUnits")) {
      return in_.skip_value();
    }
    double units = 0;
    if (!in_.take_number(units)) {
      return false;
    }
    page.consumed_units += units;
    return true;
  });
}

bool page_reader::last_evaluated_key(items_page& page) {
  if (in_.take_null()) {
    return true;
  }
  const auto start = in_.at();
  if (in_.peek() != '{' || !in_.skip_value()) {
    return refuse("a LastEvaluatedKey that is no JSON object");
  }
  page.last_evaluated_key.emplace(in_.since(start));
  return true;
}

}  // namespace

bool sample_choice::chooses(const digest128& key_hash) const {
  // The finaliser of splitmix64: each bit of seed and hash changes half of the bits of the result.
  auto mixed = key_hash.low ^ seed;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  mixed ^= mixed >> 31;
  return rate <= 1 || mixed < std::numeric_limits<std::uint64_t>::max() / rate;
}

page_decoder::page_decoder(options settings) : options_(std::move(settings)) {}

result<records_page> page_decoder::decode_records(const padded_buffer& body) const {
  page_reader reader("GetRecords", body, options_);
  records_page page;
  if (!reader.records(page)) {
    return reader.failure();
  }
  return page;
}

result<items_page> page_decoder::decode_batch_get(const padded_buffer& body) const {
  page_reader reader("BatchGetItem", body, options_);
  items_page page;
  if (!reader.batch_get(page)) {
    return reader.failure();
  }
  return page;
}

result<items_page> page_decoder::decode_items(const padded_buffer& body) const {
  page_reader reader("Scan or Query", body, options_);
  items_page page;
  if (!reader.items(page)) {
    return reader.failure();
  }
  return page;
}

}  // namespace ddm::dynamodb
