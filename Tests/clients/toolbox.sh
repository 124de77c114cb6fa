#!/bin/bash
# toolbox.sh: distrobox and toolbox with podman of a user without privileges, over the runtime named by RUNTIME (default: the built veloci), on an
# image of a Debian tree that has what both look for, so that nothing is downloaded by them: created, entered, stopped, removed.
# RUNTIME=crun tests the tests. TOOLBOX_TREE is the archive of a tree that exists. Not run unless named: the tree takes two minutes the first time.
here=$(cd "$(dirname "$0")" && pwd)
# before this test has a network of its own, and none to the mirror
[ "${1:-}" = --inside ] || [ -n "${TOOLBOX_TREE:-}" ] ||
    TOOLBOX_TREE=$("$here/../../lab/debian-tree.sh" bc curl less lsof pinentry-tty sudo time wget libcap2-bin) || TOOLBOX_TREE=none
export TOOLBOX_TREE
. "$here/alone.sh"
LIMIT=${LIMIT:-180}
. "$(dirname "$0")/library.sh"
need podman:podman conmon:conmon ip:iproute2 newuidmap:uidmap setpriv:util-linux busybox:busybox-static
[ -s "$TOOLBOX_TREE" ] || { skip "distrobox and toolbox" "no Debian tree could be made; the lab says why above"; exit; }
ip link set lo up

# --- a user, with a home that both share with their containers, and the devices of a desktop
chmod 711 "$work"; home=$work/home; mkdir -p "$home" "$work/run"; chown 12345:12345 "$home" "$work/run"; chmod 700 "$work/run"
{ cat /etc/passwd; echo "person:x:12345:12345::$home:/bin/bash"; } >"$work/passwd"; { cat /etc/group; echo "person:x:12345:"; echo "sudo:x:27:person"; } | awk -F : '!seen[$1]++' >"$work/group"
echo "person:100000:65536" >"$work/ids"
for pair in passwd:passwd group:group ids:subuid ids:subgid; do [ -e "/etc/${pair#*:}" ] || { skip "distrobox and toolbox" "no /etc/${pair#*:}"; exit; }; mount --bind "$work/${pair%:*}" "/etc/${pair#*:}" || exit 1; done
mkdir -p /run/user/12345; mount --bind "$work/run" /run/user/12345; mkdir -p /run/media /run/udev/data /run/libvirt
# where toolbox's own dynamic linker is on a host and in a container
ln -s / /run/host
# a host of theirs has message queues and temporary files of its own
mkdir "$work/dev"; mount -t tmpfs -o mode=755 none "$work/dev"; mkdir "$work/dev"/{pts,shm,mqueue,net}
for node in null zero full random urandom tty fuse net/tun; do [ ! -e /dev/$node ] || { touch "$work/dev/$node"; mount --bind /dev/$node "$work/dev/$node"; }; done
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 none "$work/dev/pts"; ln -s pts/ptmx "$work/dev/ptmx"; mount -t tmpfs -o mode=1777 none "$work/dev/shm"; mount -t mqueue none "$work/dev/mqueue" || exit 1
for link in fd stdin stdout stderr; do cp -P /dev/$link "$work/dev"; done
mount --rbind "$work/dev" /dev || exit 1
mkdir -p "$home/.config/containers"
cat >"$home/.config/containers/containers.conf" <<C
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "$runtime_name"
[engine.runtimes]
"$runtime_name" = ["$work/bin/$runtime_name"]
C
mkdir "$work/bin"; cp "$RUNTIME" "$work/bin/$runtime_name"
printf '[storage]\ndriver = "overlay"\n' >"$home/.config/containers/storage.conf"
chown -R 12345:12345 "$home"
person() { setpriv --reuid 12345 --regid 12345 --init-groups env -i HOME="$home" USER=person LOGNAME=person SHELL=/bin/bash TERM=dumb XDG_RUNTIME_DIR=/run/user/12345 VELOCI_CLIENT_TEST="$work" \
    DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/12345/bus PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin sh -c 'cd && exec "$@"' sh "$@" </dev/null; }
on_terminal() { printf '%q ' "$@" >"$work/command"; chmod 644 "$work/command"; person script -qec "sh $work/command" /dev/null | tr -d '\r'; }
before_clean_up() { person podman rm -a -f -t 0; person podman unshare rm -rf "$home/.local"; }
chmod 644 "$TOOLBOX_TREE"; cp "$TOOLBOX_TREE" "$work/tree.tar"; chmod 644 "$work/tree.tar"; printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$work/policy.json"; chmod 644 "$work/policy.json"
necessary "import a Debian tree" person podman import --signature-policy "$work/policy.json" --change 'LABEL com.github.containers.toolbox=true' --change 'CMD ["/bin/bash"]' "$work/tree.tar" localhost/box:1
rm "$work/tree.tar"

# --- distrobox
if ! command -v distrobox >/dev/null; then skip "distrobox" "not installed: distrobox"; else
    box() { local verb=$1; shift; person distrobox "$verb" "$@"; }
    necessary "distrobox create" box create --yes --image localhost/box:1 --name box
    check "distrobox list" matches 'box .*localhost/box:1' box list --no-color
    inside() { box enter --name box -- "$@"; }
    check "enter, for the first time" matches "person" inside id -un
    check "enter" expect 12345 inside id -u
    check "the home is there" expect "$home" inside sh -c 'cd && pwd && touch from-inside'
    check "a file from inside" test "$(stat -c %u "$home/from-inside" 2>/dev/null)" = 12345
    check "the host is below /run/host" inside test -e "/run/host$work/passwd"
    check "exit status" status 7 inside sh -c 'exit 7'
    check "a system of its own" matches Debian inside sh -c 'cat /etc/os-release'
    check "root by sudo" expect 0 inside sudo -n id -u
    check "what root may: a package manager" matches 'sudo' inside sudo -n dpkg-query -W sudo
    check "devices" inside sh -c 'echo words >/dev/null && head -c 1 /dev/urandom >/dev/null'
    check "a terminal" matches '/dev/pts/' on_terminal distrobox enter --name box -- tty
    check "environment" expect kept person env KEPT=kept distrobox enter --name box -- sh -c 'echo $KEPT'
    check "stop" box stop --yes --name box
    check "enter after a stop" expect 12345 inside id -u
    check "stop again" box stop --yes --name box
    check "distrobox rm" box rm --force box
fi

# --- toolbox
if ! command -v toolbox >/dev/null || ! command -v dbus-daemon >/dev/null; then skip "toolbox" "not installed: podman-toolbox dbus-daemon"; else
    # it asks for both buses of a desktop, and Flatpak's helper on the user's
    mkdir -p /run/dbus; dbus-daemon --session --nofork --address=unix:path=/run/dbus/system_bus_socket >"$work/log/system-bus" 2>&1 & buses=($!)
    person dbus-daemon --session --nofork --address=unix:path=/run/user/12345/bus >"$work/log/bus" 2>&1 & buses+=($!)
    before_clean_up() { person podman rm -a -f -t 0; person podman unshare rm -rf "$home/.local"; kill "${buses[@]}"; }
    necessary "buses" eventually test -S /run/user/12345/bus -a -S /run/dbus/system_bus_socket
    tool() { person toolbox --assumeyes "$@"; }
    necessary "toolbox create" tool create --image localhost/box:1 tools
    check "toolbox list" matches tools tool list --containers
    within() { tool run --container tools "$@"; }
    check "run, for the first time" expect 12345 within id -u
    check "the name of the user" expect person within id -un
    check "its home is there" expect "$home" within sh -c 'cd && pwd'
    check "its exit status" status 7 within sh -c 'exit 7'
    check "its host is below /run/host" within test -e "/run/host$work/passwd"
    check "the group of who may become root" matches sudo within id -nG
    check "on a terminal" matches '/dev/pts/' on_terminal toolbox run --container tools tty
    check "a missing program is 127" status 127 within /no/such/program
    check "toolbox rm" tool rm --force tools
fi
check "no container is left" expect "" person podman ps -a -q
