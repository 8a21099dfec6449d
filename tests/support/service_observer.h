// What the fake service itself knows while it serves: the ear of a referee who must not take the
// product's word for anything.
#pragma once

#include "support/fake_stream.h"
#include "support/stored_item.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::support {

/// What a page of a Scan has seen: these items, and no other behind one key through another.
struct scanned_range {
  item_position behind;
  item_position through;
  std::vector<item_ptr> items;  ///< in the order of their positions
};

/// Each member may be empty.
struct service_observer {
  /// A change went into a stream: it is the last record of this shard.
  std::function<void(const fake_stream&, const fake_shard&)> on_record;
  /// A GetShardIterator was answered; `arrives`: whoever asked gets it.
  std::function<void(const std::string& shard, bool arrives)> on_iterator;
  /// A page was sent and no fault was planned for it; `ended`: it was the shard's last.
  /// `last`: the number of its last record; nothing: it was empty.
  std::function<void(const std::string& shard, bool ended, std::optional<sequence_value> last)>
      on_page;
  /// A key was read, and no fault was planned for the answer. Absent: there was no such item.
  std::function<void(const item_position& key, const item_ptr& held, bool consistent)> on_read;
  /// A page was scanned, and no fault was planned for the answer. Of tables without an order salt.
  std::function<void(const scanned_range&)> on_scan;
};

}  // namespace ddm::support
