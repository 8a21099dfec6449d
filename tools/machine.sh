# A bare Debian in a folder, for the scripts beside this one, which set `machine` and source it; Debian 12 for this
# machine's processor, where they set no other `release` and `architecture`. Needs root, and debootstrap
# (installed when missing).
source tools/debian.sh

((EUID == 0)) || { echo "${0##*/}: needs root for debootstrap, mount and chroot" >&2; exit 1; }

unmount_all() {
  local folder
  # What is busy still is let go of all the same: what lies behind it is this machine's.
  for folder in ${shared:-} dev/pts dev/shm dev proc; do
    ! mountpoint -q "$machine/$folder" || umount "$machine/$folder" || umount -l "$machine/$folder"
  done
  return 0
}
trap unmount_all EXIT

copy() { # FILE...: from this machine to the same place in the new one, where it exists here
  local file
  for file in "$@"; do
    [[ ! -e $file ]] || install -D -m 644 "$file" "$machine$file"
  done
}

# The programs of an arm64 machine are run by qemu-user-static, of which the kernel has to know. Its package says so
# to systemd; where that does not run it is said here, until the next boot.
emulate_arm64() {
  local kernel=/proc/sys/fs/binfmt_misc
  [[ $(uname -m) != aarch64 && ! -e $kernel/qemu-aarch64 ]] || return 0
  command -v qemu-aarch64-static >/dev/null || apt-get -qq install --yes --no-install-recommends qemu-user-static >/dev/null
  [[ -e $kernel/register ]] || mount -t binfmt_misc binfmt_misc "$kernel"
  [[ -e $kernel/qemu-aarch64 ]] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >"$kernel/register"
}

make_machine() {
  local options=()
  if [[ -n ${architecture:-} ]]; then
    options+=(--arch="$architecture")
    [[ $architecture != arm64 ]] || emulate_arm64
  fi
  command -v debootstrap >/dev/null || apt-get -qq install --yes --no-install-recommends debootstrap >/dev/null
  # As root, with rm -rf: a folder that was not made here is left alone.
  if [[ -n $(ls -A "$machine") && ! -f $machine.made-by-clean-machine ]]; then
    echo "$machine is not empty and was not made by these scripts: it is left as it is" >&2
    return 1
  fi
  unmount_all
  rm -rf --one-file-system "$machine"
  mkdir -p "$machine"
  touch "$machine.made-by-clean-machine"
  debootstrap --variant=minbase --include=git,ca-certificates "${options[@]}" "${release:=bookworm}" "$machine" \
    "$(debian_mirror)" >"$machine.log" 2>&1 || { tail -n 20 "$machine.log" >&2; return 1; }
  # The network as it is here: names, the certificates of an intercepting proxy, Debian's mirrors.
  copy /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt
  if [[ $release == bookworm && -e /etc/apt/sources.list.d/debian.sources ]]; then
    copy /etc/apt/sources.list.d/debian.sources
    : >"$machine/etc/apt/sources.list"
  fi
  local file
  while read -r file; do copy "$file"; done < <(grep -lis proxy /etc/apt/apt.conf /etc/apt/apt.conf.d/*)
  mount -t proc proc "$machine/proc"
  mount --bind /dev "$machine/dev"
  # What lies mounted there: without it there is no terminal.
  for file in pts shm; do
    ! mountpoint -q "/dev/$file" || mount --bind "/dev/$file" "$machine/dev/$file"
  done
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

start_time() { # PROGRAM: milliseconds, the mean of twenty starts
  local begin
  begin=$(date +%s%N)
  for _ in {1..20}; do chroot "$machine" "$1" --version >/dev/null; done
  echo $((($(date +%s%N) - begin) / 20000000))
}

run_scenarios() { # PROGRAM SCENARIO...: end-to-end scenarios of this clone, with the program in the machine
  local run scenario program=$1
  shift
  # The scenarios' files lie in a folder of their own, and their servers listen on loopback: both are shared.
  run=$(mktemp -d)
  shared=${run#/}
  mkdir -p "$machine/$shared"
  mount --bind "$run" "$machine/$shared"
  printf '#!/bin/sh\nexec chroot "%s" "%s" "$@"\n' "$machine" "$program" >"$run/monitor"
  chmod +x "$run/monitor"
  for scenario in "$@"; do
    echo "== $scenario"
    (cd tests/end_to_end && TMPDIR=$run DDM_MONITOR=$run/monitor /usr/bin/python3 -W ignore::ResourceWarning \
      -m unittest "test_$scenario")
  done
  umount "$machine/$shared"
  rm -r "$run"
}
