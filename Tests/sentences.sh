#!/bin/sh
# sentences.sh SPECIFICATION: whether conformance/sentences.tsv has each normative line of the specification, a checkout or bare copy of
# github.com/opencontainers/runtime-spec. With --newest of its HEAD instead of the commit that the table names: what the specification
# has added since shows as lines that moved.
set -u
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
table=conformance/sentences.tsv
commit=$(sed -n 's/^.*Commit \([0-9a-f]\{40\}\).*/\1/p' $table)
[ "${2:-}" != --newest ] || commit=HEAD
for file in bundle glossary config config-linux runtime runtime-linux features features-linux; do
    git -C "$1" show "$commit:$file.md" | grep -nwE 'MUST|REQUIRED|SHALL|SHOULD|RECOMMENDED|MAY|OPTIONAL' | sed "s/^\([0-9]*\):.*/$file.md:\1/"
done | sort >"${TMPDIR:-/tmp}/sentences.$$"
grep -v '^#' $table | cut -f 1 | sort | diff - "${TMPDIR:-/tmp}/sentences.$$"
end=$?
rm -f "${TMPDIR:-/tmp}/sentences.$$"
[ $end = 0 ] && echo "$(grep -vc '^#' $table) normative lines, each with its rule"
exit $end
