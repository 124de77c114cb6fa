#!/bin/bash
# Runs critest, the tests of the Kubernetes project for engines, over containerd with veloci as its runtime, from a checkout of
# github.com/kubernetes-sigs/cri-tools; nothing of it is kept in this repository, and nothing is written into the checkout. The images that
# they pull are made of the busybox that is installed, and come from a registry on this machine (Tests/critest/registry.py).
# Usage: critest.sh SOURCES [VIEW...]
#   SOURCES   the checkout; tried with v1.32.0
#   VIEW      v1, v2 or hybrid: which control groups the engine sees (lab/host-view.sh); host is what this machine has, and the default
# From the environment:
#   RUNTIME   the executable under test (default: the built one)
#   PEER      a runtime that the same tests run over before (default: runc of PATH); what fails on it as well is no fault of ours
#   KEEP      not empty: what the peer did in an earlier run is not tried again
#   FILES     a regular expression: tests with such names alone (default: all)
#   LIMIT     seconds for all tests (default: 3000)
#   GO        a Go toolchain that builds critest (default: go of PATH)
# What fails and is not failed by PEER must be in critest.allowed, with the reason.
set -uo pipefail
if [ "${1:-}" = --inside ]; then
    # Namespaces of its own: a network where nothing but the tests is, and nothing outlives them but control groups.
    ip link set lo up && mount -t tmpfs -o mode=755 none /run && mkdir -m 1777 /run/tests || exit 125
    sysctl -qw net.ipv4.ip_forward=1 2>/dev/null
    shift
    # This shell stays the first process, which takes dead orphans away.
    TMPDIR=/run/tests "$@" </dev/null
    exit
fi
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] && [ -d "$1/cmd/critest" ] || { echo "usage: $0 SOURCES [v1|v2|hybrid|host]...: SOURCES is a checkout of github.com/kubernetes-sigs/cri-tools" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "skipped: these tests need root"; exit 0; }
sources=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- host
runtime=$(realpath "${RUNTIME:-.build/embedded/release/veloci}") || exit 1
peer=$(command -v "${PEER:-runc}" 2>/dev/null) && peer=$(realpath "$peer") || peer=
go=$(command -v "${GO:-go}") || { echo "no Go compiler for critest: apt-get install golang-go, or GO=PATH" >&2; exit 1; }
go=$(realpath "$go")
for program in containerd ctr gawk gcc busybox ip iptables python3; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
plugins=$(for folder in /usr/lib/cni /opt/cni/bin; do [ ! -x $folder/bridge ] || echo $folder; done | head -n 1)
[ -n "$plugins" ] || { echo "the plug-ins of networks are missing: apt-get install containernetworking-plugins" >&2; exit 1; }
# Where the tests pull from: each name is looked up in the sources, and leads to this machine.
registry=$(sed -n 's/.*DefaultRegistryPrefix = "\(.*\)"/\1/p' "$sources/pkg/framework/test_context.go")
staging=$(sed -n 's/.*registry = "\(.*\)\/"/\1/p' "$sources/pkg/validate/consts.go")
[ -n "$registry" ] && [ -n "$staging" ] || { echo "the names of the tests' images are not where they were in v1.32.0" >&2; exit 1; }
repository=$PWD
folder=$PWD/.build/critest
allowed=$PWD/Tests/critest.allowed
results=$folder
. Tests/suites.sh

prepare() {
    rm -rf "$folder/images" && mkdir -p "$folder/images" || return
    if [ ! -x "$folder/critest" ] || [ "$(cat "$folder/critest.of" 2>/dev/null)" != "$sources" ]; then
        echo "== making critest with $("$go" version | cut -d ' ' -f 3)"
        (cd "$sources" && GOFLAGS=-mod=vendor GOTOOLCHAIN=local CGO_ENABLED=0 "$go" test -c -o "$folder/critest" ./cmd/critest) && echo "$sources" >"$folder/critest.of" || return
    fi
    local tree=$folder/tree busybox applet name
    busybox=$(command -v busybox)
    rm -rf "$tree" && mkdir -p "$tree"/{bin,dev,etc,home,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var,www} && ln -s ../run "$tree/var/run" || return
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln "$tree/bin/busybox" "$tree/bin/$applet"; done
    # which Debian's busybox has not
    [ -e "$tree/bin/pgrep" ] || printf '#!/bin/sh\nexec pidof "$1"\n' >"$tree/bin/pgrep"
    [ -e "$tree/bin/ipcs" ] || printf '#!/bin/sh\nexec cat /proc/sysvipc/shm\n' >"$tree/bin/ipcs"
    chmod 755 "$tree/bin/pgrep" "$tree/bin/ipcs"
    chmod 1777 "$tree/tmp"; echo works >"$tree/www/index.html"
    printf 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\ndefault-user:x:1000:1000::/home:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:\nwww-data:x:33:\ndefault-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n' >"$tree/etc/group"
    tar cf "$folder/tree.tar" --numeric-owner --owner 0 --group 0 -C "$tree" . || return
    # What holds a pod's namespaces, and a program of root's that tells who it has become.
    printf '#include <signal.h>\n#include <unistd.h>\n#include <sys/wait.h>\nstatic void end(int s) { _exit(0); }\nstatic void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0) {} }\nint main(void) { signal(SIGTERM, end); signal(SIGINT, end); signal(SIGCHLD, reap); for (;;) pause(); }\n' >"$folder/pause.c"
    printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("Effective uid: %%d\\n", (int)geteuid()); return 0; }\n' >"$folder/nnp.c"
    for name in pause nnp; do gcc -O2 -static -o "$folder/images/$name" "$folder/$name.c" || return; done
    chmod 4755 "$folder/images/nnp"
    # Two servers of web pages.
    # shellcheck disable=SC2016
    for name in nginx httpd-foreground; do printf '#!/bin/sh\ntrap "exit 0" TERM QUIT INT\necho "$0: httpd"\necho $$ >/run/nginx.pid\nhttpd -f -p ${1:-80} -h /www & wait\n' >"$folder/images/$name"; chmod 755 "$folder/images/$name"; done
    for name in busybox latest tag tag-all 1 2 3 tags; do echo "$name" >"$folder/images/file-$name"; done
    {
        local e2e=e2e-test-images staging=${staging#*/} shell='["sh"]'
        printf '%s\t-\t%s\t%s\n' pause:3.6 '["/pause"]' pause $e2e/busybox:1.29-2 "$shell" file-busybox $e2e/nginx:1.14-2 '["/nginx","80","master process"]' nginx \
            $e2e/httpd:2.4.39-4 '["/httpd-foreground"]' httpd-foreground $e2e/nonewprivs:1.3 '["/nnp"]' nnp \
            "$staging/hostnet-nginx-$("$go" env GOARCH):latest" '["/nginx","12003"]' nginx
        for name in latest:latest:latest tag:test:tag tag:all:tag-all 1:latest:1 2:latest:2 3:latest:3 tags:1:tags tags:2:tags tags:3:tags; do
            printf '%s\t-\t%s\tfile-%s\n' "$staging/test-image-${name%:*}" "$shell" "${name##*:}"; done
        for name in uid:1002 username:www-data uid-group:1003:users username-group:www-data:100; do
            printf '%s\t%s\t%s\n' "$staging/test-image-user-${name%%:*}:latest" "${name#*:}" "$shell"; done
        printf '%s\t1000\t%s\n' "$staging/test-image-predefined-group:latest" "$shell"
    } >"$folder/images/table"
    cat >"$folder/run-all" <<'S'
#!/bin/bash
# run-all RUNTIME FOLDER PLUGINS SERVER REGISTRY HOST [PATTERN]: containerd with that runtime, and then the tests
cat >/run/containerd.toml <<C
version = 2
root = "/run/containerd-root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$5/pause:3.6"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/run/registries"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$3"
    conf_dir = "/run/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "tested"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested.options]
        BinaryName = "$1"
C
for host in "$5" "$6"; do
    mkdir -p "/run/registries/$host" && printf 'server = "http://127.0.0.1:5000"\n[host."http://127.0.0.1:5000"]\n  capabilities = ["pull", "resolve"]\n' >"/run/registries/$host/hosts.toml"
done
mkdir -p /run/cni && printf '{"cniVersion":"0.4.0","name":"tests","plugins":[{"type":"bridge","bridge":"tests0","isGateway":true,"ipMasq":true,"ipam":{"type":"host-local","dataDir":"/run/addresses","ranges":[[{"subnet":"10.88.0.0/16"}]],"routes":[{"dst":"0.0.0.0/0"}]}},{"type":"portmap","capabilities":{"portMappings":true},"snat":true}]}\n' >/run/cni/10-tests.conflist
python3 "$4" "$2/tree.tar" "$2/images/table" & registry=$!
containerd --config /run/containerd.toml --log-level info >"$2/containerd.log" 2>&1 & engine=$!
for turn in $(seq 300); do busybox wget -qO /dev/null http://127.0.0.1:5000/v2/ 2>/dev/null && ctr --address /run/containerd.sock version >/dev/null 2>&1 && break; sleep 0.1; done
"$2/critest" -runtime-endpoint unix:///run/containerd.sock -image-endpoint unix:///run/containerd.sock -ginkgo.junit-report /run/tests/junit.xml -ginkgo.seed 1 -ginkgo.no-color ${7:+-ginkgo.focus "$7"}; end=$?
cp /run/tests/junit.xml "$2/report.xml"
kill $engine $registry
exit $end
S
    chmod 755 "$folder/run-all"
}

# run EXECUTABLE VIEW RESULT: one line for each test.
run() {
    rm -f "$folder/report.xml"
    alone "$2" "${LIMIT:-3000}" "$folder/run-all" "$1" "$folder" "$plugins" "$repository/Tests/critest/registry.py" "$registry" "${staging%%/*}" "${FILES:-}" >"$3.log" 2>&1
    cat "$folder/containerd.log" >>"$3.log"
    # What --skip leaves out, the benchmarks, was never meant to run; a test that skips itself says why.
    python3 - "$folder/report.xml" >"$3" <<'P'
import sys, xml.etree.ElementTree as tree
for case in tree.parse(sys.argv[1]).iter("testcase"):
    name, skipped = case.get("name"), case.find("skipped")
    if not name.startswith("[It] ") or (skipped is not None and not skipped.get("message", "").startswith("skipped - ")):
        continue
    print(" ".join(name[5:].split()), {"passed": "passed", "skipped": "skipped"}.get(case.get("status"), "failed"), sep="\t")
P
    # The groups that containerd leaves: none but empty ones go.
    find /sys/fs/cgroup -mindepth 2 -maxdepth 4 -depth -type d \( -path '*/system.slice' -o -path '*/system.slice/*' -o -name k8s.io -o -path '*/k8s.io/*' \) -exec rmdir {} + 2>/dev/null
    counted "$(basename "$1")" "$2" "$3"
}

prepare || { echo "the tests cannot be prepared" >&2; exit 1; }
suite "critest" "$runtime" "$@"
