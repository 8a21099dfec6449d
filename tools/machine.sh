# A bare Debian 12 in a folder, for the scripts beside this one, which set `machine` and source it. Needs root,
# and debootstrap (installed when missing).

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

make_machine() {
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
