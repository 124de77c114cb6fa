#!/bin/sh
# Builds and runs every test, one section after another. Sections can be chosen by name: Tests/run.sh unit demo
#   unit         every Swift test: libraries, golden plans, style, torture; those that need root say so when they are skipped
#   build        the release build that the following sections use
#   demo         what the README promises
#   clients      its commands in odd uses, podman over veloci, and the view from inside compared with runc's
#   conformance  the conformance suite on veloci, each case also sabotaged
#   report       the page with the results in a browser
#   embedding    a second package that depends on a tagged version of this one
#   arm64        the stage, compiled and linked for arm64
#   lab          other machines (lab/README.md): cgroup v2 alone, systemd on v2 and v1, AppArmor, SELinux, an unprivileged user
set -u
cd "$(dirname "$0")/.."
sections=${*:-unit build demo clients conformance report embedding arm64 lab}
failed=
started=$(date +%s)

section() {
    name=$1
    shift
    case " $sections " in *" $name "*) ;; *) return 0 ;; esac
    echo "== $name: $* (after $(($(date +%s) - started)) s)"
    "$@" || failed="$failed $name"
}

# Only what failed and the sum: the names of hundreds of tests that passed help nobody.
unit() {
    log=.build/unit-tests.log
    mkdir -p .build
    swift build --build-tests 2>&1 | grep -E "error:|Compiling|Build complete" | tail -3
    swift test --skip-build >"$log" 2>&1
    status=$?
    grep -aE "✘|error:|skipped" "$log" | head -60
    tail -n 1 "$log"
    return $status
}

section unit unit
section build swift build -c release --quiet
section demo Tests/demo.sh .build/release/veloci
section clients Tests/clients.sh .build/release/veloci command-line same-view podman
section conformance Tests/conformance.sh
section report Tests/report.sh
section report Tests/report.sh .build/conformance/conformance.html
section embedding Tests/embedding.sh
section arm64 Tests/arm64.sh
section lab Tests/lab.sh

echo "== $(($(date +%s) - started)) s"
if [ -n "$failed" ]; then
    echo "sections failed:$failed"
    exit 1
fi
echo "all sections passed"
