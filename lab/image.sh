#!/bin/bash
# image.sh base|clients|selinux: the full lab's disk image from the cache, built when absent or when its recipe changed.
# Prints its path. Packages only, no loop mounts; with user namespaces it needs no root.
#   base     systemd, D-Bus, AppArmor, udev, an unprivileged user with delegation, runc and crun to compare with
#   clients  and podman, buildah, containerd, Docker Engine, criu
#   selinux  base with SELinux tools and Debian's policy instead of AppArmor
. "$(dirname "$0")/common.sh"
kind=${1:-base} size=${LAB_SIZE:-6G}
packages=(systemd systemd-sysv dbus dbus-user-session libpam-systemd udev kmod passwd util-linux procps
    iproute2 uidmap busybox-static runc crun jq strace acl)
case $kind in
    base) packages+=(apparmor) ;;
    clients) packages+=(apparmor apparmor-utils podman buildah containerd docker.io docker-cli criu libcriu2 iptables nftables
        slirp4netns passt fuse-overlayfs netavark aardvark-dns catatonit golang-github-containers-common
        systemd-container python3-minimal ca-certificates bsdutils xz-utils bats gawk) ;;
    selinux) packages+=(selinux-basics selinux-policy-default auditd attr criu iptables) ;;
    *) die "no image of kind $kind" "image.sh base|clients|selinux" ;;
esac
lab_image_patience=${LAB_IMAGE_LIMIT:-900}
need mke2fs:e2fsprogs flock:util-linux unshare:util-linux perl:perl
kernel=$("$lab_home/kernel.sh")
recipe=$(cat "$lab_home/image.sh" "$lab_home"/guest/lab-* <(echo "$size ${LAB_EXTRA:-} $(basename "$kernel")") | sha256sum | cut -c1-16)
image=$lab_cache/image/$lab_suite-$kind-$recipe.ext4
[ ! -e "$image" ] || { echo "$image"; exit 0; }
lab_lock "image-$kind" 1800
[ ! -e "$image" ] || { echo "$image"; exit 0; }
mmdebstrap=$(lab_mmdebstrap); PATH=$(dirname "$mmdebstrap"):$PATH
mode=root; [ "$(id -u)" = 0 ] || { mode=unshare; need newuidmap:uidmap; }
mirror=$(lab_mirror); keyring=$(lab_keyring)
mkdir -p "$lab_cache/image"
# in unshare mode the tree and the image are written by another uid, which must reach them
work=$(mktemp -d "${TMPDIR:-/tmp}/veloci-image.XXXXXX"); chmod 755 "$work"; trap 'rm -rf "$work"' EXIT
install -d -m 777 "$work/out"; log=$lab_cache/image/$lab_suite-$kind.log
cp -a "$lab_home/guest" "$work/guest"; cp -a "$kernel/modules" "$work/modules"; basename "$kernel" >"$work/version"
cat >"$work/finish" <<F
#!/bin/sh -e
"$lab_home/guest/lab-finish" "\$1" "$work"
# a bind without what is mounted inside: /proc and /sys of the tree are the builder's. No journal: the machine is thrown away
mkdir -p "$work/out/tree"
unshare --mount sh -ec 'mount --bind "\$1" "\$2/tree"
    mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1 -m 0 -d "\$2/tree" "\$2/image" $size' sh "\$1" "$work/out"
F
chmod 755 "$work/finish"
IFS=,; include="${packages[*]}${LAB_EXTRA:+,$LAB_EXTRA}"; unset IFS
say "image $lab_suite-$kind: building (log: $log)"
heartbeat() {
    trap 'kill $!; exit' TERM
    while sleep 20 & wait $!; do say "image $lab_suite-$kind: $(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-100)"; done
}
heartbeat >/dev/null & heartbeat=$!
trap 'kill "$heartbeat" 2>/dev/null; rm -rf "$work"' EXIT
timeout $lab_image_patience "$mmdebstrap" --mode=$mode --variant=minbase --include="$include" --keyring="$keyring" \
    "${lab_mmdebstrap_options[@]}" --customize-hook="$work/finish" --format=null \
    "$lab_suite" /dev/null "deb $mirror $lab_suite main" >"$log" 2>&1 </dev/null || {
    end=$?; why=''; [ $end != 124 ] || why=" within $lab_image_patience s (is the mirror $mirror slow?)"
    tail -n 15 "$log" >&2; die "image $lab_suite-$kind could not be built$why; the end of its log is above"; }
cp --sparse=always "$work/out/image" "$image.new"; mv "$image.new" "$image"
find "$lab_cache/image" -name "$lab_suite-$kind-*.ext4" ! -path "$image" -delete
say "image $lab_suite-$kind: ready, $(du -m "$image" | cut -f1) MiB"
echo "$image"
