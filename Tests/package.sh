#!/bin/bash
# package.sh DEB: the Debian package on Debian 12 and 13: lintian, installation, upgrade from an older version, what it installs, podman and
# Docker over it, the offered alternative, and removal without a trace. In trees that are unpacked for it, inside namespaces of their
# own: nothing is installed on this machine. Needs root. SUITES="bookworm trixie" chooses.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
repository=$PWD package=$(realpath "${1:?usage: package.sh DEB}") failed=
[ "$(id -u)" = 0 ] || { echo "skipped: a package is installed by root"; exit 0; }
packages=(busybox-static conmon containerd docker.io iproute2 iptables jq podman procps bsdutils tar)
if [ -z "${TREES:-}" ]; then
    # Made, or taken from the lab's cache, while there is a network.
    for suite in ${SUITES:-bookworm trixie}; do
        # from Debian 13 on, Docker's client is a package of its own
        more=(); [ "$suite" = bookworm ] || more=(docker-cli)
        tree=$(LAB_SUITE=$suite lab/debian-tree.sh "${packages[@]}" "${more[@]}") || {
            [ $? = 123 ] || { echo "no Debian tree of $suite"; exit 1; }
            echo "skipped: $suite: Debian's mirror does not answer, and the cache has no tree"; continue
        }
        TREES="${TREES:-} $suite=$tree"
    done
    [ -n "${TREES:-}" ] || exit 0
    exec env TREES="$TREES" unshare --mount --net --propagation private "$PWD/Tests/package.sh" "$package"
fi
work=$(mktemp -d) || exit 1
cleanup() { awk -v w="$work/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l; rm -rf --one-file-system "$work"; }
trap cleanup EXIT
ip link set lo up
say() { echo "not ok - $suite: $*"; failed=1; }
try() { local name=$1; shift; if "$@" >"$work/log" 2>&1; then echo "ok - $suite: $name"; else say "$name"; tail -n 12 "$work/log" | sed 's/^/#   /'; fi; }
# inside COMMAND...: in the tree, with a process list and devices, as on a machine that has just been installed
inside() { chroot "$work/$suite" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"; }
files() { (cd "$work/$suite" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./run -o -path ./tmp -o -path ./repository -o -path ./root -o -path ./var/log -o -path ./var/cache/man -o -path ./var/cache/apt -o -path './var/lib/dpkg/*-old' \
    -o -path ./var/lib/containers -o -path ./var/cache/ldconfig \) -prune -o -printf '%p %y %m %l\n' | LC_ALL=C sort); }
mount_tree() {
    local tree=$work/$suite node name major minor
    mkdir -p "$tree" && tar xf "$1" -C "$tree" || return
    # a mount of its own, so that a program inside may change the root again
    mount --bind "$tree" "$tree" && mount -t proc proc "$tree/proc" && mount --rbind /sys "$tree/sys" || return
    mount -t tmpfs -o mode=755 tmpfs "$tree/dev" && mkdir "$tree/dev/pts" "$tree/dev/shm" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$tree/dev/pts" || return
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<<"$node"; mknod -m 666 "$tree/dev/$name" c "$major" "$minor" || return; done
    # the lab's trees go without manuals and documents; a machine does not
    rm -f "$tree"/etc/dpkg/dpkg.cfg.d/*
    ln -s pts/ptmx "$tree/dev/ptmx"; ln -s /proc/self/fd "$tree/dev/fd"
    mount -t tmpfs tmpfs "$tree/run" && mount -t tmpfs tmpfs "$tree/tmp" && mkdir "$tree/repository" && mount --bind "$repository" "$tree/repository" && mount -o remount,bind,ro "$tree/repository"
}
# the same package with an older version, of which a file is gone since
older() {
    dpkg-deb -R "$package" "$work/older" && sed -i 's/^Version: .*/Version: 0.0.9-1/' "$work/older/DEBIAN/control" && echo old >"$work/older/usr/share/doc/veloci/old" && dpkg-deb --root-owner-group -b "$work/older" "$work/older.deb"
}
plain_run() { (cd "$work/$suite/tmp" && rm -rf box && mkdir -p box/rootfs/bin && cp "$work/$suite/bin/busybox" box/rootfs/bin/sh) && inside sh -ec 'cd /tmp/box; veloci spec; sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"\$/\"sh\", \"-c\", \"echo hello\"/" config.json; veloci plan; [ "$(veloci run box)" = hello ]'; }
# By that name it answers as runc does, for callers look at the first word, and the commit says what it is.
alternative() {
    inside update-alternatives --install /usr/local/sbin/runc runc /usr/bin/veloci 20 && inside update-alternatives --install /usr/local/sbin/runc runc /usr/sbin/runc 10 && inside runc --version >"$work/by-name" && grep '^runc version' "$work/by-name" && grep '^commit: veloci-' "$work/by-name"
}
original_again() { inside runc --version >"$work/by-name" && grep '^runc version' "$work/by-name" && ! grep veloci "$work/by-name" && inside update-alternatives --remove runc /usr/sbin/runc && [ ! -e "$work/$suite/usr/local/sbin/runc" ]; }

suite=package
if command -v lintian >/dev/null; then said=$(lintian --info --display-info --pedantic --allow-root "$package" 2>&1); [ -z "$said" ] && echo "ok - lintian is quiet" || { say lintian; echo "$said"; }
else echo "skipped: lintian is not installed"; fi
try "an older version is made" older
for tree in $TREES; do
    suite=${tree%%=*}
    try "tree" mount_tree "${tree#*=}"
    cp "$package" "$work/$suite/tmp/new.deb"; cp "$work/older.deb" "$work/$suite/tmp/"
    files >"$work/before"
    [ -z "$(grep veloci "$work/before")" ] || say "veloci is in the tree before it is installed"
    try "an older version installs" inside dpkg --install /tmp/older.deb
    try "and is upgraded" inside dpkg --install /tmp/new.deb
    try "nothing of the older one is left" test ! -e "$work/$suite/usr/share/doc/veloci/old"
    try "it depends on nothing that is missing" inside dpkg --audit
    try "--version" inside sh -c 'veloci --version | grep -qx "veloci version $(dpkg-query -Wf "\${Version}" veloci | cut -d- -f1)"'
    try "dpkg knows each file as it is" inside sh -c '[ -z "$(dpkg --verify veloci)" ]'
    try "runc is still runc" inside sh -c 'runc --version | grep -q "^runc version"'
    try "a container by hand" plain_run
    for client in podman docker; do
        inside env ONLY='^(import.*|dockerd answers|run true|run prints|exit status 7|exec|run detached|it runs|memory limit|terminal|seccomp is on by default)$' LIMIT=120 /repository/Tests/clients.sh /usr/bin/veloci $client >"$work/log" 2>&1
        if grep -qE '^== clients: [1-9][0-9]* passed, 0 failed' "$work/log" && ! grep -q 'not whole' "$work/log"; then echo "ok - $suite: $client over it: $(tail -n 1 "$work/log")"; else say "$client over it"; grep -vE '^ok' "$work/log" | tail -n 20 | sed 's/^/#   /'; fi
    done
    try "runc by name is veloci, where somebody chose so" alternative
    try "it is removed" inside dpkg --remove veloci
    try "and runc by name is runc again" original_again
    try "it is purged" inside dpkg --purge veloci
    files >"$work/after"
    # what engines and dpkg itself keep is not the package's
    left=$(diff "$work/before" "$work/after" | grep '^[<>]' | grep -vE ' \./(var/lib/(docker|containerd|cni|dpkg)|etc/(docker|cni|containers)|var/tmp|opt)(/| )|\./usr/local/sbin d |var/lib/dpkg')
    [ -z "$left" ] && ! grep -q veloci "$work/after" && echo "ok - $suite: nothing is left" || { say "something is left"; echo "$left" | head -n 20; grep veloci "$work/after" | head -n 5; }
    awk -v w="$work/$suite" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
    rm -rf --one-file-system "${work:?}/$suite"
done
[ -z "$failed" ] || exit 1
