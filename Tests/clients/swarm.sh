#!/bin/bash
# swarm.sh: a Docker Swarm of three engines over the runtime, each with a network namespace, storage and socket of its own, on a bridge;
# with docs/examples/daemon.json as their configuration. Here nothing resolves names, so images are on every node before.
# IPVS, which carries the virtual addresses of services and published ports, is used where the kernel has it.
. "$(dirname "$0")/alone.sh"
LIMIT=${LIMIT:-150}
. "$(dirname "$0")/library.sh"
need dockerd:docker.io docker:docker.io containerd:containerd iptables:iptables ip:iproute2 busybox:busybox-static tar:tar jq:jq
mkdir -p /run/netns; echo '127.0.0.1 localhost' >"$work/hosts"; mount --bind "$work/hosts" /etc/hosts
# no name is worth waiting for
: >"$work/resolv.conf"; mount --bind "$work/resolv.conf" "$(realpath -m /etc/resolv.conf)" 2>/dev/null
busybox_tree "$work/tree"; mkdir -p "$work/tree/www"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .
export DOCKER_CONFIG=$work/docker-config; mkdir -p "$DOCKER_CONFIG"

# --- three machines
ip link set lo up; ip link add bridge0 type bridge && ip link set bridge0 up && ip address add 10.9.0.254/24 dev bridge0
daemons=()
machine() { # machine N: its network
    ip netns add "node$1" && ip link add "veth$1" type veth peer name eth0 netns "node$1" && ip link set "veth$1" master bridge0 up &&
        ip -n "node$1" link set lo up && ip -n "node$1" address add "10.9.0.$1/24" dev eth0 && ip -n "node$1" link set eth0 up && ip -n "node$1" route add default via 10.9.0.254
}
# engine N: dockerd there, under a host name of its own. The second node's runtime fails for as long as a file is there: the red control.
engine() {
    local folder=$work/node$1 runtime=$RUNTIME; mkdir -p "$folder"
    if [ "$1" = 2 ]; then
        runtime=$folder/runtime
        printf '#!/bin/sh\n[ ! -e %q ] || case " $* " in *" create "*) echo "this runtime is broken" >&2; exit 1 ;; esac\nexec %q "$@"\n' "$work/broken" "$RUNTIME" >"$runtime"; chmod 755 "$runtime"
    fi
    sed "s,/usr/bin/veloci,$runtime,g" "$repository/docs/examples/daemon.json" >"$folder/daemon.json"
    # shellcheck disable=SC2016
    nsenter --net="/run/netns/node$1" unshare --uts sh -c 'echo "$1" >/proc/sys/kernel/hostname; shift; exec "$@"' sh "node$1" \
        dockerd --config-file "$folder/daemon.json" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/docker.pid" --host "unix://$folder/socket" \
        --bridge none --cgroup-parent "$client_parent" --exec-opt native.cgroupdriver=$manager --default-ulimit nofile=1024:1024 --default-ulimit nproc=4096:4096 \
        --log-level warn >"$work/log/node$1" 2>&1 & daemons+=($!)
}
# on N COMMAND...: the client of that engine
on() { local n=$1; shift; docker --host "unix://$work/node$n/socket" "$@"; }
before_clean_up() {
    local n
    for n in 1 2 3; do on $n swarm leave --force; on $n ps -aq | xargs -r docker --host "unix://$work/node$n/socket" rm -f; done
    kill "${daemons[@]}"; for n in $(seq 50); do kill -0 "${daemons[@]}" || break; sleep 0.1; done; wait "${daemons[@]}"
    umount -l /etc/hosts "$(realpath -m /etc/resolv.conf)"
}
# slowly COMMAND...: repeats it until it succeeds, for as long as a check may last: a scheduler has time
slowly() { local end=$((SECONDS + LIMIT - 10)); until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { "$@"; return; }; sleep 0.3; done; }
for node in 1 2 3; do necessary "node $node: a network" machine $node; engine $node; done
for node in 1 2 3; do
    necessary "node $node: dockerd answers" slowly on $node info
    necessary "node $node: the image" on $node import --change 'CMD ["sleep", "100000"]' "$work/tree.tar" busybox
done
necessary "the first makes a swarm" on 1 swarm init --advertise-addr 10.9.0.1 --listen-addr 10.9.0.1:2377
join() { on "$1" swarm join --advertise-addr "10.9.0.$1" --listen-addr "10.9.0.$1:2377" --token "$(on 1 swarm join-token -q "${2:-worker}")" 10.9.0.1:2377; }
necessary "the second joins" join 2
necessary "the third joins" join 3
nodes() { [ "$(on 1 node ls --format '{{.Status}}' | grep -c Ready)" = "$1" ]; }
necessary "three nodes are ready" slowly nodes 3
runtimes() { local n; for n in 1 2 3; do on $n info --format '{{.DefaultRuntime}}'; done | sort -u; }
check "veloci is the runtime of all" expect veloci runtimes

# --- services
create() { local name=$1; shift; on 1 service create --detach --no-resolve-image --stop-grace-period 1s --name "$name" "$@"; }
# replicas NAME N/M: so many tasks run of so many
replicas() { [ "$(on 1 service ls --format '{{.Name}} {{.Replicas}}' | awk -v name="$1" '$1 == name { print $2 }')" = "$2" ]; }
service() { local name=$1 wanted=$2; shift 2; create "$name" "$@" && slowly replicas "$name" "$wanted"; }
# where NAME: the nodes on which its tasks run; of NAME N WORDS...: the words inside its task there
where() { on 1 service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' "$1" | awk '$2 == "Running" { print $1 }' | sort | tr '\n' ' '; }
task() { on "$2" ps -q --filter "label=com.docker.swarm.service.name=$1" | head -n 1; }
of() { local name=$1 n=$2; shift 2; on "$n" exec "$(task "$name" "$n")" "$@"; }
# says NAME PATTERN: what its tasks have written matches
says() { on 1 service logs --raw "$1" 2>/dev/null | grep -E "$2"; }
check "a service with three replicas" service web 3/3 --replicas 3 busybox
check "one on each node" expect "node1 node2 node3 " where web
by_runtime() { local n; for n in 1 2 3; do on $n inspect --format '{{.HostConfig.Runtime}}' "$(task web $n)"; done | sort | uniq -c | tr -s ' '; }
check "each by the runtime" expect " 3 veloci" by_runtime
check "exec in a task" expect executed of web 2 echo executed
scale() { on 1 service scale --detach "$1" && slowly replicas "${1%=*}" "${1#*=}/${1#*=}"; }
check "scaled up" scale web=7
check "scaled down" scale web=2
check "a global service" service everywhere 3/3 --mode global busybox
completed() { slowly bash -c "docker --host unix://$work/node1/socket service ls --format '{{.Name}} {{.Replicas}}' | grep -E '^once 0/2 \(4/4 completed\)'"; }
check "a job of four tasks" eval 'create once --mode replicated-job --replicas 4 --max-concurrent 2 busybox true && completed'
restarts() { create failing --restart-condition on-failure --restart-max-attempts 2 --restart-delay 100ms busybox sh -c 'exit 3' && slowly failed_thrice; }
failed_thrice() { [ "$(on 1 service ps --format '{{.Error}}' failing | grep -c 'non-zero exit (3)')" = 3 ]; }
check "a task that fails is tried again, and its status is told" restarts
check "what tasks write" eval 'service talking 1/1 busybox sh -c "echo spoken; exec sleep 1000" && slowly says talking spoken'
check "limits" eval 'service limited 1/1 --constraint node.hostname==node1 --limit-memory 64m --limit-pids 50 --limit-cpu 0.5 busybox'
limit_of() { on 1 inspect --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}' "$(task limited 1)"
    of limited 1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || of limited 1 cat /sys/fs/cgroup/memory.max; }
check "they are those of the task" expect "67108864 50 500000000
67108864" limit_of
check "user, directory, environment, host name" eval 'service asked 1/1 --constraint node.hostname==node3 --user 1000:2000 --workdir /tmp --env "X={{.Node.Hostname}}" --hostname "box-{{.Task.Slot}}" busybox &&
    expect "1000:2000 /tmp node3 box-1" of asked 3 sh -c "echo \$(id -u):\$(id -g) \$(pwd) \$X \$(hostname)"'
check "read-only root, tmpfs, volume, init" eval 'service placed 1/1 --constraint node.hostname==node2 --read-only --init --mount type=tmpfs,destination=/scratch,tmpfs-size=1m --mount type=volume,source=kept,destination=/kept busybox &&
    of placed 2 sh -c "touch /scratch/a /kept/a && ! touch /a 2>/dev/null"'
check "capabilities and sysctl" eval 'service able 1/1 --constraint node.hostname==node1 --cap-drop all --cap-add NET_ADMIN --sysctl net.ipv4.ip_default_ttl=42 busybox &&
    expect "0000000000001000 42" of able 1 sh -c "echo \$(sed -n \"s/CapEff:.//p\" /proc/1/status) \$(cat /proc/sys/net/ipv4/ip_default_ttl)"'
check "a secret" eval 'echo hidden | on 1 secret create word - && service trusted 1/1 --constraint node.hostname==node2 --secret source=word,mode=0400 busybox && expect hidden of trusted 2 cat /run/secrets/word'
check "a configuration" eval 'echo told | on 1 config create page - && service configured 1/1 --constraint node.hostname==node3 --config source=page,target=/www/page busybox && expect told of configured 3 cat /www/page'
check "health checks" eval 'service healthy 1/1 --health-cmd "test -e /tmp" --health-interval 1s busybox && on 1 service ps healthy'

# --- updates
image_of() { on 1 service inspect --format '{{index .Spec.TaskTemplate.ContainerSpec.Env}}' "$1"; }
updated() { [ "$(on 1 service inspect --format '{{.UpdateStatus.State}}' "$1")" = "$2" ] && replicas "$1" "$3"; }
check "a rolling update" eval 'service rolling 3/3 --replicas 3 --env V=1 --update-delay 200ms --update-parallelism 1 busybox && on 1 service update --detach --no-resolve-image --env-add V=2 rolling && slowly updated rolling completed 3/3 && matches V=2 image_of rolling'
check "rolled back" eval 'on 1 service update --detach --rollback rolling && slowly updated rolling rollback_completed 3/3 && matches V=1 image_of rolling'
check "a bad update is rolled back by itself" eval 'on 1 service update --detach --no-resolve-image --update-failure-action rollback --update-monitor 2s --restart-condition none --args "sh -c \"exit 1\"" rolling && slowly updated rolling rollback_completed 3/3'

# --- networks
check "an overlay network" on 1 network create --driver overlay --attachable meshed
server() { service server 1/1 --constraint node.hostname==node2 --network meshed --endpoint-mode dnsrr busybox httpd -f -p 80 -h /www && echo over >"$work/page" && on 2 cp "$work/page" "$(task server 2)":/www/page; }
check "a service in it" server
check "it is reached from another node by its name" eval 'service client 1/1 --constraint node.hostname==node3 --network meshed busybox && slowly of client 3 wget -qO- http://server/page && expect over of client 3 wget -qO- http://server/page'
check "and by a container that is none of a service" expect over on 1 run --rm --network meshed busybox wget -qO- http://server/page
published() { service port 1/1 --constraint node.hostname==node1 --network meshed --publish mode=host,published=8080,target=80 busybox httpd -f -p 80 -h / && slowly busybox wget -qO- http://10.9.0.1:8080/etc/group; }
check "a port of its node" published
if modprobe ip_vs 2>/dev/null || [ -e /proc/net/ip_vs ]; then
    check "a port of every node" eval 'service mesh 1/1 --network meshed --constraint node.hostname==node1 --publish 8081:80 busybox httpd -f -p 80 -h / && slowly busybox wget -qO- http://10.9.0.3:8081/etc/group'
else skip "a port of every node" "this kernel has no IPVS"; fi

# --- a stack
cat >"$work/stack.yaml" <<'Y'
version: "3.8"
services:
  front: { image: busybox, command: ["sleep", "100000"], deploy: { replicas: 2 }, networks: [inner] }
  back: { image: busybox, command: ["sleep", "100000"], networks: [inner], configs: [{ source: words, target: /words }] }
networks: { inner: {} }
configs: { words: { file: ./words } }
Y
echo words >"$work/words"
check "a stack" eval 'on 1 stack deploy --resolve-image never --compose-file "$work/stack.yaml" whole && slowly replicas whole_front 2/2 && slowly replicas whole_back 1/1'
no_stack() { [ -z "$(on 1 service ls -q --filter label=com.docker.stack.namespace=whole)" ]; }
check "a stack is removed" eval 'on 1 stack rm whole && slowly no_stack'

# --- nodes that go
distinct() { where "$1" | tr ' ' '\n' | sort -u | tr '\n' ' ' | sed 's/^ //'; }
none_on() { [ -z "$(on "$1" ps -q --filter label=com.docker.swarm.service.name=web)" ]; }
check "a node is drained" eval 'on 1 node update --availability drain node3 && slowly expect "node1 node2 " distinct web && slowly none_on 3'
check "it comes back" eval 'on 1 node update --availability active node3 && on 1 service update --detach --force web && scale web=6 && slowly matches node3 where web'
manager() { [ "$(on 1 node ls --format '{{.Hostname}} {{.ManagerStatus}}' | awk '$1 == "node2" { print $2 }')" = Reachable ]; }
on_worker() { [ -z "$(on 1 node ls --format '{{.Hostname}} {{.ManagerStatus}}' | awk '$1 == "node2" { print $2 }')" ]; }
check "the second becomes a manager" eval 'on 1 node promote node2 && slowly manager'
check "and a worker again" eval 'on 1 node demote node2 && slowly on_worker'
check "the third leaves" eval 'on 3 swarm leave && slowly nodes 2 && on 1 node rm --force node3 && slowly replicas web 6/6'

# --- the red control: with a runtime that fails, no task runs, and the swarm says so
broken() { touch "$work/broken"; create unlucky --constraint node.hostname==node2 --restart-condition none busybox && slowly told; }
told() { on 1 service ps --no-trunc --format '{{.CurrentState}} {{.Error}}' unlucky | grep -E '^(Failed|Rejected) .*runtime' && replicas unlucky 0/1; }
check "a runtime that fails is seen" broken
healed() { rm "$work/broken"; on 1 service update --detach --force unlucky && slowly replicas unlucky 1/1; }
check "and one that works again" healed

# --- the end
check "services are removed" eval 'on 1 service ls -q | xargs docker --host "unix://$work/node1/socket" service rm'
# Those of jobs that are over stay with their engines.
empty() { local n; for n in 1 2; do [ -z "$(on $n ps -q)" ] || return; done; }
check "no container runs" slowly empty
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
