#!/bin/bash
# Runs in the full lab with SELinux and Debian's policy, as root: process.selinuxLabel and linux.mountLabel.
. "$(dirname "$0")/library.sh"
# one that comes along, before Debian's
PATH=/usr/bin:$PATH
necessary "SELinux is on" matches '^[01]$' cat /sys/fs/selinux/enforce
label=system_u:system_r:container_t:s0:c1,c2 file=system_u:object_r:container_file_t:s0
labels=".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"$file:c1,c2\""
check "bundle" bundle labelled "$labels | .process.args = [\"cat\", \"/proc/self/attr/current\"]"
labelled() { "$RUNTIME" run --bundle "$work/labelled" labelled | tr -d '\0'; }
check "the process has its label" expect "$label" labelled
check "bundle that shows mounts" bundle mounts "$labels | .process.args = [\"cat\", \"/proc/self/mountinfo\"]"
mounts_are_labelled() {
    local place; "$RUNTIME" run --bundle "$work/mounts" mounts >"$work/mountinfo" || return
    for place in /dev /dev/pts /dev/shm; do
        grep " $place " "$work/mountinfo" | grep -F "context=\"$file:c1,c2\"" || { echo "no context on $place:"; grep " $place " "$work/mountinfo"; return 1; }; done
}
check "mounts of memory have the mount label" mounts_are_labelled
check "bundle that stays" bundle stays "$labels | $sleeper"
exec_label() { "$RUNTIME" run -d --bundle "$work/stays" stays </dev/null >/dev/null && "$RUNTIME" exec "$@" stays cat /proc/self/attr/current | tr -d '\0'; local end=$?; "$RUNTIME" delete -f stays; return $end; }
check "exec has the container's label" expect "$label" exec_label
check "exec with a label of its own" expect "${label%,c2}" exec_label --process-label "${label%,c2}"
check "bundle with a label that the policy does not know" bundle unknown '.process.selinuxLabel = "no_u:such_r:label_t:s0" | .process.args = ["true"]'
check "an unknown label is refused by name" refusal 'no_u:such_r:label_t:s0' "$RUNTIME" run --bundle "$work/unknown" unknown
# what the policy makes of it: files of the container's categories, and no others. It is enforced for that moment alone, since
# Debian's has no domain that may be a runtime. The shell in the container waits until then, and starts no program afterwards
check "bundle with files" bundle files "$labels | .root.readonly = false | .process.args = [\"sh\", \"-c\", \"read line </go; for file in own foreign; do read line </\$file && echo \$line || echo refused; done >/out; echo end >>/out\"]"
judged() {
    local tree=$work/files/rootfs end=0
    echo own >"$tree/own"; echo foreign >"$tree/foreign"; mkfifo "$tree/go"
    chcon -R "$file:c1,c2" "$tree" && chcon "$file:c3" "$tree/foreign" || return
    "$RUNTIME" run -d --bundle "$work/files" files </dev/null >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
    # This opens when the shell has opened the other end: under the policy it could not even start.
    exec {gate}>"$tree/go"
    setenforce 1
    { echo go >&"$gate" && eventually grep -qx end "$tree/out"; } || end=$?
    setenforce 0
    exec {gate}>&-
    [ $end = 0 ] && expect "own refused end " tr '\n' ' ' <"$tree/out" || { cat "$work/said"; dmesg | grep 'avc: *denied' | tail -n 5; return 1; }
}
check "the policy lets the container read its own files alone" judged
setenforce 0; "$RUNTIME" delete -f files 2>/dev/null
# --- file systems of our own, with no more room than what is made there needs: a label of its own takes room too
mapped='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .linux.devices = [{path: "/dev/mine", type: "c", major: 1, minor: 7}]'
runs() { "$RUNTIME" run --bundle "$work/$1" "$1" </dev/null; }
check "a device for a user namespace, without a label of mounts" eval 'bundle owned "$mapped | .process.args = [\"test\", \"-c\", \"/dev/mine\"]" && runs owned'
gone() { bundle gone '.process.args = ["sh", "-c", "rm /dev/null && touch /dev/gone && exec sleep 1000"]' && "$RUNTIME" run -d --bundle "$work/gone" gone </dev/null >/dev/null && eventually "$RUNTIME" exec gone test -e /dev/gone; }
check "a container without its null device" gone
check "a stream of exec becomes a device of its own" expect /device "$RUNTIME" exec gone readlink /proc/self/fd/0 </dev/null
"$RUNTIME" delete -f gone
# it is never taken back, but ends with the namespace of processes
anywhere() { bundle anywhere '.process.args = ["true"]' && unshare --pid --fork --mount-proc sh -c 'sysctl -qw vm.memfd_noexec=2 && exec "$0" run --bundle "$1" anywhere </dev/null' "$RUNTIME" "$work/anywhere"; }
check "the stage where memory is not executed" anywhere
# --- checkpoint: a CRIU that knows SELinux gives the label back; one that does not says nothing about it, so it is not to take the container
# a sleep that CRIU has interrupted ends early
waiter='.process.args = ["sh", "-c", "while :; do sleep 1; done"]'
check "bundle that is dumped" bundle dumped "$labels | $waiter"
label_of() { tr -d '\0' <"/proc/$("$1" state dumped | jq .pid)/attr/current"; }
by() { local runtime=$1; shift; "$runtime" --log "$work/errors" "$@" </dev/null >/dev/null 2>&1 || { cat "$work/errors"; grep -h Error "$work/images"/*.log; return 1; }; }
dump() { rm -rf "$work/images" "$work/errors"; by "$1" checkpoint --image-path "$work/images" dumped; }
back() { by "$1" restore -d --bundle "$work/dumped" --image-path "$work/images" dumped; }
knows() { ldd "$(command -v criu)" | grep -q libselinux; }
necessary "criu is content" criu check
necessary "a container to dump" by "$RUNTIME" run -d --bundle "$work/dumped" dumped
if knows; then
    check "checkpoint" dump "$RUNTIME"
    check "restore" back "$RUNTIME"
    check "the restored process has its label" expect "$label" label_of "$RUNTIME"
    other() { dump "$RUNTIME" && by "$RUNTIME" restore -d --bundle "$work/dumped" --image-path "$work/images" --lsm-profile "selinux:${label%,c2}" dumped && expect "${label%,c2}" label_of "$RUNTIME"; }
    check "--lsm-profile gives another" other
else
    check "a CRIU without SELinux is refused, with the place" refusal 'process.selinuxLabel: this CRIU does not know SELinux' "$RUNTIME" checkpoint --image-path "$work/images" dumped
    check "the container goes on" expect "running $label" eval 'echo "$("$RUNTIME" state dumped | jq -r .status) $(label_of "$RUNTIME")"'
    check "and can be dumped without a label" eval '"$RUNTIME" delete -f dumped && bundle dumped "$waiter" && by "$RUNTIME" run -d --bundle "$work/dumped" dumped && dump "$RUNTIME" && back "$RUNTIME"'
    # what others write with such a CRIU
    unlabelled() { "$RUNTIME" delete -f dumped; bundle dumped "$labels | $waiter" && by runc run -d --bundle "$work/dumped" dumped && dump runc && back runc && echo "the label after runc's restore: $(label_of runc)" && dump runc; }
    check "images without the label, of runc" unlabelled
    check "are refused, with the place" refusal 'process.selinuxLabel: the images have no label of SELinux' "$RUNTIME" restore -d --bundle "$work/dumped" --image-path "$work/images" dumped
fi
"$RUNTIME" delete -f dumped; runc delete -f dumped 2>/dev/null
check "nothing is left" expect "" "$RUNTIME" list -q
