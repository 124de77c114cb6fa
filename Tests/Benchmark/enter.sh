#!/bin/sh
# enter.sh v1|v2 FOLDER COMMAND...: runs COMMAND where other runtimes can do no harm: in a network namespace of its own, since a runtime
# may move or lose the machine's devices, and with device nodes of its own, since a runtime may give them to the container's
# user; and with one version of control groups, as lab/host-view.sh shows it. FOLDER is made in
# memory: the disk is no part of a comparison.
view=$1 folder=$2
shift 2
# The inner shell expands what is quoted here.
# shellcheck disable=SC2016
exec unshare --net lab/host-view.sh "$view" sh -c '
    set -e
    mkdir "$1"
    mount -t tmpfs -o mode=755 none "$1"
    shift
    nodes=$(mktemp -d)
    mount -t tmpfs -o mode=755 none "$nodes"
    mkdir "$nodes/pts" "$nodes/shm" "$nodes/mqueue"
    mknod -m 666 "$nodes/null" c 1 3; mknod -m 666 "$nodes/zero" c 1 5; mknod -m 666 "$nodes/full" c 1 7
    mknod -m 666 "$nodes/random" c 1 8; mknod -m 666 "$nodes/urandom" c 1 9; mknod -m 666 "$nodes/tty" c 5 0
    mknod -m 666 "$nodes/ptmx" c 5 2
    mount --rbind /dev/pts "$nodes/pts"
    mount --move "$nodes" /dev
    rmdir "$nodes"
    exec "$@"' sh "$folder" "$@"
