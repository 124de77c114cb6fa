#!/bin/sh
# Runs in a machine of arm64 that Tests/arm64-machine.sh makes, with busybox's sh: a container from its beginning to its end, made by the
# executable for arm64, and cases of the conformance suite for arm64. Usage: arm64.sh VELOCI PROBE OCI-CONFORMANCE
veloci=$1 probe=$2 suite=$3
passed=0 failed=0 log=/results/log
check() { # check WHAT COMMAND...
    what=$1; shift
    if "$@" >$log 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $what"; sed 's/^/    /' $log; fi
}
says() { # says TEXT COMMAND...: the command succeeds, and TEXT is in what it prints
    text=$1; shift
    "$@" >/tmp/said 2>&1; end=$?
    cat /tmp/said
    [ $end = 0 ] && grep -qF -- "$text" /tmp/said
}
ends() { # ends STATUS COMMAND...
    expected=$1; shift
    "$@"; end=$?
    echo "status $end"
    [ $end = "$expected" ]
}
is() { [ "$("$veloci" state "$1" | sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p')" = "$2" ]; }
comes() { # comes COMMAND...: it succeeds within ten seconds
    turn=0
    until "$@"; do turn=$((turn + 1)); [ $turn -lt 100 ] || return 1; usleep 100000; done
}

bundle() { # bundle NAME LINUX PROGRAM...: a bundle in /tmp/NAME, with further members of "linux"
    at=/tmp/$1 more=$2; shift 2
    mkdir -p "$at/rootfs/bin" "$at/rootfs/proc" "$at/rootfs/dev" "$at/rootfs/sys" "$at/rootfs/tmp"
    cp /bin/busybox "$at/rootfs/bin/"
    for name in sh cat echo sleep uname ls mkdir id hostname; do ln -sf busybox "$at/rootfs/bin/$name"; done
    cp "$probe" "$at/rootfs/probe"
    words=''
    for word; do words="$words${words:+, }\"$word\""; done
    cat >"$at/config.json" <<END
{
    "ociVersion": "1.2.0", "root": { "path": "rootfs" }, "hostname": "inside",
    "process": {
        "user": { "uid": 0, "gid": 0 }, "args": [$words], "env": ["PATH=/bin"], "cwd": "/", "noNewPrivileges": true,
        "capabilities": { "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"] }
    },
    "mounts": [
        { "destination": "/proc", "type": "proc", "source": "proc" },
        { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"] },
        { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid", "nodev", "noexec"] }
    ],
    "linux": {
        "namespaces": [{ "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "cgroup" }],
        "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]$more
    }
}
END
}

check "the machine is of arm64" says aarch64 uname -m
check "--version" says "veloci" "$veloci" --version
check "features name the architecture" says SCMP_ARCH_AARCH64 "$veloci" features
check "spec" "$veloci" spec --bundle /tmp
mkdir /tmp/rootfs
check "check of what spec wrote" "$veloci" check --bundle /tmp

bundle plain ', "resources": { "pids": { "limit": 50 }, "memory": { "limit": 67108864 }, "cpu": { "shares": 512 } }' sleep 600
check "check" "$veloci" check --bundle /tmp/plain
check "plan" says "execute" "$veloci" plan --bundle /tmp/plain plain
check "create" "$veloci" create --bundle /tmp/plain plain
check "state: created" is plain created
check "start" "$veloci" start plain
check "state: running" is plain running
check "list" says plain "$veloci" list
check "exec" says "aarch64" "$veloci" exec plain uname -m
check "exec: the host name" says inside "$veloci" exec plain hostname
check "exec: the status" ends 7 "$veloci" exec plain sh -c 'exit 7'
check "exec: the limit of processes" says 50 sh -c 'cat /sys/fs/cgroup/$(sed "s/^0:://" /proc/$('"$veloci"' ps --format json plain | tr -dc "0-9\n" | head -n1)/cgroup)/pids.max'
check "ps" says sleep "$veloci" ps plain
check "events --stats" says '"pids"' "$veloci" events --stats plain
check "update" "$veloci" update --pids-limit 40 plain
check "pause" "$veloci" pause plain
check "state: paused" is plain paused
check "resume" "$veloci" resume plain
check "a running container is not deleted" ends 1 "$veloci" delete plain
check "kill" "$veloci" kill plain KILL
check "state: stopped" comes is plain stopped
check "delete" "$veloci" delete plain
check "nothing is left" ends 1 "$veloci" state plain
check "no group is left" ends 1 sh -c 'find /sys/fs/cgroup -name "*plain*" | grep .'

bundle filter ', "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
    "syscalls": [{ "names": ["mkdirat", "mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 }] }' sh -c 'mkdir /tmp/new 2>&1; cat /proc/self/status'
check "run with a filter" says "Function not implemented" "$veloci" run --bundle /tmp/filter filter
check "a filter is in force" grep -q '^Seccomp:[^0-9]*2$' /tmp/said

bundle users ', "uidMappings": [{ "containerID": 0, "hostID": 100000, "size": 1000 }], "gidMappings": [{ "containerID": 0, "hostID": 100000, "size": 1000 }]' cat /proc/self/uid_map
sed -i 's/{ "type": "pid" }/{ "type": "pid" }, { "type": "user" }/' /tmp/users/config.json
chown -R 100000:100000 /tmp/users/rootfs
check "run in a user namespace" says 100000 "$veloci" run --bundle /tmp/users users

bundle probe '' sh
sed -i 's,"args": \[[^]]*\],"args": ["/probe"\, "report"],' /tmp/probe/config.json
check "the probe of the conformance suite runs" says '"op":"report"' "$veloci" run --bundle /tmp/probe probe
check "capabilities as configured" grep -q 'CapBnd:[^C]*0000000000000020' /tmp/said

bundle wrong '' /bin/nothing
check "a program that is missing" ends 1 "$veloci" run --bundle /tmp/wrong wrong
check "a broken configuration" ends 1 sh -c 'sed "s/\"sleep\"/17/" /tmp/plain/config.json >/tmp/wrong/config.json; '"$veloci"' check --bundle /tmp/wrong'
check "containers one after another" sh -c 'for turn in 1 2 3 4 5 6 7 8; do '"$veloci"' run --bundle /tmp/filter turn$turn >/dev/null || exit; done'
check "no container is left" ends 1 sh -c "$veloci list --quiet | grep ."

# The conformance suite, whose probe is in it.
cases() { # cases OPTION...: these cases, by their whole names
    set -- "$@" --case all-operations --case state-created --case process-env --case process-cwd --case mount-option-nosuid
    "$suite" --runtime "$veloci" --exact --jobs 1 --cgroup v2 "$@"
}
check "the suite: --version" says "OCI Runtime Specification" "$suite" --version
check "the suite: --list" says "mount-option-nosuid" "$suite" --list
check "the suite: an option that is none" ends 2 "$suite" --no-such-option
check "the suite: cases pass" cases --report /tmp/report
check "the suite: all of them were run" grep -q 'tests="5" failures="0" errors="0" skipped="0"' /tmp/report/conformance.xml
check "the suite: their sabotage is seen" says "proven 5 of 5" cases --prove
# A runtime that drops an option of mounts fails the case of that option, and no other.
cat >/tmp/dropping <<END
#!/bin/sh
[ "\$3" != create ] || sed -i 's/"nosuid"/"suid"/g' "\$5/config.json"
exec $veloci "\$@"
END
chmod 755 /tmp/dropping
veloci=/tmp/dropping
check "the suite: a runtime that drops an option fails" ends 1 cases --report /tmp/dropped
check "the suite: in one case" grep -q 'tests="5" failures="1" errors="0" skipped="0"' /tmp/dropped/conformance.xml

echo "$passed passed, $failed failed"
[ $failed = 0 ]
