#!/bin/bash
# Runs in the full lab with clients, as root: Tests/migration.sh where memory that changed is known and programs of other users can be dumped, so
# that pre-dumps, lazy pages and PostgreSQL are among what moves. WHAT chooses; a runtime that comes along as "peer" takes turns.
. "$(dirname "$0")/library.sh"
necessary "criu is content" criu check
# shellcheck disable=SC2034
limit=1800 # a machine without KVM is slow
runtimes=("$RUNTIME"); ! command -v peer >/dev/null || runtimes+=("$(command -v peer)")
name=$(basename "$RUNTIME")
for what in ${WHAT:-counter nginx postgres}; do
    # what the peer loses is its own affair: each row is looked at below
    moves() { TREE=/lab-tree/tree.tar TMPDIR=/var/tmp WHAT=$what "$repository/Tests/migration.sh" "${runtimes[@]}" >"/results/$what" 2>&1 || true; grep -q "^| $what " "/results/$what"; }
    check "$what moves from one machine to another" moves
    sed 's/^/# /' "/results/$what"
    for way in plain pre-dump lazy; do check "$what, $way: nothing is lost that was acknowledged" grep "^| $what | $way | $name | .*, none lost |" "/results/$what"; done
done
