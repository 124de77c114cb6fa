#!/bin/bash
# shellcheck disable=SC2015,SC2016
# checkpoint.sh: checkpoint and restore over CRIU, with and without podman, beside the runtime named by CONTROL.
# CRIU makes again the control groups that it saw, so all of it is in namespaces of its own. CRIU=path names the program.
if [ -z "${INSIDE_CHECKPOINT:-}" ]; then
    [ "$(id -u)" = 0 ] || { echo "Bail out! this test needs root"; exit 125; }
    INSIDE_CHECKPOINT=1 VELOCI_CLIENT_NUMBER=$$ exec unshare --net --mount --pid --ipc --fork --mount-proc "$0" "$@"
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
# the other runtime has a state of its own
runtime() { ${by:-"$RUNTIME"} --root "$(state)" "$@"; }
state() { if [ -n "${by:-}" ] && [ "$by" = "$CONTROL" ]; then echo "$root.other"; else echo "$root"; fi; }
# what a container's streams are must not be a file of the test, which it could not reach: errors go to a log
silent() { rm -f "$work/errors"; ${by:-"$RUNTIME"} --root "$(state)" --log "$work/errors" "$@" </dev/null >/dev/null 2>&1 || { cat "$work/errors"; return 1; }; }
before_clean_up() { for by in "$RUNTIME" $CONTROL; do runtime delete --force box; done; by=; [ -z "${storage_driver:-}" ] || podman_ rm -a -f -t 0; }
# a program that counts in a file and, on a signal, ends with 7
# shellcheck disable=SC2016
counter='trap "exit 7" TERM; i=0; while :; do i=$((i + 1)); echo $i >>/count; echo $i; sleep 0.05; done'
# configure FILTER [COMMAND...]: the plain configuration, changed by a filter of jq, and a fresh tree
configure() {
    local filter=$1; shift; [ $# -gt 0 ] || set -- sh -c "$counter"
    local each; for each in "$RUNTIME" $CONTROL; do by=$each runtime delete --force box >/dev/null 2>&1 || true; done
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
# goes_on BEFORE: the program counts on now, from there, and never began anew
goes_on() { local now; now=$(count); [ "$now" -ge "$1" ] && eventually beyond "$now" && sort -ncu "$bundle/rootfs/count" || { echo "$1 before, $now then, $(count) now"; return 1; }; }
beyond() { [ "$(count)" -gt "$1" ]; }
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
# what came into it after a restore is dumped with it again
entered() {
    local before; second() { tail -n 1 "$bundle/rootfs/second"; }; second_beyond() { [ "$(second)" -gt "$1" ]; }
    counting . && round_trip && inside sh -c 'i=0; while :; do i=$((i + 1)); echo $i >>/second; sleep 0.05; done </dev/null >/dev/null 2>&1 &' && eventually second_beyond 0 &&
        [ "$(inside readlink /proc/self/ns/time)" = "$(inside readlink /proc/1/ns/time)" ] && rm -r "$images" && checkpoint && before=$(second) && restore && eventually second_beyond "$before" && sort -ncu "$bundle/rootfs/second"
}
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
# as CRI-O does it: paused, dumped, resumed; and restored from that
paused_softly() {
    local before; counting . && runtime pause box && before=$(count) && runtime checkpoint --leave-running --image-path "$images" box && [ "$(status_of)" = paused ] && runtime resume box && goes_on "$before" &&
        runtime delete --force box && : >"$bundle/rootfs/count" && silent restore --detach --bundle "$bundle" --image-path "$images" box && [ "$(status_of)" = running ] && eventually counts && goes_on "$before" && runtime kill box KILL && eventually runtime delete box && nothing_left
}
# and a container of another group becomes of it
elsewhere() {
    counting . && { [ -z "${pausing:-}" ] || runtime pause box; } && runtime checkpoint --leave-running --image-path "$images" box && runtime delete --force box && rm "$bundle/rootfs/count" &&
        jq '.linux.cgroupsPath += "-2"' "$bundle/config.json" >"$work/new" && mv "$work/new" "$bundle/config.json" && silent restore --detach --bundle "$bundle" --image-path "$images" box &&
        [ "$(status_of)" = running ] && eventually counts && goes_on 0 && { cat "/proc/$(pid_of)/cgroup"; grep -q ":/$parent/box-2$" "/proc/$(pid_of)/cgroup"; } && ! grep ":/$parent/box$" "/proc/$(pid_of)/cgroup" && runtime kill box KILL && eventually runtime delete box && nothing_left
}
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
ended() { local name=$1 delay=$2; shift 2; "$@" & local job=$!; sleep "$delay"; if [ "$name" = criu ]; then pkill -KILL -P $job criu || true; else [ "$name" != hanging ] || pkill -STOP -P $job criu || true; kill -KILL $job || true; fi; wait $job || true; }
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
check "the command killed while CRIU hangs in a restore" no_restore hanging
# what CRIU traces is not gone before CRIU looks
tracing() {
    counting . && checkpoint && python3 - "$RUNTIME" --root "$root" restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore box <<'P' || return
import os, signal, subprocess, sys, time
def status(pid):
    try:
        with open(f"/proc/{pid}/status") as file: return {name: value.strip() for name, value in (line.split(":", 1) for line in file)}
    except OSError: return {}
def tries():
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while command.poll() is None:
        tracers = [status(pid).get("TracerPid", "0") for pid in os.listdir("/proc") if pid.isdigit()]
        for tracer in tracers:
            if tracer == "0" or tracers.count(tracer) < 2 or status(tracer).get("Name") != "criu": continue
            os.kill(int(tracer), signal.SIGSTOP); command.kill(); command.wait()
            print("CRIU stopped while it traces"); sys.exit()
# it traces for a moment only
for turn in range(12):
    tries(); subprocess.run([*sys.argv[1:4], "delete", "--force", "box"], check=True)
sys.exit("it was never seen to trace")
P
    runtime delete --force box && eventually nothing_left
}
check "the command killed while CRIU hangs and traces" tracing
# it is in the container's group, and none of the processes that end with the container's first
late() {
    counting . && checkpoint && python3 - "$work/late.pid" "$RUNTIME" --root "$root" restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore --pid-file "$work/late.pid" box <<'P' || return
import os, signal, subprocess, sys
def stopped(parent):
    found = False
    for pid in os.listdir("/proc"):
        if not pid.isdigit(): continue
        try:
            with open(f"/proc/{pid}/stat") as file: name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError: continue
        if name == "criu" and int(rest.split()[1]) == parent: os.kill(int(pid), signal.SIGSTOP); found = True
    return found
for turn in range(12):
    if os.path.exists(sys.argv[1]): os.unlink(sys.argv[1])
    command = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while command.poll() is None:
        if not os.path.exists(sys.argv[1]): continue
        found = stopped(command.pid); command.kill(); command.wait()
        if found: print("CRIU stopped when all was restored"); sys.exit()
        break
    subprocess.run([*sys.argv[2:5], "delete", "--force", "box"], check=True)
sys.exit("it was never met")
P
    runtime delete --force box && eventually nothing_left
}
check "the command killed while CRIU hangs, and all is restored" late
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

# --- each option, and the same by the runtime that is the measure
other=${CONTROL:+$(basename "$CONTROL")}
# beside NAME FUNCTION: it has to pass; the name tells how the other runtime does
beside() {
    local name=$1 theirs=; shift
    [ -z "$only" ] || [[ $name =~ $only ]] || return 0
    if [ -n "$other" ]; then if (by=$CONTROL; limited "$@") >"$work/theirs" 2>&1 </dev/null; then theirs="; $other does too"; else theirs="; $other does not"; fi; fi
    [ -z "${SHOW_OTHER:-}" ] || sed 's/^/# /' "$work/theirs"
    check "$name$theirs" "$@"
}
# limited FUNCTION: at most as long as a check of ours
limited() { "$@" & local job=$! watch end=0; { sleep "$limit"; kill $job; } >/dev/null 2>&1 & watch=$!; wait $job || end=$?; kill $watch 2>/dev/null; return $end; }
kept='(.linux.namespaces[] | select(.type == "network").path) = "/run/netns/kept"'
# a new one each time: what a checkpoint leaves behind holds packets back
own_network() { runtime delete --force box >/dev/null 2>&1 || true; ip netns delete kept 2>/dev/null || true; ip netns add kept && ip -n kept link set lo up; }
remapped() { python "$whole" 'import os
file = open("/one", "w"); file.write("words"); file.flush(); os.link("/one", "/two"); os.unlink("/one")' && says "criu failed" checkpoint && hinted "give --link-remap" && checkpoint --link-remap && restore && grep -q words "/proc/$(pid_of)/fd/3" && goes_on 0; }
# hinted WORDS: ours said what to do
hinted() { [ -n "${by:-}" ] || grep -qF -- "$1" "$work/said" || { echo "no hint:"; cat "$work/said"; return 1; }; }
beside "--link-remap: a file that has another name than it was opened by" remapped
external() {
    own_network; mkdir -p "$work/sockets"; rm -f "$work/sockets/s"
    ip netns exec kept /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
while True: s.recv(100)' "$work/sockets/s" & local server=$! end=0
    eventually test -S "$work/sockets/s" || return
    python "$whole | $kept | $(bind "$work/sockets" "$work/sockets")" "import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('$work/sockets/s'); s.send(b'x')" && says "criu failed" checkpoint && hinted "give --ext-unix-sk" && checkpoint --ext-unix-sk && restore --ext-unix-sk && goes_on 0 || end=1
    kill $server; return $end
}
beside "--ext-unix-sk: a socket of somebody outside" external
skipped_connections() {
    own_network; local end=0 client
    python "$whole | $kept" 'import socket
listener = socket.create_server(("127.0.0.1", 7007))' || return
    ip netns exec kept /usr/bin/python3 -c 'import socket, time
s = socket.create_connection(("127.0.0.1", 7007)); time.sleep(60)' & client=$!
    eventually eval 'ip netns exec kept ss -tn | grep -q 7007' && says "criu failed" checkpoint --tcp-established && hinted "give --tcp-skip-in-flight" && checkpoint --tcp-established --tcp-skip-in-flight && restore --tcp-established && goes_on 0 || end=1
    kill $client; return $end
}
beside "--tcp-skip-in-flight: a connection that nobody has accepted" skipped_connections
beside "a program that came in after a restore is dumped with it again" entered
beside "a paused container goes on after CRIU's own care of control groups" paused_softly
beside "another group, after CRIU's own care of control groups" elsewhere
paused_elsewhere() { local pausing=yes; elsewhere; }
beside "the same of a paused container" paused_elsewhere
closed() { own_network; local dump=(--tcp-established) back=(--tcp-close); python "$whole | $kept" "$connected" && round_trip && ! ip netns exec kept ss -tn | grep -q ESTAB; }
check "--tcp-close: connections are closed ones afterwards" closed
lock() {
    own_network; local how dump back
    for how in skip nftables; do
        [ $how = skip ] || command -v nft >/dev/null || continue
        dump=(--tcp-established --network-lock $how) back=("${dump[@]}")
        python "$whole | $kept" "$connected" && round_trip && ip netns exec kept ss -tn | grep -q ESTAB || return
    done
}
check "--network-lock skip and nftables" lock
empty_network() { counting . && says 'is not supported' checkpoint --empty-ns mount && checkpoint --empty-ns network && restore --empty-ns network && goes_on 0; }
beside "--empty-ns network, and no other" empty_network
deduplicated() { local before=0 after=0; python "$whole" 'memory = bytearray(b"x") * (4 << 20)' && checkpoint && before=$(du -sk "$images" | cut -f1) && restore --auto-dedup && goes_on 0 && after=$(du -sk "$images" | cut -f1) && [ "$after" -lt "$before" ] || { echo "$before KiB, then $after"; return 1; }; }
beside "--auto-dedup: what is restored goes from the images" deduplicated
served() {
    local port=7010 server end=0; counting . && mkdir -p "$work/pages" "$images" || return
    criu page-server --port $port --images-dir "$work/pages" --log-file "$work/server.log" >/dev/null 2>&1 & server=$!
    eventually eval 'ss -ltn | grep -q ":7010 "' && checkpoint --page-server 127.0.0.1:$port && wait $server && ls "$work/pages"/pages-*.img && ! ls "$images"/pages-*.img 2>/dev/null && cp "$work/pages"/page*.img "$images/" && rm -r "$work/pages" && restore && goes_on 0 || end=1
    # nobody else is to find it at its port
    kill $server 2>/dev/null || true; return $end
}
beside "--page-server: memory goes to another place" served
lazily() {
    local port=7011 daemon dumping hold status end=0; rm -rf "$work/lazy" "$work/fifo"; mkdir -p "$work/lazy"; mkfifo "$work/fifo"
    counting . || return
    exec {hold}<>"$work/fifo" {status}>"$work/fifo"
    ${by:-"$RUNTIME"} --root "$(state)" checkpoint --image-path "$images" --work-path "$work/lazy" --manage-cgroups-mode ignore --lazy-pages --page-server 127.0.0.1:$port --status-fd $status box >/dev/null 2>"$work/errors" & dumping=$!
    [ "$(timeout 20 head -c 1 "$work/fifo" | od -An -tu1 | tr -d ' ')" = 0 ] || { cat "$work/errors"; tail -n 3 "$work/lazy/dump.log"; kill $dumping; return 1; }
    exec {status}>&- {hold}>&-
    criu lazy-pages --page-server --address 127.0.0.1 --port $port --images-dir "$images" --work-dir "$work/lazy" --log-file lazy.log >/dev/null 2>&1 & daemon=$!
    eventually test -S "$work/lazy/lazy-pages.socket" || true
    # the first is there until its memory has gone
    jq '.linux.cgroupsPath += "-2"' "$bundle/config.json" >"$work/new" && mv "$work/new" "$bundle/config.json"
    timeout -k 2 20 ${by:-"$RUNTIME"} --root "$(state)" --log "$work/errors" restore --detach --bundle "$bundle" --image-path "$images" --manage-cgroups-mode ignore --work-path "$work/lazy" --lazy-pages second </dev/null >/dev/null 2>&1 && wait $dumping && wait $daemon && [ "$(runtime state second | jq -r .status)" = running ] && goes_on 0 || { end=1; cat "$work/errors"; grep -h Error "$work"/lazy/*.log; }
    kill $daemon $dumping 2>/dev/null || true; runtime delete --force second; return $end
}
lazily_by_criu() { [ -n "$only" ] && ! [[ "--lazy-pages" =~ $only ]] || (limited lazily) >"$work/lazily" 2>&1 </dev/null || ! grep -q "page-pipe: splice" "$work/lazy/dump.log"; }
# of CRIU 4.2.1 on Linux 6.18 this much is known: the server of lazy pages, which is CRIU's own, refuses to send
if lazily_by_criu; then beside "--lazy-pages, --status-fd: memory follows when it is used" lazily
else skip "--lazy-pages, --status-fd: memory follows when it is used" "CRIU itself fails: $(grep -m 1 -o "page-pipe: splice.*" "$work/lazy/dump.log")"; runtime delete --force box >/dev/null 2>&1; fi
standing() { counting . && says "ADDRESS:PORT" checkpoint --page-server here && says "Invalid port number" checkpoint --page-server here:x && says "not writable" checkpoint --lazy-pages --status-fd 9 9</dev/null && says "invalid --status-fd" checkpoint --lazy-pages --status-fd 1; }
check "a page server and a descriptor that are none" standing
profile() {
    counting . && checkpoint || return
    if [ -r /sys/kernel/security/apparmor/profiles ]; then restore --lsm-profile apparmor:unconfined && goes_on 0; return; fi
    ! restore --lsm-profile apparmor:unconfined && grep "apparmor LSM specified" "$images/restore.log"
}
beside "--lsm-profile comes to CRIU" profile
context() { counting . && checkpoint && restore --lsm-mount-context system_u:object_r:tmp_t:s0 && goes_on 0; }
beside "--lsm-mount-context changes nothing where no mount has a label" context
shell_job() {
    prepare=$libraries configure "$whole" /usr/bin/python3 -c 'import time
count = 0
while True:
    count += 1; open("/count", "a").write(str(count) + chr(10)); time.sleep(0.05)' && python3 - "${by:-"$RUNTIME"}" "$(state)" "$bundle" "$images" <<'P'
import fcntl, os, subprocess, sys, termios, time
runtime, root, bundle, images = sys.argv[1:]
start = [runtime, "--root", root]
def on_terminal(*words):
    master, slave = os.openpty()
    def own(): os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    process = subprocess.Popen([*start, *words], stdin=slave, stdout=slave, stderr=slave, preexec_fn=own)
    os.close(slave)
    return master, process
def counts():
    with open(bundle + "/rootfs/count") as file: return [int(line) for line in file.read().split()]
def further(least):
    end = time.time() + 10
    while time.time() < end:
        try:
            if counts()[-1] > least: return
        except (OSError, IndexError): pass
        time.sleep(0.1)
    raise SystemExit("the count does not go on")
master, process = on_terminal("run", "--detach", "--bundle", bundle, "box"); further(3)
place = ["--image-path", images, "--manage-cgroups-mode", "ignore"]
refused = subprocess.run([*start, "checkpoint", *place, "box"], capture_output=True, text=True)
assert refused.returncode != 0, "went without --shell-job"
if "veloci" in os.path.basename(runtime): assert "give --shell-job" in refused.stderr, refused.stderr
subprocess.run([*start, "checkpoint", *place, "--shell-job", "box"], check=True); process.wait(); before = counts()[-1]
P
}
# CRIU 4.2.1 does not restore it: "BUG at criu/mount.c" after ours, and runc cannot do without a console socket then
beside "--shell-job: a terminal of the caller's is told, and dumped" shell_job

# --- what else a program has
affinity() { counting '.linux.resources.cpu = {cpus: "0"}' && round_trip && grep -q "^Cpus_allowed_list:.0$" "/proc/$(pid_of)/status"; }
beside "the processors of its control group" affinity
mkdir -p "$work/above/below"; mount -t tmpfs none "$work/above/below" && echo deep >"$work/above/below/file"
submounts() { counting ".mounts += [{destination: \"/above\", type: \"bind\", source: \"$work/above\", options: [\"rbind\", \"rprivate\"]}]" && round_trip && [ "$(inside cat /above/below/file)" = deep ]; }
beside "an rbind with mounts below" submounts
clock() { counting '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 100000}}' && round_trip && [ "$(inside cut -d. -f1 /proc/uptime)" -gt 100000 ]; }
[ ! -e /proc/self/ns/time ] || beside "a time namespace with another clock" clock
policy() { counting '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}' && says "CRIU restores no memory policy" checkpoint && hinted "leave linux.memoryPolicy out" && [ "$(status_of)" = running ]; }
check "a memory policy is refused, with its place" policy
priority() { counting '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}' && says "process.ioPriority: CRIU restores no I/O priority" checkpoint && [ "$(status_of)" = running ]; }
check "a priority of input and output is refused, with its place" priority
parameters() { counting '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "70", "kernel.msgmax": "9000"}' && round_trip && [ "$(inside cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax | tr '\n' ' ')" = "70 9000 " ]; }
beside "parameters of the namespaces that it has of its own" parameters

# --- the frequent causes, each with what to do
late_mount() {
    counting . && mkdir -p "$work/late" && python3 - "$(pid_of)" "$work/late" <<'P' || return
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
tree = libc.syscall(428, -100, sys.argv[2].encode(), 1)  # open_tree(2), OPEN_TREE_CLONE
assert tree >= 0, os.strerror(ctypes.get_errno())
space = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY); root = os.open(f"/proc/{sys.argv[1]}/root", os.O_RDONLY)
assert libc.setns(space, 0x20000) == 0, os.strerror(ctypes.get_errno())
os.fchdir(root); os.chroot(".")
assert libc.syscall(429, tree, b"", -100, b"/tmp", 4) == 0, os.strerror(ctypes.get_errno())  # move_mount(2)
P
    says "criu failed" checkpoint && hinted "unmount it, or list it in mounts" && [ "$(status_of)" = running ]
}
check "a mount that came later" late_mount
watched() {
    python "$whole" 'import ctypes, os
libc = ctypes.CDLL(None); fd = libc.inotify_init(); os.makedirs("/watched/inside"); assert libc.inotify_add_watch(fd, b"/watched/inside", 2) > 0' || return
    if checkpoint >"$work/said" 2>&1; then restore && goes_on 0; else hinted "force-irmap" && cat "$work/said"; fi
}
check "a watched directory is restored, or the remedy is named" watched
old() { printf '#!/usr/bin/python3\nimport socket, sys\ns = socket.socket(fileno=int(sys.argv[2])); s.recv(1000); s.send(bytes.fromhex("080a1001520408021007"))\n' >"$work/old"; chmod 755 "$work/old"; counting . && by="$RUNTIME --criu $work/old" says "is too old: CRIU 3.0 or newer is needed" checkpoint && grep -q "install the package criu" "$work/said" && [ "$(status_of)" = running ]; }
check "a CRIU that is too old" old
deaf() { printf '#!/bin/sh\nexit 3\n' >"$work/deaf"; chmod 755 "$work/deaf"; counting . && by="$RUNTIME --criu $work/deaf" says "exit status 3" checkpoint && [ "$(status_of)" = running ]; }
check "a CRIU that ends at once" deaf
full_disk() {
    local end=0; mkdir -p "$work/small"; mount -t tmpfs -o size=64k none "$work/small" && counting . || return
    says "free space where the images are" runtime checkpoint --image-path "$work/small/images" --manage-cgroups-mode ignore box && [ "$(status_of)" = running ] && goes_on "$(count)" || end=1
    umount "$work/small"; return $end
}
check "a disk that is full, and the container goes on" full_disk

# --- plan, trace
dump_plan() { counting "$(bind "$work/shared" /data)" && runtime plan --checkpoint --image-path "$images" --tcp-established box >"$work/plan" && grep -q "have CRIU write the processes to $images: process $(pid_of), .*/data from outside.*with tcp-established" "$work/plan" && grep -q "delete the container" "$work/plan" && [ ! -e "$images" ] && [ "$(status_of)" = running ] && ! runtime plan --checkpoint --leave-running box | grep "delete the"; }
check "plan --checkpoint shows it and touches nothing" dump_plan
traced() { counting . && by="$RUNTIME --trace $work/trace" checkpoint && grep -q "have CRIU go on from post-dump" "$work/trace" && jq -e .traceEvents "$work/trace" >/dev/null && by="$RUNTIME --trace $work/trace" restore && grep -q "make the control group" "$work/trace" && grep -q "have CRIU go on from post-restore" "$work/trace"; }
check "--trace of both" traced

plan() { configure "$(bind "$work/shared" /data)" && runtime plan --restore --image-path "$images" --bundle "$bundle" box >"$work/plan" && grep -q "have CRIU restore the processes from $images: .*/data from $work/shared" "$work/plan" && nothing_left; }
check "plan --restore shows it and touches nothing" plan

torture=$repository/.build/debug/veloci-torture
if [ -x "$torture" ]; then
    check "each step of a restore fails once, and nothing is left" "$torture" steps plain restore
    check "each step of a checkpoint fails once, and the container goes on" "$torture" steps plain checkpoint
fi

# --- memory in steps
chain() { counting . && checkpoint --pre-dump 2>"$work/errors" || { grep -q "missing features: \[MemTrack\]" "$work/errors" && [ "$(status_of)" = running ]; return; }
    mv "$images" "$work/parent"; checkpoint --parent-path ../parent && [ -e "$images/parent" ] && restore; }
check "a chain of pre-dumps, or a kernel that cannot is told" chain
check "--parent-path must be relative" says "--parent-path must be relative" checkpoint --parent-path /x
no_parent() { rm -rf "$images"; says "invalid --parent-path" checkpoint --parent-path "$1" && [ ! -e "$images" ] && says "invalid --parent-path" runtime plan --checkpoint --image-path "$images" --parent-path "$1" box && [ ! -e "$images" ]; }
check "and there, whatever CRIU can do here; nothing is made for it" eval 'counting . && no_parent ./none && no_parent ../none'

# --- images of the other runtime
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
