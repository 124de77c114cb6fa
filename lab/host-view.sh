#!/bin/sh
# host-view.sh v1|v2 COMMAND...: runs COMMAND in a private mount namespace in which a hybrid host looks like one version of
# cgroups. The host's own mounts are not touched. The v2 view has only the controllers that v1 leaves free.
case $1 in
    v1) hide='mount -t tmpfs -o mode=755 none /sys/fs/cgroup/unified' ;;
    v2) hide='mount -t cgroup2 cgroup2 /sys/fs/cgroup' ;;
    *) echo "usage: host-view.sh v1|v2 COMMAND..." >&2; exit 2 ;;
esac
shift
exec unshare --mount --propagation private sh -c "$hide && exec \"\$@\"" sh "$@"
