#!/bin/sh
# sentences.sh SPECIFICATION: whether conformance/sentences.tsv has each normative line of the specification, and whether each rule of
# data/rules.tsv is quoted as the text has it, first in the version that the rule names. SPECIFICATION is a checkout or bare copy of
# github.com/opencontainers/runtime-spec with its tags. With --newest the lines of its HEAD instead of the commit that the table names:
# what the specification has added since shows as lines that moved.
set -u
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
table=conformance/sentences.tsv
quotes=conformance/data/quotes.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files="bundle glossary config config-linux runtime runtime-linux features features-linux"
commit=$(sed -n 's/^.*Commit \([0-9a-f]\{40\}\).*/\1/p' $table)
[ "${2:-}" != --newest ] || commit=HEAD
for file in $files; do
    git -C "$1" show "$commit:$file.md" | grep -nwE 'MUST|REQUIRED|SHALL|SHOULD|RECOMMENDED|MAY|OPTIONAL' | sed "s/^\([0-9]*\):.*/$file.md:\1/"
done | sort >"$work/lines"
grep -v '^#' $table | cut -f 1 | sort | diff - "$work/lines" || exit 1
echo "$(grep -vc '^#' $table) normative lines, each with its rule"

# Every version, without the white space at the ends of its lines.
sed -n 's/^# commit \([^ ]*\) \([0-9a-f]*\)$/\1 \2/p' $quotes >"$work/versions"
while read -r version hash; do
    [ "$version" = newest ] || [ "$(git -C "$1" rev-parse "v$version^{commit}")" = "$hash" ] || { echo "v$version is not $hash"; exit 1; }
    for file in $files; do
        git -C "$1" show "$hash:$file.md" 2>/dev/null | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; s/^/'"$version $file.md "'/'
    done
done <"$work/versions" >"$work/text"
awk -F '\t' -v text="$work/text" -v rules=conformance/data/rules.tsv -v versions="$work/versions" '
    function fail(why) { print $1 ": " why; bad = 1 }
    # The lines of a place, such as config.md:66 or config.md:66-68, and the longest of them.
    function at(version, place,    part, range, number, text) {
        split(place, part, ":"); split(part[2], range, "-"); longest = ""
        for (number = range[1]; number <= (range[2] ? range[2] : range[1]); number++) {
            text = text (text == "" ? "" : " ") line[version " " part[1] ":" number]
            if (length(line[version " " part[1] ":" number]) > length(longest)) longest = line[version " " part[1] ":" number]
        }
        return text
    }
    BEGIN {
        while ((getline whole < versions) > 0) { split(whole, word, " "); order[++last] = word[1]; rank[word[1]] = last }
        while ((getline whole < text) > 0) {
            version = substr(whole, 1, index(whole, " ") - 1); rest = substr(whole, length(version) + 2)
            file = substr(rest, 1, index(rest, " ") - 1); rest = substr(rest, length(file) + 2)
            count[version " " file]++
            line[version " " file ":" count[version " " file]] = rest
            there[version " " file " " rest] = 1
        }
        while ((getline whole < rules) > 0) if (whole !~ /^#/) { split(whole, field, "\t"); since[field[1]] = field[4] }
    }
    /^#/ { next }
    {
        rows++; seen[$1] = 1
        if (!($1 in since)) { fail("no such rule"); next }
        split(since[$1], span, /\.\./)
        first = $4 == "=" ? $5 : $4
        file = $2; sub(/:.*/, "", file)
        if (at(span[1], $2) != first) fail("another text at " $2 " of " span[1])
        mark = longest
        if ($3 != "" && at("newest", $3) != $5) fail("another text at " $3 " of the newest")
        before = order[rank[span[1]] - 1]
        # What callers rely on beyond the text is not new with a sentence.
        if (before != "" && $1 !~ /^practice\./ && there[before " " file " " mark]) fail(before " has it as well")
        if (span[2] != "") {
            if ($3 != "") fail("has a place in the newest version, and ends with " span[2])
            later = order[rank[span[2]] + 1]
            # The same words bind another platform from then on.
            if ($1 != "mounts.destination.only-absolute" && there[later " " file " " mark]) fail(later " still has it")
        } else if ($3 == "") fail("no place in the newest version")
    }
    END {
        for (rule in since) if (!(rule in seen)) { print rule ": not quoted"; bad = 1 }
        if (!bad) print rows " rules, each with its sentence, and first in the version that it names"
        exit bad
    }' $quotes
