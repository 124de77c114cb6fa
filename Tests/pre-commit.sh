#!/bin/sh
# What a commit must pass, in some seconds: lint, and no file that belongs to a machine. Builds nothing.
# "git config core.hooksPath .githooks" has git run it before each commit.
set -eu
cd "$(dirname "$0")/.."
Tests/lint.sh --staged
git diff --cached --check
for file in $(git diff --cached --name-only --diff-filter=A); do
    case $file in
    *.o|*.a|*.so|*.deb|*.rpm|*.tar.gz|*.swp|*.orig|.build/*) echo "$file does not belong into the repository" >&2; exit 1 ;;
    esac
    [ "$(wc -c <"$file")" -lt 2000000 ] || { echo "$file is large: $(wc -c <"$file") bytes" >&2; exit 1; }
done
echo "a build and its tests are not part of this: swift test --filter NAME"
