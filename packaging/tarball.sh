#!/bin/sh
# Makes a tarball for any distribution from an executable that was built: bin and share, to be unpacked below /usr/local.
# Usage: tarball.sh VELOCI VERSION FOLDER
set -eu
cd "$(dirname "$0")/.."
veloci=$1 version=$2 folder=$3
: "${SOURCE_DATE_EPOCH:?}"
# The machine that the executable is for, not this one: the ELF header says it.
case $(od -An -tu2 -j18 -N2 "$veloci" | tr -d ' ') in
62) machine=x86_64 ;;
183) machine=aarch64 ;;
*) echo "$veloci is for neither x86-64 nor arm64" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=veloci-$version-linux-$machine
make --no-print-directory install VELOCI="$veloci" DESTDIR="$work" PREFIX="/$name" >/dev/null
mkdir -p "$work/$name/share/doc/veloci"
cp -r LICENSE CHANGELOG.md README.md docs/examples docs/schema "$work/$name/share/doc/veloci/"
mkdir -p "$folder"
tar --create --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" \
    --format=ustar "$name" | gzip -9n >"$folder/$name.tar.gz"
(cd "$folder" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$folder/$name.tar.gz"
