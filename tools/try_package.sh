#!/usr/bin/env bash
# Proves that the Debian package of `./dev package` can be used: installs it in a bare Debian 12 and lets the
# end-to-end scenarios named run the program that is installed there. Needs root, and what `./dev test` needs.
#
#   tools/try_package.sh [arm64] [FOLDER [SCENARIO...]]      (build/package-machine; plan report)
#
# With arm64: the package for that processor, in a Debian 12 for it, under qemu-user-static.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

architecture=$(dpkg --print-architecture)
default=build/package-machine
if [[ ${1:-} == arm64 ]]; then
  architecture=arm64
  default+=-arm64
  shift
fi
mkdir -p "${1:-$default}"
machine=$(realpath "${1:-$default}")
shift || true
scenarios=("$@")
((${#scenarios[@]})) || scenarios=(plan report)
source tools/machine.sh

package=$(made_package deb "$architecture")
(cd build/package && sha256sum --check --quiet "${package##*/}.sha256")
make_machine
cp "$package" "$machine/root/monitor.deb"
in_machine apt-get -qq update
in_machine dpkg --get-selections | LC_ALL=C sort >build/package/before
in_machine apt-get -qq install --yes --no-install-recommends ./monitor.deb >"$machine.log" 2>&1 ||
  { tail -n 20 "$machine.log" >&2; exit 1; }
echo "== package $(stat -c %s "$package") bytes, program $(stat -c %s "$machine/usr/bin/dynamodb-migration-monitor") bytes"
echo "== it brought along: $(in_machine dpkg --get-selections | LC_ALL=C sort | LC_ALL=C comm -13 build/package/before - | cut -f 1 | xargs)"
told=$(in_machine dynamodb-migration-monitor --version)
echo "$told"
check_state_format "$told"
in_machine test -s /usr/share/man/man1/dynamodb-migration-monitor.1
in_machine bash -n /usr/share/bash-completion/completions/dynamodb-migration-monitor
echo "== start-up: $(start_time dynamodb-migration-monitor) ms"
run_scenarios /usr/bin/dynamodb-migration-monitor "${scenarios[@]}"
in_machine apt-get -qq purge --yes dynamodb-migration-monitor >>"$machine.log" 2>&1
left=$(in_machine find /usr /etc -name '*dynamodb-migration-monitor*')
[[ -z $left ]] || { echo "left behind: $left" >&2; exit 1; }
echo "== the package works on Debian $(cat "$machine/etc/debian_version")"
