#!/bin/bash
# configurations.sh: what a program finds in containers of configurations that engines and people write, where a detail decides
# whether it starts at all. RUNTIME=runc or RUNTIME=crun tests the tests (under unshare -n); what they do otherwise says so.
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq taskset:util-linux script:bsdutils
bundle=$work/bundle; root=$work/state
busybox_tree "$work/tree"
(cd "$work" && runc spec 2>/dev/null || "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
jq --arg group "/$parent/box" '.process.terminal = false | .root = {path: "rootfs", readonly: false} | .linux.cgroupsPath = $group' "$work/config.json" >"$work/plain.json"
before_clean_up() { "$RUNTIME" --root "$root" delete --force box; }
# configure FILTER [COMMAND...]: the plain configuration, changed by a filter of jq, and a fresh tree that $prepare has changed
configure() {
    local filter=$1; shift; "$RUNTIME" --root "$root" delete --force box >/dev/null 2>&1 || true
    rm -rf --one-file-system "$bundle"; mkdir -p "$bundle"; cp -a "$work/tree" "$bundle/rootfs"; (cd "$bundle/rootfs" && eval "${prepare:-}")
    jq "$filter" "$work/plain.json" | jq '.process.args = $ARGS.positional' --args -- "$@" >"$bundle/config.json"
}
# container FILTER [COMMAND...]: runs it, by the command in $by if there is one
container() { configure "$@" && ${by:-} "$RUNTIME" --root "$root" run --bundle "$bundle" box; }
background() { configure "$@" && "$RUNTIME" --root "$root" run --detach --bundle "$bundle" box; }
mount() { echo ".mounts += [$1]"; }
at() { echo ".mounts |= map(if .destination == \"$1\" then .options += [$2] else . end)"; }
tmpfs() { printf '{destination: "%s", type: "tmpfs", source: "tmpfs", options: [%s]}' "$1" "$2"; }
bind() { printf '{destination: "%s", type: "bind", source: "%s", options: [%s]}' "$2" "$1" "${3:-\"bind\"}"; }
# the option of a mount that says whether it can be written: ro or rw
access='while read -r _ _ _ _ place options _; do [ "$place" != "$1" ] || echo "${options%%,*}"; done </proc/self/mountinfo'

# --- read-only comes last
check "a read-only /dev has its devices" expect ro container "$(at /dev '"ro"')" sh -c "echo >/dev/null && [ -c /dev/full ] && [ -d /dev/pts ] && $access" sh /dev
check "and refuses others" status 1 container "$(at /dev '"ro"')" touch /dev/file
terminal() { configure "$(at /dev '"ro"') | .process.terminal = true" sh -c "ls -l /dev/console"; script -qec "$RUNTIME --root $root run --bundle $bundle box" /dev/null; }
check "a read-only /dev has its terminal" matches 'crw' terminal
check "a read-only tmpfs has places for other mounts" expect "ro rw" container "$(mount "$(tmpfs /scratch '"ro"'), $(tmpfs /scratch/a/b '"size=1m"')")" \
    sh -c "echo \$(sh -c '$access' sh /scratch; sh -c '$access' sh /scratch/a/b)"
check "and for devices" expect "ro" container "$(mount "$(tmpfs /scratch '"ro", "size=1m"')") | .linux.devices = [{path: \"/scratch/null\", type: \"c\", major: 1, minor: 3}]" sh -c "[ -c /scratch/null ] && $access" sh /scratch
check "one with a copy too" expect "ro root" container "$(mount "$(tmpfs /etc '"tmpcopyup", "ro"'), $(tmpfs /etc/inside '"size=1m"')")" sh -c "echo \$(sh -c '$access' sh /etc) \$(head -c 4 /etc/passwd)"
check "each of two on one place is what it says" expect "ro rw" container "$(mount "$(tmpfs /scratch '"ro"'), $(tmpfs /scratch '"rw"')")" sh -c "echo \$(sh -c '$access' sh /scratch)"
check "a remount is no earlier" expect ro container "$(mount '{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["remount", "ro", "nosuid"]}')" sh -c "[ -c /dev/null ] && $access" sh /dev
check "a remount that allows writing counts" expect rw container "$(mount "$(tmpfs /scratch '"ro"'), {destination: \"/scratch\", type: \"tmpfs\", source: \"tmpfs\", options: [\"remount\", \"rw\"]}")" sh -c "$access" sh /scratch
check "a bind that is read-only stays as it is" status 1 container "$(mount "$(bind "$work/tree/etc" /data '"bind", "ro"'), $(tmpfs /data/missing '"size=1m"')")" true
check "its source too" test ! -e "$work/tree/etc/missing"
check "the working directory is made in a read-only root" expect /made/here container '.root.readonly = true | .process.cwd = "/made/here"' pwd
check "and in a read-only tmpfs" expect "/scratch/here" container "$(mount "$(tmpfs /scratch '"ro"')") | .process.cwd = \"/scratch/here\"" pwd

# --- links of the image that lead to nothing
words() { echo words >"$work/words"; chmod 644 "$work/words"; }; words
resolv='ln -sf ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf'
prepare=$resolv check "a file on a dangling link" expect words container "$(mount "$(bind "$work/words" /etc/resolv.conf)")" cat /etc/resolv.conf
prepare=$resolv check "is at the end of it, below the root" expect words container "$(mount "$(bind "$work/words" /etc/resolv.conf)")" cat /run/systemd/resolve/stub-resolv.conf
prepare='ln -s /no/such etc/link' check "an absolute link" expect words container "$(mount "$(bind "$work/words" /etc/link)")" cat /no/such
prepare='ln -s ../../../../../../../..'$work'/outside etc/link' check "a link out of the root" expect words container "$(mount "$(bind "$work/words" /etc/link)")" cat "$work/outside"
check "leads nowhere on the host" test ! -e "$work/outside"
prepare='ln -s /two one; ln -s three two; ln -s etc/four three' check "a chain of links" expect words container "$(mount "$(bind "$work/words" /one)")" cat /etc/four
prepare='ln -s two one; ln -s one two' check "a ring of links" status 1 container "$(mount "$(bind "$work/words" /one)")" true
prepare='ln -s /var/lib/missing data' check "a dangling link on the way" expect words container "$(mount "$(bind "$work/words" /data/below/file)")" cat /var/lib/missing/below/file
prepare='ln -s missing/../other link' check "a link with a way back" expect words container "$(mount "$(bind "$work/words" /link)")" cat /other
prepare='ln -s /var/missing data' check "a tmpfs on a dangling link" matches ' /var/missing ' container "$(mount "$(tmpfs /data '"size=1m"')")" grep missing /proc/self/mountinfo
prepare='ln -s /var/missing data' check "a directory on a dangling link" expect words container "$(mount "$(bind "$work" /data)")" cat /var/missing/words
prepare='mkdir -p data; ln -s ../var/node data/node' check "a device on a dangling link" expect '1,   3' container '.linux.devices = [{path: "/data/node", type: "c", major: 1, minor: 3}]' sh -c "ls -l /var/node | grep -o '1,   3'"
prepare='ln -s /var/way way' check "a device behind one" expect '1,   3' container '.linux.devices = [{path: "/way/node", type: "c", major: 1, minor: 3}]' sh -c "ls -l /var/way/node | grep -o '1,   3'"
prepare='mkdir data; ln -s /etc/passwd data/node' check "a device on a link to something else" status 1 container '.linux.devices = [{path: "/data/node", type: "c", major: 1, minor: 3}]' true
prepare='ln -s /var/missing home' check "a working directory on a dangling link" expect /var/missing/me container '.process.cwd = "/home/me"' pwd
prepare='ln -s /proc/self/exe one' check "a link of proc is none of the image's" status 1 container "$(mount "$(bind "$work/words" /one/two)")" true

# --- processors
processors() { sed -n 's/^Cpus_allowed_list:\t//p' "${1:-/proc/self/status}"; }
inside='/Cpus_allowed_list/ { print $2 }'
if [ "$(nproc --all)" -lt 2 ]; then skip "processors" "one processor alone"; else
    all=$(taskset -c "0-$(($(nproc --all) - 1))" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
    by='taskset -c 0'
    check "a runtime that is bound to one gives all" expect "$all" container . awk "$inside" /proc/self/status
    cpuset() { awk '$2 == "cgroup" || $3 == "cgroup"' /proc/mounts | grep -q cpuset || grep -q cpuset /sys/fs/cgroup/cgroup.controllers 2>/dev/null; }
    if cpuset; then check "but those of the container's cpuset alone" expect 1 container '.linux.resources.cpu.cpus = "1"' awk "$inside" /proc/self/status
    else skip "but those of the container's cpuset alone" "no cpuset here"; fi
    necessary "a container for exec" background . sleep 1000
    in_exec() { taskset -c 0 "$RUNTIME" --root "$root" exec "$@"; }
    check "exec gives all as well" expect "$all" in_exec box awk "$inside" /proc/self/status
    named() { jq --argjson named "$1" '.process | .args = ["awk", $program, "/proc/self/status"] | .execCPUAffinity = $named' --arg program "$inside" "$bundle/config.json" >"$work/process"; in_exec --process "$work/process" box; }
    check "or those that are named" expect 1 named '{"final": "1"}'
    check "or those that it begins with" expect 1 named '{"initial": "1"}'
    by=
fi

# --- what a program of exec leaves open
open='.process.capabilities = {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]} | .process.user.umask = 23 | .process.oomScoreAdj = 321'
necessary "a container with one capability" background "$open" sleep 1000
program() { jq -n '{cwd: "/", env: ["PATH=/bin"], args: ["sh", "-c", $words]} + $more' --arg words "$1" --argjson more "${2:-{\}}" >"$work/process"; "$RUNTIME" --root "$root" exec --process "$work/process" box; }
powers="sed -n 's/^Cap\(Prm\|Eff\|Bnd\):.*\(.\{6\}\)\$/\2/p' /proc/self/status | tr '\n' ' '"
check "exec has no more of them" expect "000020 000020 000020 " program "$powers"
check "but others if it asks for them" expect "000001 000001 000001 " program "$powers" '{"capabilities": {"bounding": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"]}}'
check "or none" expect "000000 000000 000000 " program "$powers" '{"capabilities": {}}'
check "nor has another user" expect "000000 000000 000020 " program "$powers" '{"user": {"uid": 5, "gid": 5}}'
check "exec has the container's mask" expect 0027 program umask
check "or its own" expect 0002 program umask '{"user": {"uid": 0, "gid": 0, "umask": 2}}'
check "exec has the container's out-of-memory score" expect 321 program 'cat /proc/self/oom_score_adj'
check "or its own" expect 400 program 'cat /proc/self/oom_score_adj' '{"oomScoreAdj": 400}'

# --- mounts
submounts() { mkdir -p "$work/source/below" && mount_tmpfs "$work/source/below" && echo words >"$work/source/below/file"; }
mount_tmpfs() { command mount -t tmpfs -o noexec,nosuid tmpfs "$1"; }
necessary "a source with a mount below" submounts
check "rbind stays rbind" expect words container "$(mount "$(bind "$work/source" /data '"rbind", "ro", "bind"')")" cat /data/below/file
flags='while read -r _ _ _ _ place options _; do [ "$place" != "$1" ] || { case ,$options, in *,noexec,*) echo noexec;; *) echo exec;; esac; }; done </proc/self/mountinfo'
flagged() { container "$(mount "$(bind "$work/source/below" /data "$1")")${2:+ | $2}" sh -c "$flags" sh /data; }
check "a bind without a flag keeps those of its source" expect noexec flagged '"bind"'
check "with one it has no others" expect exec flagged '"bind", "ro"'
check "even one that is taken away" expect exec flagged '"rbind", "rw"'
check "or what it names" expect noexec flagged '"bind", "ro", "noexec"'
mapped='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 3000}] | .linux.gidMappings = .linux.uidMappings'
check "in a user namespace nothing is lost" expect noexec flagged '"bind", "ro"' "$mapped"
for option in exec suid; do check "in a user namespace $option is refused of a source that withholds it" status 1 flagged "\"bind\", \"$option\"" "$mapped"; done
check "what is not withheld may be named" expect noexec flagged '"bind", "rw", "dev"' "$mapped"
check "also what the same options take back" expect noexec flagged '"bind", "exec", "noexec"' "$mapped"
links() { local end=0; rm -f "$work/source/below/link"; ln -s file "$work/source/below/link"; command mount -o remount,bind,nosymfollow "$work/source/below"
    container "$(mount "$(bind "$work/source/below" /data "$1")") | $mapped" cat /data/link || end=$?; command mount -o remount,bind,noexec,nosuid "$work/source/below"; return $end; }
check "but that links are not followed, which a user namespace does not keep" expect words links '"bind", "ro"'
check "unless that is named" status 1 links '"bind", "nosymfollow"'
layers() { local number list=''; for number in $(seq 30); do mkdir -p "$work/layers/layer-$number"; echo $number >"$work/layers/layer-$number/file-$number"; list=$list${list:+:}$work/layers/layer-$number; done; echo "$list"; }
overlay=$(printf '{destination: "/data", type: "overlay", source: "overlay", options: ["lowerdir=%s", "ro", "nodev", "rprivate"]}' "$(layers)")
check "thirty layers of an overlay" expect "1 30 overlay ro" container "$(mount "$overlay")" sh -c "echo \$(cat /data/file-1 /data/file-30) \$(grep -o '[^ ]* ro,nodev' /proc/mounts | sed 's/ .*//; s,/data,overlay,') \$(sh -c '$access' sh /data)"
check "a source that an earlier mount provides" expect words container "$(mount "$(tmpfs /scratch '"size=1m"'), $(bind "$work/words" /scratch/deep/words), $(bind "$bundle/rootfs/scratch/deep" /data '"rbind"')")" cat /data/words
check "and one relative to the bundle" expect words container "$(mount "$(bind "$work" /scratch), $(bind rootfs/scratch/words /data)")" cat /data

# --- without pivot_root
no_pivot() { configure "$@" && "$RUNTIME" --root "$root" run --no-pivot --bundle "$bundle" box; }
check "--no-pivot" expect bin no_pivot . sh -c 'ls / | head -1'
check "with a read-only root" status 1 no_pivot '.root.readonly = true' touch /file
check "--no-pivot with a hook that looks for the root" expect bin no_pivot '.hooks = {createContainer: [{path: "/bin/true"}]}' sh -c 'ls / | head -1'
# a user namespace may mount proc where the mount namespace shows a whole one, be it out of reach
whole='unshare -U -r -m -p -f mount -t proc proc /tmp'
somebody='.process.user = {uid: 5, gid: 5}'
check "a whole proc gives others" status 0 no_pivot "$somebody | del(.linux.maskedPaths, .linux.readonlyPaths)" sh -c "$whole"
check "the host's underneath does not" status 1 no_pivot "$somebody" sh -c "$whole 2>/dev/null"

# --- programs
prepare='cp bin/busybox data; mkdir secret; mv data secret/ls; chmod 744 secret/ls' check "a program by CAP_DAC_OVERRIDE" status 0 container \
    '.process.user = {uid: 5, gid: 5} | (.process.capabilities[]) = ["CAP_DAC_OVERRIDE"]' /secret/ls /
prepare='cp bin/busybox data; mkdir secret; mv data secret/ls; chmod 744 secret/ls' check "and none without" status 1 container '.process.user = {uid: 5, gid: 5} | (.process.capabilities[]) = []' /secret/ls /
check "an empty HOME is filled" expect /root container '.process.env += ["HOME="]' sh -c 'echo $HOME'
twice() { container '.linux.maskedPaths = ["/etc/passwd", "/etc/passwd"]' grep -c ' /etc/passwd ' /proc/self/mountinfo; }
check "what is masked twice is covered once" expect 1 twice

# --- hooks: where they start and what they have in their environment
printf '#!/bin/sh\necho "$1: $(pwd) ${HOOK-}${RUNTIME_HAS-}${PROGRAM_HAS-}" >>"%s/hooks"\n' "$work" >"$work/hook"; chmod 755 "$work/hook"
printf '#!/bin/sh\necho "$1: $(pwd) ${HOOK-}${RUNTIME_HAS-}${PROGRAM_HAS-}" >>/hooks\n' >"$work/tree/hook"; chmod 755 "$work/tree/hook"
hooks() { # hooks MEMBERS: with these members of each hook
    rm -f "$work/hooks"
    configure '.process.env += ["PROGRAM_HAS=program"] | .hooks = reduce ("prestart", "createRuntime", "createContainer", "poststart", "poststop") as $kind ({}; .[$kind] = [{path: "'"$work"'/hook", args: ["hook", $kind]'"$1"'}])
        | .hooks.startContainer = [{path: "/hook", args: ["hook", "startContainer"]'"$1"'}]' sleep 0.1
    (cd / && RUNTIME_HAS=runtime "$RUNTIME" --root "$root" run --bundle "$bundle" box); sed "s,$bundle,bundle," "$work/hooks" "$bundle/rootfs/hooks" | sort
}
table() { printf '%s\n' "createContainer: bundle/rootfs $2" "createRuntime: bundle $1" "poststart: bundle $1" "poststop: bundle $1" "prestart: bundle $1" "startContainer: / $2"; }
check "a hook without an environment" expect "$(table runtime program)" hooks ''
check "with one" expect "$(table own own)" hooks ', env: ["HOOK=own", "PATH=/bin:/usr/bin"]'
check "with an empty one" expect "$(table '' '')" hooks ', env: []'

# --- warnings are not the program's
ambient='.process.capabilities.ambient = ["CAP_NET_RAW"] | .process.capabilities.inheritable = []'
quiet() { container "$ambient" echo program 2>&1; }
check "a warning is not in the program's output" expect program quiet
logged() { rm -f "$work/warned"; local own=$RUNTIME; RUNTIME=$work/logging; container "$ambient" true; cat "$work/warned"; }
printf '#!/bin/sh\nexec %s --log %s "$@"\n' "$RUNTIME" "$work/warned" >"$work/logging"; chmod 755 "$work/logging"
[ "$runtime_name" != veloci ] || check "but in the log" matches 'level=warning.*ambient capabilities' logged

# --- hosts and namespaces that refuse
refused() { local words=$1; shift; if "$@" 2>"$work/refused"; then echo "it is not refused"; return 1; fi; grep -F -- "$words" "$work/refused" || { cat "$work/refused"; return 1; }; }
own() { printf '.linux.namespaces |= map(if .type == "%s" then .path = "/proc/self/ns/%s" else . end)' "$1" "$2"; }
check "a parameter of the runtime's own network is refused" refused 'not allowed in host network namespace' \
    container "$(own network net) | .linux.sysctl = {\"net.ipv4.ip_default_ttl\": \"65\"}" true
if [ "$runtime_name" != veloci ]; then skip "what runc does otherwise, or not at all" "only veloci has it"; else
    check "one of its own System V IPC too" refused 'not allowed in host ipc namespace' container "$(own ipc ipc) | .linux.sysctl = {\"kernel.msgmax\": \"8191\"}" true
    check "and another name of the host" refused 'not allowed in host uts namespace' container "$(own uts uts) | .hostname = \"another\"" true
    check "but not the one that it has" expect "$(hostname)" container "$(own uts uts) | .hostname = \"$(hostname)\"" hostname
    # without a cgroup namespace, which a user namespace that is not the container's could not mount
    covered='.linux.namespaces |= map(select(.type != "cgroup")) | del(.linux.resources) | .mounts |= map(select(.destination | test("^/(proc|sys|dev/(pts|mqueue))") | not))
        | .mounts += [{destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]}] | .linux.sysctl = {"net.ipv4.ip_default_ttl": "65"}'
    # covering PLACE...: a user namespace on a host whose /proc is covered in part
    covering() { configure "$covered" cat /proc/sys/net/ipv4/ip_default_ttl
        unshare --mount sh -c 'mount -t tmpfs none /proc/fs; for place in $1; do mount --bind $place $place; done; shift; exec unshare --user --map-root-user --mount "$@"' \
            sh "$*" "$RUNTIME" --root "$work/covered" run --bundle "$bundle" box; }
    check "a parameter where /proc is covered in part" expect 65 covering
    check "not where the parameters are" refused 'EXDEV' covering /proc/sys
fi
# --- a listener of calls that the runtime makes itself on its way
if ! command -v python3 >/dev/null; then skip "a listener of calls that the runtime makes too" "not installed: python3"; else
    # Lets everything happen of which it is told, and tells which calls there were.
    cat >"$work/agent.py" <<'P'
import array, fcntl, os, select, socket, struct, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(4)
poll, seen = select.poll(), open(sys.argv[2], "w")
poll.register(server, select.POLLIN)
while True:
    for number, events in poll.poll():
        if number == server.fileno():
            connection = server.accept()[0]
            listener = array.array("i", connection.recvmsg(65536, 4096)[1][0][2][:4])[0]
            poll.register(listener, select.POLLIN)
        elif events & select.POLLIN:
            call = bytearray(80)
            try: fcntl.ioctl(number, 0xc0502100, call)
            except OSError: continue
            seen.write("%d\n" % struct.unpack_from("=i", call, 16)[0]); seen.flush()
            try: fcntl.ioctl(number, 0xc0182101, struct.pack("=QqiI", struct.unpack_from("=Q", call)[0], 0, 0, 1))
            except OSError: pass
        else: poll.unregister(number); os.close(number)
P
    listened() { # listened NO-NEW-PRIVILEGES NAME...: a container whose calls of these names an agent answers
        local privileges=$1 agent end=0; shift; rm -f "$work/agent"
        python3 "$work/agent.py" "$work/agent" "$work/calls" & agent=$!
        eventually test -S "$work/agent"
        configure '.process.noNewPrivileges = '"$privileges"' | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "'"$work/agent"'", syscalls: [{names: [], action: "SCMP_ACT_NOTIFY"}]}' cat /etc/hostname
        jq '.linux.seccomp.syscalls[0].names = $ARGS.positional' --args -- "$@" <"$bundle/config.json" >"$work/listened.json" && mv "$work/listened.json" "$bundle/config.json"
        echo "of a container" >"$bundle/rootfs/etc/hostname"
        timeout 20 "$RUNTIME" --root "$root" run --bundle "$bundle" box || end=$?
        kill $agent; return $end
    }
    for privileges in true false; do
        check "a listener of calls that the runtime makes too, noNewPrivileges $privileges" expect "of a container" listened $privileges execve openat open read close fcntl
        check "it was asked, noNewPrivileges $privileges" grep -qx "$(printf '#include <sys/syscall.h>\n__NR_read\n' | gcc -E - 2>/dev/null | tail -n 1)" "$work/calls"
        check "one of write is refused, noNewPrivileges $privileges" refused 'SCMP_ACT_NOTIFY cannot be used for the write syscall' listened $privileges write
    done
fi

if [ ! -e /proc/sys/vm/memfd_noexec ]; then skip "a host that executes no files in memory" "the kernel is older than 6.3"; else
    forbidden() { configure '.hooks.createContainer = [{path: "/bin/true"}] | .hooks.poststop = [{path: "/bin/true"}]' sleep 1000
        unshare --pid --fork --mount-proc sh -ec 'echo 2 >/proc/sys/vm/memfd_noexec; "$@" run --detach --bundle '"$bundle"' box; "$@" exec box echo program; "$@" delete --force box' \
            sh "$RUNTIME" --root "$root"; }
    check "a host that executes no files in memory" expect program forbidden
fi
