#!/usr/bin/env bash
# Plants one bug after the other (planted/*.patch) in a copy of the last commit, and shows how many
# seeds the simulation needs to notice each. A simulator that finds nothing proves nothing.
#
# usage: planted.sh [SEEDS] [FROM]   how many seeds each bug gets (500), and the first bug's number
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seeds=${1:-500}
from=${2:-01}
copy=build/planted
rm -rf "$copy/tree"
mkdir -p "$copy/tree"
git archive HEAD | tar -x -C "$copy/tree"

build() {
  ninja -C "$copy/tree/build/release" simulate >"$copy/build.log" 2>&1 || {
    tail -n 30 "$copy/build.log" >&2
    return 1
  }
}

(cd "$copy/tree" && cmake --preset release >../configure.log)
build
simulate=$copy/tree/build/release/tests/simulation/simulate
missed=0
printf '%-40s %s\n' "planted at commit $(git rev-parse --short HEAD)" 'first seed that shows it'
for patch in tests/simulation/planted/*.patch; do
  [[ ! $(basename "$patch") < $from ]] || continue
  patch -d "$copy/tree" -p1 --fuzz=0 --silent <"$patch"
  build
  of=()
  [[ $patch != *_copies_* ]] || of=(--copies)
  if "$simulate" "${of[@]}" --seeds "$seeds" --until-failure >"$copy/run.log"; then
    caught="none of $seeds"
    missed=1
  else
    caught=$(sed -nE 's/.* violations in +([0-9]+).*/\1/p' "$copy/run.log")
  fi
  printf '%-40s %s: %s\n' "$(basename "$patch" .patch)" "$caught" \
    "$(sed -nE 's/^  ! [^ ]+ (.{1,90}).*/\1/p; /aborted$/p' "$copy/run.log" | head -n 1)"
  patch -d "$copy/tree" -p1 --fuzz=0 --silent --reverse <"$patch"
done
exit "$missed"
