#!/bin/bash
# podman5.sh: podman 5 of Debian 13 over the runtime named by RUNTIME (default: the built veloci), which is linked statically, in a root of that
# Debian made by lab/debian-tree.sh: pods, kube play, roots that are read-only, health checks; as root and as a user without
# privileges. No container has a network. PODMAN_TREE is the archive of a tree that exists.
# RUNTIME=runc tests the tests. Not run unless named: the tree takes two minutes and a mirror the first time.
here=$(cd "$(dirname "$0")" && pwd)
# before this test has a network of its own, and none to the mirror
[ "${1:-}" = --inside ] || [ -n "${PODMAN_TREE:-}" ] || PODMAN_TREE=$("$here/../../lab/debian-tree.sh" busybox-static catatonit podman uidmap) || PODMAN_TREE=none
export PODMAN_TREE
. "$here/alone.sh"
ip link set lo up
LIMIT=${LIMIT:-120}
. "$(dirname "$0")/library.sh"
need ip:iproute2 jq:jq tar:tar nsenter:util-linux
[ -s "$PODMAN_TREE" ] || { skip "podman 5" "no root of Debian 13 could be made; the lab says why above"; exit; }

# --- the tree is the root of a mount namespace of its own, for nobody makes a user namespace in a chroot
tree=$work/tree; mkdir "$tree"
tar xpf "$PODMAN_TREE" -C "$tree" --exclude './dev/*' || { echo "Bail out! the tree cannot be unpacked"; exit 1; }
cp "$RUNTIME" "$tree/usr/bin/$runtime_name"
chroot "$tree" "/usr/bin/$runtime_name" --version >/dev/null 2>&1 || { skip "podman 5" "$RUNTIME does not run in the tree; it must be linked statically"; exit; }
echo "nested:x:12345:12345::/home/nested:/bin/sh" >>"$tree/etc/passwd"; echo "nested:x:12345:extra" >>"$tree/etc/group"; echo "extra:x:2345:nested" >>"$tree/etc/group"
printf 'nested:100000:65536\ncontainers:200000:65536\n' | tee "$tree/etc/subuid" >"$tree/etc/subgid"
mkdir -p "$tree/home/nested/run"; chown -R 12345:12345 "$tree/home/nested"; chmod 700 "$tree/home/nested/run"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$tree/etc/containers/policy.json"
cat >"$tree/etc/containers/containers.conf" <<C
[containers]
# a host may refuse the limits that podman asks for by default: its own hard limit of open files, no CAP_SYS_RESOURCE
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
healthcheck_events = false
runtime = "$runtime_name"
runtime_supports_json = ["$runtime_name"]
runtime_supports_nocgroup = ["$runtime_name"]
[engine.runtimes]
"$runtime_name" = ["/usr/bin/$runtime_name"]
C
busybox_tree "$work/busybox"; mkdir "$work/busybox/volume"; tar cf "$tree/busybox.tar" --numeric-owner --owner 0 --group 0 -C "$work/busybox" .
cat >"$work/enter" <<'S'
# What is mounted of version 1 and nothing else: podman takes every folder for a hierarchy, also one that somebody left behind.
groups() {
    [ "$(stat -f -c %T sys/fs/cgroup)" = tmpfs ] || return 0
    local place
    mkdir -p groups && mount -t tmpfs -o mode=755 none groups || return
    for place in sys/fs/cgroup/*; do
        if [ -L "$place" ]; then cp -P "$place" groups
        elif [ "$(stat -f -c %T "$place")" != tmpfs ]; then mkdir "groups/${place##*/}" && mount --bind "$place" "groups/${place##*/}" || return; fi
    done
    mount --rbind groups sys/fs/cgroup
}
mount --bind "$1" "$1" && cd "$1" && mount -t proc proc proc && mount --rbind /sys sys && groups && mount --rbind /dev dev && mount -t tmpfs -o mode=755 none run &&
    mount -t tmpfs -o mode=1777 none tmp && mkdir -p old && pivot_root . old && exec chroot . sh -c 'umount -l /old && : >/run/ready && exec sleep 100000'
S
unshare --mount --propagation private bash "$work/enter" "$tree" & place=$!
eventually test -e "/proc/$place/root/run/ready" || { echo "Bail out! no root of its own"; exit 1; }
inside() { nsenter --target $place --mount --wd=/proc/$place/root -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PODMAN_IGNORE_CGROUPSV1_WARNING=1 VELOCI_CLIENT_TEST="$work" "$@"; }
podman_as_root() { inside HOME=/root podman "$@"; }
podman_as_user() { inside setpriv --reuid 12345 --regid 12345 --init-groups sh -c 'cd && exec "$@"' sh env HOME=/home/nested XDG_RUNTIME_DIR=/home/nested/run podman "$@"; }
image=localhost/busybox
echo "# $(podman_as_root --version)"
before_clean_up() { podman_as_user rm -a -f -t 0; podman_as_user pod rm -a -f -t 0; podman_as_root pod rm -a -f -t 0; podman_as_root rm -a -f -t 0; kill $place
    find /sys/fs/cgroup -mindepth 2 -maxdepth 5 -depth -type d -path '*/libpod_parent*' -exec rmdir {} +; }

devices='for node in null zero full random urandom tty; do [ -c /dev/$node ] || echo "$node"; done; echo words >/dev/null && head -c 3 /dev/zero | od -An -c | tr -d " \n"'
for who in root user; do
    # names of what belongs to whom
    podman_() { podman_as_$who "$@"; }
    box=box-$who group=pod-$who
    # what a user's containers have no limits with, and root's are found by
    parents=(--cgroup-parent "$client_parent"); [ $who = root ] || parents=(--cgroups enabled)
    run() { podman_ run --rm "${parents[@]}" "$@"; }
    is() { local name=$1; shift; check "$name ($who)" "$@"; }
    necessary "podman 5 over this runtime ($who)" matches "^5[.][0-9.]* $runtime_name" podman_ info -f '{{.Version.Version}} {{.Host.OCIRuntime.Name}}'
    necessary "import a busybox tree ($who)" podman_ import /busybox.tar $image
    necessary "run true ($who)" run $image true
    is "output" expect 'hello 0' run $image sh -c 'echo hello $(id -u)'
    is "exit status" status 7 run $image sh -c 'exit 7'
    is "a missing program is 127" status 127 run $image /no/such/program
    is "a file that is no program is 126" status 126 run $image /etc/passwd
    input() { echo fed | run -i $image cat; }
    is "input" expect fed input
    is "terminal" matches '/dev/(pts/0|console)' run -t $image tty
    is "devices" expect '\0\0\0' run $image sh -c "$devices"
    is "another user" expect '1000 /tmp' run --user user -w /tmp $image sh -c 'echo $(id -u) $(pwd)'
    is "environment, host name, directory" expect 'y box /var/www' run -e X=y --hostname box -w /var/www $image sh -c 'echo $X $(hostname) $(pwd)'
    is "read-only root" expect 'refused writable /dev/null' run --read-only $image sh -c 'touch /file 2>/dev/null || echo refused $(touch /tmp/file && echo writable) $(ls /dev/null)'
    is "read-only root without tmpfs" expect 'refused refused refused \0\0\0' run --read-only --read-only-tmpfs=false $image \
        sh -c 'for file in /file /tmp/file /dev/file; do touch $file 2>/dev/null || echo -n "refused "; done; '"$devices"
    is "tmpfs" matches 'noexec.*size=1024k' run --tmpfs /scratch:size=1m,noexec $image grep /scratch /proc/mounts
    is "tmpfs over what the image has" expect group run --tmpfs /etc $image sh -c 'ls /etc | grep group'
    volume() { run -v "keep-$who:/keep" $image sh -c 'echo kept >/keep/file' && run -v "keep-$who:/keep:ro" $image sh -c 'cat /keep/file; ! touch /keep/other 2>/dev/null'; }
    is "named volume" expect kept volume
    is "the image as a volume" expect busybox run --mount "type=image,source=$image,destination=/image" $image sh -c 'ls /image/bin/busybox | sed "s,.*/,,"'
    is "bind, with and without recursion" expect 'there there' run -v /etc:/one:ro,rbind -v /etc:/two:ro,bind,nodev $image sh -c 'for place in one two; do [ -e /$place/debian_version ] && echo there; done | xargs echo'
    is "a file with a name of the host" expect nested run -v /etc/passwd:/etc/passwd:ro $image sh -c 'grep -o ^nested /etc/passwd'
    is "a link of the image as a destination" expect there run --mount type=bind,src=/etc/debian_version,dst=/bin/../volume/file $image sh -c '[ -s /volume/file ] && echo there'
    is "sysctl" expect 8193 run --sysctl kernel.msgmax=8193 $image cat /proc/sys/kernel/msgmax
    is "ulimit and umask" expect '77 0027' run --ulimit nofile=77:88 --ulimit nproc=4096:4096 --umask 0027 $image sh -c 'echo $(ulimit -n) $(umask)'
    is "capabilities" expect 0000000000002000 run --cap-drop all --cap-add net_raw $image awk '/^CapEff/ { print $2 }' /proc/self/status
    is "no new privileges and the profile of podman" expect '1 2' run --security-opt no-new-privileges $image awk '/^(NoNewPrivs|Seccomp):/ { printf "%s%s", sep, $2; sep = " " } END { print "" }' /proc/self/status
    is "namespaces of the host" matches '^[0-9]+$' run --pid host --uts host --network host $image sh -c 'readlink /proc/self'
    is "control groups of the host" expect yes run --cgroupns host $image echo yes
    is "a control group namespace" expect yes run --cgroupns private $image echo yes
    case $runtime_name in
        runc*) skip "without a control group ($who)" "runc has no --cgroup-manager" ;;
        *) is "without a control group" expect yes podman_ run --rm --cgroups disabled $image echo yes ;;
    esac
    is "an init process" matches 'init' run --init $image cat /proc/1/comm
    is "a user namespace" expect '0 1000' run --userns auto:size=1000 $image awk '{ print $1, $3 }' /proc/self/uid_map
    if [ $who = user ]; then
        is "keep-id" expect '12345 nested' run --userns keep-id $image sh -c 'echo $(id -u) $(id -un)'
        is "keep-id, as another" expect '7 8' run --userns keep-id:uid=7,gid=8 $image sh -c 'echo $(id -u) $(id -g)'
        is "keep-id, with devices" expect '\0\0\0' run --userns keep-id $image sh -c "$devices"
        is "nomap" expect 0 run --userns nomap $image id -u
        # what crun and veloci do for an annotation; inside, the group is nobody's
        case $runtime_name in runc*) skip "keep groups (user)" "runc does not know it" ;; *) is "keep groups" matches 65534 run --group-add keep-groups $image id -G ;; esac
    else
        limits() { run -m 64m --pids-limit 50 --cpu-shares 512 --cpuset-cpus 0 $image sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares cpuset/cpuset.cpus 2>/dev/null | xargs echo'; }
        if [ -d /sys/fs/cgroup/memory ]; then is "limits" expect '67108864 50 512 0' limits; else skip "limits (root)" "version 2 has other files, and perhaps no controllers here"; fi
        is "a device" matches full run --device /dev/full:/dev/mine $image sh -c 'stat -c %t:%T /dev/mine | sed s/1:7/full/'
        is "privileged" expect yes run --privileged $image sh -c 'mkdir /there && mount -t tmpfs none /there && echo yes'
        is "ids that are mapped" expect '0 300000 1000' run --uidmap 0:300000:1000 --gidmap 0:300000:1000 $image awk '{ print $1, $2, $3 }' /proc/self/uid_map
    fi

    # --- one that lives
    is "run in the background" podman_ run -d --name $box "${parents[@]}" --health-cmd 'test -e /tmp/well' --health-interval disable $image sh -c 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.1; done'
    is "logs" eventually expect up podman_ logs $box
    is "exec" expect 'in 1000 /tmp y' podman_ exec -u user -w /tmp -e X=y $box sh -c 'echo in $(id -u) $(pwd) $X'
    is "exec status" status 9 podman_ exec $box sh -c 'exit 9'
    is "exec of a missing program" status 127 podman_ exec $box /no/such/program
    is "exec with a terminal" matches /dev/pts/ podman_ exec -t $box tty
    exec_input() { echo fed | podman_ exec -i $box cat; }
    is "exec with input" expect fed exec_input
    is "exec --privileged" expect 0 podman_ exec --privileged $box id -u
    is "a health check that fails" status 1 podman_ healthcheck run $box
    is "a health check" podman_ exec $box touch /tmp/well
    is "health check, well" podman_ healthcheck run $box
    is "its health" expect healthy podman_ inspect -f '{{.State.Health.Status}}' $box
    is "top" matches sleep podman_ top $box args
    is "copy into it" podman_ cp /etc/debian_version $box:/tmp/copied
    is "copied" podman_ exec $box test -s /tmp/copied
    is "diff" matches 'A /tmp/well' podman_ diff $box
    if [ $who = root ]; then
        is "pause" podman_ pause $box
        is "it is paused" expect paused podman_ inspect -f '{{.State.Status}}' $box
        is "unpause" podman_ unpause $box
        if [ -d /sys/fs/cgroup/pids ] || grep -qsw pids /sys/fs/cgroup/cgroup.controllers; then is "update" podman_ update --pids-limit 100 $box; else skip "update (root)" "no controller of pids here"; fi
        is "mounted while it runs" matches tmpfs podman_ exec --privileged $box sh -c 'mount -t tmpfs none /var/www && grep /var/www /proc/mounts'
    fi
    is "a signal that it handles" podman_ kill -s TERM $box
    is "its exit status" expect 5 podman_ wait $box
    is "its last words" matches bye podman_ logs $box
    is "start again" podman_ start $box
    is "restart" podman_ restart -t 1 $box
    is "stop" podman_ stop -t 1 $box
    is "commit" podman_ commit -q $box "localhost/saved-$who"
    is "rm" podman_ rm -f -t 0 $box

    # --- pods
    is "a pod" podman_ pod create --name $group --network none ${parents[0]/--cgroups/} ${parents[1]/enabled/}
    is "a container in it" podman_ run -d --pod $group --name $box $image sleep 1000
    shared() { [ "$(podman_ exec $box readlink /proc/self/ns/ipc)" = "$(podman_ run --rm --pod $group $image readlink /proc/self/ns/ipc)" ]; }
    is "another shares its namespaces" shared
    is "and its memory" expect there bash -c "$(declare -f podman_ podman_as_root podman_as_user inside); place=$place work=$work who=$who; podman_ exec $box sh -c 'echo there >/dev/shm/file'; podman_ run --rm --pod $group $image cat /dev/shm/file"
    is "it runs" expect Running podman_ pod inspect -f '{{.State}}' $group
    is "pod top" matches 'sleep' podman_ pod top $group args
    is "pod stop" podman_ pod stop -t 1 $group
    is "pod start" podman_ pod start $group
    is "pod restart" podman_ pod restart $group
    is "what a pod is, for Kubernetes" matches 'kind: Pod' podman_ kube generate $group
    is "pod rm" podman_ pod rm -f -t 0 $group
    is "a pod that run makes" expect new podman_ run --rm --pod new:$group --network none $image echo new
    is "it is removed" podman_ pod rm -f -t 0 $group
    is "a pod with one process namespace" podman_ pod create --name $group --network none --share pid,ipc,uts
    is "its first process" matches 'catatonit|pause' podman_ run --rm --pod $group $image sh -c 'cat /proc/1/comm'
    is "it is removed too" podman_ pod rm -f -t 0 $group

    # --- Kubernetes' own words
    cat >"$tree/pod-$who.yaml" <<Y
apiVersion: v1
kind: Pod
metadata:
  name: $group
spec:
  containers:
  - name: first
    image: $image:latest
    imagePullPolicy: Never
    command: ["sh", "-c", "echo from the first >/shared/file; sleep 1000"]
    securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 }
    volumeMounts: [{ name: shared, mountPath: /shared }]
    livenessProbe: { exec: { command: ["true"] } }
  - name: second
    image: $image:latest
    imagePullPolicy: Never
    command: ["sleep", "1000"]
    env: [{ name: WORD, valueFrom: { configMapKeyRef: { name: words, key: word } } }]
    volumeMounts: [{ name: shared, mountPath: /shared }, { name: memory, mountPath: /memory }]
  initContainers:
  - name: before
    image: $image:latest
    imagePullPolicy: Never
    command: ["sh", "-c", "chmod 777 /shared"]
    volumeMounts: [{ name: shared, mountPath: /shared }]
  volumes:
  - { name: shared, emptyDir: {} }
  - { name: memory, emptyDir: { medium: Memory } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: words }
data: { word: spoken }
Y
    is "kube play" podman_ kube play --network none "/pod-$who.yaml"
    is "what one wrote the other reads" eventually expect 'from the first' podman_ exec $group-second cat /shared/file
    is "a value of a map" expect spoken podman_ exec $group-second sh -c 'echo $WORD'
    is "a volume of memory" matches tmpfs podman_ exec $group-second grep /memory /proc/mounts
    is "a user and a root that is read-only" expect '1000 refused' podman_ exec $group-first sh -c 'echo $(id -u) $(touch /file 2>/dev/null || echo refused)'
    is "kube play again" podman_ kube play --replace --network none "/pod-$who.yaml"
    is "kube down" podman_ kube down "/pod-$who.yaml"
    is "no container is left" expect "" podman_ ps -a -q
done
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
