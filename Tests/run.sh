#!/bin/sh
# Builds and runs every test, one section after another. Sections can be chosen by name: Tests/run.sh unit demo
#   build        the executable as it is installed, compiled as Embedded Swift, and the conformance suite
#   budgets      what each command costs, counted: instructions, system calls, page faults (Tests/budgets.sh)
#   unit         every Swift test: libraries, golden plans, style, torture; those that need root say so when they are skipped
#   memory       C under all warnings and the analyzer (Tests/memory.sh)
#   fuzz         every fuzzer for some thousand executions, the same each time (Tests/fuzz.sh)
#   demo         what the README promises, with the executable of an ordinary build as well
#   clients      its commands in odd uses, odd configurations, inside user namespaces and without root, podman over veloci, what the documentation says,
#                and the view from inside compared with runc's
#   conformance  the conformance suite on veloci, each case also sabotaged
#   report       the page with the results in a browser
#   embedding    a second package that depends on a tagged version of this one
#   pages        scripts, manual pages, completions in three shells, the documentation's site in a browser
#   packages     make install and its like; the Debian package on Debian 12 and 13: installed, used, upgraded, removed
#   arm64        the stage, compiled and linked for arm64
#   arm64-build  the executables for arm64, run on an emulated machine; ten minutes, so only when it is named
#   lab          other machines (lab/README.md): cgroup v2 alone, systemd on v2 and v1, AppArmor, SELinux, an unprivileged user
set -u
cd "$(dirname "$0")/.."
sections=${*:-build budgets unit memory fuzz demo clients conformance report embedding pages packages arm64 lab}
failed=
started=$(date +%s)
logs=.build/sections
mkdir -p "$logs"

# What a section printed stands in a file too, for the end of a log is what people are shown.
section() {
    name=$1
    shift
    case " $sections " in *" $name "*) ;; *) return 0 ;; esac
    echo "== $name: $* (after $(($(date +%s) - started)) s)"
    { "$@" 2>&1; echo $? >"$logs/status"; } | tee "$logs/$name.log"
    [ "$(cat "$logs/status")" = 0 ] && return 0
    failed="$failed $name"
    mv "$logs/$name.log" "$logs/$name.failed.log"
}

# What failed, and now and then how far it is: the names of hundreds of files and tests that are fine help nobody.
build() {
    { "$@" 2>&1; echo "run.sh: status $?"; } | awk '
        /^run.sh: status / { exit $3 }
        /error:|Build complete/ || /^\[[0-9]*00\// { print; fflush() }'
}

unit() {
    log=.build/unit-tests.log
    build swift build --build-tests || return
    { swift test --skip-build 2>&1; echo "run.sh: status $?"; } | tee "$log" | awk '
        /^run.sh: status / { exit $3 }
        /✘|error:|skipped|tried, |Test run/ { print; fflush(); said = /recorded an issue/; next }
        said && /^↳ / && !/^↳ \/\/\// { print; fflush() }'
}

veloci=.build/embedded/release/veloci
section build build make --no-print-directory build suite
# What is installed is what is tested. Without it, as when only "unit" is run, the tests take the executable beside them.
case " $sections " in *" build "*) export VELOCI="$PWD/$veloci" ;; esac
section budgets Tests/budgets.sh $veloci
section unit unit
section memory Tests/memory.sh
section fuzz env SEED=1 EXECUTIONS=20000 Tests/fuzz.sh 60
section demo Tests/demo.sh $veloci
section demo Tests/demo.sh .build/debug/veloci
section clients Tests/clients.sh $veloci command-line configurations mounts nested rootless same-view podman checkpoint documentation
section conformance Tests/conformance.sh
section report Tests/report.sh
section report Tests/report.sh .build/conformance/conformance.html
section embedding Tests/embedding.sh
section pages Tests/lint.sh
section pages Tests/completions.sh $veloci
section pages make --no-print-directory docs docs-test
section packages Tests/install.sh $veloci
section packages make --no-print-directory package-test
section arm64 Tests/arm64.sh
section arm64-build build make --no-print-directory build suite ARCH=arm64
section arm64-build Tests/arm64-machine.sh
section lab Tests/lab.sh

echo "== $(($(date +%s) - started)) s"
if [ -n "$failed" ]; then
    for name in $failed; do
        echo "== what failed in $name, and its last lines"
        grep -anE '^not ok|✘|↳|error:|WRONG|FAILED|failed|, and then:|Fatal|SUMMARY|Test unit written|too few' "$logs/$name.failed.log" | tail -30 | cut -c1-400
        tail -8 "$logs/$name.failed.log" | cut -c1-400
    done
    echo "sections failed:$failed"
    exit 1
fi
echo "all sections passed"
