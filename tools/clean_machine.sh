#!/usr/bin/env bash
# Proves that a fresh clone works on a bare Debian 12: makes one with debootstrap, clones the repository into
# it, and does there what a new user would do. Needs root, and debootstrap (installed when missing).
#
#   tools/clean_machine.sh [FOLDER [COMMAND...]]
#
# FOLDER (default build/clean-machine) is made anew, if it was made by this script or is empty; the default
# commands are: setup build test demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

((EUID == 0)) || { echo "clean_machine: needs root for debootstrap, mount and chroot" >&2; exit 1; }
mkdir -p "${1:-build/clean-machine}"
machine=$(realpath "${1:-build/clean-machine}")
shift || true
commands=("$@")
((${#commands[@]})) || commands=(setup build test demo)
times=()

unmount_all() {
  local folder
  for folder in dev/pts dev/shm dev proc; do
    mountpoint -q "$machine/$folder" && umount "$machine/$folder"
  done
  return 0
}
trap unmount_all EXIT

timed() { # NAME COMMAND...
  local name=$1 begin=$SECONDS
  shift
  echo "== $name"
  "$@"
  times+=("$(printf '%-8s %5d s' "$name" $((SECONDS - begin)))")
}

copy() { # FILE...: from this machine to the same place in the new one, where it exists here
  local file
  for file in "$@"; do
    [[ ! -e $file ]] || install -D -m 644 "$file" "$machine$file"
  done
}

make_machine() {
  command -v debootstrap >/dev/null || apt-get -qq install --yes --no-install-recommends debootstrap >/dev/null
  # As root, with rm -rf: a folder that this script did not make is left alone.
  if [[ -n $(ls -A "$machine") && ! -f $machine.made-by-clean-machine ]]; then
    echo "clean_machine: $machine is not empty and was not made by this script: it is left as it is" >&2
    return 1
  fi
  unmount_all
  rm -rf --one-file-system "$machine"
  mkdir -p "$machine"
  touch "$machine.made-by-clean-machine"
  local mirror
  mirror=$(sed -nE 's/^(URIs:|deb) *(https?:[^ ]*debian\/?)( .*)?$/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1 || true)
  debootstrap --variant=minbase --include=git,ca-certificates bookworm "$machine" \
    "${mirror:-http://deb.debian.org/debian}" >"$machine.log" 2>&1 ||
    { tail -n 20 "$machine.log" >&2; return 1; }
  # The network as it is here: names, the certificates of an intercepting proxy, Debian's mirrors.
  copy /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt
  copy /etc/apt/sources.list.d/debian.sources
  [[ ! -e $machine/etc/apt/sources.list.d/debian.sources ]] || : >"$machine/etc/apt/sources.list"
  local file
  while read -r file; do copy "$file"; done < <(grep -lis proxy /etc/apt/apt.conf /etc/apt/apt.conf.d/*)
  mount -t proc proc "$machine/proc"
  mount --bind /dev "$machine/dev"
}

in_machine() { # COMMAND...: as a login on it would, with nothing of this environment but the network's
  local environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    LANG=C.UTF-8 npm_config_cafile=/etc/ssl/certs/ca-certificates.crt)
  local name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
  done
  chroot "$machine" env -i "${environment[@]}" bash -c 'cd /root && exec "$@"' bash "$@"
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
