#!/bin/sh
# Formats the Swift files that differ from the last commit, or those that are named. .swift-format says how. What the formatter would
# break, it does not touch: "catch where" gets two spaces, "for unsafe" loses one, and the page of a table is not a paragraph.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- $(git diff --name-only --diff-filter=d HEAD -- '*.swift'; git ls-files --others --exclude-standard -- '*.swift')
[ $# -gt 0 ] || { echo "no Swift file differs from the last commit"; exit 0; }
for file; do
    swift format "$file" | sed 's/catch  where/catch where/; s/for unsafe\([a-z]\)/for unsafe \1/' >"$file.formatted"
    if cmp -s "$file" "$file.formatted"; then rm "$file.formatted"; else mv "$file.formatted" "$file"; echo "$file"; fi
done
