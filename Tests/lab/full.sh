#!/bin/bash
# Runs in the full lab, as root under systemd on cgroup v2: the systemd driver, AppArmor, an unprivileged user with and without
# delegation, tiny memory limits, and the same view from inside as runc gives.
. "$(dirname "$0")/library.sh"
necessary "systemd runs this machine" expect systemd cat /proc/1/comm
necessary "cgroup v2 with its controllers" matches 'cpuset cpu io memory hugetlb pids rdma misc' cat /sys/fs/cgroup/cgroup.controllers
group_of() { cut -d: -f3 "/proc/$1/cgroup"; }

# --- systemd as the manager of cgroups
check "systemd's own tests, as root" swift_tests SystemdHostTests
check "systemd's own tests, as a user" swift_tests SystemdHostTests as-user
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
check "systemd driver: update from standard input" bash -c "echo '{\"pids\": {\"limit\": 33}}' | $RUNTIME update -r - scope && grep -qx 33 /sys/fs/cgroup/system.slice/veloci-scope.scope/pids.max && systemctl show -p TasksMax veloci-scope.scope | grep -x TasksMax=33"
check "events: statistics with pressure" matches '"psi":.*"some":' "$RUNTIME" events --stats scope
check "ps: the container's processes" matches 'sleep 1000' "$RUNTIME" ps scope
check "systemd driver: delete --force" driver delete --force scope
gone() { [ "$(systemctl show -p LoadState --value "$1")" = not-found ] && [ ! -e "/sys/fs/cgroup/system.slice/$1" ]; }
check "systemd driver: the scope is gone" eventually gone veloci-scope.scope
modprobe bfq && for queue in /sys/block/vd*/queue/scheduler; do echo bfq >"$queue"; done
check "bundle with a weight of I/O" bundle weight "$sleeper | .linux.cgroupsPath = \"system.slice:veloci:weight\" | .linux.resources = {blockIO: {weight: 300}}"
# a unit that gets a weight has systemd write those of its neighbours, before it answers anything else
weight_stays() {
    driver run -d --bundle "$work/weight" weight </dev/null >/dev/null && systemd-run --quiet --scope --slice=system.slice -p IOWeight=50 true && systemctl show -p Version >/dev/null &&
        cat /sys/fs/cgroup/system.slice/veloci-weight.scope/io.bfq.weight
    local end=$?; driver delete -f weight; return $end; }
check "systemd driver: a weight of I/O outlives those of other units" expect "default 300" weight_stays
# --- the unit of docs/clients.md as it is written there; a first process that does not listen would not be ended by TERM
unit_bundle() {
    bundle web '.process.args = ["sh", "-c", "trap \"exit 143\" TERM; while :; do sleep 0.1; done"]' && mkdir -p /srv/containers && cp -a "$work/web" /srv/containers/web &&
        cp "$repository/docs/examples/veloci@.service" /etc/systemd/system/ && systemctl daemon-reload
}
check "unit: a bundle and veloci@.service" unit_bundle
check "unit: it starts" systemctl start veloci@web
check "unit: the container runs" eventually bash -c "$RUNTIME state web | jq -e '.status == \"running\"'"
check "unit: its control group is a scope" matches '/system.slice/.*web.*\.scope$' bash -c "sed -n 's/^0:://p' /proc/\$($RUNTIME state web | jq .pid)/cgroup"
check "unit: it stops" systemctl stop veloci@web
check "unit: nothing has failed" expect inactive bash -c 'systemctl is-active veloci@web || true'
check "unit: the container is gone" status 1 "$RUNTIME" state web
rm -rf /srv/containers/web /etc/systemd/system/veloci@.service; systemctl daemon-reload
out_of_memory() {
    local watch end=0; mkfifo "$work/memory/rootfs/go"; driver run -d --bundle "$work/memory" memory </dev/null >/dev/null || return
    "$RUNTIME" events --interval 1s memory >"$work/events" & watch=$!
    # the first statistics say that the watch is kept
    { eventually grep -q '"type":"stats"' "$work/events" && echo go >"$work/memory/rootfs/go" && eventually grep -q '"type":"oom"' "$work/events"; } || end=$?
    kill $watch 2>/dev/null || true; driver delete -f memory; cat "$work/events"; return $end
}
check "events: bundle that runs out of memory" bundle memory '.process.args = ["sh", "-c", "read line </go; head -c 60000000 /dev/zero | tail -c 60000000 >/dev/null; sleep 1000"] | .linux.resources = {memory: {limit: 16777216}}'
check "events: out of memory" out_of_memory

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
check "AppArmor: an unknown profile is refused by name" refusal 'apparmor.*no-such-profile|no-such-profile.*apparmor' "$RUNTIME" run --bundle "$work/unknown" unknown

# --- an unprivileged user
check "user: bundle" user_bundle mine '.process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map | tr -s \" \""]'
mine() { as_user run --bundle "$work/$1" "$1" | tr '\n' ',' ; }
check "user: run" matches '^0, 0 1000 1,' mine mine
check "user: bundle with the ids of /etc/subuid" user_bundle ranges '.process.args = ["sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups | tr -s \" \"; chown 7:8 /tmp && stat -c %u:%g /tmp"] | .root.readonly = false | (.process.capabilities[]) = ["CAP_CHOWN"] | .linux.uidMappings += [{containerID: 1, hostID: 100000, size: 65536}] | .linux.gidMappings += [{containerID: 1, hostID: 100000, size: 65536}]'
check "user: newuidmap and newgidmap map them" expect ' 0 1000 1, 1 100000 65536, 0 1000 1, 1 100000 65536,allow,7:8,' mine ranges
check "user: the host sees those ids" expect 100006:100007 stat -c %u:%g "$work/ranges/rootfs/tmp"
check "user: bundle with ids of others" user_bundle foreign '.linux.uidMappings += [{containerID: 1, hostID: 5000, size: 10}] | .process.args = ["true"]'
check "user: ids of others are refused in one line" refusal 'newuidmap|subuid' as_user run --bundle "$work/foreign" foreign
limits='.linux.resources = {memory: {limit: 67108864}, pids: {limit: 44}}'
limited() { "$@" run -d --bundle "$work/limited" limited </dev/null >/dev/null && cat "/sys/fs/cgroup$(group_of "$(bare state limited | jq .pid)")"/{memory.max,pids.max} | tr '\n' ' '
    local end=$?; "$@" delete -f limited; return $end; }
check "user: bundle with limits" user_bundle limited "$sleeper | .linux.cgroupsPath = \"user.slice:veloci:mine\" | $limits"
check "user: limits through the user's systemd" expect "67108864 44 " limited as_user --systemd-cgroup
check "user: and from outside of the user's session" expect "67108864 44 " limited bare --systemd-cgroup
# the program must not stay in the group of its caller, where no limit of the container holds
exec_joins() {
    bare --systemd-cgroup run -d --bundle "$work/limited" joined </dev/null >/dev/null && bare exec -d --pid-file "$work/mine/pid" joined sleep 1000 </dev/null >/dev/null &&
        expect "$(group_of "$(bare state joined | jq .pid)")" group_of "$(cat "$work/mine/pid")"
    local end=$?; bare delete -f joined; return $end; }
check "user: exec from outside joins the group" exec_joins
check "user: bundle with limits below the own group" user_bundle limited "$sleeper | .linux.cgroupsPath = \"veloci-files\" | $limits"
check "user: limits in a delegated group, without systemd" expect "67108864 44 " limited as_user
check "user: bundle with a limit that systemd delegates to nobody" user_bundle pages "$sleeper | .linux.cgroupsPath = \"veloci-pages\" | .linux.resources = {hugepageLimits: [{pageSize: \"2MB\", limit: 0}]}"
check "user: the controller that is missing is named" refusal 'hugepageLimits.*hugetlb.*systemd gives hugetlb to no user' as_user run --bundle "$work/pages" pages
check "user: bundle for no delegation" user_bundle bare '.process.args = ["echo", "ran"]'
check "user: without delegation it runs" expect ran bare run --bundle "$work/bare" bare
check "user: bundle that asks for a limit" user_bundle refused '.process.args = ["echo", "ran"] | .linux.cgroupsPath = "/veloci/refused" | .linux.resources = {memory: {limit: 67108864}}'
check "user: a limit without delegation is refused in one line" refusal 'linux\.resources\.memory.*cgroup|delegat' bare run --bundle "$work/refused" refused
check "user: --rootless=false refuses to go without a group" refusal 'cgroup' bare --rootless=false run --bundle "$work/bare" bare
check "user: bundle that stays" user_bundle stays "$sleeper"
check "user: a container without a group" bare run -d --bundle "$work/stays" stays
for command in "ps" "pause" "update --memory 1g" "events" "events --stats"; do
    # shellcheck disable=SC2086
    check "user: $command needs a group, and says so" refusal 'no control group of its own.*' bare $command stays; done
check "user: exec works without" expect executed bare exec stays echo executed
check "user: delete" bare delete -f stays
# --- root where control groups cannot be changed
check "read-only groups: bundle" bundle plain '.process.args = ["echo", "ran"]'
frozen_groups() { unshare --mount --propagation private bash -c 'mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"' bash "$@"; }
check "read-only groups: refused" refusal 'cgroup.*read-only' frozen_groups "$RUNTIME" run --bundle "$work/plain" plain
check "read-only groups: --rootless=true goes without" expect ran frozen_groups "$RUNTIME" --rootless=true run --bundle "$work/plain" plain

# --- small memory
check "tiny: bundle" bundle tiny '.process.args = ["echo", "small"] | .linux.resources = {memory: {limit: 1048576}}'
check "tiny: 1 MiB is enough to start and print" expect small "$RUNTIME" run --bundle "$work/tiny" tiny
check "resctrl: bundle" bundle stays2 "$sleeper"
check "resctrl: update without it is refused in one line" bash -c "$RUNTIME run -d --bundle $work/stays2 stays2 </dev/null >/dev/null; $RUNTIME update --mem-bw-schema MB:0=20 stays2 2>&1 | grep -i 'Intel RDT is not available'; end=\$?; $RUNTIME delete -f stays2; exit \$end"
check "nothing is left" expect "" "$RUNTIME" list -q
# the variants that look different on cgroup v2 under systemd; all others are compared on any machine. An emulated machine takes 10 s for each
view() { RUNTIME=$RUNTIME LIMIT=100 LOG_LINES=40 ONLY='^(plain \(run|host cgroup|own cgroup|user namespace \(run|propagation|resources|root is)' "$here/same-view.sh" 2>&1; }
# shellcheck disable=SC2034 # the limit of each check: this one is a whole test of its own
limit=900
if [ "$runtime_name" != runc ]; then LOG_LINES=200 check "the same view as runc on cgroup v2" view; fi
