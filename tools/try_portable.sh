#!/usr/bin/env bash
# Proves that the portable archive of `./dev package portable` can be used where glibc is old and nothing of ours
# is installed: unpacks it in a bare Debian 11 (glibc 2.31, the oldest that Debian's mirrors still have), lets
# the end-to-end scenarios named run it there, and takes away all but one place of certificate authorities after
# the other. Needs root, and what `./dev test` needs.
#
#   tools/try_portable.sh [FOLDER [SCENARIO...]]      (build/portable-machine; plan report)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p "${1:-build/portable-machine}"
machine=$(realpath "${1:-build/portable-machine}")
shift || true
scenarios=("$@")
((${#scenarios[@]})) || scenarios=(plan report)
release=bullseye
source tools/machine.sh

sign_itself() { # CERTIFICATE KEY
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$2" -out "$1" 2>/dev/null
}

# A server on loopback whose certificate signs itself, in a file that each place in turn has; before that the place has
# another's.
try_authorities() { # PROGRAM
  local work port place told
  work=$(mktemp -d)
  sign_itself "$work/certificate.pem" "$work/key.pem"
  sign_itself "$work/stranger.pem" "$work/strangers_key.pem"
  /usr/bin/python3 tools/tls_server.py "$work" >"$work/port" 2>"$work/log" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; unmount_all' EXIT
  for _ in {1..200}; do
    [[ ! -s $work/port ]] && kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  port=$(<"$work/port")
  [[ -n $port ]] || { echo "the server did not come up:" >&2; cat "$work/log" >&2; return 1; }
  rm -rf "$machine"/etc/ssl "$machine"/etc/pki "$machine"/usr/lib/ssl
  printf '[%s]\naws_access_key_id=a\naws_secret_access_key=b\n' source target >"$machine/root/credentials"
  told=$(ask_plan "$1" "$port")
  [[ $told == *"has no certificate authorities"* ]] || { echo "$told" >&2; return 1; }
  for place in $(grep -oE '"/[^"]+"' src/net/authorities.h | tr -d '"'); do
    install -D -m 644 "$work/stranger.pem" "$machine$place"
    told=$(ask_plan "$1" "$port")
    [[ $told == *"certificate is not accepted"* ]] || { echo "$place: $told" >&2; return 1; }
    install -D -m 644 "$work/certificate.pem" "$machine$place"
    told=$(ask_plan "$1" "$port")
    [[ $told == *DescribeTable* && $told != *"certificate is not accepted"* ]] || { echo "$place: $told" >&2; return 1; }
    rm "$machine$place"
  done
  kill "$server"
  trap unmount_all EXIT
  rm -r "$work"
  echo "== authorities are found in each place of src/net/authorities.h, and nothing else is trusted"
}

ask_plan() { # PROGRAM PORT
  local url=https://localhost:$2
  in_machine timeout 120 env AWS_SHARED_CREDENTIALS_FILE=credentials "$1" plan --region eu-west-1 --target-table t \
    --source-profile source --source-endpoint-url "$url" --target-profile target --target-endpoint-url "$url" 2>&1 || true
}

archive=$(made_package portable)
(cd build/package && sha256sum --check --quiet "${archive##*/}.sha256")
make_machine
place=opt/$(basename "$archive" .tar.gz)
tar -C "$machine/opt" -xzf "$archive"
program=/$place/bin/dynamodb-migration-monitor
echo "== archive $(stat -c %s "$archive") bytes, program $(stat -c %s "$machine$program") bytes"
echo "== asks for glibc $(newest_asked_for "$machine$program" GLIBC), here is $(in_machine ldd --version | head -n 1 | grep -oE '[0-9.]+$');" \
  "for libgcc_s of GCC $(newest_asked_for "$machine$program" GCC)"
told=$(in_machine "$program" --version)
echo "$told"
check_state_format "$told"
in_machine bash -n "/$place/share/bash-completion/completions/dynamodb-migration-monitor"
in_machine test -s "/$place/share/man/man1/dynamodb-migration-monitor.1"
echo "== start-up: $(start_time "$program") ms"
run_scenarios "$program" "${scenarios[@]}"
try_authorities "$program"
echo "== the portable archive works on Debian $(cat "$machine/etc/debian_version")"
