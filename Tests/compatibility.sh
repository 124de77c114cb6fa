#!/bin/bash
# compatibility.sh measure [CLIENT]...: runs the tests of clients over veloci, runc and crun, and writes each check's result to docs/results/clients.tsv.
# compatibility.sh suite NAME [FOLDER]: writes docs/results/NAME.md of what Tests/NAME.sh left in .build with a PEER; NAME is runc-suite,
#   crun-suite, podman-suite, buildah-suite, conmon-suite or critest.
# compatibility.sh page: makes docs/compatibility.md of that, and of the conformance suite's results. Needs no root.
# VELOCI, RUNC, CRUN name the runtimes (default: the built veloci, those of the machine); MEASURED is those that are measured again (default: all
#   three), such as "veloci". Measured in namespaces of its own.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
results=docs/results/clients.tsv
case ${1:-} in
measure)
    shift
    [ "$(id -u)" = 0 ] || { echo "containers of these clients need root here" >&2; exit 1; }
    [ $# -gt 0 ] || set -- podman buildah containerd docker docker-users swarm slurm
    veloci=${VELOCI:-$PWD/.build/embedded/release/veloci}
    mkdir -p docs/results
    [ -e $results ] || printf 'client\tcheck\truntime\tresult\tseen\n' >$results
    for client; do
        for runtime in "$veloci" "${RUNC:-$(command -v runc)}" "${CRUN:-$(command -v crun)}"; do
            name=$(basename "$runtime"); output=$(mktemp)
            case " ${MEASURED:-veloci runc crun} " in *" $name "*) ;; *) continue ;; esac
            # crun has been seen to take a network device of the machine
            # crun 1.8 takes no machine that has both versions of control groups: all see version 1 alone.
            RUNTIME=$(realpath -s "$runtime") LIMIT=${LIMIT:-120} LOG_LINES=3 unshare --net lab/host-view.sh v1 sh -c 'ip link set lo up; exec "$0"' "Tests/clients/$client.sh" >"$output" 2>&1
            awk -F '\t' -v client="$client" -v runtime="$name" '!($1 == client && $3 == runtime)' $results >$results.new
            awk -v client="$client" -v runtime="$name" '
                function flush() { if (check != "") { gsub(/\t/, " ", seen); printf "%s\t%s\t%s\t%s\t%s\n", client, check, runtime, result, substr(seen, 1, 300) } check = "" }
                /^(not )?ok [0-9]+ - / {
                    flush(); result = /^not/ ? "failed" : / # SKIP / ? "skipped" : "passed"; check = $0; seen = ""
                    sub(/^(not )?ok [0-9]+ - /, "", check)
                    if (match(check, / # SKIP /)) { seen = substr(check, RSTART + 8); check = substr(check, 1, RSTART - 1) }
                    sub(/ \([0-9.]+ s\)$/, "", check); sub(/ \(status [0-9]+\)$/, "", check)
                }
                /^#   / && result == "failed" { line = $0; sub(/^#   /, "", line); seen = seen (seen == "" ? "" : " / ") line }
                END { flush() }' "$output" >>$results.new
            { head -n 1 $results.new; tail -n +2 $results.new | LC_ALL=C sort -s -t "$(printf '\t')" -k1,1 ; } >$results
            rm $results.new
            echo "$client over $name: $(tail -n 1 "$output")"
            # which versions met, and when
            what=$({ case $client in podman|buildah) $client --version ;; podman5) grep -m 1 '^# podman version' "$output" ;; containerd) containerd --version ;; containerd-cri) "${CONTAINERD:+$CONTAINERD/}containerd" --version ;; docker | docker-users | swarm) dockerd --version ;; slurm) slurmd -V ;; toolbox) distrobox version ;; crio) "${CRIO:-crio}" --version ;; esac; } 2>/dev/null | head -n 1 | grep -oE '[0-9]+\.[0-9]+\.[0-9]+[^ ,]*' | head -n 1)
            touch docs/results/versions.tsv
            grep -v "^$client	$name	" docs/results/versions.tsv >docs/results/versions.new
            printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$client" "$name" "$what" "$("$runtime" --version | head -n 1 | sed 's/.*version //')" "$(uname -r)" "$(date -u +%F)" >>docs/results/versions.new
            LC_ALL=C sort docs/results/versions.new >docs/results/versions.tsv; rm docs/results/versions.new "$output"
        done
    done
    exec "$0" page
    ;;
suite)
    name=${2:-} list=; folder=${3:-.build/$name}
    case $name in
    runc-suite) what="runc's own integration tests, those of version 1.5.1" other='runc 1.5.1' ;;
    crun-suite) what="crun's own tests, those of version 1.29.1" other='crun 1.29.1' ;;
    podman-suite) what="podman's own system tests, the files that run containers, those of version 4.3.1" other='runc 1.1.5' folder=${3:-.build/podman-suite-results} ;;
    buildah-suite) what="buildah's own tests of run and namespaces, those of version 1.28.2" other='runc 1.1.5' folder=${3:-.build/buildah-suite-results} ;;
    conmon-suite) what="conmon's own tests, those of version 2.2.1" other='runc 1.5.1' folder=${3:-.build/conmon-suite-results} list=buildah-suite ;;
    critest) what="Kubernetes' tests of engines (critest 1.32.0) over containerd $(containerd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" other='runc 1.5.1' ;;
    *) echo "a suite is runc-suite, crun-suite, podman-suite, buildah-suite, conmon-suite or critest" >&2; exit 2 ;;
    esac
    count() { grep -c "$(printf '\t')$2\$" "$1"; }
    newest=; for own in "$folder"/own.*[0-9d]; do [ -s "$own" ] && { [ -z "$newest" ] || [ "$own" -nt "$newest" ]; } && newest=$own; done
    [ -n "$newest" ] || { echo "no results in $folder: Tests/$name.sh makes them" >&2; exit 1; }
    {
        echo "$what, $(date -u -r "$newest" +%F), Linux $(uname -r). Skipped is what this machine lacks, on both"
        echo "alike. The reason of each that fails on veloci alone is in [this list](../Tests/${list:-$name}.allowed)."
        echo
        echo "| control groups | veloci | $other | skipped | fail on veloci alone |"
        echo "| --- | ---: | ---: | ---: | ---: |"
        for view in v1 hybrid v2; do
            own=$folder/own.$view peer=$folder/peer.$view
            [ -s "$own" ] && [ -s "$peer" ] || continue
            alone=$(sed -n 's/\tfailed$//p' "$own" | while IFS= read -r test; do ! grep -qxF "$test$(printf '\t')passed" "$peer" || echo; done | wc -l)
            p=$(count "$own" passed) f=$(count "$own" failed) P=$(count "$peer" passed) F=$(count "$peer" failed)
            echo "| $view | $p of $((p + f)) | $P of $((P + F)) | $(count "$own" skipped) | $alone |"
        done
    } >"docs/results/$name.new" && mv "docs/results/$name.new" "docs/results/$name.md"
    exec "$0" page
    ;;
page)
    {
        cat <<'HEAD'
# Compatibility

What clients do over veloci, runc and crun, and what suites find. Made by `Tests/compatibility.sh` from the last runs; a failure links to
what was seen. On a busy machine, a check may fail for every runtime because it took too long.

## Clients

HEAD
        awk -F '\t' 'FNR == 1 { file++ }
            file == 1 { seen[$1] = 1; client[$1] = $3; version[$1, $2] = $4; kernel = $5; if ($6 > day) day = $6; next }
            FNR > 1 { total[$1, $3, $4]++; if (!($1 in known)) { known[$1]; order[++clients] = $1 } }
            END {
                printf "%s, Linux %s. Passed of those that ran.\n\n| client | version |", day, kernel
                split("veloci runc crun", runtimes, " ")
                for (r = 1; r <= 3; r++) printf " %s |", runtimes[r]
                print "\n| --- | --- | ---: | ---: | ---: |"
                for (c = 1; c <= clients; c++) {
                    name = order[c]; printf "| [%s](#%s) | %s |", name, name, client[name]
                    for (r = 1; r <= 3; r++) {
                        p = total[name, runtimes[r], "passed"] + 0; f = total[name, runtimes[r], "failed"] + 0
                        printf " %s |", p + f ? p " of " p + f : "·"
                    }
                    print ""
                }
                printf "\nRuntimes:"
                for (r = 1; r <= 3; r++) printf " %s %s%s", runtimes[r], version[order[1], runtimes[r]], r < 3 ? "," : ".\n"
            }' docs/results/versions.tsv $results
        echo
        echo "## Suites"
        echo
        awk '/^20/ && !done { sub(/ \[table.md\].*/, ""); print "[Conformance suite](../conformance/results/README.md), " $0 "\n"; done = 1 }
            /^\| result \|/, /^$/ { print }' conformance/results/README.md | awk '/^\| result \|/ { table = 1 } { print } table && /^$/ { exit }'
        echo "Documents with verdicts ([all](../conformance/results/fixtures.md)):"
        echo
        awk '/^\| runtime \|/, /^$/ { print }' conformance/results/fixtures.md | awk '{ print } /^$/ { exit }'
        for suite in docs/results/*.md; do [ ! -e "$suite" ] || { cat "$suite"; echo; }; done
        cat <<'MORE'
A case that fails is explained in [the table of rules](../conformance/results/table.md), and with its configuration and commands in
[the report](../conformance/results/conformance.html). Where veloci departs from the specification on purpose:
[differences](../conformance/deviations.md).

MORE
        awk -F '\t' 'NR > 1 {
            if (!($1 in known)) { known[$1]; order[++clients] = $1 }
            if (!(($1, $2) in check)) { check[$1, $2] = ++count[$1]; name[$1, count[$1]] = $2 }
            result[$1, $2, $3] = $4; if ($4 != "passed") seen[$1, $2, $3] = $5
        }
        END {
            split("veloci runc crun", runtimes, " ")
            for (c = 1; c <= clients; c++) {
                client = order[c]; notes = ""; number = 0
                printf "## %s\n\n| operation | veloci | runc | crun |\n| --- | --- | --- | --- |\n", client
                for (n = 1; n <= count[client]; n++) {
                    words = name[client, n]; line = words; gsub(/\|/, "\\|", line); printf "| %s |", line
                    for (r = 1; r <= 3; r++) {
                        got = result[client, words, runtimes[r]]
                        if (got == "passed") printf " ✓ |"
                        else if (got == "") printf " |"
                        else {
                            text = seen[client, words, runtimes[r]]; gsub(/`/, "\x27", text); gsub(/</, "\\&lt;", text)
                            notes = notes sprintf("\n### %s %d\n\n%s over %s, %s: %s%s\n", client, ++number, words, runtimes[r], got, got == "skipped" ? "" : "`", text (got == "skipped" ? "" : "`"))
                            printf " [%s](#%s-%d) |", got == "failed" ? "✗" : "skipped", client, number
                        }
                    }
                    print ""
                }
                print notes
            }
        }' $results
    } >docs/compatibility.new && mv docs/compatibility.new docs/compatibility.md
    ;;
*) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
