#!/bin/sh
# Two clean builds of the last commit, in two folders of different names and depths, give the same bytes. Usage: reproducible.sh [FOLDER]
# It costs two whole builds. FOLDER (a new one below TMPDIR) has them afterwards if they differ.
set -eu
cd "$(dirname "$0")/.."
work=${1:-$(mktemp -d)}
commit=$(git rev-parse HEAD) one=$work/one other=$work/another/place/of-other-name
for folder in "$one" "$other"; do
    mkdir -p "$folder"
    git archive "$commit" | tar x -C "$folder"
    # Nothing of the surroundings may be in the result.
    (cd "$folder" && env -i PATH="$PATH" HOME="$HOME" LANG=C make --no-print-directory build) >"$work/log" 2>&1 || { tail -n 20 "$work/log"; echo "the build in $folder failed"; exit 1; }
done
built=.build/embedded/release/veloci
if ! cmp "$one/$built" "$other/$built"; then
    # which part it is
    for folder in "$one" "$other"; do readelf -SW "$folder/$built" | grep -E '^ *\[' >"$folder.sections"; done
    diff "$one.sections" "$other.sections" || true
    echo "two builds differ; they are in $work"
    exit 1
fi
sha256sum <"$one/$built" | sed 's/ .*//; s/^/two builds, the same bytes: sha256 /'
rm -rf "$work"
