#!/bin/bash
# shellcheck disable=SC2015,SC2016
# checkpoint.sh: checkpoint and restore over CRIU, with and without podman, beside the runtime named by CONTROL.
# CRIU makes again the control groups that it saw, so all of it is in namespaces of its own. CRIU=path names the program.
if [ -z "${INSIDE_CHECKPOINT:-}" ]; then
    [ "$(id -u)" = 0 ] || { echo "Bail out! this test needs root"; exit 125; }
    INSIDE_CHECKPOINT=1 exec unshare --net --mount --pid --ipc --fork --mount-proc "$0" "$@"
fi
ip link set lo up
mount -t tmpfs none /run
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq ip:iproute2 python3:python3-minimal
CRIU=${CRIU:-criu}; CRIU=$(command -v "$CRIU") || { skip "all of it" "criu is not installed"; exit 0; }
PATH=$(dirname "$CRIU"):$PATH
criu check >"$work/criu" 2>&1 || { skip "all of it" "criu check: $(head -n 1 "$work/criu")"; exit 0; }
bundle=$work/bundle root=$work/state images=$work/images
busybox_tree "$work/tree"
(cd "$work" && "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
jq --arg group "/$parent/box" '.process.terminal = false | .process.rlimits = [] | .root = {path: "rootfs", readonly: false} | .linux.cgroupsPath = $group' "$work/config.json" >"$work/plain.json"
runtime() { ${by:-"$RUNTIME"} --root "$root" "$@"; }
# what a container's streams are must not be a file of the test, which it could not reach: errors go to a log
silent() { rm -f "$work/errors"; ${by:-"$RUNTIME"} --root "$root" --log "$work/errors" "$@" </dev/null >/dev/null 2>&1 || { cat "$work/errors"; return 1; }; }
before_clean_up() { for by in "$RUNTIME" $CONTROL; do runtime delete --force box; done; by=; [ -z "${storage_driver:-}" ] || podman_ rm -a -f -t 0; }
# a program that counts in a file and, on a signal, ends with 7
# shellcheck disable=SC2016
counter='trap "exit 7" TERM; i=0; while :; do i=$((i + 1)); echo $i >>/count; echo $i; sleep 0.05; done'
# configure FILTER [COMMAND...]: the plain configuration, changed by a filter of jq, and a fresh tree
configure() {
    local filter=$1; shift; [ $# -gt 0 ] || set -- sh -c "$counter"
    for by in "$RUNTIME" $CONTROL; do runtime delete --force box >/dev/null 2>&1 || true; done; by=
    rm -rf --one-file-system "$bundle" "$images"; mkdir -p "$bundle"; cp -a "$work/tree" "$bundle/rootfs"; (cd "$bundle/rootfs" && eval "${prepare:-}")
    jq "$filter" "$work/plain.json" | jq '.process.args = $ARGS.positional' --args -- "$@" >"$bundle/config.json"
}
start() { configure "$@" && silent run --detach --bundle "$bundle" box; }
counts() { [ -s "$bundle/rootfs/count" ]; }
count() { tail -n 1 "$bundle/rootfs/count"; }
counting() { start "$@" && eventually counts; }
checkpoint() { runtime checkpoint --image-path "$images" --manage-cgroups-mode ignore "$@" box; }
restore() { silent restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore "$@" box; }
status_of() { runtime state box | jq -r .status; }
pid_of() { runtime state box | jq .pid; }
# goes_on BEFORE: the count went on from there and did not begin anew
goes_on() { local after; sleep 0.3; after=$(count); [ "$after" -gt "$1" ] && [ "$after" -lt $(($1 + 1000)) ] || { echo "$1 before, $after after"; return 1; }; }
round_trip() { local before; checkpoint "${dump[@]}" && before=$(count) && restore "${back[@]}" && [ "$(status_of)" = running ] && goes_on "$before"; }
dump=() back=()
nothing_left() {
    local left; left=$(ls "$root" 2>/dev/null; find /sys/fs/cgroup -type d -path "*/$parent/box*"; grep -F "$root" /proc/self/mountinfo; :)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
}
says() { local words=$1; shift; if "$@" >"$work/said" 2>&1; then echo "succeeded, said:"; cat "$work/said"; return 1; fi; grep -qF -- "$words" "$work/said" || { echo "said:"; cat "$work/said"; return 1; }; }
bind() { printf '.mounts += [{destination: "%s", type: "bind", source: "%s", options: ["bind"%s]}]' "$2" "$1" "${3:-}"; }
inside() { runtime exec box "$@"; }

# --- there and back
there() { counting . && checkpoint && nothing_left && ls "$images"/core-*.img "$images/descriptors.json" "$images/dump.log" >/dev/null; }
necessary "a checkpoint writes images, and the container is gone" there
back() { local before; before=$(count); restore && [ "$(status_of)" = running ] && goes_on "$before"; }
necessary "a restored container goes on" back
check "and is as any other: exec, ps, pause, events" eval 'inside true && runtime ps box | grep -q sleep; runtime pause box && [ "$(status_of)" = paused ] && runtime resume box && runtime events --stats box | jq -e .data.pids'
check "kill and delete" eval 'runtime kill box KILL && eventually runtime delete box && nothing_left'
twice() { counting . && round_trip && rm -r "$images" && round_trip; }
check "twice" twice
running() { local before; counting . && before=$(count) && checkpoint --leave-running && [ "$(status_of)" = running ] && goes_on "$before"; }
check "--leave-running" running
paused() { local before; counting . && runtime pause box && before=$(count) && checkpoint && nothing_left && restore && goes_on "$before"; }
check "a paused container" paused
created() { configure . && silent create --bundle "$bundle" box && says "Container cannot be checkpointed in created state" checkpoint; }
check "not one that was never started" created
stopped() { start . true && eventually eval '[ "$(status_of)" = stopped ]' && says "Container cannot be checkpointed in stopped state" checkpoint; }
check "nor one that has ended" stopped
check "nor one that is none" eval 'runtime delete --force box; says "container does not exist" checkpoint'

# --- streams, signals, ends
streams() { local last
    configure . || return
    { runtime run --detach --bundle "$bundle" box </dev/null 2>&1 | cat >"$work/first"; } & eventually counts || return
    checkpoint && last=$(tail -n 1 "$work/first") || return
    { runtime restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore box </dev/null 2>&1 | cat >"$work/second"; } & sleep 1
    runtime kill box KILL; wait; [ "$(head -n 1 "$work/second")" -le $((last + 2)) ] && [ "$(tail -n 1 "$work/second")" -gt $((last + 3)) ]
}
check "pipes of the new caller take the place of the old one's" streams
foreground() { counting . && checkpoint && { "$RUNTIME" --root "$root" restore --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore --pid-file "$work/pid" box </dev/null >/dev/null 2>&1 & } &&
    eventually eval '[ "$(status_of)" = running ]' && [ "$(cat "$work/pid")" = "$(pid_of)" ] && kill -TERM $! && { wait $!; [ $? = 7 ]; } && nothing_left; }
check "in the foreground: signals, exit status, nothing left" foreground
terminal() {
    configure '.process.terminal = true' && python3 - "$RUNTIME" "$root" "$bundle" "$images" <<'P'
import array, os, select, socket, subprocess, sys, time
runtime, root, bundle, images = sys.argv[1:]
path = bundle + "/console"
def terminal(*words):
    if os.path.exists(path): os.unlink(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path); listener.listen()
        process = subprocess.Popen([runtime, "--root", root, *words, "--console-socket", path, "box"])
        listener.settimeout(30)
        connection, _ = listener.accept()
        _, control, _, _ = connection.recvmsg(100, 100)
        assert process.wait() == 0, "failed"
        return array.array("i", control[0][2])[0]
def numbers(master):
    end, text = time.time() + 1, b""
    while time.time() < end:
        if select.select([master], [], [], 0.1)[0]: text += os.read(master, 4096)
    return [int(word) for word in text.split()]
first = terminal("run", "--detach", "--bundle", bundle)
before = numbers(first)
subprocess.run([runtime, "--root", root, "checkpoint", "--image-path", images, "--manage-cgroups-mode", "ignore", "box"], check=True)
second = terminal("restore", "--detach", "--bundle", bundle, "--image-path", images, "--manage-cgroups-mode", "ignore")
after = numbers(second)
print(before[:1], before[-1:], after[:1], after[-1:])
assert after and after[0] > before[-1] and after[-1] > after[0]
P
}
check "a terminal is sent to the new console socket" terminal

# --- what comes from outside
mkdir -p "$work/shared/deep"; echo words >"$work/shared/file"
binds() { counting "$(bind "$work/shared" /data) | $(bind "$work/shared/file" /etc/motd ', "ro"') | $(bind "$work/shared/deep" /data/made/inside)" && round_trip && [ "$(inside cat /etc/motd)" = words ] && inside touch /data/made/inside/here && [ -e "$work/shared/deep/here" ]; }
check "binds of directories and files, one in another" binds
linked() { prepare='mkdir run; rm -rf var/run; ln -s ../run var/run'; counting "$(bind "$work/shared" /var/run/data)" && round_trip && inside cat /run/data/file; }
check "a bind on a path with a link" linked
moved() { mkdir -p "$work/elsewhere" && echo other >"$work/elsewhere/file" && counting "$(bind "$work/shared" /data)" && checkpoint && jq --arg to "$work/elsewhere" '(.mounts[] | select(.destination == "/data").source) = $to' "$bundle/config.json" >"$work/new" && mv "$work/new" "$bundle/config.json" && restore && [ "$(inside cat /data/file)" = other ]; }
check "a bind from another place" moved
fresh() { counting "$(bind "$work/shared" /new/place)" && checkpoint && rm -r "$bundle/rootfs/new" && restore && inside cat /new/place/file; }
check "mount points that the root lacks are made" fresh
masks() { counting . && round_trip && [ -z "$(inside cat /proc/keys /proc/timer_list)" ] && [ -z "$(inside ls /sys/firmware)" ] && says "Read-only" inside sh -c 'echo x >/proc/sys/kernel/domainname'; }
check "masked and read-only paths" masks
own_null() { counting . && round_trip && inside chmod 600 /proc/keys; [ "$(stat -c %a /dev/null)" = 666 ]; }
check "the cover of a masked file is not the host's device" own_null
devices() { counting '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 7, fileMode: 384, uid: 3, gid: 4}]' && round_trip && [ "$(inside stat -c '%t %T %a %u %g' /dev/mine)" = "1 7 600 3 4" ]; }
check "a device" devices
shared_memory() { counting . && inside sh -c 'echo there >/dev/shm/file' && round_trip && [ "$(inside cat /dev/shm/file)" = there ]; }
check "what is in /dev/shm" shared_memory
network() { local number; ip netns add kept 2>/dev/null || true; number=$(stat -L -c %i /run/netns/kept); counting '(.linux.namespaces[] | select(.type == "network").path) = "/run/netns/kept"' && round_trip && [ "$(stat -L -c %i "/proc/$(pid_of)/ns/net")" = "$number" ]; }
check "a network namespace that stays" network
limits() { counting '.linux.resources.pids.limit = 33' && round_trip && [ "$(cat /sys/fs/cgroup/{pids/,}"$parent/box/pids.max" 2>/dev/null)" = 33 ] && grep -q ":/$parent/box$" "/proc/$(pid_of)/cgroup"; }
check "control groups and their limits" limits
groups_inside() { counting . && round_trip && [ -z "$(awk '$9 ~ /cgroup/ && $4 == "/"' "/proc/$(pid_of)/mountinfo")" ]; }
[ -d /sys/fs/cgroup/pids ] && check "of control groups the container sees its own" groups_inside
soft() { local before; counting . && runtime checkpoint --image-path "$images" box && before=$(count) && silent restore --detach --bundle "$bundle" --image-path "$images" box && goes_on "$before" && grep -q ":/$parent/box$" "/proc/$(pid_of)/cgroup"; }
check "CRIU's own care of control groups" soft
user() { local prepare='chown -R 100000:100000 .'; counting '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' && round_trip && [ "$(inside id -u)" = 0 ] && grep -q 100000 "/proc/$(pid_of)/uid_map"; }
check "a user namespace" user
own_user() { counting '.linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 7, fileMode: 384, uid: 3, gid: 4}] | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings' && round_trip && [ "$(inside stat -c '%t %T %a %u %g' /dev/mine)" = "1 7 600 3 4" ]; }
check "one with the host's ids, and a device of its own" own_user
annotated() { echo "log-file annotated.log" >"$work/criu.conf"; counting ".annotations = {\"org.criu.config\": \"$work/criu.conf\"}" && checkpoint && [ -s "$images/annotated.log" ]; }
check "org.criu.config" annotated
works() { counting . && checkpoint --work-path "$work/dump" && [ -s "$work/dump/dump.log" ] && restore --work-path "$work/back" && [ -s "$work/back/restore.log" ]; }
check "--work-path has the logs" works
# programs of the host, with their libraries
whole="$(bind /usr /usr) | .root.readonly = false"
libraries='rm -rf usr; mkdir usr; for d in lib lib64; do ln -s usr/$d $d; done'
locks() { prepare=$libraries; counting "$whole" /usr/bin/flock /lock sh -c "$counter" && says --file-locks checkpoint && checkpoint --file-locks && restore --file-locks && goes_on 0; }
check "a file lock is told, and restored" locks
python() { prepare=$libraries; start "$1" /usr/bin/python3 -c "$2
import time
count = 0
while True:
    count += 1
    open('/count', 'a').write(str(count) + chr(10)); time.sleep(0.05)" && eventually counts; }
connected='import socket
listener = socket.create_server(("127.0.0.1", 0)); one = socket.create_connection(listener.getsockname()); other, _ = listener.accept()'
tcp() { ip netns add kept 2>/dev/null || true; ip -n kept link set lo up; local dump=(--tcp-established) back=(--tcp-established)
    python "$whole | (.linux.namespaces[] | select(.type == \"network\").path) = \"/run/netns/kept\"" "$connected" && says --tcp-established checkpoint && round_trip && ip netns exec kept ss -tn | grep -q ESTAB; }
check "an established TCP connection is told, and restored" tcp
unlinked() { python "$whole" 'import os
file = open("/gone", "w"); file.write("words"); file.flush(); os.unlink("/gone")' && round_trip && grep -q words "/proc/$(pid_of)/fd/3"; }
check "an unlinked file" unlinked
# --- hooks
hooks() {
    local hook='{path: "/bin/sh", args: ["sh", "-c", "cat >>'$work'/hook-$0; echo >>'$work'/hook-$0", "NAME"]}' filter=. name
    rm -f "$work"/hook-*
    for name in prestart createRuntime createContainer startContainer poststart poststop; do filter="$filter | .hooks.$name = [${hook//NAME/$name}]"; done
    counting "$filter | del(.hooks.createContainer, .hooks.startContainer)" && checkpoint && [ "$(wc -l <"$work/hook-poststop")" = 1 ] && restore &&
        [ "$(wc -l <"$work/hook-prestart")" = 2 ] && [ "$(wc -l <"$work/hook-createRuntime")" = 2 ] && [ "$(tail -n 1 "$work/hook-createRuntime" | jq .pid)" = "$(pid_of)" ] && runtime delete --force box && [ "$(wc -l <"$work/hook-poststop")" = 2 ]
}
check "hooks: those before the container again, poststop at each end" hooks
refusing() { counting . && checkpoint && jq '.hooks.createRuntime = [{path: "/bin/false"}]' "$bundle/config.json" >"$work/new" && mv "$work/new" "$bundle/config.json" && says "createRuntime hook" restore && nothing_left; }
check "a hook that fails ends the restore, and nothing is left" refusing

# --- failures
outside() { configure . && runtime run --detach --bundle "$bundle" box </dev/null >"$work/out" 2>&1 && eventually counts && says "give it pipes" checkpoint; }
check "a failed checkpoint says CRIU's reason, its log and a remedy" eval 'outside && grep -q "dump.log" "$work/said" && grep -q "criu failed: type DUMP" "$work/said"'
check "and the container goes on, thawed" eval '[ "$(status_of)" = running ] && goes_on "$(count)"'
empty() { configure . && mkdir "$images" && says "criu failed: type RESTORE" restore && nothing_left; }
check "no images" empty
check "no directory of images" eval 'configure . && says "cannot use the directory of the images" restore && nothing_left'
no_source() { mkdir -p "$work/gone" && counting "$(bind "$work/gone" /data)" && checkpoint && rmdir "$work/gone" && says "$work/gone" restore && nothing_left; }
check "the source of a bind is gone" no_source
damaged() { counting . && checkpoint && truncate -s 100 "$images/core-1.img" && says "criu failed" restore && nothing_left; }
check "damaged images" damaged
taken() { counting . && checkpoint --leave-running && says "container with given ID already exists" restore && [ "$(status_of)" = running ]; }
check "the id is taken" taken
check "no criu" says "install the package criu" eval 'counting . && by="$RUNTIME --criu /nonexistent/criu" checkpoint'
namespace() { counting '.linux.namespaces |= map(select(.type != "cgroup"))' && checkpoint && jq '.linux.namespaces += [{type: "cgroup", path: "/proc/self/ns/cgroup"}]' "$bundle/config.json" >"$work/new" && mv "$work/new" "$bundle/config.json" && says "linux.namespaces" restore && nothing_left; }
check "what cannot be restored is refused with its place" namespace
# CRIU, or the command itself, killed at different moments
ended() { local name=$1 delay=$2; shift 2; "$@" & local job=$!; sleep "$delay"; if [ "$name" = criu ]; then pkill -KILL -P $job criu || true; else kill -KILL $job || true; fi; wait $job || true; }
no_restore() { local delay; counting . && checkpoint || return
    for delay in 0.02 0.05 0.08 0.11 0.14 0.17 0.2 0.25; do
        ended "$1" $delay "$RUNTIME" --root "$root" restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore box </dev/null >/dev/null 2>&1
        if [ "$1" = criu ] && ! runtime state box >/dev/null 2>&1; then nothing_left || return; fi
        sleep 0.3; runtime delete --force box && eventually nothing_left || { echo "after $delay s"; return 1; }
        ! readlink /proc/[0-9]*/exe | grep -qF "$bundle/rootfs/" || { echo "a process is left after $delay s"; return 1; }
    done
    restore
}
check "CRIU killed while it restores" no_restore criu
check "the command killed while CRIU restores" no_restore command
no_dump() { local delay before; counting . || return
    for delay in 0.02 0.06 0.1 0.15 0.2; do
        rm -rf "$images"; ended "$1" $delay "$RUNTIME" --root "$root" checkpoint --image-path "$images" --manage-cgroups-mode ignore --leave-running box >/dev/null 2>&1
        sleep 0.7; before=$(count)
        # a program in whose place CRIU's own code ran at that moment does not survive it
        if [ "$1" = criu ] && [ "$(status_of)" = stopped ]; then runtime delete box && nothing_left && counting . || return; continue; fi
        [ "$(status_of)" = running ] && goes_on "$before" || { echo "after $delay s: $(status_of)"; return 1; }
    done
}
check "CRIU killed while it dumps" no_dump criu
check "the command killed while CRIU dumps" no_dump command

# --- plan
plan() { configure "$(bind "$work/shared" /data)" && runtime plan --restore --image-path "$images" --bundle "$bundle" box >"$work/plan" && grep -q "have CRIU restore the processes from $images: .*/data from $work/shared" "$work/plan" && nothing_left; }
check "plan --restore shows it and touches nothing" plan

torture=$repository/.build/debug/veloci-torture
[ ! -x "$torture" ] || check "each step of a restore fails once, and nothing is left" "$torture" steps plain restore

# --- memory in steps
chain() { counting . && checkpoint --pre-dump 2>"$work/errors" || { grep -q "missing features: \[MemTrack\]" "$work/errors" && [ "$(status_of)" = running ]; return; }
    mv "$images" "$work/parent"; checkpoint --parent-path ../parent && [ -e "$images/parent" ] && restore; }
check "a chain of pre-dumps, or a kernel that cannot is told" chain
check "--parent-path must be relative" says "--parent-path must be relative" checkpoint --parent-path /x
check "and there, whatever CRIU can do here" says "invalid --parent-path" checkpoint --parent-path ./none

# --- images of the other runtime
other=${CONTROL:+$(basename "$CONTROL")}
if [ -n "$other" ] && "$CONTROL" checkpoint --help >/dev/null 2>&1; then
    theirs() { local before; configure . && by=$CONTROL && silent run --detach --bundle "$bundle" box && eventually counts && checkpoint && before=$(count) && by= && restore && goes_on "$before"; }
    check "images of $other" theirs
    ours() { local before; counting '.mounts |= map(select(.type != "cgroup"))' && checkpoint && before=$(count) && by=$CONTROL && restore && goes_on "$before"; }
    check "$other restores ours" ours
    by=$CONTROL; runtime delete --force box >/dev/null 2>&1; by=
fi

# --- version 2 alone
if mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null; then
    check "version 2 alone: there and back" eval 'counting . && round_trip && grep -q "^0::/$parent/box$" "/proc/$(pid_of)/cgroup" && runtime delete --force box && nothing_left'
    without_group() { counting '.linux.namespaces |= map(select(.type != "cgroup"))' && round_trip; }
    check "without a cgroup namespace" without_group
    with_group() { counting '.linux.namespaces += (if any(.linux.namespaces[]; .type == "cgroup") then [] else [{type: "cgroup"}] end)' && round_trip; }
    check "with a cgroup namespace" with_group
    rmdir "/sys/fs/cgroup/$parent" 2>/dev/null; umount /sys/fs/cgroup
fi

# --- podman
if command -v podman >/dev/null && command -v conmon >/dev/null; then
    . "$here/podman-settings.sh"
    tar cf "$work/tree.tar" -C "$work/tree" .
    import() { podman_ import --signature-policy "$work/policy.json" "$work/tree.tar" localhost/busybox || podman_ import "$work/tree.tar" localhost/busybox; }
    check "podman: import" import
    image=localhost/busybox
    number() { podman_ logs "$1" 2>&1 | tail -n 1; }
    begin() { podman_ rm -f -t 0 "$1" >/dev/null 2>&1; podman_ run -d --name "$1" "${place[@]}" "${@:2}" "$image" sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done' && sleep 0.5; }
    further() { local before=$1 after; sleep 0.5; after=$(number "$2"); [ "$after" -gt "$before" ] || { echo "$before before, $after after"; return 1; }; }
    kept() { local before; begin one && podman_ container checkpoint one && before=$(number one) && [ "$(podman_ inspect -f '{{.State.Status}}' one)" = exited ] && podman_ container restore one && further "$before" one; }
    check "podman: container checkpoint and restore" kept
    exported() { local before; begin two && podman_ container checkpoint --export "$work/two.tar.gz" two && before=$(number two) && podman_ rm -f two && podman_ container restore --import "$work/two.tar.gz" --name three && podman_ exec three true && sleep 0.3 && [ "$(number three)" -gt "$before" ]; }
    check "podman: export, and import under another name" exported
    leaving() { begin four && podman_ container checkpoint --leave-running four && further "$(number four)" four; }
    check "podman: --leave-running" leaving
    volume() { local before; begin five -v "$work/shared:/data" -v keep:/keep && podman_ container checkpoint five && before=$(number five) && podman_ container restore five && further "$before" five && [ "$(podman_ exec five cat /data/file)" = words ]; }
    check "podman: volumes" volume
fi
