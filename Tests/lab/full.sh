#!/bin/bash
# Runs in the full lab, as root under systemd on cgroup v2: the systemd driver, AppArmor, an unprivileged user with and without
# delegation, tiny memory limits, and the same view from inside as runc gives.
# /tmp of this machine is a tmpfs without devices; bundles belong on a disk
export TMPDIR=/var/tmp
. "$(dirname "$0")/../clients/library.sh"
before_clean_up() { local id; for id in $("$RUNTIME" list -q 2>/dev/null); do "$RUNTIME" delete -f "$id"; done; [ ! -d /results ] || cp -a "$work/log" /results/; }
necessary "systemd runs this machine" expect systemd cat /proc/1/comm
necessary "cgroup v2 with its controllers" matches 'cpuset cpu io memory hugetlb pids rdma misc' cat /sys/fs/cgroup/cgroup.controllers
busybox_tree "$work/tree"; chmod 755 "$work"

# bundle NAME FILTER [SPEC OPTION]...: a bundle with its own root file system
bundle() {
    local name=$1 filter=$2; shift 2
    rm -rf "${work:?}/$name"; mkdir -p "$work/$name"; cp -a "$work/tree" "$work/$name/rootfs"
    (cd "$work/$name" && runc spec "$@") && jq ".process.terminal = false | $filter" "$work/$name/config.json" >"$work/config" && mv "$work/config" "$work/$name/config.json"
}
sleeper='.process.args = ["sleep", "1000"]'
driver() { "$RUNTIME" --systemd-cgroup "$@"; }

# --- systemd as the manager of cgroups
check "bundle" bundle scope "$sleeper | .linux.cgroupsPath = \"system.slice:veloci:scope\" | .linux.resources = {memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000, shares: 512}, pids: {limit: 44}}"
check "systemd driver: create" driver create --bundle "$work/scope" scope
check "systemd driver: the scope is active" expect active systemctl is-active veloci-scope.scope
check "systemd driver: the process is in it" matches '/system.slice/veloci-scope.scope' bash -c "cat /proc/\$($RUNTIME state scope | jq .pid)/cgroup"
check "systemd driver: its limits are systemd's properties" expect "MemoryMax=67108864 TasksMax=44" bash -c "systemctl show -p MemoryMax -p TasksMax veloci-scope.scope | sort | tr '\n' ' ' | sed 's/ \$//'"
check "systemd driver: and the kernel's" expect "67108864 50000 100000 44" bash -c "cd /sys/fs/cgroup/system.slice/veloci-scope.scope && cat memory.max cpu.max pids.max | tr '\n' ' ' | sed 's/ \$//'"
check "systemd driver: the kernel and systemd agree after a reload" bash -c "systemctl daemon-reload; grep -qx 67108864 /sys/fs/cgroup/system.slice/veloci-scope.scope/memory.max"
check "systemd driver: start" driver start scope
check "systemd driver: exec" expect executed driver exec scope echo executed
check "systemd driver: pause and resume" bash -c "$RUNTIME --systemd-cgroup pause scope && grep -q 'frozen 1' /sys/fs/cgroup/system.slice/veloci-scope.scope/cgroup.events && $RUNTIME --systemd-cgroup resume scope"
check "systemd driver: update" bash -c "$RUNTIME --systemd-cgroup update --memory 134217728 scope && systemctl show -p MemoryMax veloci-scope.scope | grep -x MemoryMax=134217728"
check "systemd driver: delete --force" driver delete --force scope
gone() { [ "$(systemctl show -p LoadState --value "$1")" = not-found ] && [ ! -e "/sys/fs/cgroup/system.slice/$1" ]; }
check "systemd driver: the scope is gone" eventually gone veloci-scope.scope

# --- AppArmor
cat >"$work/profile" <<'P'
profile veloci-test flags=(attach_disconnected) {
  file,
  capability,
  network,
  mount,
  umount,
  signal,
  ptrace,
  unix,
  deny /etc/group r,
}
P
check "AppArmor: load a profile" apparmor_parser -r "$work/profile"
check "AppArmor: bundle" bundle confined '.process.apparmorProfile = "veloci-test" | .process.args = ["sh", "-c", "cat /proc/self/attr/current; cat /etc/group >/dev/null 2>&1 && echo read || echo refused"]'
confined() { "$RUNTIME" run --bundle "$work/confined" confined | tr '\n' ' '; }
check "AppArmor: the process is confined" expect "veloci-test (enforce) refused " confined
check "AppArmor: exec bundle" bundle confined2 ".process.apparmorProfile = \"veloci-test\" | $sleeper"
confined_exec() { "$RUNTIME" run -d --bundle "$work/confined2" confined2 >/dev/null </dev/null && "$RUNTIME" exec confined2 cat /proc/self/attr/current; local end=$?; "$RUNTIME" delete -f confined2; return $end; }
check "AppArmor: exec is confined" expect "veloci-test (enforce)" confined_exec
check "AppArmor: bundle with an unknown profile" bundle unknown '.process.apparmorProfile = "no-such-profile"'
unknown() { local text; text=$("$RUNTIME" run --bundle "$work/unknown" unknown 2>&1) && return 1; grep -i apparmor <<<"$text"; }
check "AppArmor: an unknown profile is refused by name" unknown

# --- an unprivileged user
chmod 755 /tmp "$work"; cp -L "$(command -v "$RUNTIME")" "$work/runtime"; chmod 755 "$work/runtime"
user_bundle() { bundle "$1" "$2 | .linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000" --rootless && chown -R user: "$work/$1"; }
as_user() { timeout 50 as-user "$work/runtime" "$@"; }
check "user: bundle" user_bundle mine '.process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map | tr -s \" \""]'
mine() { as_user run --bundle "$work/mine" mine | tr '\n' ',' ; }
check "user: run" matches '^0, 0 1000 1,' mine
check "user: bundle with limits" user_bundle limited ".process.args = [\"sleep\", \"1000\"] | .linux.cgroupsPath = \"user.slice:veloci:mine\" | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 44}}"
limited() { as_user --systemd-cgroup run -d --bundle "$work/limited" limited </dev/null >/dev/null && cat "/sys/fs/cgroup$(cut -d: -f3 "/proc/$(as_user state limited | jq .pid)/cgroup")"/{memory.max,pids.max} | tr '\n' ' '
    local end=$?; as_user --systemd-cgroup delete -f limited; return $end; }
check "user: limits through the user's systemd" expect "67108864 44 " limited
bare() { setpriv --reuid 1000 --regid 1000 --init-groups env HOME=/home/user XDG_RUNTIME_DIR=/run/user/1000 "$work/runtime" "$@"; }
check "user: bundle for no delegation" user_bundle bare '.process.args = ["echo", "ran"]'
check "user: without delegation it runs" expect ran bare run --bundle "$work/bare" bare
check "user: bundle that asks for a limit" user_bundle refused '.process.args = ["echo", "ran"] | .linux.cgroupsPath = "/veloci/refused" | .linux.resources = {memory: {limit: 67108864}}'
refused() { local text; text=$(bare run --bundle "$work/refused" refused 2>&1) && { echo "it ran: $text"; return 1; }; echo "$text"; [ "$(grep -c . <<<"$text")" -le 2 ] && grep -iE 'cgroup|delegat' <<<"$text"; }
check "user: a limit without delegation is refused in one line" refused

# --- small memory
check "tiny: bundle" bundle tiny '.process.args = ["echo", "small"] | .linux.resources = {memory: {limit: 1048576}}'
check "tiny: 1 MiB is enough to start and print" expect small "$RUNTIME" run --bundle "$work/tiny" tiny
check "nothing is left" expect "" "$RUNTIME" list -q
# the variants that look different on cgroup v2 under systemd; all others are compared on any machine. An emulated machine takes 10 s for each
view() { RUNTIME=$RUNTIME LIMIT=100 LOG_LINES=40 ONLY='^(plain \(run|host cgroup|own cgroup|user namespace \(run|propagation|resources|root is)' "$here/same-view.sh" 2>&1; }
# shellcheck disable=SC2034 # the limit of each check: this one is a whole test of its own
limit=900
if [ "$runtime_name" != runc ]; then LOG_LINES=200 check "the same view as runc on cgroup v2" view; fi
