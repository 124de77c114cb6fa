#!/bin/bash
# kernel.sh [SUITE [FLAVOUR]]: Debian's kernel from the cache, downloaded when absent. Prints its directory, which holds
# vmlinuz, config and modules/. FLAVOUR is cloud-amd64 (small, virtio) or amd64 (every driver); for arm64 likewise.
. "$(dirname "$0")/common.sh"
suite=${1:-$lab_suite} flavour=${2:-cloud-$lab_architecture}
need depmod:kmod flock:util-linux
link=$lab_cache/kernel/$suite-$flavour
[ ! -e "$link/vmlinuz" ] || { readlink -f "$link"; exit 0; }
lab_lock kernel 900
[ ! -e "$link/vmlinuz" ] || { readlink -f "$link"; exit 0; }
image=$(lab_apt "$suite" apt-cache depends --important "linux-image-$flavour" |
    awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
[ -n "$image" ] || die "suite $suite has no kernel of flavour $flavour"
version=${image#linux-image-}
say "kernel $version of $suite: downloading"
packages=("$image")
# from 7.x on the kernel is split in three packages
! lab_apt "$suite" apt-cache show "linux-binary-$version" >/dev/null 2>&1 ||
    packages=("linux-binary-$version" "linux-modules-$version" "linux-base-$version")
scratch=$(mktemp -d "$lab_cache/kernel.XXXXXX"); trap 'rm -rf "$scratch"' EXIT
lab_unpack "$suite" "$scratch/tree" "${packages[@]}"
mkdir "$scratch/kernel"
modules=$(find "$scratch/tree" -type d -path "*/lib/modules/$version" -print -quit)
mv "$modules" "$scratch/kernel/modules"
cp "$(find "$scratch" -type f \( -name "vmlinuz-$version" -o -name vmlinuz \) -print -quit)" "$scratch/kernel/vmlinuz"
cp "$(find "$scratch" -type f \( -name "config-$version" -o -name config \) -size +20k -print -quit)" "$scratch/kernel/config"
mkdir -p "$scratch/depmod/lib/modules"; ln -s "$scratch/kernel/modules" "$scratch/depmod/lib/modules/$version"
depmod -b "$scratch/depmod" "$version"
mkdir -p "$lab_cache/kernel"; rm -rf "${lab_cache:?}/kernel/$version"
mv "$scratch/kernel" "$lab_cache/kernel/$version"
ln -sfn "$version" "$link"
say "kernel $version: ready"
readlink -f "$link"
