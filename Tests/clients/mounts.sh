#!/bin/bash
# mounts.sh: mounts, devices and namespaces as engines write them down for crun and runc, where a detail decides whether a container
# starts, and what becomes of one whose groups or signals are used behind its back. RUNTIME=crun tests the tests (under unshare -n).
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq python3:python3-minimal prlimit:util-linux setpriv:util-linux
bundle=$work/bundle; root=$work/state
busybox_tree "$work/tree"
(cd "$work" && runc spec 2>/dev/null || "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
jq --arg group "/$parent/box" '.process.terminal = false | .root = {path: "rootfs", readonly: false} | .linux.cgroupsPath = $group' "$work/config.json" >"$work/plain.json"
runtime() { "$RUNTIME" --root "$root" "$@"; }
before_clean_up() { runtime delete --force box; runtime delete --force other; }
# configure FILTER [COMMAND...]: the plain configuration, changed by a filter of jq, and a fresh tree that $prepare has changed
configure() {
    local filter=$1; shift; runtime delete --force box >/dev/null 2>&1 || true
    rm -rf --one-file-system "$bundle"; mkdir -p "$bundle"; cp -a "$work/tree" "$bundle/rootfs"; (cd "$bundle/rootfs" && eval "${prepare:-}")
    jq "$filter" "$work/plain.json" | jq '.process.args = $ARGS.positional' --args -- "$@" >"$bundle/config.json"
}
container() { configure "$@" && ${by:-} "$RUNTIME" --root "$root" run --bundle "$bundle" box; }
background() { configure "$@" && runtime run --detach --bundle "$bundle" box >"$work/output" 2>&1 </dev/null || { cat "$work/output"; return 1; }; }
says() { local words=$1; shift; if "$@" >"$work/said" 2>&1; then echo "succeeded, said:"; cat "$work/said"; return 1; fi; grep -qF -- "$words" "$work/said" || { echo "said:"; cat "$work/said"; return 1; }; }
status_of() { runtime state box | jq -r .status; }
pid_of() { runtime state box | jq .pid; }
mount() { echo ".mounts += [$1]"; }
at() { echo ".mounts |= map(if .destination == \"$1\" then .options += [$2] else . end)"; }
tmpfs() { printf '{destination: "%s", type: "tmpfs", source: "tmpfs", options: [%s]}' "$1" "$2"; }
bind() { printf '{destination: "%s", type: "bind", source: "%s", options: [%s]}' "$2" "$1" "${3:-\"bind\"}"; }
without() { printf '.linux.namespaces |= map(select(.type != "%s"))' "$1"; }
# mapped FIRST [SIZE]: a user namespace whose root is user FIRST of the host
mapped() { echo ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: $1, size: ${2:-65536}}] | .linux.gidMappings = .linux.uidMappings"; }
own=$(mapped 0)

# --- kernel parameters in a user namespace that does not own the processes
sysctl='.linux.sysctl = {"net.ipv4.ping_group_range": "5 6"}'
range=$'5\t6'
bound_proc='.mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)'
check "a kernel parameter with the host's processes" expect "$range" container "$own | $(without pid) | $bound_proc | $sysctl" cat /proc/sys/net/ipv4/ping_group_range
check "where proc is to be mounted, the host's is the same" expect "$range" container "$own | $(without pid) | $sysctl" cat /proc/sys/net/ipv4/ping_group_range
check "of a user namespace with other ids" expect "$range" container "$(mapped 100000) | $(without pid) | $bound_proc | $sysctl" cat /proc/sys/net/ipv4/ping_group_range
check "with processes of its own" expect "$range" container "$own | $sysctl" cat /proc/sys/net/ipv4/ping_group_range
by='unshare -Urm'
check "in a user namespace around" expect $'0\t0' container "$own | $(without pid) | $(without cgroup) | del(.linux.cgroupsPath, .linux.resources) | .mounts |= map(select(.type != \"cgroup\")) | $bound_proc | .linux.sysctl = {\"net.ipv4.ping_group_range\": \"0 0\"} | (.mounts[] | select(.type == \"devpts\").options) -= [\"gid=5\"] | .linux.uidMappings[0].size = 1 | .linux.gidMappings[0].size = 1" cat /proc/sys/net/ipv4/ping_group_range
by=

# --- sysfs where the network is the host's
network=$(ls /sys/class/net | tr '\n' ' ')
check "sysfs with the host's network" expect "$network" container "$own | $(without network)" sh -c 'ls /sys/class/net | tr "\n" " "'
check "is as read-only as was asked" status 1 container "$own | $(without network)" sh -c 'umount /sys/fs/cgroup; mkdir /sys/fs/cgroup/new || touch /sys/kernel/profiling'
check "sysfs with a network of its own" expect "lo " container "$own" sh -c 'ls /sys/class/net | tr "\n" " "'

# --- a tmpfs with a copy
in_var="$(mount "$(tmpfs /var '"tmpcopyup"'), $(tmpfs /var/below '"size=1m"')")"
check "a mount inside a copy whose owner is not mapped" expect "0 0 65534" container "$(mapped 100000) | $in_var" sh -c 'echo $(stat -c %u /var /var/below /var/www)'
check "nobody is root where there is none" expect "0 0 0" container "$(mapped 100000 1000) | $in_var" sh -c 'echo $(stat -c %u /var /var/below /var/www)'
prepare='chown 100005 var/www' check "who is mapped stays" expect "5" container "$(mapped 100000) | $in_var" stat -c %u /var/www
joining() { background "$(mapped 100000)" sleep 1000 && local pid; pid=$(pid_of) &&
    mkdir -p "$work/other" && cp -a "$work/tree" "$work/other/rootfs" && touch "$work/namespace" && command mount --bind "/proc/$pid/ns/user" "$work/namespace" &&
    jq "$1" "$work/plain.json" | jq '.process.args = $ARGS.positional | .linux.cgroupsPath += "2"' --args -- "${@:2}" >"$work/other/config.json" &&
    runtime run --bundle "$work/other" other; local end=$?; runtime delete --force other >/dev/null 2>&1; umount "$work/namespace"; rm -rf "$work/other"; return $end; }
joined=".linux.namespaces += [{type: \"user\", path: \"$work/namespace\"}]"
check "also in a user namespace that exists" expect "0 0 65534" joining "$joined | $in_var" sh -c 'echo $(stat -c %u /var /var/below /var/www)'
special='mkfifo var/fifo; mknod var/zero c 1 5; python3 -c "
import os, socket
socket.socket(socket.AF_UNIX).bind(\"var/socket\")
open(\"var/file\", \"w\").write(\"words\"); os.chown(\"var/file\", 3, 4); os.chmod(\"var/file\", 0o4711)
os.setxattr(\"var/file\", \"trusted.own\", b\"words\"); os.setxattr(\"var/www\", \"trusted.own\", b\"more\")
os.setxattr(\"var/file\", \"security.capability\", bytes.fromhex(\"0100000200040000000000000000000000000000\"))
os.symlink(b\"not \\xff UTF-8\", \"var/link\"); open(b\"var/\\xfe\", \"w\").close()
"'
prepare=$special
check "a copy has pipes, sockets, devices and names of any bytes" expect "p - l s c" container "$(mount "$(tmpfs /var '"tmpcopyup"')")" \
    sh -c 'echo $(ls -ld /var/fifo /var/socket /var/zero /var/file /var/link | cut -c1)'
attributes() { background "$(mount "$(tmpfs /var '"tmpcopyup"')")" sleep 1000 && python3 - "/proc/$(pid_of)/root/var" <<'P'
import os, sys
os.chdir(sys.argv[1])
status = os.stat("file")
print(os.getxattr("file", "trusted.own").decode(), os.getxattr("www", "trusted.own").decode(), os.getxattr("file", "security.capability").hex()[:10],
      oct(status.st_mode), status.st_uid, status.st_gid, os.readlink(b"link"), os.path.exists(b"\xfe"))
P
}
check "and extended attributes, capabilities, modes and owners" expect "words more 0100000200 0o104711 3 4 b'not \\xff UTF-8' True" attributes
prepare=

# --- a user namespace that exists
other_ids='.linux.uidMappings = [{containerID: 0, hostID: 5, size: 10}] | .linux.gidMappings = .linux.uidMappings'
check "other ids than those of the user namespace" says 'non-matching mapping' joining "$joined | $other_ids" true
check "are both in the words" grep -q '0→100000+65536.*0→5+10' "$work/said"
same_ids='.linux.uidMappings = [{containerID: 1, hostID: 100001, size: 65535}, {containerID: 0, hostID: 100000, size: 1}] | .linux.gidMappings = .linux.uidMappings'
check "the same ids, in other words" expect "0" joining "$joined | $same_ids" id -u

# --- links
echo words >"$work/words"; chmod 644 "$work/words"; ln -s words "$work/link"
check "copy-symlink makes the link" expect "words" container "$(mount "$(bind "$work/link" /data/link '"bind", "copy-symlink"')")" readlink /data/link
prepare='ln -s words link' check "or finds it" expect "words" container "$(mount "$(bind "$work/link" /link '"bind", "copy-symlink"')")" readlink /link
prepare='ln -s others link' check "but no other" says 'link /link to words' container "$(mount "$(bind "$work/link" /link '"bind", "copy-symlink"')")" true
prepare='touch link' check "and no file" says 'link /link to words' container "$(mount "$(bind "$work/link" /link '"bind", "copy-symlink"')")" true
check "what is no link is bound" expect words container "$(mount "$(bind "$work/words" /data '"bind", "copy-symlink"')")" cat /data
check "src-nofollow binds the link itself" expect words container "$(mount "$(bind "$work/link" /data '"bind", "src-nofollow"')")" readlink /data
prepare='ln -s /etc/passwd link' check "dest-nofollow binds over the link itself" expect "words root" container "$(mount "$(bind "$work/words" /link '"bind", "dest-nofollow"')")" sh -c 'echo $(cat /link) $(head -c 4 /etc/passwd)'
prepare='ln -s /no/such link' check "be it dangling" expect words container "$(mount "$(bind "$work/words" /link '"bind", "dest-nofollow"')")" cat /link
prepare='ln -s /etc/passwd link' check "both" expect words container "$(mount "$(bind "$work/link" /link '"bind", "src-nofollow", "dest-nofollow"')")" readlink /link
check "both and a copy is a contradiction" says 'copy-symlink' container "$(mount "$(bind "$work/link" /data '"bind", "copy-symlink", "src-nofollow"')")" true
check "z and Z are the engine's" expect words container "$(mount "$(bind "$work/words" /data '"bind", "z", "Z"')")" cat /data
check "so are copy and nocopy" expect words container "$(mount "$(bind "$work/words" /data '"bind", "copy", "nocopy"')")" cat /data
check "and U, for which it changes the owner" expect words container "$(mount "$(bind "$work/words" /data '"bind", "U"')")" cat /data
check "but not of a file system" says 'mounts[7]' container "$(mount "$(tmpfs /data '"copy"')")" true

# --- id mappings in an option
mapped_file() { local mark; mark=$(mktemp -p "$work/ids"); chown 7:8 "$mark"; container "$(mount "$(bind "$work/ids" /data "\"bind\", \"$1\"")")${2:+ | $2}" stat -c '%u %g' "/data/${mark##*/}"; }
mkdir "$work/ids"; chmod 755 "$work/ids"; command mount -t tmpfs tmpfs "$work/ids"
check "an option with id mappings" expect "1007 2008" mapped_file 'idmap=uids=0-1000-100;gids=0-2000-100'
check "with several ranges" expect "1 2008" mapped_file 'idmap=uids=0-1000-7#7-1-1;gids=0-2000-100'
prepare='mkdir data' check "relative to the container" expect "3 4" mapped_file 'idmap=uids=@7-3-1;gids=@8-4-1' "$(mapped 100000)"
check "for all below" expect "1007 2008" mapped_file 'ridmap=uids=0-1000-100;gids=0-2000-100'
check "without groups" says 'needs uids and gids' mapped_file 'idmap=uids=0-1000-100'
check "that is none" says 'no range of ids' mapped_file 'idmap=uids=0-x-100;gids=0-0-1'

# --- control groups
if grep -q ' cgroup2 ' /proc/mounts; then
    namespace='.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]'
    check "an option that version 2 does not know" says 'mounts[6]' container "$namespace | $(at /sys/fs/cgroup '"nonsense"')" true
    check "one that it does" status 0 container "$namespace | $(at /sys/fs/cgroup '"nsdelegate"')" true
    check "the same without a namespace" says nonsense container "$(without cgroup) | $(at /sys/fs/cgroup '"nonsense"')" true
    check "where they stay as they are" status 0 container "$(without cgroup) | $(at /sys/fs/cgroup '"nsdelegate"')" true
else skip "options of version 2" "not mounted here"; fi
check "domainname twice" expect example container '.domainname = "example" | .linux.sysctl = {"kernel.domainname": "example"}' cat /proc/sys/kernel/domainname
check "in two ways" says 'kernel.domainname' container '.domainname = "example" | .linux.sysctl = {"kernel.domainname": "other"}' true

# --- many mounts
many="del(.process.rlimits) | .mounts += [range(400) | {destination: \"/data/\(.)\", type: \"bind\", source: \"$work/words\", options: [\"bind\"]}]"
by='prlimit --nofile=256:4096'
check "more mounts than files may be open" expect "400 256 4096" container "$many" sh -c 'echo $(ls /data | wc -l) $(ulimit -n) $(ulimit -Hn)'
check "with a limit of its own" expect "400 100 200" container "$many | .process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: 100, hard: 200}]" sh -c 'echo $(ls /data | wc -l) $(ulimit -n) $(ulimit -Hn)'
check "in a user namespace" expect "400 256 4096" container "$own | $many" sh -c 'echo $(ls /data | wc -l) $(ulimit -n) $(ulimit -Hn)'
hooked() { container "$many | .hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"ulimit -n >$work/limit\"]}]}" true && cat "$work/limit"; }
check "a hook has the caller's limit" expect 256 hooked
by=
check "few files open and a user namespace" expect "5" container "$own | .process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: 5, hard: 5}]" sh -c 'ulimit -n'

# --- devices in a user namespace
device='.linux.devices = [{path: "/dev/new", type: "c", major: 1, minor: 5, fileMode: 438, uid: 5, gid: 6}]'
check "a device that the host does not have" expect "crw-rw-rw- 5 6 1, 5 1" container "$(mapped 100000) | $device" sh -c 'echo $(ls -ln /dev/new | sed "s/ 1 / /;s, /dev.*,," | tr -s " " | cut -d" " -f1-5) $(head -c1 /dev/new | wc -c)'
check "its file system is nowhere to be seen" expect "" container "$(mapped 100000) | $device" sh -c 'ls /0 2>/dev/null || true'
check "one that the host has otherwise" expect "1, 5" container "$(mapped 100000) | .linux.devices = [{path: \"/dev/full\", type: \"c\", major: 1, minor: 5}]" sh -c "ls -ln /dev/full | grep -o '1,   5' | tr -s ' '"

# --- /proc
check "a bind over the network's statistics" says /proc/net/dev container "$(mount "$(bind "$work/words" /proc/net/dev)")" true
check "one over the processors" expect words container "$(mount "$(bind "$work/words" /proc/cpuinfo)")" cat /proc/cpuinfo

# --- hooks under the program's filter
filter() { echo ".process.noNewPrivileges = $1 | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_ERRNO\"}, {names: [\"clone3\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 38}]} | .hooks = {startContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"mkdir /made; touch /ran\"]}]}"; }
for privileges in true false; do
    check "a startContainer hook is under the filter (noNewPrivileges: $privileges)" expect "ran no" container "$(filter $privileges)" sh -c 'echo $([ ! -e /ran ] || echo ran) $([ -e /made ] || echo no)'
done

# --- mounts of a container that runs: crun has these commands too
if "$RUNTIME" mounts --help >/dev/null 2>&1; then
    changed() { local action=$1; shift; jq -n "[$*]" >"$work/list" && runtime mounts "$action" box "$work/list"; }
    sees() { runtime exec box "$@"; }
    necessary "a container that runs" background . sleep 1000
    added() { changed add "$(tmpfs /scratch '"size=1m"'), $(bind "$work/words" /scratch/words '"bind", "ro"'), $(bind "$work" /data/all '"rbind"')" && sees cat /scratch/words /data/all/words; }
    check "mounts are added" expect $'words\nwords' added
    check "as they were asked for" status 1 sees sh -c 'echo more >/scratch/words'
    check "those of the host are as they were" status 1 grep -q "$bundle/rootfs/scratch" /proc/self/mountinfo
    check "a tmpfs that is read-only has places for others" expect "words" bash -c "$(declare -f changed sees runtime tmpfs bind); RUNTIME='$RUNTIME' root='$root' work='$work'; changed add \"\$(tmpfs /late '\"ro\"'), \$(bind '$work/words' /late/words)\" && sees cat /late/words"
    check "one that cannot be made" says 'mounts[0]' changed add "$(bind /no/such /data)"
    check "one that is none" says 'mounts[0].type' changed add '{destination: "/data"}'
    check "a list that is none" says 'must be an array' runtime mounts add box "$bundle/config.json"
    gone() { changed remove '{destination: "/scratch"}, {destination: "/scratch/words"}, {destination: "/data/all"}, {destination: "/late"}' && { sees grep -cE ' /(scratch|data|late)' /proc/self/mountinfo || true; }; }
    check "mounts are removed, the last first" expect 0 gone
    check "what is no mount is not removed" says 'mounts[0].destination' changed remove '{destination: "/etc"}'
    check "nor is the root" says 'mounts[0].destination' changed remove '{destination: "/"}'
    lost() { ln -sfn /etc "$bundle/rootfs/way" && changed add "$(bind "$work/words" /way/words)" && sees cat /etc/words && changed remove '{destination: "/way/words"}'; }
    check "a link leads nowhere else" expect words lost
    namespaced() { prepare='mkdir data' background "$(mapped 100000)" sleep 1000 && changed add "$(tmpfs /data '"size=1m"'), $(bind "$work/words" /data/words)" && sees sh -c 'echo $(stat -c %u /data) $(cat /data/words)' && changed remove '{destination: "/data"}'; }
    check "in a user namespace" expect "0 words" namespaced
    processes() { background "$own | $(without pid)" sleep 1000 && changed add "$(tmpfs /data '"size=1m"')" && changed remove '{destination: "/data"}' && { sees grep -c ' /data ' /proc/self/mountinfo || true; }; }
    check "that does not own its processes" expect 0 processes
    check "of a container that is stopped" says 'stopped' bash -c "$(declare -f changed runtime); RUNTIME='$RUNTIME' root='$root' work='$work'; runtime kill box KILL; sleep 1; changed remove '{destination: \"/data\"}'"
else skip "mounts of a container that runs" "$runtime_name does not have it"; fi

# --- signals before start
created() { configure "$1" sleep 1000 && runtime create --bundle "$bundle" box >/dev/null 2>&1; }
for signal in TERM INT HUP QUIT; do
    ended() { created . && runtime kill box "$signal" && eventually expect stopped status_of; }
    check "SIG$signal ends a created container" ended
done
ended() { created "$(without pid)" && runtime kill box TERM && eventually expect stopped status_of; }
check "with the host's processes too" ended
unheard() { created . && runtime start box && grep SigCgt "/proc/$(pid_of)/status" | tr -d '\t'; }
check "the program has none of our handlers" expect SigCgt:0000000000000000 unheard

# --- groups
groups() { find /sys/fs/cgroup -depth -type d -path "*/$parent/box*"; }
moved() { background "$(without cgroup)" sleep 1000 && local pid place; pid=$(pid_of)
    for place in $(groups); do mkdir "${place%/box}/away"; for file in cpuset.cpus cpuset.mems; do [ ! -e "$place/$file" ] || cat "$place/$file" >"${place%/box}/away/$file"; done; echo "$pid" >"${place%/box}/away/cgroup.procs" && rmdir "$place"; done
    runtime exec box sh -c 'cat /proc/self/cgroup' | grep -c "/$parent/away"; }
check "exec follows a container that moved away from its groups" expect "$(awk '($3 == "cgroup" || $3 == "cgroup2") && $2 ~ "^/sys/fs/cgroup"' /proc/mounts | wc -l)" moved
away() { runtime kill box KILL; eventually expect stopped status_of; find /sys/fs/cgroup -depth -type d -path "*/$parent/away" -exec rmdir {} \; ; expect null runtime ps --format json box; }
check "ps of a container without groups" away
if [ -e /sys/fs/cgroup/freezer ]; then
    frozen() { background . sleep 1000 && local inner; inner=$(find /sys/fs/cgroup/freezer -type d -path "*/$parent/box")/inner && mkdir "$inner" && pid_of >"$inner/cgroup.procs" && echo FROZEN >"$inner/freezer.state"; }
    frozen_killed() { frozen && runtime kill box KILL && eventually expect stopped status_of; }
    check "KILL reaches into a frozen group inside" frozen_killed
    frozen_deleted() { frozen && timeout 20 "$RUNTIME" --root "$root" delete --force box; }
    check "delete --force too" frozen_deleted
else skip "frozen groups inside" "no freezer of version 1 here"; fi
