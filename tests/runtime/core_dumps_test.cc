#include "runtime/core_dumps.h"

#include <gtest/gtest.h>

#include <sys/prctl.h>

namespace ddm {
namespace {

TEST(core_dumps, nobody_sees_our_memory_until_it_is_allowed) {
  forbid_core_dumps();
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
  allow_core_dumps();
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
}

}  // namespace
}  // namespace ddm
