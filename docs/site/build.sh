#!/bin/sh
# The documentation as a site of plain files: no script, nothing from the network. Usage: build.sh FOLDER
# pages.tsv names the pages, their files and their words in the menu; those without words are reached by links alone.
set -eu
cd "$(dirname "$0")/../.."
out=$1
for pair in cmark-gfm:cmark-gfm mandoc:mandoc; do
    command -v "${pair%%:*}" >/dev/null || { echo "${pair%%:*} is missing: apt-get install --no-install-recommends ${pair#*:}" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out/examples" "$out/schema"

# pages.tsv, and a row for each page of the manual; pages whose source is missing are none
while IFS="$(printf '\t')" read -r source file words; do
    [ ! -e "$source" ] || printf '%s\t%s\t%s\n' "$source" "$file" "$words"
done <docs/site/pages.tsv >"$work/pages"
for page in packaging/man/*; do printf '%s\t%s\t\n' "$page" "$(basename "$page").html" >>"$work/pages"; done

# menu FILE: the menu, with the page that is shown
menu() {
    awk -F '\t' -v file="$1" '$3 != "" { printf "<li><a href=\"%s\"%s>%s</a></li>\n", $2, $2 == file ? " aria-current=\"page\"" : "", $3 }' "$work/pages"
}

# page SOURCE FILE: what is on standard input, with links to where their targets lie in the site, inside the frame
page() {
    title=$(sed -n 's/.*<h1[^>]*>\(.*\)<\/h1>.*/\1/p' "$work/body" | sed 's/<[^>]*>//g' | head -n 1)
    [ -n "$title" ] || title=$(basename "$2" .html)
    cat <<HEAD
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title · veloci</title>
<link rel="stylesheet" href="style.css">
<header><a href="index.html">veloci</a> <span>a container runtime whose plans can be read before they happen</span></header>
<details class="small"><summary>Pages</summary><nav aria-label="Pages"><ul>$(menu "$2")</ul></nav></details>
<div class="frame">
<nav class="wide" aria-label="Pages"><ul>$(menu "$2")</ul></nav>
<main>
HEAD
    awk -v source="$1" -v pages="$work/pages" -f docs/site/links.awk "$work/body"
    printf '</main>\n</div>\n</html>\n'
}

while IFS="$(printf '\t')" read -r source file words; do
    case $source in
    *.md) cmark-gfm --unsafe -e table -e autolink "$source" >"$work/body" ;;
    *) { printf '<h1>%s</h1>\n' "$(basename "$source" | sed 's/\(.*\)\.\(.\)$/\1(\2)/')"
         mandoc -T html -O "fragment,man=%N.%S.html" "$source"; } >"$work/body" ;;
    esac
    page "$source" "$file" >"$out/$file"
done <"$work/pages"
cp docs/site/style.css "$out/"
cp docs/examples/* "$out/examples/"
cp docs/schema/* "$out/schema/"
cp docs/*.svg Tests/Benchmark/results/*.svg "$out/" 2>/dev/null || true
cp conformance/results/conformance.html "$out/conformance-report.html"
echo "$out/index.html: $(ls "$out"/*.html | wc -l) pages"
