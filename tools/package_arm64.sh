#!/usr/bin/env bash
# Makes the Debian package for arm64 on another processor (`./dev package arm64`): clang compiles against Debian's
# arm64 libraries, which are unpacked below build/ and nowhere else, and qemu-user-static runs what has to run.
#
#   tools/package_arm64.sh JOBS DEBIAN_PACKAGE...      the libraries to build with
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/debian.sh

sysroot=$PWD/build/arm64-sysroot
database=$PWD/build/arm64-dpkg

unpack_libraries() { # PACKAGE...
  [[ ! -f $sysroot.made || $(<"$sysroot.made") != "$*" ]] || return 0
  rm -rf "$sysroot" "$database"
  # Nothing of it is run: it takes no emulator. The packages stay for note_package.
  mmdebstrap --quiet --variant=extract --architectures=arm64 --skip=check/qemu,download/empty,essential/unlink,cleanup/apt \
    --include="libc6-dev libstdc++-12-dev $*" bookworm "$sysroot" "$(debian_mirror)"
  lead_links_inside "$sysroot"
  local package
  mkdir -p "$database/info" "$database/updates"
  echo 1 >"$database/info/format"
  for package in "$sysroot"/var/cache/apt/archives/*.deb; do note_package "$package"; done
  rm "$sysroot"/var/cache/apt/archives/*.deb
  echo "$*" >"$sysroot.made"
}

# A database for dpkg-query, which finds the files where they are unpacked: dpkg-shlibdeps and tools/sbom.py ask it.
note_package() { # DEB
  local name part work
  name=$(dpkg-deb -f "$1" Package)
  [[ $(dpkg-deb -f "$1" Multi-Arch) != same ]] || name+=:arm64
  work=$(mktemp -d)
  dpkg-deb --ctrl-tarfile "$1" | tar -C "$work" -x
  for part in symbols shlibs; do
    [[ ! -f $work/$part ]] || cp "$work/$part" "$database/info/$name.$part"
  done
  dpkg-deb --fsys-tarfile "$1" | tar -t | sed -n "s:/\$::; s:^\\.:$sysroot:p" >"$database/info/$name.list"
  { dpkg-deb -f "$1"; printf 'Status: install ok installed\n\n'; } >>"$database/status"
  rm -r "$work"
}

make_package() {
  local tools=build/arm64-tools
  mkdir -p "$tools"
  printf '#!/bin/sh\nDEB_HOST_ARCH=arm64 exec /usr/bin/dpkg-shlibdeps --admindir="%s" -l"%s" -l"%s" "$@"\n' "$database" \
    "$sysroot/lib/aarch64-linux-gnu" "$sysroot/usr/lib/aarch64-linux-gnu" >"$tools/dpkg-shlibdeps"
  chmod +x "$tools/dpkg-shlibdeps"
  PATH=$PWD/$tools:$PATH cpack --config build/arm64/CPackConfig.cmake -B build/package
}

jobs=$1
shift
unpack_libraries "$@"
[[ -f build/arm64/build.ninja ]] || cmake --preset arm64
ninja -C build/arm64 -j "$jobs" completions
check_hardening build/arm64/dynamodb-migration-monitor
make_package
