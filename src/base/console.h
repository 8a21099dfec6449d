// Standard output and standard error of a process that must not stand still because nobody reads
// them.
//
// Problem: whoever reads our output may stop doing so (`| less`, a terminal that is held, a log
// shipper): the pipe is full, and a write would hold up the reading of the stream, and Ctrl-C.
// Idea: while a `background` lives, writes are queued and made by a thread of its own; when some
// hundreds wait the oldest is dropped, which is told once there is room again.
// Reason: what is dropped is shown again, newer, in the next block; findings have a file. At the
// end everything that is queued is waited for: a reader that is merely slow gets the last word.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace ddm::console {

enum class stream {
  output,
  error,
};

/// As it is, no line end is added. Waits for the reader only while there is no `background`. That
/// nobody reads any more is no error.
void write(stream to, std::string_view text);

/// Pieces of text that were dropped since the last call; 0 while more may be.
[[nodiscard]] std::size_t take_dropped();

/// errno of the last write to standard output, where that failed and somebody reads it still: its
/// disk is full. 0: it succeeded, or there was none. Knows of all writes when no `background`
/// lives.
[[nodiscard]] int output_failure();

/// What a reader has not taken yet, and what was dropped for it, since the beginning.
struct backlog {
  std::size_t queued = 0;
  std::size_t dropped = 0;
};
/// Of standard error.
[[nodiscard]] backlog error_backlog();

/// At most one lives at a time.
class background {
 public:
  background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;
  /// Waits until all that is queued has been written.
  ~background();

  /// Of texts, for each reader. With the longest (a status block) some hundreds of KB.
  static constexpr std::size_t queued_max = 256;

  class threads;

 private:
  std::unique_ptr<threads> threads_;
};

}  // namespace ddm::console
