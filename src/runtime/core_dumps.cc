#include "runtime/core_dumps.h"

#include <sys/prctl.h>

namespace ddm {

void forbid_core_dumps() { ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

void allow_core_dumps() { ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

}  // namespace ddm
