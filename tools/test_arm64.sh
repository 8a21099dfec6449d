#!/usr/bin/env bash
# Runs unit tests of the arm64 build under qemu-user-static (after `./dev package arm64`). By default all but those of
# the whole monitor, of the simulation and of the command line, which take tens of minutes under an emulator.
#
#   tools/test_arm64.sh [FOLDER_OF_TESTS...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

names=("$@")
((${#names[@]})) || names=(base runtime net aws dynamodb state stream verify compare report repair plan summary serve testdata support)
# SIGSTOP, core dumps and process groups are the emulator's own there, not the child's.
left_out='child_process*:core_dumps*'

cmake --preset arm64 -DDDM_TESTS=ON >build/arm64-tests.log
ninja -C build/arm64 -j "$(nproc)" "${names[@]/%/_test}" >>build/arm64-tests.log || { tail -n 20 build/arm64-tests.log >&2; exit 1; }
failed=0
for name in "${names[@]}"; do
  echo "== $name"
  (cd "build/arm64/tests/$name" && qemu-aarch64-static -L ../../../arm64-sysroot "./${name}_test" --gtest_brief=1 \
    --gtest_filter="-$left_out") || failed=1
done
exit "$failed"
