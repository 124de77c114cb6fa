#!/bin/bash
# Runs in the full lab with SELinux and Debian's policy, as root: process.selinuxLabel and linux.mountLabel.
. "$(dirname "$0")/library.sh"
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
check "nothing is left" expect "" "$RUNTIME" list -q
