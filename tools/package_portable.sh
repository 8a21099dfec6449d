#!/usr/bin/env bash
# Makes the portable archive (`./dev package portable`): the program with everything linked in but glibc and
# libgcc_s, for any Linux on this machine's processor with glibc 2.30 or a newer one
# (docs/decisions/0019). What Debian's packages lack for that is fetched from Debian: the sources of two
# libraries that it ships no archive of, and the glibc to link to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/debian.sh

parts=build/portable-parts
old_release=bullseye
jobs=${1:-$(nproc)}

fetch_source() { # SOURCE PACKAGE: of the version that this machine compiles against
  local version options
  version=$(dpkg-query -W -f '${source:Version}' "$2")
  [[ ! -f $parts/$1-$version.fetched ]] || return 0
  mkdir -p "$parts/lists/partial"
  echo "deb-src $(debian_mirror) bookworm main" >"$parts/sources.list"
  options=(-qq -o "Dir::Etc::sourcelist=$PWD/$parts/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$PWD/$parts/lists" -o APT::Sandbox::User=)
  apt-get "${options[@]}" update
  # apt holds what it fetches against Debian's signature.
  (cd "$parts" && apt-get "${options[@]}" source --download-only "$1=$version" >/dev/null)
  rm -rf "${parts:?}/$1"
  dpkg-source --no-check -x "$parts/$1_${version#*:}.dsc" "$parts/$1" >/dev/null
  touch "$parts/$1-$version.fetched"
}

fetch_glibc() {
  [[ ! -d $parts/sysroot ]] || return 0
  rm -rf "$parts/sysroot.new"
  mmdebstrap --quiet --variant=extract --include=libc6-dev "$old_release" "$parts/sysroot.new" "$(debian_mirror)"
  lead_links_inside "$parts/sysroot.new"
  mv "$parts/sysroot.new" "$parts/sysroot"
}

check() { # PROGRAM: it asks for no newer glibc and libgcc_s, and for no library that is not there everywhere
  local glibc libgcc others
  glibc=$(newest_asked_for "$1" GLIBC)
  libgcc=$(newest_asked_for "$1" GCC)
  others=$(objdump -p "$1" | awk '/NEEDED/ {print $2}' |
    grep -vE '^(ld-linux-[a-z0-9-]+|lib(c|m|dl|pthread|gcc_s))\.so\.[0-9]+$' || true)
  if [[ -n $others ]] || ! is_at_most "$glibc" 2.30 || ! is_at_most "$libgcc" 4.2.0; then
    echo "package_portable: asked for are glibc $glibc (2.30 at most), libgcc_s of GCC $libgcc (4.2.0 at most)," \
      "and these libraries (none): ${others//$'\n'/ }" >&2
    return 1
  fi
  echo "== asks for glibc $glibc, and libgcc_s of GCC $libgcc, or newer"
}

is_at_most() { # VERSION BOUND
  [[ -n $1 && $(printf '%s\n' "$1" "$2" | sort --version-sort | tail -n 1) == "$2" ]]
}

mkdir -p "$parts"
fetch_source simdjson libsimdjson-dev
fetch_source fmtlib libfmt-dev
fetch_glibc
[[ -f build/portable/build.ninja ]] || cmake --preset portable
ninja -C build/portable -j "$jobs" completions
check build/portable/dynamodb-migration-monitor
check_hardening build/portable/dynamodb-migration-monitor
cpack --config build/portable/CPackConfig.cmake -B build/package
