#!/bin/sh
# What can be said of the sources without building or running them, in seconds: scripts, manual pages, JSON, white space.
# Tools that are not installed are named at the end, and what they would say is not said. With --staged, of the scripts only those that
# are about to be committed.
set -u
cd "$(dirname "$0")/.."
failed= missing=
say() { echo "$1"; failed=1; }
has() { command -v "$1" >/dev/null || { missing="$missing $1"; return 1; }; }

files() { if [ "${1:-}" = --staged ]; then git diff --cached --name-only --diff-filter=d; else git ls-files; fi; }
scripts=$(files "${1:-}" | while read -r file; do [ -f "$file" ] && head -c 64 "$file" | head -n 1 | grep -qaE '^#!/bin/(ba)?sh' && echo "$file"; done)
for script in $scripts; do
    case $(head -n 1 "$script") in *bash*) bash -n "$script" ;; *) sh -n "$script" ;; esac || say "$script does not parse"
done
# shellcheck disable=SC2086
if [ -n "$scripts" ] && has shellcheck; then shellcheck --severity=error $scripts packaging/completions/veloci.bash || failed=1; fi
if has zsh; then zsh -n packaging/completions/_veloci || failed=1; fi
if has fish; then fish --no-execute packaging/completions/veloci.fish || failed=1; fi
if has mandoc; then
    # An unknown system or a reference to a page that is not installed here is no mistake of ours.
    mandoc -T lint -W warning packaging/man/* || failed=1
fi
if has groff; then
    for page in packaging/man/*; do
        said=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
        [ -z "$said" ] || say "$page: $said"
    done
fi
if has jq; then
    for file in $(git ls-files 'docs/*.json' spec-fixtures/index.json); do jq empty "$file" || say "$file is no JSON"; done
fi
git ls-files '*.swift' '*.sh' '*.md' '*.c' '*.h' '*.tsv' Makefile | xargs grep -nE '[[:space:]]+$' /dev/null | grep -vE '\.tsv:|conformance/results|Benchmark/results' | head -20 | grep . && say "white space at the end of lines"
git ls-files '*.swift' | xargs grep -lP '\t' /dev/null && say "tabs in Swift"
[ -z "$missing" ] || echo "not installed, not asked:$missing"
[ -z "$failed" ] || exit 1
echo "lint: $(echo "$scripts" | wc -w) scripts, $(ls packaging/man | wc -l) manual pages"
