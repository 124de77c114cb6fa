#!/bin/bash
# docker.sh: Docker Engine over the runtime, with a daemon, storage and socket of its own and without networks.
. "$(dirname "$0")/library.sh"
need dockerd:docker.io docker:docker.io containerd:containerd iptables:iptables busybox:busybox-static tar:tar jq:jq
busybox_tree "$work/tree"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .
# no $HOME: the user's own Docker settings are not ours
export DOCKER_CONFIG=$work/docker-config DOCKER_HOST=unix://$work/docker.sock; mkdir -p "$DOCKER_CONFIG"
echo '{"experimental": true}' >"$work/daemon.json"
dockerd --config-file "$work/daemon.json" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" --host "$DOCKER_HOST" \
    --bridge none --iptables=false --ip6tables=false --add-runtime "tested=$RUNTIME" --default-runtime tested --cgroup-parent "$client_parent" \
    --exec-opt native.cgroupdriver=$manager --default-ulimit nofile=1024:1024 --default-ulimit nproc=4096:4096 --log-level warn >"$work/log/dockerd" 2>&1 & daemon=$!
before_clean_up() {
    local container
    # shellcheck disable=SC2046
    docker rm -f $(docker ps -aq)
    kill "$daemon"; for container in $(seq 50); do kill -0 "$daemon" || break; sleep 0.1; done; wait "$daemon"
}
ready() { kill -0 "$daemon" && docker info; }
necessary "dockerd answers" eventually ready
necessary "import a busybox tree" docker import "$work/tree.tar" busybox
run() { docker run --network none "$@"; }
necessary "run true" run --rm busybox true
check "run prints" expect hello run --rm busybox echo hello
check "exit status 7" status 7 run --rm busybox sh -c 'exit 7'
check "death by signal" status 137 run --rm --pid host busybox sh -c 'kill -9 $$'
check "a missing program is 127" status 127 run --rm busybox /no/such/program
check "a file that is no program is 126" status 126 run --rm busybox /etc/passwd
input() { echo fed | run -i --rm busybox cat; }
check "standard input" expect fed input
streams() { run --rm busybox sh -c 'echo out; echo err >&2' >"$work/out" 2>"$work/err"; [ "$(cat "$work/out")" = out ] && [ "$(cat "$work/err")" = err ]; }
check "standard output and error apart" streams
check "environment" expect "a b" run --rm -e "X=a b" busybox sh -c 'echo "$X"'
check "working directory is made" expect /new/place run --rm -w /new/place busybox pwd
check "host name" expect box run --rm --hostname box busybox hostname
check "user and groups" expect "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)" run --rm --user user busybox id
check "additional group" matches '(^|,)3000' run --rm --group-add 3000 busybox sh -c 'id -G | tr " " ,'
check "read-only root" status 1 run --rm --read-only busybox touch /file
check "tmpfs with options" matches 'tmpfs /scratch tmpfs .*noexec.*size=1024k' run --rm --tmpfs /scratch:size=1m,noexec busybox grep /scratch /proc/mounts
bind() { mkdir -p "$work/shared"; echo there >"$work/shared/file"; run --rm -v "$work/shared:/data:ro" busybox sh -c 'cat /data/file; ! touch /data/x 2>/dev/null'; }
check "bind mount, read-only" expect there bind
volume() { run --rm -v keep:/keep busybox sh -c 'echo kept >/keep/f' && run --rm -v keep:/keep busybox cat /keep/f; }
check "named volume" expect kept volume
check "host names and resolver are given" run --rm busybox test -s /etc/hosts
check "device" run --rm --device /dev/full:/dev/mine busybox test -c /dev/mine
# the daemon asks for every capability that the kernel knows, a host may have fewer to give
if [ "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)" = "$(printf '%016x' $(((2 << $(cat /proc/sys/kernel/cap_last_cap)) - 1)))" ]; then
    check "privileged" matches '00000[13]f' run --rm --privileged busybox grep CapEff /proc/self/status
else skip "privileged" "root of this machine lacks some capabilities: $(sed -n 's/^CapBnd:\t//p' /proc/self/status)"; fi
check "capabilities" matches '0000000000002000' run --rm --cap-drop all --cap-add net_raw busybox grep CapEff /proc/self/status
check "sysctl" expect 200 run --rm --sysctl net.core.somaxconn=200 busybox cat /proc/sys/net/core/somaxconn
check "no new privileges" matches 'NoNewPrivs:.1' run --rm --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status
check "seccomp is on by default" matches 'Seccomp:.2' run --rm busybox grep Seccomp: /proc/self/status
check "init process" matches 'docker-init|tini' run --rm --init busybox cat /proc/1/cmdline
check "ulimit" expect 77 run --rm --ulimit nofile=77:88 busybox sh -c 'ulimit -n'
check "memory limit" expect 67108864 run --rm -m 64m busybox sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max'
check "pids limit" expect 50 run --rm --pids-limit 50 busybox sh -c 'cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max'
check "shared memory size" matches '5120' run --rm --shm-size 5m busybox df -k /dev/shm
terminal() { printf '#!/bin/sh\nexec docker run --network none --rm -it busybox tty\n' >"$work/terminal"; chmod +x "$work/terminal"; script -qec "$work/terminal" /dev/null; }
check "terminal" matches '/dev/(pts|console)' terminal
loop='trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.1; done'
check "run detached" run -d --name life busybox sh -c "$loop"
check "logs" eventually expect up docker logs life
check "exec" expect "in 0" docker exec life sh -c 'echo in $(id -u)'
check "exec status" status 9 docker exec life sh -c 'exit 9'
# 126 or 127, by version of the client
missing() { local end=0; docker exec life /no/such/program || end=$?; [ $end = 126 ] || [ $end = 127 ]; }
check "exec of a missing program" missing
check "exec as user, in a directory, with environment" expect "1000 /tmp y" docker exec -u user -w /tmp -e X=y life sh -c 'echo $(id -u) $(pwd) $X'
exec_input() { echo fed | docker exec -i life cat; }
check "exec with input" expect fed exec_input
check "top" matches sleep docker top life
check "pause" docker pause life
check "it is paused" expect paused docker inspect -f '{{.State.Status}}' life
check "unpause" docker unpause life
check "update" docker update -m 128m --memory-swap 256m --cpu-shares 300 life
updated() { docker exec life sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max'; }
check "updated" expect 134217728 updated
check "stats" matches life docker stats --no-stream life
check "copy into it" docker cp "$here/docker.sh" life:/tmp/copied
check "copied" docker exec life test -s /tmp/copied
check "kill with a signal that it handles" docker kill -s TERM life
check "its exit status" expect 5 docker wait life
check "its last words" matches bye docker logs life
check "start again" docker start life
check "restart" docker restart -t 5 life
check "stop" docker stop -t 5 life
check "rm" docker rm life
again() { run -d --name again --restart on-failure:2 busybox sh -c 'sleep 0.2; exit 3' && eventually twice; local end=$?; docker rm -f again; return $end; }
twice() { [ "$(docker inspect -f '{{.RestartCount}}' again)" = 2 ]; }
check "restart policy" again
join() { run -d --name first busybox sleep 1000 >/dev/null && docker run --rm --network container:first --pid container:first --ipc host busybox sh -c 'ps | grep -c "[s]leep 1000"'; local end=$?; docker rm -f first >/dev/null; return $end; }
check "join another container's namespaces" expect 1 join
printf 'FROM busybox\nRUN echo built >/built\nCMD ["cat", "/built"]\n' >"$work/Dockerfile"
build() { DOCKER_BUILDKIT=0 docker build --network none -t built -f "$work/Dockerfile" "$work/docker-config" && docker run --rm --network none built; }
check "build" matches 'built$' build
many() { local n jobs=(); for n in 1 2 3 4; do run --rm busybox sh -c "exit $n" & jobs[n]=$!; done
    for n in 1 2 3 4; do local end=0; wait "${jobs[n]}" || end=$?; [ $end = $n ] || { echo "container $n ended with $end"; return 1; }; done; }
check "four at a time" many
check "no container is left" expect "" docker ps -aq
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
[ $failed = 0 ] || tail -n 5 "$work/log/dockerd" | sed 's/^/# dockerd: /'

# --- checkpoint: an experiment of Docker's. CRIU makes again the control groups that it saw: nothing else should run beside it
if criu check >/dev/null 2>&1; then
    number() { docker logs moved 2>&1 | tail -n 1; }
    further() { local before=$1; sleep 1; [ "$(number)" -gt "$before" ] || { echo "$before before, $(number) after"; return 1; }; }
    counting() { docker rm -f moved >/dev/null 2>&1; run -d --name moved busybox sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done' && sleep 1; }
    leaving() { counting && docker checkpoint create --leave-running moved first && further "$(number)"; }
    check "checkpoint create --leave-running" leaving
    # Docker 20.10 at times stores the images twice, and takes the second time for a failure, with every runtime
    started() { docker start --checkpoint second moved 2>"$work/started" || { cat "$work/started"; grep -q 'failed to upload checkpoint .* already exists' "$work/started" && docker start --checkpoint second moved; }; }
    moved() { local before; counting && docker checkpoint create moved second && eventually eval '[ "$(docker inspect -f "{{.State.Status}}" moved)" = exited ]' && before=$(number) && started && further "$before"; }
    check "checkpoint create, start --checkpoint" moved
    docker rm -f moved >/dev/null 2>&1
else skip "checkpoint create, start --checkpoint" "criu does not work here"; fi
