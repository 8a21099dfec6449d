#!/usr/bin/env bash
# Runs unit tests of the arm64 build under qemu-user-static (after `./dev package arm64`). By default those that take
# minutes there; `verify` and `stream` have property tests that take longer, and the whole monitor, the
# simulation and the command line tens of minutes.
#
#   tools/test_arm64.sh [FOLDER_OF_TESTS...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

names=("$@")
((${#names[@]})) || names=(base runtime net aws dynamodb state compare report plan testdata)

cmake --preset arm64 -DDDM_TESTS=ON >build/arm64-tests.log
ninja -C build/arm64 -j "$(nproc)" "${names[@]/%/_test}" >>build/arm64-tests.log || { tail -n 20 build/arm64-tests.log >&2; exit 1; }
failed=0
for name in "${names[@]}"; do
  echo "== $name"
  (cd "build/arm64/tests/$name" && qemu-aarch64-static -L ../../../arm64-sysroot "./${name}_test" --gtest_brief=1) || failed=1
done
exit "$failed"
