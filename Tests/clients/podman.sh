#!/bin/bash
# podman.sh: podman over the runtime named by RUNTIME (default: the built veloci), as root, on images imported from trees.
# RUNTIME=runc tests the tests. ONLY=regex selects checks, KEEP=1 keeps the files, LIMIT=seconds bounds each check.
. "$(dirname "$0")/library.sh"
need podman:podman conmon:conmon busybox:busybox-static jq:jq ip:iproute2 tar:tar
. "$here/podman-settings.sh"
before_clean_up() { podman_ rm -a -f -t 0; podman_ volume rm -a -f; ip netns del "$parent"; ip link del "$parent-h"; }
run() { podman_ run "${place[@]}" "$@"; }
short() { printf '%s' "vc$$-$1"; }

busybox_tree "$work/busybox"
tar cf "$work/busybox.tar" -C "$work/busybox" .
import() { podman_ import --signature-policy "$work/policy.json" "$1" "$2" || podman_ import "$1" "$2"; }
necessary "import a busybox tree" import "$work/busybox.tar" localhost/busybox
image=localhost/busybox

necessary "run true" run --rm $image true
check "run prints" expect hello run --rm $image echo hello
check "exit status 7" status 7 run --rm $image sh -c 'exit 7'
check "death by signal is 128 and the signal" status 137 run --rm --pid host $image sh -c 'kill -9 $$'
check "a missing program is 127" status 127 run --rm $image /no/such/program
check "a file that is no program is 126" status 126 run --rm $image /etc/passwd
input() { echo fed | run -i --rm $image cat; }
check "standard input through the container" expect fed input
streams() { run --rm $image sh -c 'echo out; echo err >&2' >"$work/out" 2>"$work/err"; [ "$(cat "$work/out")" = out ] && [ "$(cat "$work/err")" = err ]; }
check "standard output and error apart" streams
check "environment" expect "a b" run --rm -e "X=a b" $image sh -c 'echo "$X"'
check "working directory" expect /tmp run --rm -w /tmp $image pwd
check "host name" expect box run --rm --hostname box $image hostname
check "user and groups" expect "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)" run --rm --user user $image id
check "user and group by number" expect "1234:5678" run --rm --user 1234:5678 $image sh -c 'echo $(id -u):$(id -g)'
check "additional group" matches '(^|,)3000' run --rm --group-add 3000 $image sh -c 'id -G | tr " " ,'
check "umask" expect 0027 run --rm --umask 0027 $image sh -c umask
check "read-only root" status 1 run --rm --read-only $image touch /file
check "tmpfs with options" matches 'tmpfs /scratch tmpfs .*noexec.*size=1024k' run --rm --tmpfs /scratch:size=1m,noexec $image grep /scratch /proc/mounts
bind() { mkdir -p "$work/shared"; echo there >"$work/shared/file"; run --rm -v "$work/shared:/data:ro" $image sh -c 'cat /data/file; ! touch /data/x 2>/dev/null'; }
check "bind mount, read-only" expect there bind
check "bind mount of one file" expect there run --rm -v "$work/shared/file:/etc/motd" $image cat /etc/motd
volume() { run --rm -v keep:/keep $image sh -c 'echo kept >/keep/f' && run --rm -v keep:/keep $image cat /keep/f; }
check "named volume" expect kept volume
device() { run --rm --device /dev/full:/dev/mine $image sh -c 'ls -l /dev/mine | tr -s " " | cut -c1,11- | cut -d" " -f1,5,6; echo x 2>&1 >/dev/mine | grep -c "No space"'; }
check "device can be used" matches '1' device
check "privileged sees the devices" run --rm --privileged $image test -e /dev/loop-control -o -e /dev/mem -o -e /dev/vda
check "sysctl" expect 200 run --rm --sysctl net.core.somaxconn=200 $image cat /proc/sys/net/core/somaxconn
check "ulimit" expect 77 run --rm --ulimit nofile=77:88 --ulimit nproc=4096:4096 $image sh -c 'ulimit -n'
check "oom score" expect 300 run --rm --oom-score-adj 300 $image cat /proc/self/oom_score_adj
capabilities() { run --rm --cap-drop all --cap-add net_raw $image awk '/^Cap(Prm|Eff|Bnd)/ { print $2 }' /proc/self/status | sort -u; }
check "capabilities" expect 0000000000002000 capabilities
check "no new privileges" matches 'NoNewPrivs:.1' run --rm --security-opt no-new-privileges $image grep NoNewPrivs /proc/self/status
check "seccomp is on by default" matches 'Seccomp:.2' run --rm $image grep Seccomp: /proc/self/status
check "seccomp unconfined" matches 'Seccomp:.0' run --rm --security-opt seccomp=unconfined $image grep Seccomp: /proc/self/status
refusal() { printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >"$work/seccomp.json"
    run --rm --security-opt "seccomp=$work/seccomp.json" $image sh -c 'mkdir /x 2>&1 || true'; }
check "seccomp profile refuses with its errno" matches 'not supported' refusal
check "masked path" expect 0 run --rm $image sh -c 'cat /proc/kcore | wc -c'
check "read-only path" status 1 run --rm $image sh -c 'echo 1 2>/dev/null >/proc/sys/kernel/panic'
check "init process of podman" run --rm --entrypoint '["/bin/true"]' $image
check "terminal" matches '/dev/(pts/0|console)' run --rm -t $image tty
check "pid namespace of the host" matches '^[0-9]+$' run --rm --pid host $image sh -c 'readlink /proc/self'
check "ipc and uts of the host" expect "$(hostname)" run --rm --ipc host --uts host $image hostname
check "user namespace" expect "0 300000 1000" run --rm --uidmap 0:300000:1000 --gidmap 0:300000:1000 $image awk '{ print $1, $2, $3 }' /proc/self/uid_map
check "cgroup namespace of the host" matches "$parent" run --rm --cgroupns host $image cat /proc/self/cgroup
limits() { run --rm -m 64m $image sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max'; }
check "memory limit" expect 67108864 limits
pids() { run --rm --pids-limit 50 $image sh -c 'cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max'; }
check "pids limit" expect 50 pids
share() { run --rm --cpu-shares 512 --cpu-quota 50000 --cpuset-cpus 0 $image sh -c 'cd /sys/fs/cgroup; cat cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus | tr "\n" " "'; }
[ ! -d /sys/fs/cgroup/cpu ] || check "cpu limits" expect "512 50000 0 " share

# --- a container that lives
life=$(short life)
loop='trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.1; done'
check "run detached" run -d --name "$life" $image sh -c "$loop"
check "it runs" expect running podman_ inspect -f '{{.State.Status}}' "$life"
check "logs" eventually expect up podman_ logs "$life"
check "exec" expect "in 0" podman_ exec "$life" sh -c 'echo in $(id -u)'
check "exec status" status 9 podman_ exec "$life" sh -c 'exit 9'
check "exec of a missing program" status 127 podman_ exec "$life" /no/such/program
check "exec as user, in a directory, with environment" expect "1000 /tmp y" podman_ exec -u user -w /tmp -e X=y "$life" sh -c 'echo $(id -u) $(pwd) $X'
check "exec with a terminal" matches /dev/pts/ podman_ exec -t "$life" tty
exec_input() { echo fed | podman_ exec -i "$life" cat; }
check "exec with input" expect fed exec_input
check "exec privileged" matches '000001f|000003f' podman_ exec --privileged "$life" grep CapEff /proc/self/status
check "exec detached" podman_ exec -d "$life" sh -c 'echo later >/tmp/later'
check "exec detached ran" eventually expect later podman_ exec "$life" cat /tmp/later
check "top" matches sleep podman_ top "$life" args
check "pause" podman_ pause "$life"
check "it is paused" expect paused podman_ inspect -f '{{.State.Status}}' "$life"
check "unpause" podman_ unpause "$life"
check "stats" matches "$life" podman_ stats --no-stream --no-reset "$life"
check "copy into it" podman_ cp "$here/podman.sh" "$life:/tmp/copied"
check "copied" podman_ exec "$life" test -s /tmp/copied
check "kill with a signal that it handles" podman_ kill -s TERM "$life"
check "its exit status" expect 5 podman_ wait "$life"
check "its last words" matches bye podman_ logs "$life"
check "start again" podman_ start "$life"
check "stop" podman_ stop -t 5 "$life"
check "restart" podman_ restart -t 5 "$life"
check "rm refuses a running container" status 2 podman_ rm "$life"
check "rm --force" podman_ rm -f -t 2 "$life"
check "it is gone" status 1 podman_ container exists "$life"
created=$(short created)
check "create" podman_ create "${place[@]}" --name "$created" $image sh -c 'echo made; exit 3'
check "init" podman_ init "$created"
check "start attached" status 3 podman_ start -a "$created"
check "rm" podman_ rm "$created"
health() { run -d --name "$(short health)" --health-cmd 'true' --health-interval disable $image sleep 1000 && podman_ healthcheck run "$(short health)"; local end=$?; podman_ rm -f -t 0 "$(short health)"; return $end; }
check "health check" health
pod() { podman_ pod create --name "$(short pod)" --infra=false --cgroup-parent "$client_parent" && podman_ run --rm --pod "$(short pod)" --network none $image true; local end=$?; podman_ pod rm -f "$(short pod)"; return $end; }
check "pod" pod
join() { run -d --name "$(short first)" $image sleep 1000 >/dev/null && podman_ run --cgroup-parent "$client_parent" --rm --network "container:$(short first)" --pid "container:$(short first)" --ipc "container:$(short first)" $image sh -c 'ps | grep -c "[s]leep 1000"'
    local end=$?; podman_ rm -f -t 0 "$(short first)" >/dev/null; return $end; }
check "join another container's namespaces" expect 1 join
many() { local n pids=(); for n in 1 2 3 4 5 6; do run --rm $image sh -c "exit $n" & pids[n]=$!; done
    for n in 1 2 3 4 5 6; do local end=0; wait "${pids[n]}" || end=$?; [ $end = $n ] || { echo "container $n ended with $end"; return 1; }; done; }
check "six at a time" many
oom() {
    run --name "$(short oom)" -m 16m --memory-swap 16m $image sh -c 'x=$(yes 0123456789abcdef | head -c 100000000); echo "${#x}"' >&2; local end=$?
    podman_ inspect -f '{{.State.ExitCode}}' "$(short oom)"; podman_ rm -f "$(short oom)" >/dev/null; [ $end = 137 ]
}
check "memory limit kills" expect 137 oom
check "no container is left" expect "" podman_ ps -a -q

# --- a Debian tree with a web server, on a network of its own
debian=${DEBIAN_TREE:-$("$repository/lab/debian-tree.sh" nginx-light 2>"$work/log/tree")} || debian=''
if [ -z "$debian" ]; then skip "Debian tree with nginx" "$(tail -n 1 "$work/log/tree")"
else
    necessary "import a Debian tree" import "$debian" localhost/debian
    check "Debian runs" matches '^(12|13|14|[a-z]+/sid)' podman_ run --rm "${place[@]}" localhost/debian cat /etc/debian_version
    check "Debian's package manager works" matches nginx podman_ run --rm "${place[@]}" localhost/debian dpkg-query -W nginx-light
    network() {
        ip netns add "$parent" && ip link add "vc$$h" type veth peer name "vc$$c" netns "$parent" &&
            ip addr add 10.213.77.1/30 dev "vc$$h" && ip link set "vc$$h" up &&
            ip -n "$parent" addr add 10.213.77.2/30 dev "vc$$c" && ip -n "$parent" link set "vc$$c" up && ip -n "$parent" link set lo up
    }
    check "veth pair into a network namespace" network
    web=$(short web)
    check "run nginx in it" podman_ run -d --name "$web" --cgroup-parent "$client_parent" --network "ns:/run/netns/$parent" localhost/debian nginx -g 'daemon off;'
    answer() { exec 3<>/dev/tcp/10.213.77.2/80 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && timeout 5 cat <&3; }
    check "nginx answers" eventually matches '200 OK.*nginx' answer
    check "nginx has workers of another user" matches www-data podman_ top "$web" user
    check "nginx reloads on a signal" podman_ kill -s HUP "$web"
    check "nginx still answers" eventually matches '200 OK' answer
    check "nginx stops on request" podman_ stop -t 10 "$web"
    check "nginx ended by itself" expect 0 podman_ inspect -f '{{.State.ExitCode}}' "$web"
    check "nginx starts again" podman_ start "$web"
    check "nginx answers again" eventually matches '200 OK' answer
    check "rm --force of nginx" podman_ rm -f -t 5 "$web"
    before_clean_up() { podman_ rm -a -f -t 0; ip netns del "$parent"; ip link del "vc$$h"; }
fi
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
check "the runtime has forgotten all" expect "0" bash -c "ls '$work/run/$runtime_name' /run/$runtime_name 2>/dev/null | grep -c '^[0-9a-f]\{64\}\$' || true"
