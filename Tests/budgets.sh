#!/bin/bash
# budgets.sh [VELOCI]: what commands cost, counted and not timed, so that it is the same on a busy machine; fails when something
# costs more than Tests/budgets/budgets.tsv allows. Prints measured, budget and the target of the design. With WRITE=1 it
# prints the table with new budgets instead: what was measured and 3 %. Needs root; the kernel of the machine and its
# hierarchies of control groups have a part in the numbers, so that budgets hold for machines with as many or fewer (ten).
#   instructions  in user space, of the process that is called: callgrind; where it lacks system calls (pidfd_open, open_tree)
#                 single steps, which take two minutes: STEPS=0 leaves those out
#   calls         system calls of all processes, those of the container's program as well (strace)
#   faults        page faults, for create those of the stage as well
#   bytes         of the executable
# list-each is what one container more costs list, create-among a creation with the records of a thousand others in the root.
set -u
cd "$(dirname "$0")/.." || exit 1
table=Tests/budgets/budgets.tsv
veloci=$(realpath "${1:-${VELOCI:-.build/embedded/release/veloci}}")
[ "$(id -u)" = 0 ] || { echo "budgets.sh: skipped: containers need root here"; exit 0; }
for tool in valgrind strace jq gcc busybox "$veloci"; do
    command -v "$tool" >/dev/null || { echo "budgets.sh: $tool is missing" >&2; exit 1; }
done

# Everything lies at one place in memory: paths of one length, and no file system that needs to be waited for.
if [ -z "${BUDGETS_INSIDE:-}" ]; then
    # What is in the environment is looked through by every program.
    exec env -i PATH="$PATH" STEPS="${STEPS:-1}" WRITE="${WRITE:-}" BUDGETS_INSIDE=1 unshare --mount Tests/budgets.sh "$veloci"
fi
work=/mnt
mount -t tmpfs -o mode=700 none $work || exit 1
mkdir -p $work/bundle/rootfs/{bin,proc,dev,sys} $work/filter $work/state
cp "$veloci" $work/veloci
cp "$(command -v busybox)" $work/bundle/rootfs/bin/busybox
for program in instructions faults; do gcc -O2 -Wall -o $work/$program Tests/budgets/$program.c || exit 1; done
(cd $work/bundle && $work/veloci spec) || exit 1
jq '.process.terminal = false | .process.args = ["/bin/busybox", "sleep", "1000"] | .linux.cgroupsPath = "/budgets"' \
    $work/bundle/config.json >$work/sleeping.json
jq '.process.args = ["/bin/busybox", "true"]' $work/sleeping.json >$work/true.json
# Docker's filter, as it gives it to runtimes.
for program in sleeping true; do
    jq -s '.[0].linux.seccomp = .[1].linux.seccomp | .[0]' $work/$program.json spec-fixtures/accepted/engine-daemon.json \
        >$work/$program-filter.json
done
id=budget
declare -A measured

runtime() { $work/veloci --root $work/state "$@" </dev/null; }
remove() { runtime delete --force $id 2>/dev/null; }
trap 'remove' EXIT
use() { cp $work/"$1".json $work/bundle/config.json; }
complain() { echo "budgets.sh: $1" >&2; exit 1; }
create() { remove; runtime create --bundle $work/bundle $id >/dev/null || complain "create failed"; }

# note NAME NUMBER: the least of what was measured. Hash tables have another order each time.
note() { if [ -z "${measured[$1]:-}" ] || [ "$2" -lt "${measured[$1]}" ]; then measured[$1]=$2; fi; }

instructions() {
    local name=$1; shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null $work/veloci --root $work/state "$@" \
        >$work/output 2>$work/log </dev/null || complain "$name failed under valgrind: $(cat $work/output $work/log)"
    note "$name instructions" "$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' $work/log)"
}

steps() {
    local name=$1; shift
    $work/instructions $work/number $work/veloci --root $work/state "$@" >$work/output 2>&1 </dev/null ||
        complain "$name failed in single steps: $(cat $work/output)"
    note "$name instructions" "$(cat $work/number)"
}

until_stopped() { until runtime state $id | grep -q '"stopped"'; do sleep 0.1; done; }

calls_in() { grep -cv -e ' resumed>' -e ' +++ ' -e ' --- ' "$1"; }

calls() {
    local name=$1; shift
    strace -f -qq -o $work/calls $work/veloci --root $work/state "$@" >/dev/null 2>&1 </dev/null || complain "$name failed under strace"
    note "$name calls" "$(calls_in $work/calls)"
}

# strace stays with the container, which waits: it is taken away.
calls_of_create() {
    local tracer
    remove
    strace -f -qq -o $work/calls $work/veloci --root $work/state create --bundle $work/bundle $id >/dev/null 2>&1 </dev/null &
    tracer=$!
    until runtime state $id 2>/dev/null | grep -q '"created"'; do
        kill -0 $tracer 2>/dev/null || complain "create failed under strace"
        sleep 0.1
    done
    # The command ends after it has written that the container is there.
    while [ -n "$(ps --ppid $tracer --no-headers -o pid)" ] && ! grep -q 'exit_group(0)' $work/calls; do sleep 0.1; done
    remove
    wait $tracer
    note "$1 calls" "$(calls_in $work/calls)"
}

# What one more container costs a command: copies of one, which all look at the same process.
crowd() {
    local number names=() file
    for ((number = 0; number < $1; number++)); do names+=("copy-$number"); done
    for name in "${names[@]}"; do
        mkdir -m 700 "$work/state/$name"
        for file in state.json progress config.json; do
            sed "s/\"id\":\"$id\"/\"id\":\"$name\"/" "$work/state/$id/$file" >"$work/state/$name/$file"
        done
    done
}
disperse() { rm -rf $work/state/copy-*; }

calls_of_list() {
    local alone among
    strace -qq -o $work/calls $work/veloci --root $work/state list >/dev/null </dev/null || complain "list failed"
    alone=$(calls_in $work/calls)
    crowd 100
    strace -qq -o $work/calls $work/veloci --root $work/state list >$work/output </dev/null || complain "list failed"
    among=$(calls_in $work/calls)
    [ "$(grep -c "^copy-.* created " $work/output)" = 100 ] || complain "list does not show all: $(cat $work/output)"
    disperse
    # Some calls are for the list as a whole.
    note "list-each calls" $(((among - alone) / 100))
}

faults() {
    local name=$1 pid more=0; shift
    $work/faults $work/number $work/veloci --root $work/state "$@" >/dev/null </dev/null || complain "$name failed"
    if [ "$name" = create ]; then
        pid=$(runtime state $id | jq .pid)
        more=$(awk '{ print $10 + $12 }' "/proc/$pid/stat")
    fi
    note "$name faults" $(($(cat $work/number) + more))
}

use sleeping
for _ in 1 2 3; do
    instructions version --version
    instructions check check --bundle $work/bundle
    instructions plan plan --bundle $work/bundle
done

if [ "${STEPS:-1}" = 1 ]; then
    steps create create --bundle $work/bundle $id
    steps state state $id
    steps start start $id
    steps kill kill $id KILL
    until_stopped
    steps delete delete $id
fi

for _ in 1 2; do
    use true
    calls run run --bundle $work/bundle $id
    use true-filter
    calls run-filter run --bundle $work/bundle $id
    use sleeping-filter
    calls_of_create create-filter
    use sleeping
    calls_of_create create
    create
    calls_of_list
    # With a thousand others it is the same.
    crowd 1000
    calls_of_create create-among
    disperse
    create
    calls state state $id
    calls start start $id
    calls exec exec $id /bin/busybox true
    calls kill kill $id KILL
    until_stopped
    calls delete delete $id
done

for _ in 1 2 3 4 5; do
    remove
    faults create create --bundle $work/bundle $id
    faults state state $id
done

note "executable bytes" "$(stat -c %s $work/veloci)"

if [ "${WRITE:-0}" = 1 ]; then
    grep '^#' $table
    while IFS=$'\t' read -r operation count budget target; do
        number=${measured[$operation $count]:-}
        printf '%s\t%s\t%s\t%s\n' "$operation" "$count" "${number:+$((number + (number * 3 + 99) / 100))}" "$target"
    done < <(grep -v '^#' $table)
    exit
fi
echo "control groups: $(grep -c ' cgroup2\? ' /proc/mounts) hierarchies; Linux $(uname -r)"
printf '%-14s %-13s %10s %10s %10s\n' operation count measured budget target
end=0
while IFS=$'\t' read -r operation count budget target; do
    number=${measured[$operation $count]:-}
    verdict=
    [ -n "$number" ] || { [ "${STEPS:-1}" = 0 ] && continue; verdict='not measured'; end=1; }
    if [ "${number:-0}" -gt "$budget" ]; then verdict='above its budget'; end=1; fi
    printf '%-14s %-13s %10s %10s %10s  %s\n' "$operation" "$count" "$number" "$budget" "$target" "$verdict"
done < <(grep -v '^#' $table)
exit $end
