# shellcheck shell=bash
# Shared by the tests that run inside a full lab, as root under systemd. Sourced, never run.
# /tmp of that machine is a tmpfs without devices; bundles belong on a disk
export TMPDIR=/var/tmp
. "$(dirname "${BASH_SOURCE[0]}")/../clients/library.sh"
before_clean_up() { local id; for id in $("$RUNTIME" list -q 2>/dev/null); do "$RUNTIME" delete -f "$id"; done; [ ! -d /results ] || cp -a "$work/log" /results/; }
busybox_tree "$work/tree"; chmod 755 "$work"

# bundle NAME FILTER [SPEC OPTION]...: a bundle with its own root file system
bundle() {
    local name=$1 filter=$2; shift 2
    rm -rf "${work:?}/$name"; mkdir -p "$work/$name"; cp -a "$work/tree" "$work/$name/rootfs"
    (cd "$work/$name" && runc spec "$@") && jq ".process.terminal = false | $filter" "$work/$name/config.json" >"$work/config" && mv "$work/config" "$work/$name/config.json"
}
# shellcheck disable=SC2034
sleeper='.process.args = ["sleep", "1000"]'
driver() { "$RUNTIME" --systemd-cgroup "$@"; }

# refusal PATTERN COMMAND...: it fails, with one line and perhaps a hint, and says what the pattern asks for
refusal() {
    local pattern=$1 text; shift
    text=$("$@" 2>&1) && { echo "it succeeded: $text"; return 1; }
    echo "$text"
    [ "$(grep -c . <<<"$text")" -le 2 ] || { echo "more than a line and a hint"; return 1; }
    grep -qiE "$pattern" <<<"$text" || { echo "nothing of: $pattern"; return 1; }
}

# swift_tests FILTER [COMMAND PREFIX]...: some of the Swift tests, which come along as the program "tests"
swift_tests() {
    local filter=$1 output; shift
    command -v tests >/dev/null || { echo "the Swift tests are not in this machine: swift build --build-tests"; return 1; }
    output=$(set -o pipefail; cd "$repository" && "$@" tests --testing-library swift-testing --no-parallel --filter "$filter" --skip "ManyDeviceRules|RecordSize" 2>&1 | tr -d '\0') || {
        grep -aE '✘|error:|↳' <<<"$output" || tail -n 5 <<<"$output"; return 1; }
    grep -aE 'skipped|not on this|no .* on this' <<<"$output" | sort -u || true
    tail -n 1 <<<"$output"
    # a filter that matches nothing, or a suite that is skipped, shows nothing
    grep -aqE 'Test run with [1-9][0-9]* tests? .* passed' <<<"$output" && ! grep -aqE "Suite $filter skipped" <<<"$output"
}

# unprivileged: the user's own systemd session, where control groups are delegated; and without one
chmod 755 /tmp; cp -L "$(command -v "$RUNTIME")" "$work/runtime"; chmod 755 "$work/runtime"
user_bundle() { bundle "$1" ".linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000 | $2" --rootless && chown -R user: "$work/$1"; }
as_user() { timeout 50 as-user "$work/runtime" "$@"; }
bare() { setpriv --reuid 1000 --regid 1000 --init-groups env HOME=/home/user XDG_RUNTIME_DIR=/run/user/1000 "$work/runtime" "$@"; }
