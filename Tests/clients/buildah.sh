#!/bin/bash
# buildah.sh: images built with the runtime running every RUN instruction.
. "$(dirname "$0")/library.sh"
need buildah:buildah podman:podman busybox:busybox-static tar:tar
. "$here/podman-settings.sh"
buildah_() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver $storage_driver "$@"; }
before_clean_up() { buildah_ rm -a; podman_ rm -a -f -t 0; }
busybox_tree "$work/tree"; mkdir -p "$work/context"; tar cf "$work/context/tree.tar" -C "$work/tree" .
cat >"$work/context/Containerfile" <<'C'
FROM scratch
ADD tree.tar /
ENV COLOUR=blue
RUN echo built >/built && test "$COLOUR" = blue
RUN id -u >/user; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status >/status; cat /proc/self/mountinfo >/mountinfo; ls -l /dev >/devices
WORKDIR /work/place
RUN pwd >directory
USER 1000:1000
RUN id -u >/tmp/user; ! touch /file 2>/dev/null
CMD ["cat", "/built"]
C
build() { buildah_ bud --isolation oci --runtime "$1" --signature-policy "$work/policy.json" --network none --cgroup-parent "/$parent/build" \
    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -t "localhost/$2" "$work/context"; }
necessary "build with five RUN instructions" build "$RUNTIME" built
check "the image runs" expect built podman_ run --rm "${place[@]}" localhost/built
check "WORKDIR was made and used" expect /work/place podman_ run --rm "${place[@]}" localhost/built cat /work/place/directory
check "USER was used" expect 1000 podman_ run --rm "${place[@]}" localhost/built cat /tmp/user
mounts() {
    echo words >"$work/context/given"; echo hush >"$work/secret"
    cat >"$work/context/Mounting" <<'C'
FROM localhost/built
USER 0
RUN --mount=type=bind,source=given,target=/given cat /given >/said && ! touch /given 2>/dev/null
RUN --mount=type=cache,target=/cache echo one >>/cache/file
RUN --mount=type=cache,target=/cache echo two >>/cache/file && tr '\n' ' ' </cache/file >>/said
RUN --mount=type=tmpfs,target=/scratch touch /scratch/file && grep -o ' /scratch tmpfs' /proc/mounts >>/said
RUN --mount=type=secret,id=word cat /run/secrets/word >>/said
RUN ls /cache /scratch /run/secrets 2>/dev/null; [ ! -e /scratch/file ] && [ ! -e /run/secrets/word ] && [ ! -e /cache/file ]
CMD ["cat", "/said"]
C
    # What is cached stays beyond the build, where TMPDIR says.
    mkdir -p "$work/cached"; TMPDIR=$work/cached buildah_ bud --isolation oci --runtime "$RUNTIME" --signature-policy "$work/policy.json" --network none --cgroup-parent "/$parent/build" --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
        --secret "id=word,src=$work/secret" -f Mounting -t localhost/mounting "$work/context"
}
check "RUN with mounts: bind, cache, tmpfs, secret" mounts
mounted() { podman_ run --rm "${place[@]}" localhost/mounting | tr '\n' ' '; }
check "each had what it should" expect 'words one two  /scratch tmpfs hush ' mounted
fails() { printf 'FROM scratch\nADD tree.tar /\nRUN exit 9\n' >"$work/context/Failing"; ! build_failing; }
build_failing() { buildah_ bud --isolation oci --runtime "$RUNTIME" --signature-policy "$work/policy.json" --network none --cgroup-parent "/$parent/build" --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -f Failing "$work/context"; }
check "a failing instruction fails the build" fails
from() { container=$(buildah_ from --signature-policy "$work/policy.json" --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 localhost/built) && echo "$container" >"$work/container"; }
check "a working container" from
inside() { buildah_ run --isolation oci --runtime "$RUNTIME" --network none "$@"; }
check "run in it" expect hello inside "$(cat "$work/container")" echo hello
check "its exit status" status 5 inside "$(cat "$work/container")" sh -c 'exit 5'
check "with a terminal" matches /dev/ bash -c "$(declare -f buildah_ inside); export -f buildah_ inside; export work='$work' storage_driver=$storage_driver RUNTIME='$RUNTIME'; script -qec 'inside -t $(cat "$work/container") tty' /dev/null"
check "with a mount" matches 'Containerfile' inside -v "$work/context:/context:ro" "$(cat "$work/container")" ls /context
check "chroot isolation does not disturb" buildah_ run --isolation chroot "$(cat "$work/container")" true
if [ -n "$CONTROL" ]; then
    views() { local kind; build "$CONTROL" control >/dev/null || return
        for kind in user status mountinfo devices; do
            for name in control built; do podman_ run --rm "${place[@]}" --user 0 "localhost/$name" cat "/$kind" | normal >"$work/$name.$kind" || return; done
            diff -u "$work/control.$kind" "$work/built.$kind" || return; done; }
    # what same-view.allowed accepts: the options of the tmpfs over a masked directory, the v2 hierarchy of a hybrid host. Numbers, times and the paths of the layer differ by chance
    normal() { grep -v /sys/fs/cgroup/unified | sed -E 's/ro,(nosuid,nodev,noexec,)?relatime - tmpfs tmpfs ro.*/MASKED/; s/^[0-9]+ [0-9]+ [0-9:]+ //; s/(lowerdir|upperdir|workdir)=[^,]*//g; s/(shared|master):[0-9]+/\1/g; s#/[^ ]*(containers|overlay|buildah)[^ ]*#PATH#g; s/[A-Z][a-z]{2} +[0-9]+ [0-9:]+//' | sort; }
    check "same view as with $(basename "$CONTROL") while building" views
fi
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
