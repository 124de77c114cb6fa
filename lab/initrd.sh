#!/bin/bash
# initrd.sh KERNELDIR: the small initramfs that finds the disk of the lab (guest/init). Prints its path.
# Uncompressed on purpose: decompressing is slow under software emulation.
. "$(dirname "$0")/common.sh"
kernel=$1; version=$(basename "$kernel")
need depmod:kmod xz:xz-utils
busybox=$("$lab_home/busybox.sh")
# this machine runs one as well
here=$(LAB_ARCHITECTURE=amd64 "$lab_home/busybox.sh")
# loaded at boot: the disks. Carried for modprobe, so that tests in the mini lab find them: file systems, network devices, a scheduler with weights
load=(virtio_pci virtio_blk)
carry=(overlay ext4 loop dummy veth bridge xfs btrfs erofs squashfs null_blk tun nf_tables nft_chain_nat vfat fuse autofs4 binfmt_misc bfq)
stamp=$(cat "$lab_home/initrd.sh" "$lab_home/guest/init" | sha256sum | cut -c1-16)
out=$kernel/initrd-$stamp.cpio
[ ! -s "$out" ] || { echo "$out"; exit 0; }
lab_lock initrd 300
say "initramfs for $version"
tree=$(mktemp -d); trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/lib/modules/$version"
cp "$busybox" "$tree/bin/busybox"; install -m755 "$lab_home/guest/init" "$tree/init"
echo "${load[@]}" >"$tree/modules"
with_dependencies() {
    local name line
    for name in "$@"; do
        # a driver may be built in, or not be part of this flavour: its user says so, not the lab
        line=$(grep -m1 -E "/${name//_/[_-]}\.ko(\.[a-z]+)?:" "$kernel/modules/modules.dep" || true)
        [ -z "$line" ] || tr -s ': ' '[\n*]' <<<"$line"
    done | sort -u | grep .
}
while read -r file; do
    mkdir -p "$tree/lib/modules/$version/$(dirname "$file")"; cp "$kernel/modules/$file" "$tree/lib/modules/$version/$file"
    case $file in *.xz) xz -d "$tree/lib/modules/$version/$file";; *.zst) need zstd:zstd; zstd -dq --rm "$tree/lib/modules/$version/$file";; esac
done < <(with_dependencies "${load[@]}" "${carry[@]}")
for file in modules.builtin modules.order modules.builtin.modinfo; do
    [ ! -e "$kernel/modules/$file" ] || cp "$kernel/modules/$file" "$tree/lib/modules/$version/"; done
depmod -b "$tree" "$version"
(cd "$tree" && find . | "$here" cpio -o -H newc 2>/dev/null) >"$out.new"; mv "$out.new" "$out"
find "$kernel" -maxdepth 1 -name 'initrd-*.cpio' ! -path "$out" -delete
echo "$out"
