// Who may see the process's memory, which holds credentials and items.
#pragma once

namespace ddm {

/// No core dump is written, and no process of the same user attaches or reads our memory (prctl(2),
/// PR_SET_DUMPABLE). Of this process only: a program that it starts is as its own.
void forbid_core_dumps();
/// As the system would have it (ulimit -c).
void allow_core_dumps();

}  // namespace ddm
