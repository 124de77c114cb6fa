#!/bin/bash
# Runs in a full lab of Debian 12, as root under systemd 252: both drivers on version 1 hierarchies. Usage: version1.sh hybrid|legacy
#   hybrid  version 2 is mounted beside them, for systemd's own bookkeeping
#   legacy  there is only version 1
. "$(dirname "$0")/library.sh"
mode=$1 unit=veloci-scope.scope place=system.slice/veloci-scope.scope
layout() {
    mountpoint -q /sys/fs/cgroup/memory || { echo "no memory hierarchy"; return 1; }
    case $mode in hybrid) mountpoint -q /sys/fs/cgroup/unified;; legacy) ! mountpoint -q /sys/fs/cgroup/unified;; esac
}
necessary "systemd runs this machine" expect systemd cat /proc/1/comm
necessary "the hierarchies are $mode" layout
modprobe bfq 2>/dev/null && for queue in /sys/block/vd*/queue/scheduler; do echo bfq >"$queue"; done
limit=600 check "control groups of version 1" swift_tests "$([ $mode = hybrid ] && echo CgroupsTests || echo 'CgroupsTests.(Kernel|Life|Statistics|Hostile)')"
check "systemd's own tests, as root" swift_tests SystemdHostTests

in_group() { # in_group PID PLACE: in every hierarchy with controllers, and in systemd's own
    local line end=0
    while read -r line; do
        case $line in *":/$2") ;; *:rdma:*|*:misc:*) ;; *) echo "elsewhere: $line"; end=1;; esac
    done <"/proc/$1/cgroup"
    return $end
}
pid_of() { "$RUNTIME" state "$1" | jq .pid; }
check "bundle" bundle scope "$sleeper | .linux.cgroupsPath = \"system.slice:veloci:scope\" | .linux.resources += {memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000, shares: 512, cpus: \"0\"}, pids: {limit: 44}, blockIO: {weight: 300}}"
check "systemd driver: create" driver create --bundle "$work/scope" scope
check "systemd driver: the scope is active" expect active systemctl is-active $unit
created_inside() { in_group "$(pid_of scope)" $place; }
check "systemd driver: the process is in it everywhere" created_inside
properties() { systemctl show -p MemoryLimit -p CPUShares -p TasksMax $unit | sort | tr '\n' ' '; }
check "systemd driver: its limits are systemd's properties" expect "CPUShares=512 MemoryLimit=67108864 TasksMax=44 " properties
limits() { (cd /sys/fs/cgroup && cat memory/$place/memory.limit_in_bytes cpu/$place/cpu.{cfs_quota_us,cfs_period_us,shares} cpuset/$place/cpuset.cpus pids/$place/pids.max) | tr '\n' ' '; }
check "systemd driver: and the kernel's" expect "67108864 50000 100000 512 0 44 " limits
cp "/sys/fs/cgroup/devices/$place/devices.list" "$work/devices" 2>/dev/null
check "systemd driver: devices are restricted" bash -c "grep -q '^c 1:3 rwm' $work/devices && ! grep -q '^a ' $work/devices"
check "systemd driver: start" driver start scope
check "systemd driver: nothing changes by a reload" bash -c "systemctl daemon-reload; systemctl restart systemd-logind 2>/dev/null; grep -qx 67108864 /sys/fs/cgroup/memory/$place/memory.limit_in_bytes && diff <(sort $work/devices) <(sort /sys/fs/cgroup/devices/$place/devices.list)"
exec_joins() { driver exec -d --pid-file "$work/pid" scope sleep 1000 </dev/null >/dev/null && in_group "$(cat "$work/pid")" $place; }
check "systemd driver: exec joins everywhere" exec_joins
check "systemd driver: pause" driver pause scope
check "systemd driver: it is frozen" bash -c "$RUNTIME state scope | jq -r .status | grep -x paused"
check "systemd driver: resume" driver resume scope
check "systemd driver: update" driver update --memory 134217728 --pids-limit 55 --cpu-share 300 --cpu-quota 20000 scope
check "systemd driver: update reaches systemd" expect "CPUShares=300 MemoryLimit=134217728 TasksMax=55 " properties
check "systemd driver: and the kernel" expect "134217728 20000 100000 300 0 55 " limits
check "events: statistics" expect 134217728 bash -c "$RUNTIME events --stats scope | jq .data.memory.usage.limit"
check "ps: both processes" expect 2 bash -c "$RUNTIME ps scope | grep -c 'sleep 1000'"
check "systemd driver: delete --force" driver delete --force scope
gone() { [ "$(systemctl show -p LoadState --value "$1")" = not-found ] && [ -z "$(find /sys/fs/cgroup -type d -name "$1" -print -quit)" ]; }
check "systemd driver: the scope is gone everywhere" eventually gone $unit

check "files: bundle" bundle plain "$sleeper | .linux.cgroupsPath = \"/veloci/plain\" | .linux.resources += {memory: {limit: 67108864, swap: 67108864}, network: {classID: 1048577}}"
plain() { "$RUNTIME" run -d --bundle "$work/plain" plain </dev/null >/dev/null && in_group "$(pid_of plain)" veloci/plain && cat /sys/fs/cgroup/memory/veloci/plain/memory.memsw.limit_in_bytes /sys/fs/cgroup/net_cls/veloci/plain/net_cls.classid | tr '\n' ' '
    local end=$?; "$RUNTIME" delete -f plain; return $end; }
check "files: limits" expect "67108864 1048577 " plain
check "files: the groups are gone" expect "" find /sys/fs/cgroup -type d -name plain

check "user: bundle" user_bundle mine '.process.args = ["echo", "ran"] | .mounts |= map(select(.type != "cgroup"))'
check "user: without delegation it runs" expect ran bare run --bundle "$work/mine" mine
check "user: bundle with a limit" user_bundle limited '.process.args = ["echo", "ran"] | .linux.resources = {memory: {limit: 67108864}} | .mounts |= map(select(.type != "cgroup"))'
check "user: a limit is refused in one line" refusal 'linux\.resources\.memory' bare run --bundle "$work/limited" limited
check "user: the user's systemd has no limits on version 1, and that is said" refusal 'version 2' bare --systemd-cgroup run --bundle "$work/limited" limited
check "tiny: bundle" bundle tiny '.process.args = ["echo", "small"] | .linux.resources = {memory: {limit: 1048576}}'
check "tiny: 1 MiB is enough to start and print" expect small "$RUNTIME" run --bundle "$work/tiny" tiny
check "nothing is left" expect "" "$RUNTIME" list -q
