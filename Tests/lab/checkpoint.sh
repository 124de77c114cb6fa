#!/bin/bash
# shellcheck disable=SC2016,SC2015,SC2030,SC2031
# Runs in the full lab with clients, as root under systemd on cgroup v2 alone: what a checkpoint needs of a kernel that tracks changed memory, of
# systemd, of AppArmor and of podman; everything else is in Tests/clients/checkpoint.sh.
. "$(dirname "$0")/library.sh"
# shellcheck disable=SC2034
limit=300 # a machine without KVM is slow, and podman packs what it dumps
necessary "systemd runs this machine" expect systemd cat /proc/1/comm
necessary "criu is content" criu check
counter='trap "exit 7" TERM; i=0; while :; do i=$((i + 1)); echo $i >>/count; sleep 0.1; done'
images=$work/images
# counts NAME FILTER: a container of systemd's that counts
counts() {
    driver delete -f "$1" 2>/dev/null; rm -rf "$images"
    bundle "$1" "$2" && jq --arg counter "$counter" '.process.args = ["sh", "-c", $counter] | .root.readonly = false' "$work/$1/config.json" >"$work/new" && mv "$work/new" "$work/$1/config.json" &&
        driver run -d --bundle "$work/$1" "$1" </dev/null >/dev/null 2>&1 && eventually test -s "$work/$1/rootfs/count"
}
number() { tail -n 1 "$work/$1/rootfs/count"; }
further() { sleep 1; local after; after=$(number "$1"); [ "$after" -gt "$2" ] && [ "$after" -lt $(($2 + 500)) ] || { echo "$2 before, $after after"; return 1; }; }
dump() { driver checkpoint --image-path "${directory:-$images}" "${@:2}" "$1"; }
back() { driver restore -d --bundle "$work/$1" --image-path "${directory:-$images}" "${@:2}" "$1" </dev/null >/dev/null 2>"$work/errors" || { cat "$work/errors"; tail -n 5 "${directory:-$images}/restore.log"; return 1; }; }
gone() { [ "$(systemctl show -p LoadState --value "$1")" = not-found ] && [ ! -e "/sys/fs/cgroup/system.slice/$1" ]; }

# --- systemd's unit
check "systemd driver: a container that counts" counts moved '.linux.cgroupsPath = "system.slice:veloci:moved" | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 44}}'
check "systemd driver: checkpoint" dump moved
check "systemd driver: the scope is gone" eventually gone veloci-moved.scope
before=$(number moved)
check "systemd driver: restore" back moved
check "systemd driver: it goes on" further moved "$before"
check "systemd driver: the scope is active, with its limits" expect "active MemoryMax=67108864 TasksMax=44" bash -c "systemctl is-active veloci-moved.scope | tr '\n' ' '; systemctl show -p MemoryMax -p TasksMax veloci-moved.scope | sort | tr '\n' ' ' | sed 's/ \$//'"
check "systemd driver: the process is in it" matches '/system.slice/veloci-moved.scope' bash -c "cat /proc/\$($RUNTIME state moved | jq .pid)/cgroup"
check "systemd driver: delete" driver delete -f moved

# --- memory in steps: only what has changed
chain() {
    local directory; rm -rf "$work/chain"; counts chain . || return
    directory=$work/chain/1 dump chain --pre-dump && directory=$work/chain/2 dump chain --pre-dump --parent-path ../1 && [ "$("$RUNTIME" state chain | jq -r .status)" = running ] &&
        directory=$work/chain/3 dump chain --parent-path ../2 && before=$(number chain) && du -sk "$work"/chain/* && directory=$work/chain/3 back chain && further chain "$before"
}
check "two pre-dumps, a dump, and back" chain
driver delete -f chain 2>/dev/null
deduplicated() {
    local directory sizes; rm -rf "$work/chain"; counts chain . || return
    directory=$work/chain/1 dump chain --pre-dump && before=$(du -sk "$work/chain/1" | cut -f1) && directory=$work/chain/2 dump chain --parent-path ../1 --auto-dedup && sizes=$(du -sk "$work/chain/1" | cut -f1) &&
        echo "$before KiB, then $sizes" && [ "$sizes" -le "$before" ] && before=$(number chain) && directory=$work/chain/2 back chain --auto-dedup && further chain "$before"
}
check "--auto-dedup takes from the parent what the child has" deduplicated
driver delete -f chain 2>/dev/null

# --- AppArmor
profiled() {
    printf '#include <tunables/global>\nprofile veloci-%s flags=(attach_disconnected,mediate_deleted) { file, capability, network, mount, umount, ptrace, signal, deny /secret rw, }\n' "$1" | apparmor_parser -r
}
profile_of() { cat "/proc/$("$RUNTIME" state guarded | jq .pid)/attr/current"; }
guarded() { profiled one && profiled two && counts guarded '.process.apparmorProfile = "veloci-one"' && [ "$(profile_of)" = "veloci-one (enforce)" ] && dump guarded && back guarded && before=$(number guarded) && further guarded "$before" && profile_of && [ "$(profile_of)" = "veloci-one (enforce)" ]; }
check "AppArmor: the profile is restored" guarded
other() { dump guarded && back guarded --lsm-profile apparmor:veloci-two && profile_of && [ "$(profile_of)" = "veloci-two (enforce)" ]; }
check "AppArmor: --lsm-profile gives another" other
hidden() { counts guarded '.process.apparmorProfile = "veloci-one"' && refusal 'process.apparmorProfile: CRIU does not see AppArmor' unshare --mount sh -c 'umount /sys/kernel/security && exec "$0" --systemd-cgroup checkpoint --image-path "$1" guarded' "$RUNTIME" "$images" && [ "$("$RUNTIME" state guarded | jq -r .status)" = running ]; }
check "AppArmor: where CRIU does not see it, the container is not dumped" hidden
driver delete -f guarded 2>/dev/null

# --- podman
. "$here/podman-settings.sh"
tar cf "$work/tree.tar" -C "$work/tree" .
import() { podman_ import --signature-policy "$work/policy.json" "$work/tree.tar" localhost/busybox || podman_ import "$work/tree.tar" localhost/busybox; }
check "podman: import" import
begin() { by=$1; podman_with "$by" rm -f -t 0 one >/dev/null 2>&1; podman_with "$by" run -d --name one "${place[@]}" localhost/busybox sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done' && sleep 1; }
last() { podman_with "$by" logs one 2>&1 | tail -n 1; }
again() { local before; before=$(last); sleep 1; [ "$(last)" -gt "$before" ]; }
kept() { begin "$1" && podman_with "$by" container checkpoint one && podman_with "$by" container restore one && again; }
moved() { begin "$1" && podman_with "$by" container checkpoint --export "$work/one.tar.gz" one && podman_with "$by" rm -f one && podman_with "$by" container restore --import "$work/one.tar.gz" && again; }
stepped() {
    begin "$1" && podman_with "$by" container checkpoint --pre-checkpoint --export "$work/first.tar.gz" one && again && podman_with "$by" container checkpoint --with-previous --export "$work/second.tar.gz" one &&
        podman_with "$by" rm -f one && podman_with "$by" container restore --import-previous "$work/first.tar.gz" --import "$work/second.tar.gz" && again
}
# beside NAME FUNCTION: ours has to where runc does; Debian's podman and its CRIU do not fit in all
beside() {
    if "$2" "$(command -v runc)" >"$work/theirs" 2>&1; then check "$1" "$2" "$RUNTIME"; elif "$2" "$RUNTIME" >"$work/ours" 2>&1; then check "$1; runc does not" true
    else skip "$1" "neither does runc: $(grep -iE 'error|fail' "$work/theirs" | tail -n 1 | cut -c1-200)"; fi
}
beside "podman: container checkpoint and restore" kept
beside "podman: export and import" moved
beside "podman: --pre-checkpoint and --with-previous" stepped
podman_ rm -a -f -t 0 >/dev/null 2>&1
