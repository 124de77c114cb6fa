# shellcheck shell=bash disable=SC2154
# Shared by the scripts that run the tests of other projects over veloci: runc-suite.sh, crun-suite.sh, podman-suite.sh, critest.sh.
# Sourced, never run. Who sources it has
#   repository   this checkout
#   allowed      the list of what may fail, a line for each test: its name, two spaces, the reason
#   peer         the runtime to compare with, or nothing
#   results      the folder of results: own.VIEW and peer.VIEW, a line for each test: its name, a tab, passed, failed or skipped
#   run          a function, run EXECUTABLE VIEW RESULT: runs the tests and writes the file RESULT, with what they printed in RESULT.log

# in_view VIEW COMMAND...: the control groups that the tests see; host is what this machine has
in_view() {
    local view=$1; shift
    case $view in
        host | hybrid) "$@" ;;
        *) "$repository/lab/host-view.sh" "$view" "$@" ;;
    esac
}

# alone VIEW LIMIT COMMAND...: in that view and in namespaces of its own, which end with it, the command for that many seconds; what the
# script that sources this does with --inside sets them up
alone() {
    local view=$1 limit=$2; shift 2
    in_view "$view" timeout -k 5 "$limit" unshare --net --mount --pid --fork --mount-proc --kill-child --propagation private "$repository/Tests/$(basename "$0")" --inside "$@"
}

# of_bats FILE: results of what bats printed for the tests of FILE, "FILE: NAME"
of_bats() {
    gawk -v file="$1" '
        function told(name, end) { sub(/ +$/, "", name); printf "%s: %s\t%s\n", file, name, end }
        match($0, /^ok [0-9]+ (.*) # skip ?(.*)$/, part) { told(part[1], "skipped"); next }
        match($0, /^ok [0-9]+ (.*)$/, part) { told(part[1], "passed"); next }
        match($0, /^not ok [0-9]+ (.*)$/, part) { sub(/ # in .*/, "", part[1]); told(part[1], "failed") }'
}

# counted NAME VIEW RESULT: one line that sums up
counted() { echo "   $1, $2: $(grep -c $'\tpassed$' "$3") passed, $(grep -c $'\tfailed$' "$3") failed, $(grep -c $'\tskipped$' "$3") skipped; the output is in $3.log"; }

# reason NAME: what the list says of a test
reason() { gawk -v name="$1" 'index($0, name "  ") == 1 { sub(/^ +/, "", $0); print substr($0, length(name) + 3) }' "$allowed" | sed 's/^ *//'; }

# judge VIEW: every test that failed, with its reason; one that has none, and does not fail on the peer, makes the whole fail
judge() {
    local name why
    while IFS= read -r name; do
        [ -z "$peer" ] || grep -qxF "$name"$'\tpassed' "$results/peer.$1" || { echo "$name: does not pass on the peer either"; continue; }
        why=$(reason "$name")
        echo "$name: ${why:-NOT KNOWN}"
        [ -n "$why" ] || unexpected="$unexpected
    $1: $name"
    done < <(sed -n 's/\tfailed$//p' "$results/own.$1")
}

# suite TITLE EXECUTABLE VIEW...: the tests over the peer and over the executable, and what is to be said of each that fails. The peer is
# not tried again with KEEP. Ends this shell.
suite() {
    local title=$1 executable=$2 view; shift 2
    unexpected=; mkdir -p "$results"
    for view; do
        echo "== $title in the view $view"
        if [ -n "$peer" ] && { [ -z "${KEEP:-}" ] || [ ! -s "$results/peer.$view" ]; }; then run "$peer" "$view" "$results/peer.$view"; fi
        run "$executable" "$view" "$results/own.$view"
        [ -s "$results/own.$view" ] || { echo "no test has run; see $results/own.$view.log"; exit 1; }
        judge "$view"
    done
    # What the list has and no view needs. Of a part of the tests nothing can be said.
    [ -n "${FILES:-}" ] || gawk -F '\t' -v views="$#" '
        FILENAME != list { if ($2 == "failed") failed[$1]; else if ($2 == "passed") passed[$1]; next }
        { name = $0; sub(/  .*/, "", name); if (name in passed && !(name in failed)) print name ": passes, although the list has it" }' list="$allowed" "${@/#/$results/own.}" "$allowed"
    [ -z "$unexpected" ] || { echo "not expected to fail:$unexpected"; exit 1; }
    exit 0
}
