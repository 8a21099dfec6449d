#!/usr/bin/env bash
# Makes an OCI image of the Debian package (`./dev package`) without a daemon: the program, the libraries that it
# links, CA certificates, and nothing else: no shell, no package manager. Needs root, and mmdebstrap, umoci and
# skopeo (installed when missing).
#
#   tools/make_image.sh      build/package/dynamodb-migration-monitor_VERSION_ARCHITECTURE.oci.tar
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/debian.sh

((EUID == 0)) || { echo "make_image: needs root, to own what it packs" >&2; exit 1; }
for program in mmdebstrap umoci skopeo; do
  command -v $program >/dev/null || apt-get -qq install --yes --no-install-recommends $program >/dev/null
done

package=$(made_package deb "$(dpkg --print-architecture)")
version=$(dpkg-deb -f "$package" Version)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Extracted, not configured: there is nothing in it that would run a maintainer's script.
libraries=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | awk '{print $1}' | grep -v '^ca-certificates$' | paste -sd ,)
mmdebstrap --quiet --variant=extract --include="$libraries" \
  --dpkgopt='path-exclude=/usr/share/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  bookworm "$work/root.tar"
umoci init --layout "$work/image"
umoci new --image "$work/image:$version"
umoci unpack --image "$work/image:$version" "$work/bundle" >/dev/null
root=$work/bundle/rootfs
tar -C "$root" -xf "$work/root.tar"
dpkg-deb --fsys-tarfile "$package" | tar -C "$root" -x ./usr/bin ./usr/share/doc/dynamodb-migration-monitor/LICENSE
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download ca-certificates >/dev/null && dpkg-deb -x ca-certificates_*.deb certificates)
install -d "$root/etc/ssl/certs"
cat "$work"/certificates/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/:/sbin/nologin\nddm:x:65532:65532:ddm:/state:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nddm:x:65532:\n' >"$root/etc/group"
install -d -o 65532 -g 65532 -m 0700 "$root/state"
rm -rf "$root"/var/{cache,lib,log} "$root"/etc/apt
umoci repack --image "$work/image:$version" "$work/bundle"
umoci config --image "$work/image:$version" --config.user 65532:65532 --config.workingdir /state \
  --config.volume /state --config.entrypoint /usr/bin/dynamodb-migration-monitor --config.stopsignal SIGTERM \
  --config.label org.opencontainers.image.version="$version" \
  --config.label org.opencontainers.image.licenses=Apache-2.0 \
  --config.label org.opencontainers.image.title=dynamodb-migration-monitor
target=$(package_file image "$(dpkg --print-architecture)")
rm -f "$target"
skopeo copy --quiet --insecure-policy "oci:$work/image:$version" "oci-archive:$target:$version"
(cd build/package && sha256sum "${target##*/}" >"${target##*/}.sha256")
echo "== $target: $(stat -c %s "$target") bytes, unpacked $(du -sb "$root" | cut -f 1)"
