#include "runtime/freed_memory.h"

#include <malloc.h>

namespace ddm {
namespace {

constexpr int kept_bytes = 32 << 20;
/// Larger than a page of an answer; what is larger still comes from the system and goes back to it.
constexpr int from_system_bytes = 4 << 20;

}  // namespace

void keep_freed_memory() {
  ::mallopt(M_TRIM_THRESHOLD, kept_bytes);
  ::mallopt(M_MMAP_THRESHOLD, from_system_bytes);
}

}  // namespace ddm
