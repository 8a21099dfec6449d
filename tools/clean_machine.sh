#!/usr/bin/env bash
# Proves that a fresh clone works on a bare Debian 12: makes one with debootstrap, clones the repository into
# it, and does there what a new user would do. Needs root, and debootstrap (installed when missing).
#
#   tools/clean_machine.sh [FOLDER [COMMAND...]]
#
# FOLDER (default build/clean-machine) is made anew, if it was made by this script or is empty; the default
# commands are: build package setup test demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p "${1:-build/clean-machine}"
machine=$(realpath "${1:-build/clean-machine}")
shift || true
commands=("$@")
((${#commands[@]})) || commands=(build package setup test demo)
times=()

source tools/machine.sh

timed() { # NAME COMMAND...
  local name=$1 begin=$SECONDS
  shift
  echo "== $name"
  "$@"
  times+=("$(printf '%-8s %5d s' "$name" $((SECONDS - begin)))")
}

clone() {
  # A bundle is a clone's source that needs no mount and holds only what is committed.
  commit=$(git rev-parse --short HEAD)
  git bundle create -q "$machine/root/project.bundle" HEAD
  in_machine git -c advice.detachedHead=false clone -q project.bundle project
}

timed machine make_machine
timed clone clone
for command in "${commands[@]}"; do
  timed "$command" in_machine bash -c "cd project && ./dev $command"
done
echo "== proven on $(cat "$machine/etc/debian_version"), $(nproc) cores, commit $commit"
printf '%s\n' "${times[@]}"
