#!/bin/sh
# A package of its own depends on a tagged version of this one, builds, and runs containers beside busy threads.
# Usage, as root: Tests/embedding.sh [COUNT [REST]]; the last commit is what is built. KEEP=1 leaves the build for a look. COUNT
# pairs of containers beside 32 threads, which rest REST microseconds after each hundred strings: "make embedding COUNT=5000
# REST=3000" is ten thousand containers.
set -eu
cd "$(dirname "$0")/.."
count=${1:-20}
rest=${2:-0}
version=0.0.1-embedding
if [ "$(id -u)" != 0 ]; then
    echo "this test makes namespaces and control groups: run it as root" >&2
    exit 1
fi
busybox=$(command -v busybox) || {
    echo "busybox is missing: apt-get install --no-install-recommends busybox-static" >&2
    exit 1
}
work=$(mktemp -d)
cleanup() {
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT
started=$(date +%s)
step() {
    echo "== $* ($(($(date +%s) - started)) s)"
}

step "a clone with the tag $version"
[ -z "$(git status --porcelain)" ] || echo "   note: changes that are not committed are not tested"
git clone --quiet --no-hardlinks . "$work/veloci"
git -C "$work/veloci" tag "$version"

step "a package that depends on it"
cp -r Examples/EmbeddingProgram "$work/program"
rm -rf "$work/program/.build" "$work/program/Package.resolved"
export VELOCI_REPOSITORY="file://$work/veloci" VELOCI_VERSION="$version"
swift build --package-path "$work/program" --cache-path "$work/cache" --quiet

step "$count containers"
mkdir -p "$work/bundle/rootfs/bin"
cp "$busybox" "$work/bundle/rootfs/bin/busybox"
cat > "$work/bundle/config.json" <<'END'
{
  "ociVersion": "1.2.0",
  "root": { "path": "rootfs" },
  "process": {
    "user": { "uid": 0, "gid": 0 }, "cwd": "/", "env": ["PATH=/bin"],
    "args": ["/bin/busybox", "echo", "hello from a container"]
  },
  "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc" }],
  "linux": {
    "namespaces": [
      { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }
    ]
  }
}
END
program=$(swift build --package-path "$work/program" --cache-path "$work/cache" --show-bin-path)/embedding
timeout $((120 + 4 * count)) "$program" "$work/bundle" "$count" "$rest"

step "unusual hosts"
bin=$(dirname "$program")
# A good hook must not fail because somebody else took its end away.
mkdir -p "$work/hooked"
sed 's|"mounts":|"hooks": { "createRuntime": [{ "path": "/bin/true" }], "poststart": [{ "path": "/bin/true" }] }, "mounts":|' \
    "$work/bundle/config.json" > "$work/hooked/config.json"
cp -r "$work/bundle/rootfs" "$work/hooked/rootfs"
for kind in plain reaping ignoring closed; do
    timeout 120 "$bin/hosts" "$kind" "$work/hooked" 20
done

step "examples"
says() {
    name=$1 expected=$2
    shift 2
    output=$(timeout 120 "$bin/$name" "$@" 2>&1) || { echo "$name failed: $output" >&2; exit 1; }
    echo "$output" | sed "s/^/   $name: /"
    case $output in *"$expected"*) ;; *) echo "$name does not say: $expected" >&2; exit 1 ;; esac
}
says validator 'process.cwd'
says job-runner 'the job is done' "$work/bundle/rootfs"
says sandbox 'loud: ended by signal 9, too late, too loud' "$work/bundle/rootfs"
says server '100 of 100 requests answered' "$work/bundle/rootfs"
says supervisor "can't create directory 'bad': Operation not permitted" "$work/bundle/rootfs"
says terminal 'you said hello' "$work/bundle/rootfs"

# Options that are meant for the client come to every target of a build, and must not come to the stage.
for options in "--enable-code-coverage" "--sanitize=thread" "--static-swift-stdlib"; do
    [ -n "${QUICK:-}" ] && break
    step "a client built with $options"
    # shellcheck disable=SC2086
    built="swift build --package-path $work/program --cache-path $work/cache --scratch-path $work/build --quiet $options"
    $built --product embedding
    $built --product server
    bin=$($built --show-bin-path)
    export LLVM_PROFILE_FILE="$work/profile"
    timeout 300 "$bin/embedding" "$work/bundle" 3
    # Tasks too. The sanitizer ends what it has complained of with 66.
    timeout 300 "$bin/server" "$work/bundle/rootfs"
    rm -rf "$work/build"
done
left=$(find /sys/fs/cgroup -name 'embedding-*' 2>/dev/null; grep -l "$work" /proc/[0-9]*/mountinfo 2>/dev/null || true)
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
step "passed"
