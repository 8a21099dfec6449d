// Many writes to one table, one by one or in batches, that can be stopped between any two.
//
// Problem: whoever writes test items must know exactly which were written, also after Ctrl-C, after
// a failure and when the service takes only a part of a batch.
// Idea: what the service has confirmed is reported at once, in order, and nothing else is.
#pragma once

#include "dynamodb/attribute_value.h"
#include "dynamodb/dynamodb_client.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ddm::testdata {

class item_writer {
 public:
  enum class action {
    put,     ///< items
    remove,  ///< keys
  };
  struct options {
    dynamodb::table_name table;
    dynamodb::key_schema schema;
    action what = action::put;
    bool batch = false;
    milliseconds wait{0};  ///< after each write
  };
  using items = std::span<const dynamodb::attribute_map>;
  /// Number `index`, from 0 on.
  using item_source = std::function<dynamodb::attribute_map(std::uint64_t index)>;
  /// Told what has been written; its error ends the writing.
  using written_sink = std::function<result<void>(items)>;

  /// `client` and `time` outlive the writer.
  item_writer(asio::any_io_executor executor, dynamodb::dynamodb_client& client, clock& time,
              options settings);

  /// Writes items 0 … count - 1, or up to stop(). An item that failed may have been written all the
  /// same (no answer came): its error says so.
  [[nodiscard]] awaitable<result<void>> write_all(std::uint64_t count, item_source source,
                                                  written_sink sink);
  /// After the write under way, nothing more; a pause ends at once.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  [[nodiscard]] awaitable<result<void>> write_one(const dynamodb::attribute_map& item);
  [[nodiscard]] awaitable<result<void>> write_batch(std::vector<dynamodb::attribute_map> batch,
                                                    const written_sink& sink);
  [[nodiscard]] awaitable<void> pause(milliseconds duration);

  dynamodb::dynamodb_client& client_;
  clock& clock_;
  options options_;
  bool stopped_ = false;
  task_group pauses_;
};

}  // namespace ddm::testdata
