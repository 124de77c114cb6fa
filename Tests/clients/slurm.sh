#!/bin/bash
# slurm.sh: Slurm with the runtime as its container runtime, on a controller and four nodes, each with a network namespace of its own on a
# bridge; with docs/examples/oci.conf as its configuration. As root and as a user without privileges; processes are found by Slurm in
# /proc (proctrack/linuxproc) and then by control groups (proctrack/cgroup, what sites use).
. "$(dirname "$0")/alone.sh"
# Slurm 22.05 wants one version of control groups; version 1 is what it knows best
if [ -d /sys/fs/cgroup/unified ]; then mount -t tmpfs -o mode=755 none /sys/fs/cgroup/unified || exit 125; fi
LIMIT=${LIMIT:-120}
. "$(dirname "$0")/library.sh"
need slurmctld:slurmctld slurmd:slurmd srun:slurm-client munged:munge ip:iproute2 busybox:busybox-static jq:jq
mkdir -p /run/netns "$work/etc" "$work/munge"; chmod 711 "$work"
echo '127.0.0.1 localhost' >"$work/hosts"; mount --bind "$work/hosts" /etc/hosts
{ cat /etc/passwd; echo "worker:x:4321:4321::$work/worker:/bin/sh"; } >"$work/passwd"; mount --bind "$work/passwd" /etc/passwd
{ cat /etc/group; echo 'worker:x:4321:'; } >"$work/group"; mount --bind "$work/group" /etc/group
export SLURM_CONF=$work/etc/slurm.conf TMPDIR=/tmp
# The state of containers goes to /tmp, as the example says; here it is a folder of the test's.
mkdir -m 1777 "$work/tmp"

# --- a controller and four nodes, whose names those of control groups begin with
node=v${VELOCI_CLIENT_NUMBER}n
ip link set lo up; ip link add bridge0 type bridge && ip link set bridge0 up
machine() { # machine NAME ADDRESS: its network
    ip netns add "$1" && ip link add "${1#v}" type veth peer name eth0 netns "$1" && ip link set "${1#v}" master bridge0 up &&
        ip -n "$1" link set lo up && ip -n "$1" address add "$2/24" dev eth0 && ip -n "$1" link set eth0 up
}
# at NAME COMMAND...: there, under that host name; with by=exec in the place of the shell
at() {
    local name=$1; shift
    # shellcheck disable=SC2016
    ${by:-} nsenter --net="/run/netns/$name" unshare --uts sh -c 'echo "$1" >/proc/sys/kernel/hostname; shift; exec "$@"' sh "$name" "$@"
}
configure() { # configure PROCTRACK
    cat >"$SLURM_CONF" <<C
ClusterName=tests
SlurmctldHost=head(10.8.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
StateSaveLocation=$work/state.${1#*/}
SlurmdSpoolDir=$work/%n.spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd.%n
SlurmctldDebug=info
SlurmdDebug=debug
ProctrackType=$1
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=2
UnkillableStepTimeout=60
MaxTasksPerNode=16
SlurmdParameters=config_overrides
$(for n in 1 2 3 4; do echo "NodeName=$node$n NodeAddr=10.8.0.1$n CPUs=4 RealMemory=100"; done)
PartitionName=all Nodes=${node}[1-4] Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
C
    printf 'CgroupMountpoint=/sys/fs/cgroup\nCgroupPlugin=%s\n' "$([ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && echo cgroup/v2 || echo cgroup/v1)" >"$work/etc/cgroup.conf"
    # The example, and before it the red control: on the fourth node the runtime fails while a file is there.
    sed "s,/usr/bin/veloci,$work/runtime,g; s,--root=/tmp/,--root=$work/tmp/,g" "$repository/docs/examples/oci.conf" >"$work/etc/oci.conf"
}
cat >"$work/runtime" <<W
#!/bin/sh
if [ -e $work/broken ]; then case " \$* " in *" run "*) echo "this runtime is broken" >&2; exit 1 ;; esac; fi
exec $RUNTIME "\$@"
W
chmod 755 "$work/runtime"
head -c 1024 /dev/urandom >"$work/munge/key"; chmod 400 "$work/munge/key"; chmod 755 "$work/munge"
authentication() {
    munged --foreground --force --key-file "$work/munge/key" --socket "$work/munge/socket" --pid-file "$work/munge/pid" --log-file "$work/log/munge" --seed-file "$work/munge/seed" >"$work/log/munged" 2>&1 & daemons+=($!)
    eventually test -S "$work/munge/socket"
}
daemons=() cluster=()
start_cluster() {
    local n
    mkdir -p "$work/state.linuxproc" "$work/state.cgroup"
    by=exec at head slurmctld -D >"$work/log/controller" 2>&1 & cluster+=($!)
    for n in 1 2 3 4; do mkdir -p "$work/$node$n.spool"; by=exec at "$node$n" slurmd -D -N "$node$n" >"$work/log/node$n" 2>&1 & cluster+=($!); done
}
stop_cluster() {
    local turn
    [ ${#cluster[@]} -gt 0 ] || return 0
    kill "${cluster[@]}"
    for turn in $(seq 100); do kill -0 "${cluster[@]}" 2>/dev/null || break; [ "$turn" -lt 100 ] || kill -KILL "${cluster[@]}"; sleep 0.1; done
    wait "${cluster[@]}"; cluster=()
}
before_clean_up() {
    stop_cluster; kill "${daemons[@]}"; wait "${daemons[@]}"
    find /sys/fs/cgroup -maxdepth 6 -depth -type d \( -path "*/slurm_${node}[1-4]*" -o -path "*/${node}[1-4].*" \) -exec rmdir {} +
    umount -l /etc/hosts /etc/passwd /etc/group
}
# slowly COMMAND...: repeats it until it succeeds, for as long as a check may last
slowly() { local end=$((SECONDS + LIMIT - 10)); until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { "$@"; return; }; sleep 0.3; done; }
idle() { [ "$(at head sinfo -h -N -o '%T')" = "$(printf 'idle\nidle\nidle\nidle')" ]; }
machines() { local n; machine head 10.8.0.1; for n in 1 2 3 4; do machine "$node$n" "10.8.0.1$n"; done; }
necessary "five machines" machines
authentication; necessary "munge answers" test -S "$work/munge/socket"

# as USER COMMAND...: root or the worker, at the head, in that user's folder; an empty line of input is no input
as() {
    local user=$1; shift
    # shellcheck disable=SC2016
    at head setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="$work/$user" USER="$user" sh -c 'cd "$HOME" && exec "$@"' sh "$@"
}
# bundle USER NAME FILTER: as `spec --rootless` makes it
bundle() {
    local folder=$work/$1/$2
    mkdir -p "$folder" && cp -a "$work/tree" "$folder/rootfs" && chown -R "$1:$1" "$work/$1" && as "$1" "$RUNTIME" spec --rootless --bundle "$folder" &&
        jq ".process.terminal = false | .root.readonly = false | $3" "$folder/config.json" >"$work/config.new" && cat "$work/config.new" >"$folder/config.json"
}
state_of() { echo "$work/tmp/veloci-$1"; }
# nothing USER: no container of the user's is left, and no process of one
nothing() { [ -z "$(ls "$(state_of "$1")" 2>/dev/null)" ] && ! pgrep -f "sleep 7654321" >/dev/null; }
nobody_works() { [ -z "$(at head squeue -h)" ]; }

busybox_tree "$work/tree"
bundles() { bundle "$1" box ".mounts += [{\"destination\": \"/data\", \"type\": \"none\", \"source\": \"$work/shared\", \"options\": [\"rbind\"]}]"; }
mkdir -m 1777 "$work/shared" && echo shared >"$work/shared/file"

for track in proctrack/linuxproc proctrack/cgroup; do
    configure $track; start_cluster
    necessary "$track: four nodes are idle" slowly idle
    for user in root worker; do
        this="$track, $user:"
        run() { as "$user" srun --immediate=60 "$@"; }
        # contained OPTIONS... -- PROGRAM...: Slurm puts the program into the bundle's configuration
        contained() { run --container "$work/$user/box" "$@"; }
        [ -d "$work/$user" ] || { mkdir -p "$work/$user"; chown "$user:$user" "$work/$user"; necessary "$this a bundle" bundles "$user"; }
        check "$this without a container" expect 4 eval 'run -N4 -n4 hostname | sort -u | wc -l'
        check "$this one task on each of four nodes" expect "hello hello hello hello" eval 'contained -N4 -n4 echo hello | xargs'
        check "$this it is a container" expect "1 container" eval 'contained -n1 sh -c "echo \$\$ \$(test -e /data/file && test ! -e $work && echo container)"'
        check "$this exit status" status 7 contained -n1 sh -c 'exit 7'
        check "$this the worst of four" status 7 eval 'rm -rf "$work/shared/one"; contained -N4 -n4 sh -c "! mkdir /data/one 2>/dev/null || exit 7"'
        check "$this input" expect "got fed" eval 'echo fed | contained -n1 sh -c "read line; echo got \$line"'
        check "$this output and error apart" eval 'contained -n1 sh -c "echo out; echo err >&2" 2>"$work/err" >"$work/out"; expect out cat "$work/out" && matches err cat "$work/err"'
        check "$this environment" expect "spoken" eval 'WORD=spoken contained -n1 sh -c "echo \$WORD"'
        check "$this a directory of the host" expect shared contained -n1 cat /data/file
        check "$this a missing program fails, and is named" matches "/no/such/program.*no such file or directory.*status 1" eval 'contained -n1 /no/such/program 2>&1 || echo "status $?"'
        check "$this a missing bundle fails" matches "No such file" eval 'run --container "$work/none" -n1 true 2>&1 || true'
        check "$this death by a signal" status 137 contained -n1 sh -c 'sh -c "kill -9 \$\$"; exit $?'
        batch() { as "$user" sbatch --parsable -N1 --output "$work/$user/output" "$@"; }
        # finished JOB STATE: Slurm says so of it
        finished() { at head scontrol show job "$1" | grep -q "JobState=$2"; }
        # script WORDS: a batch script whose one step is a container that runs them
        script() { printf '#!/bin/sh\nsrun --container %s sh -c "%s"\n' "$work/$user/box" "$1" >"$work/$user/script"; chmod 755 "$work/$user/script"; echo "$work/$user/script"; }
        check "$this a batch job" eval 'job=$(batch "$(script "echo hello from a container")") && slowly finished "$job" COMPLETED && matches "hello from" cat "$work/$user/output"'
        check "$this a batch job that fails" eval 'job=$(batch "$(script "exit 7")") && slowly finished "$job" FAILED && matches "ExitCode=7:0" at head scontrol show job "$job"'
        whole() { batch --container "$work/$user/box" --wrap "$1"; }
        check "$this a batch job that is a container" eval 'job=$(whole "cat /data/file") && slowly finished "$job" COMPLETED && matches shared cat "$work/$user/output"'
        long="exec sleep 7654321" deaf="trap : TERM INT; sleep 7654321; sleep 7654321"
        running() { [ "$(find "$(state_of "$user")" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l)" -ge "$1" ] && at head squeue -h -t R | grep -q .; }
        cancelled() { local job; job=$(batch -N"$2" "$(script "$1")") && slowly running 1 && sleep 1 && at head scancel "$job" && slowly finished "$job" CANCELLED && slowly nobody_works && slowly nothing "$user"; }
        check "$this scancel" cancelled "$long" 1
        check "$this scancel of one on four nodes" cancelled "$long" 4
        check "$this scancel of one that hears no signal" cancelled "$deaf" 1
        interrupted() {
            local job; as "$user" srun -N1 --container "$work/$user/box" sh -c "$long" & job=$!
            slowly running 1 && sleep 1 && kill -KILL "$(pgrep -P $job -x srun || echo $job)"; at head scancel --user "$user"; slowly nobody_works && slowly nothing "$user"
        }
        check "$this srun is killed" interrupted
        limited() { local job; job=$(batch --time=1 "$(script "$long")") && LIMIT=150 slowly finished "$job" TIMEOUT && slowly nobody_works && slowly nothing "$user"; }
        if [ -n "${SLOW:-}" ]; then check "$this its time is over" limited; else skip "$this its time is over" "takes more than a minute; SLOW=1 has it"; fi
        many() { local n jobs=(); for n in 1 2 3 4; do contained -n1 sh -c 'exit 7' & jobs+=($!); done; for n in "${jobs[@]}"; do local end=0; wait "$n" || end=$?; [ $end = 7 ] || return; done; }
        check "$this four at a time" many
        # the red control: with a runtime that fails, the task fails and says why
        broken() { local end=0; touch "$work/broken"; contained -n1 echo hello from >"$work/out" 2>&1 || end=$?; rm "$work/broken"; cat "$work/out"; [ $end != 0 ] && ! grep "hello from" "$work/out"; }
        check "$this a runtime that fails is seen" broken
        check "$this nobody works any more" slowly nobody_works
        check "$this no container is left" slowly nothing "$user"
    done
    stop_cluster >/dev/null 2>&1
done
