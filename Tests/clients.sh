#!/bin/bash
# clients.sh [RUNTIME [TEST]...]: every test of real clients over one runtime (default: the built veloci), one after another, as root.
# The output of each is printed; the last line sums up. TEST: command-line, configurations, mounts, nested, rootless, podman, checkpoint, documentation, same-view,
# containerd, buildah, docker, docker-users; and two that take more than one machine, here of network namespaces, which are not run unless named: swarm, slurm.
# So are podman5, in a root of Debian 13, toolbox, which is distrobox as well, crio, for which CRI-O must have been built, and containerd-cri, for
# which containerd 2 must.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
[ $# = 0 ] || { RUNTIME=$(cd "$OLDPWD" && realpath -s "$(command -v "$1")") && export RUNTIME; shift; }
[ "$(id -u)" = 0 ] || { echo "skipped: containers of these clients need root here (sudo Tests/clients.sh)"; exit 0; }
[ $# -gt 0 ] || set -- command-line configurations mounts nested rootless same-view podman checkpoint documentation containerd buildah docker docker-users
passed=0 failed=0 broken='' started=$SECONDS
output=$(mktemp); trap 'rm -f "$output"' EXIT
for name in "$@"; do
    echo "== $name ($((SECONDS - started)) s)"
    "clients/$name.sh" 2>&1 | tee "$output"
    # a test that ends without its counts has not run
    counts=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$output")
    if [ -z "$counts" ]; then broken="$broken $name"; else
        passed=$((passed + ${counts% *})); failed=$((failed + ${counts#* }))
        [ "${counts#* }" = 0 ] || broken="$broken $name"
    fi
done
echo "== clients: $passed passed, $failed failed in $((SECONDS - started)) s${broken:+; not whole:$broken}"
[ -z "$broken" ]
