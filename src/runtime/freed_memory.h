// What becomes of memory that is given back to malloc.
#pragma once

namespace ddm {

/// Pages of answers come and go, a megabyte each; by default glibc hands them back to the system
/// and gets fresh ones, which the system must first fill with zeros: a tenth of the time of
/// `compare`. From now on what is free at the end of a heap stays, up to 32 MiB of each thread's.
void keep_freed_memory();

}  // namespace ddm
