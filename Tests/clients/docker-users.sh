#!/bin/bash
# docker-users.sh: Docker Engine over the runtime where root of a container is none of the host: with a daemon of root's that maps ids
# (userns-remap), and with a daemon that a user without privileges started (rootless). Storage, sockets and networks of their own.
. "$(dirname "$0")/alone.sh"
LIMIT=${LIMIT:-120}
. "$(dirname "$0")/library.sh"
need dockerd:docker.io docker:docker.io containerd:containerd iptables:iptables ip:iproute2 busybox:busybox-static tar:tar jq:jq newuidmap:uidmap setpriv:util-linux
ip link set lo up
busybox_tree "$work/tree"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .; chmod 644 "$work/tree.tar"; chmod 711 "$work"
cp "$RUNTIME" "$work/$runtime_name"; chmod 755 "$work/$runtime_name"; RUNTIME=$work/$runtime_name
# a user of whom this machine has never heard, with ids below its own
for file in passwd group subuid subgid; do { cat "/etc/$file" 2>/dev/null; case $file in passwd) echo "worker:x:4321:4321::$work/worker:/bin/sh" ;; group) echo 'worker:x:4321:' ;; *) echo 'worker:300000:65536' ;; esac; } >"$work/$file"
    [ -e "/etc/$file" ] || : >"/etc/$file"; mount --bind "$work/$file" "/etc/$file"; done
export DOCKER_CONFIG=$work/docker-config; mkdir -p "$DOCKER_CONFIG"; echo '{}' >"$work/daemon.json"; chmod 644 "$work/daemon.json"
slowly() { local end=$((SECONDS + LIMIT - 10)); until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { "$@"; return; }; sleep 0.3; done; }
daemons=()
before_clean_up() {
    local n container
    for n in root worker; do
        DOCKER_HOST=unix://$work/$n/docker.sock
        export DOCKER_HOST
        for container in $(timeout 20 docker ps -aq); do timeout 20 docker rm -f "$container"; done
    done
    kill "${daemons[@]}"; for n in $(seq 50); do kill -0 "${daemons[@]}" || break; sleep 0.1; done
    umount -l /etc/passwd /etc/group /etc/subuid /etc/subgid
}
settings=(--config-file "$work/daemon.json" --bridge none --iptables=false --ip6tables=false --default-runtime tested --default-ulimit nofile=1024:1024 --default-ulimit nproc=4096:4096 --log-level warn)

# what both do
operations() { # operations NAME FIRST: what root of a container is on the host
    local this=$1 first=$2
    export DOCKER_HOST=unix://$work/$3/docker.sock
    necessary "$this: dockerd answers" slowly docker info
    necessary "$this: an image" docker import "$work/tree.tar" busybox
    run() { docker run --network none "$@"; }
    necessary "$this: run true" run --rm busybox true
    check "$this: output" expect hello run --rm busybox echo hello
    check "$this: exit status" status 7 run --rm busybox sh -c 'exit 7'
    check "$this: a missing program is 127" status 127 run --rm busybox /no/such/program
    input() { echo fed | run -i --rm busybox cat; }
    check "$this: input" expect fed input
    check "$this: root inside is $first outside" expect "0 $first" run --rm busybox awk '{ print $1, $2; exit }' /proc/self/uid_map
    check "$this: another user" expect "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)" run --rm --user user busybox id
    check "$this: files belong to root inside" expect "0:0" run --rm busybox sh -c 'touch /file && stat -c %u:%g /file'
    check "$this: devices" expect 4 run --rm busybox sh -c 'head -c 4 /dev/zero | wc -c && echo >/dev/null'
    check "$this: read-only root" status 1 run --rm --read-only busybox touch /file
    check "$this: a tmpfs and a volume" run --rm --tmpfs /scratch -v kept:/kept busybox touch /scratch/a /kept/a
    bind() { mkdir -p "$work/shared"; echo there >"$work/shared/file"; chmod -R a+rX "$work/shared"; run --rm -v "$work/shared:/data:ro" busybox cat /data/file; }
    check "$this: a directory of the host" expect there bind
    check "$this: seccomp and capabilities" matches 'Seccomp:.2.*' run --rm --cap-drop all busybox grep -E 'CapEff:.0000000000000000|Seccomp:' /proc/self/status
    check "$this: an init process" expect 1 run --rm --init busybox sh -c 'grep -c init /proc/1/comm'
    terminal() { script -qec "docker run --rm -t --network none busybox sh -c 'tty; stat -c %u /dev/pts/0'" /dev/null; }
    check "$this: a terminal" matches '/dev/(pts/0|console)' terminal
    check "$this: run detached" run -d --name life busybox sleep 1000
    check "$this: exec" expect executed docker exec life echo executed
    check "$this: exec as a user" expect 1000 docker exec --user 1000 life id -u
    # without a control group nobody can tell them, as with runc
    [ "$this" = rootless ] || check "$this: processes" matches 'sleep 1000' docker top life
    check "$this: copy" eval 'docker cp "$work/tree/etc/group" life:/copied && docker exec life grep -q extra /copied'
    check "$this: stop and start again" eval 'docker stop -t 1 life && docker start life && docker exec life true'
    check "$this: kill" eval 'docker kill life && slowly test "$(docker inspect -f {{.State.Status}} life)" = exited'
    check "$this: rm" docker rm -f life
    many() { local n jobs=(); for n in 1 2 3 4; do run --rm busybox sh -c "exit $n" & jobs[n]=$!; done
        for n in 1 2 3 4; do local end=0; wait "${jobs[n]}" || end=$?; [ $end = $n ] || { echo "container $n ended with $end"; return 1; }; done; }
    check "$this: four at a time" many
    check "$this: no container is left" expect "" docker ps -aq
}

# --- a daemon of root's
mkdir -p "$work/root"
dockerd "${settings[@]}" --add-runtime "tested=$RUNTIME" --userns-remap worker --data-root "$work/root/data" --exec-root "$work/root/exec" --pidfile "$work/root/pid" --host "unix://$work/root/docker.sock" \
    --cgroup-parent "$client_parent" --exec-opt native.cgroupdriver=$manager >"$work/log/root" 2>&1 & daemons+=($!)
operations "userns-remap" 300000 root
check "userns-remap: memory limit" eval 'run -d --name limited --memory 64m busybox sleep 1000 && expect 67108864 docker inspect -f "{{.HostConfig.Memory}}" limited && docker rm -f limited'
check "userns-remap: the host's user namespace for one" expect "0 0" run --rm --userns host busybox awk '{ print $1, $2; exit }' /proc/self/uid_map

# --- a daemon of a user's
if ! command -v rootlesskit >/dev/null; then skip "rootless" "not installed: rootlesskit"; else
    mkdir -p "$work/worker/run"; chown -R worker:worker "$work/worker"
    setpriv --reuid worker --regid worker --clear-groups env HOME="$work/worker" USER=worker XDG_RUNTIME_DIR="$work/worker/run" \
        rootlesskit --net=host --state-dir "$work/worker/run/kit" --copy-up=/run \
        sh -c 'rm -f /run/docker /run/containerd /run/xtables.lock; exec "$@"' sh dockerd --rootless "${settings[@]}" --add-runtime "tested=$RUNTIME" --storage-driver vfs --data-root "$work/worker/data" --exec-root "$work/worker/exec" --pidfile "$work/worker/pid" \
        --host "unix://$work/worker/docker.sock" >"$work/log/worker" 2>&1 & daemons+=($!)
    operations "rootless" 4321 worker
    check "rootless: the daemon is a user's" matches 'rootless' docker info --format '{{.SecurityOptions}}'
fi
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
